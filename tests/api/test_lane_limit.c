/* SPDX-License-Identifier: MIT */
/*
 * How much may wait in segments and how much memory they take: a channel at its limit refuses, is
 * named and waited for; nobody else notices; and what waits is counted.
 */
#include <dirent.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>

#include "api/lane.h"
#include "api/plain.h"
#include "unit/check_main.h"

enum { LENGTH = 1000, LIMIT = 256 << 10 };

static fsps_bus *bus;
static fsps_publisher *publisher;

static void set_up(void)
{
	lane_force(NULL);
	bus = fixture_open_bus();
	publisher = lane_open_publisher(bus);
}

static void tear_down(void)
{
	fsps_publisher_close(publisher);
	fsps_bus_close(bus);
}

/* The bytes of memory of all segments in a directory of the home. */
static size_t memory_in(const char *directory)
{
	DIR *names = opendir(fixture_path("%s", directory));
	struct dirent *entry;
	size_t bytes = 0;

	ck_assert_ptr_nonnull(names);
	while ((entry = readdir(names)) != NULL)
		if (strncmp(entry->d_name, ".s-", 3) == 0)
			bytes += lane_memory_of(fixture_path("%s/%s", directory, entry->d_name));
	closedir(names);
	return bytes;
}

/* Publishes from `number` on until a channel refuses. Answers the number that was refused. */
static uint32_t publish_until_refused(uint32_t number, fsps_receipt *receipt)
{
	int r = 0;

	while (r >= 0) {
		r = lane_publish(publisher, "a", number, LENGTH, receipt);
		ck_assert_uint_lt(number++, 1000000);
	}
	ck_assert_int_eq(r, FSPS_ERR_REFUSED);
	return number - 1;
}

static void expect_refusal(const fsps_receipt *receipt, const fsps_channel *channel, int reached)
{
	const char *name = NULL;
	int code = 0;

	ck_assert_int_eq(fsps_receipt_reached(receipt), reached);
	ck_assert_int_eq(fsps_receipt_refused(receipt), 1);
	ck_assert_int_eq(fsps_receipt_refusal(receipt, 0, &name, &code), FSPS_OK);
	ck_assert_str_eq(name, fsps_channel_name(channel));
	ck_assert_int_eq(code, FSPS_ERR_FULL);
}

static fsps_receipt *new_receipt(void)
{
	fsps_receipt *receipt = NULL;

	ck_assert_int_eq(fsps_receipt_new(&receipt), FSPS_OK);
	return receipt;
}

/* ---- refused ---- */

START_TEST(a_channel_at_its_limit_refuses_is_named_and_has_all_before)
{
	fsps_channel *channel = lane_subscribe(bus, "a", LIMIT);
	fsps_receipt *receipt = new_receipt();
	uint32_t refused = publish_until_refused(0, receipt);

	expect_refusal(receipt, channel, 0);
	/* Kept to within a segment, of a quarter of it here. */
	ck_assert_uint_ge(refused, (LIMIT - LIMIT / 4) / (LENGTH + 100));
	ck_assert_uint_le(memory_in(fsps_channel_name(channel)), LIMIT);
	ck_assert_int_eq(fsps_channel_backlog(channel), refused);
	lane_expect_all(channel, 0, refused);
	fixture_expect_nothing(channel);
	fsps_receipt_free(receipt);
	fsps_channel_close(channel);
}
END_TEST

START_TEST(a_channel_that_was_full_loses_only_what_it_refused)
{
	fsps_channel *channel = lane_subscribe(bus, "a", LIMIT);
	uint32_t next = 0;

	for (int round = 0; round < 20; round++) {
		uint32_t refused = publish_until_refused(next, NULL);

		lane_expect_all(channel, next, refused - next);
		fixture_expect_nothing(channel);
		next = refused + 1;
	}
	fsps_channel_close(channel);
}
END_TEST

START_TEST(a_full_channel_stops_nobody_else)
{
	fsps_channel *stalled = lane_subscribe(bus, "a", LIMIT);
	fsps_channel *channel = fixture_subscribe(bus, "a");
	fsps_receipt *receipt = new_receipt();
	uint32_t refused = publish_until_refused(0, receipt);
	uint32_t next = refused + 1;

	expect_refusal(receipt, stalled, 1);
	lane_expect_all(channel, 0, next);
	for (; next < refused + 20000; next++) {
		ck_assert_int_eq(lane_publish(publisher, "a", next, LENGTH, receipt),
				 FSPS_ERR_REFUSED);
		expect_refusal(receipt, stalled, 1);
		lane_expect(channel, next);
	}
	/* Its first message after the pause is whole, and all that follow are there. */
	lane_expect_all(stalled, 0, refused);
	fixture_expect_nothing(stalled);
	for (uint32_t i = 0; i < 100; i++)
		ck_assert_int_eq(lane_publish(publisher, "a", next + i, LENGTH, receipt), 2);
	lane_expect_all(stalled, next, 100);
	lane_expect_all(channel, next, 100);
	fsps_receipt_free(receipt);
	fsps_channel_close(stalled);
	fsps_channel_close(channel);
}
END_TEST

START_TEST(a_message_larger_than_the_limit_goes_into_an_empty_channel)
{
	fsps_channel *channel = lane_subscribe(bus, "a", 4096);

	for (uint32_t i = 0; i < 5; i++) {
		ck_assert_int_eq(lane_publish(publisher, "a", i, 100000, NULL), 1);
		ck_assert_int_eq(lane_publish(publisher, "a", 100, 100000, NULL), FSPS_ERR_REFUSED);
		lane_expect(channel, i);
		fixture_expect_nothing(channel);
	}
	fsps_channel_close(channel);
}
END_TEST

/* The reader has read all and sleeps: what ended behind its back takes no room. */
START_TEST(a_reader_that_has_read_all_has_room)
{
	fsps_channel *channel = lane_subscribe(bus, "a", 4096);

	for (uint32_t i = 0; i < 20; i++) {
		ck_assert_int_eq(lane_publish(publisher, "a", i, 100000, NULL), 1);
		lane_expect(channel, i);
		fixture_expect_nothing(channel);
	}
	fsps_channel_close(channel);
}
END_TEST

START_TEST(a_stalled_readers_memory_is_bounded)
{
	fsps_channel *stalled = lane_subscribe(bus, "a", LIMIT);
	fsps_channel *channel = fixture_subscribe(bus, "a");
	size_t most = 0;

	for (uint32_t i = 0; i < 40000; i++) {
		(void)lane_publish(publisher, "a", i, LENGTH, NULL);
		lane_expect(channel, i);
		if (i % 2000 == 0 && memory_in("tmp") > most)
			most = memory_in("tmp");
	}
	ck_assert_uint_le(memory_in(fsps_channel_name(stalled)), LIMIT);
	ck_assert_uint_le(most, LIMIT + (4 << 20));
	fsps_channel_close(stalled);
	fsps_channel_close(channel);
}
END_TEST

/* ---- waited for ---- */

static fsps_publisher *open_waiting(int64_t wait_ms)
{
	const struct fsps_publisher_options options = {.size = sizeof options, .wait_ms = wait_ms};
	fsps_publisher *waiting = NULL;

	lane_force("fast");
	ck_assert_int_eq(fsps_publisher_open(bus, &options, &waiting), FSPS_OK);
	lane_force(NULL);
	return waiting;
}

START_TEST(a_publisher_waits_for_a_full_channel_as_long_as_it_was_told)
{
	fsps_channel *channel = lane_subscribe(bus, "a", LIMIT);
	fsps_publisher *waiting = open_waiting(60);
	fsps_receipt *receipt = new_receipt();
	uint32_t refused = publish_until_refused(0, NULL);
	int64_t start_ms = fixture_now_ms();

	/* It may have a segment of its own there first. */
	while (lane_publish(waiting, "a", refused, LENGTH, receipt) == 1)
		start_ms = fixture_now_ms();
	ck_assert_int_ge(fixture_now_ms() - start_ms, 60);
	expect_refusal(receipt, channel, 0);
	fsps_receipt_free(receipt);
	fsps_publisher_close(waiting);
	fsps_channel_close(channel);
}
END_TEST

static void *read_all(void *userdata)
{
	lane_expect_all(userdata, 0, 5000);
	return NULL;
}

START_TEST(a_publisher_that_waits_goes_on_once_there_is_room_and_loses_nothing)
{
	fsps_channel *channel = lane_subscribe(bus, "a", LIMIT);
	fsps_publisher *waiting = open_waiting(FIXTURE_PATIENCE_MS);
	pthread_t reader;

	ck_assert_int_eq(pthread_create(&reader, NULL, read_all, channel), 0);
	for (uint32_t i = 0; i < 5000; i++)
		ck_assert_int_eq(lane_publish(waiting, "a", i, LENGTH, NULL), 1);
	ck_assert_int_eq(pthread_join(reader, NULL), 0);
	fixture_expect_nothing(channel);
	fsps_publisher_close(waiting);
	fsps_channel_close(channel);
}
END_TEST

/* ---- counted ---- */

static int note_backlog(const struct fsps_channel_info *info, void *userdata)
{
	*(uint64_t *)userdata = info->backlog;
	return 0;
}

static void expect_backlog(fsps_channel *channel, uint64_t expected)
{
	uint64_t listed = UINT64_MAX;

	ck_assert_int_eq(fsps_channel_backlog(channel), (int64_t)expected);
	ck_assert_int_eq(fsps_bus_list(bus, note_backlog, &listed), 1);
	ck_assert_uint_eq(listed, expected);
}

struct sending {
	fsps_publisher *publisher;
	uint32_t number;
	int reached;
};

static void *send_one(void *userdata)
{
	struct sending *sending = userdata;

	sending->reached = lane_publish(sending->publisher, "a", sending->number, LENGTH, NULL);
	return NULL;
}

/* The one that is full is read only after the other has the message. */
START_TEST(a_full_channel_that_is_waited_for_keeps_no_plain_one_waiting)
{
	fsps_channel *full = lane_subscribe(bus, "a", LIMIT);
	struct sending sending = {.publisher = open_waiting(FIXTURE_PATIENCE_MS)};
	uint32_t refused = publish_until_refused(0, NULL);
	struct plain_channel plain = plain_subscribe("a");
	struct pollfd rung = {.fd = plain.fd, .events = POLLIN};
	pthread_t sender;

	sending.number = refused;
	ck_assert_int_eq(pthread_create(&sender, NULL, send_one, &sending), 0);
	ck_assert_int_eq(poll(&rung, 1, FIXTURE_PATIENCE_MS / 2), 1);
	/* Between two publishers no order is promised: the late one comes once there is room. */
	for (uint32_t next = 0, late = 0; next + late <= refused;) {
		fsps_message *message = fixture_receive(full);
		uint32_t number = lane_number_of(message);

		if (number == refused)
			ck_assert_uint_eq(late++, 0);
		else
			ck_assert_uint_eq(number, next++);
		fsps_message_unref(message);
	}
	fixture_expect_nothing(full);
	ck_assert_int_eq(pthread_join(sender, NULL), 0);
	ck_assert_int_eq(sending.reached, 2);
	plain_close(&plain);
	fsps_publisher_close(sending.publisher);
	fsps_channel_close(full);
}
END_TEST

START_TEST(what_waits_in_segments_is_counted_also_when_some_of_it_is_read)
{
	fsps_channel *channel = fixture_subscribe(bus, "a");

	expect_backlog(channel, 0);
	for (uint32_t i = 0; i < 1000; i++)
		ck_assert_int_eq(lane_publish(publisher, "a", i, LENGTH, NULL), 1);
	ck_assert_uint_gt(lane_segments(channel), 2);
	expect_backlog(channel, 1000);
	for (uint32_t i = 0; i < 1000; i += 10) {
		lane_expect_all(channel, i, 10);
		expect_backlog(channel, 990 - i);
	}
	fsps_channel_close(channel);
}
END_TEST

START_TEST(files_and_segments_are_counted_together)
{
	fsps_channel *channel = fixture_subscribe(bus, "a");
	fsps_publisher *other = fixture_open_publisher(bus);

	for (uint32_t i = 0; i < 10; i++)
		ck_assert_int_eq(lane_publish(other, "a", i, LENGTH, NULL), 1);
	ck_assert_uint_eq(lane_files(channel), 3);
	expect_backlog(channel, 10);
	lane_expect_all(channel, 0, 5);
	expect_backlog(channel, 5);
	fsps_publisher_close(other);
	expect_backlog(channel, 5);
	fsps_channel_close(channel);
}
END_TEST

/* ---- how large ---- */

START_TEST(a_publisher_of_a_few_messages_holds_no_more_than_the_least)
{
	fsps_channel *channel = fixture_subscribe(bus, "a");

	for (uint32_t i = 0; i < 20; i++)
		ck_assert_int_eq(lane_publish(publisher, "a", i, LENGTH, NULL), 1);
	ck_assert_uint_le(memory_in("tmp"), 64 << 10);
	ck_assert_uint_eq(fixture_count(fixture_path("tmp"), ".s-"), 1);
	fsps_channel_close(channel);
}
END_TEST

START_TEST(a_fast_publishers_segments_grow_and_not_without_end)
{
	fsps_channel *channel = fixture_subscribe(bus, "a");
	size_t most = 0;

	for (uint32_t i = 0; i < 20000; i++) {
		struct stat status;

		ck_assert_int_eq(lane_publish(publisher, "a", i, LENGTH, NULL), 1);
		lane_expect(channel, i);
		if (i % 50 != 0)
			continue;
		ck_assert_int_eq(lstat(lane_segment_path(channel), &status), 0);
		if ((size_t)status.st_size > most)
			most = (size_t)status.st_size;
	}
	ck_assert_uint_gt(most, 64 << 10);
	/* So many messages, with what each has around it. */
	ck_assert_uint_le(most, 1024 * (LENGTH + 100));
	fsps_channel_close(channel);
}
END_TEST

START_TEST(a_sealed_segment_holds_only_what_was_written)
{
	fsps_channel *channel = fixture_subscribe(bus, "a");

	ck_assert_int_eq(lane_publish(publisher, "a", 0, LENGTH, NULL), 1);
	fsps_publisher_close(publisher);
	ck_assert_uint_le(memory_in(fsps_channel_name(channel)), 8 << 10);
	lane_expect(channel, 0);
	publisher = lane_open_publisher(bus);
	fsps_channel_close(channel);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("lane_limit");
	TCase *tcase = fixture_tcase(suite, "lane_limit");

	tcase_add_checked_fixture(tcase, set_up, tear_down);
	tcase_add_test(tcase, a_channel_at_its_limit_refuses_is_named_and_has_all_before);
	tcase_add_test(tcase, a_channel_that_was_full_loses_only_what_it_refused);
	tcase_add_test(tcase, a_full_channel_stops_nobody_else);
	tcase_add_test(tcase, a_message_larger_than_the_limit_goes_into_an_empty_channel);
	tcase_add_test(tcase, a_reader_that_has_read_all_has_room);
	tcase_add_test(tcase, a_stalled_readers_memory_is_bounded);
	tcase_add_test(tcase, a_publisher_waits_for_a_full_channel_as_long_as_it_was_told);
	tcase_add_test(tcase, a_publisher_that_waits_goes_on_once_there_is_room_and_loses_nothing);
	tcase_add_test(tcase, a_full_channel_that_is_waited_for_keeps_no_plain_one_waiting);
	tcase_add_test(tcase, what_waits_in_segments_is_counted_also_when_some_of_it_is_read);
	tcase_add_test(tcase, files_and_segments_are_counted_together);
	tcase_add_test(tcase, a_publisher_of_a_few_messages_holds_no_more_than_the_least);
	tcase_add_test(tcase, a_fast_publishers_segments_grow_and_not_without_end);
	tcase_add_test(tcase, a_sealed_segment_holds_only_what_was_written);
	return check_main(suite);
}
