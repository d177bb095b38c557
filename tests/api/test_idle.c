/* SPDX-License-Identifier: MIT */
/*
 * A channel that nothing comes to: its descriptor asks for a look about once a second, for as long
 * as it is open, in every channel of a bus. That is what finds a message whose bell was lost.
 */
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "api/fixture.h"
#include "unit/check_main.h"

enum { TICKS = 3 };

/* Fetches nothing, at each time the descriptor is readable; answers how long the ticks took. */
static int64_t watch_ticks(fsps_channel *channel, int ticks)
{
	int64_t start_ms = fixture_now_ms();

	for (int i = 0; i < ticks; i++) {
		ck_assert(fixture_readable(fsps_channel_fd(channel), FIXTURE_PATIENCE_MS));
		fixture_expect_nothing(channel);
	}
	return fixture_now_ms() - start_ms;
}

START_TEST(an_idle_channel_is_looked_at_again_and_again)
{
	fsps_bus *bus = fixture_open_bus();
	fsps_channel *channel = fixture_subscribe(bus, "a");
	uint64_t scans;

	fixture_expect_nothing(channel);
	scans = fixture_stats(channel).scans;
	/* No more often than once a second, but for the first one. */
	ck_assert_int_ge(watch_ticks(channel, TICKS), (TICKS - 1) * 900);
	ck_assert_uint_ge(fixture_stats(channel).scans, scans + TICKS - 1);
	fsps_channel_close(channel);
	fsps_bus_close(bus);
}
END_TEST

START_TEST(every_channel_of_a_bus_is_looked_at)
{
	fsps_bus *bus = fixture_open_bus();
	fsps_channel *first = fixture_subscribe(bus, "a");
	fsps_channel *second = fixture_subscribe(bus, "b");
	uint64_t scans;

	fixture_expect_nothing(first);
	fixture_expect_nothing(second);
	scans = fixture_stats(second).scans;
	/* The one that is not watched is looked at when it is its turn; its turns do not stop. */
	(void)watch_ticks(first, TICKS);
	(void)watch_ticks(second, TICKS);
	ck_assert_uint_ge(fixture_stats(second).scans, scans + TICKS - 1);
	fsps_channel_close(first);
	fsps_channel_close(second);
	fsps_bus_close(bus);
}
END_TEST

START_TEST(a_message_without_a_ring_is_found_after_a_long_silence)
{
	fsps_bus *bus = fixture_open_bus();
	fsps_publisher *publisher = fixture_open_file_publisher(bus);
	fsps_channel *channel = fixture_subscribe(bus, "a");
	char hidden[FIXTURE_PATH_BYTES];
	char bytes[256];
	ssize_t length;
	int fd;

	/* A copy of a message that came, under its old name: nobody rings for it. */
	ck_assert_int_eq(fixture_publish(publisher, "a", "lost"), 1);
	fd = open(fixture_path("%s/%s", fsps_channel_name(channel),
			       fixture_find(fixture_path("%s", fsps_channel_name(channel)), "1")),
		  O_RDONLY | O_CLOEXEC);
	length = read(fd, bytes, sizeof bytes);
	ck_assert_int_gt(length, 0);
	close(fd);
	snprintf(hidden, sizeof hidden, "%s",
		 fixture_path("%s/%s", fsps_channel_name(channel),
			      fixture_find(fixture_path("%s", fsps_channel_name(channel)), "1")));
	fixture_expect(channel, "lost");
	(void)watch_ticks(channel, TICKS);
	fixture_write(hidden, bytes, (size_t)length);
	fixture_expect(channel, "lost");
	fsps_channel_close(channel);
	fsps_publisher_close(publisher);
	fsps_bus_close(bus);
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("idle");
	TCase *tcase = fixture_tcase(suite, "idle");

	tcase_add_test(tcase, an_idle_channel_is_looked_at_again_and_again);
	tcase_add_test(tcase, every_channel_of_a_bus_is_looked_at);
	tcase_add_test(tcase, a_message_without_a_ring_is_found_after_a_long_silence);
	return suite;
}

int main(void)
{
	return check_main(make_suite());
}
