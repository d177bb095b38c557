/* SPDX-License-Identifier: MIT */
/* Who uses a home, and who streams to a channel, as others see it. */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "api/lane.h"
#include "unit/check_main.h"

enum { SEEN_MAX = 8, MEMBER_LEN = 12 };

/* What a listing showed; strings are copied, as they are only lent. */
struct listing {
	int count;
	int end_after;
	struct fsps_process_info info[SEEN_MAX];
	char member[SEEN_MAX][64];
	char identity[SEEN_MAX][256];
};

static fsps_bus *bus;

static void set_up(void)
{
	bus = fixture_open_bus();
}

static void tear_down(void)
{
	fsps_bus_close(bus);
}

static int note(const struct fsps_process_info *info, void *userdata)
{
	struct listing *listing = userdata;
	int i = listing->count++;

	ck_assert_int_lt(i, SEEN_MAX);
	ck_assert_uint_eq(info->size, sizeof *info);
	listing->info[i] = *info;
	snprintf(listing->member[i], sizeof listing->member[0], "%s", info->member);
	snprintf(listing->identity[i], sizeof listing->identity[0], "%s", info->identity);
	return listing->count == listing->end_after;
}

static struct listing list(void)
{
	struct listing listing = {0};

	ck_assert_int_eq(fsps_bus_list_processes(bus, note, &listing), listing.count);
	return listing;
}

static fsps_bus *open_bus_of(const char *identity)
{
	const struct fsps_bus_options options = {
		.size = sizeof options, .home = fixture_home, .identity = identity};
	fsps_bus *opened = NULL;

	ck_assert_int_eq(fsps_bus_open(&options, &opened), FSPS_OK);
	return opened;
}

START_TEST(null_is_an_argument_error)
{
	ck_assert_int_eq(fsps_bus_list_processes(NULL, note, NULL), FSPS_ERR_ARGUMENT);
	ck_assert_int_eq(fsps_bus_list_processes(bus, NULL, NULL), FSPS_ERR_ARGUMENT);
	ck_assert_str_eq(fsps_message_sender_member(NULL), "");
}
END_TEST

START_TEST(a_home_that_is_missing_has_no_processes_and_is_not_made)
{
	ck_assert_int_eq(list().count, 0);
	ck_assert(!fixture_exists(fixture_home));
}
END_TEST

START_TEST(who_uses_a_home_whose_state_is_not_to_be_trusted_is_not_told)
{
	struct listing listing = {0};
	fsps_bus *other = fixture_open_bus();
	char state[PATH_MAX];

	ck_assert_int_eq(fsps_bus_create_home(bus), FSPS_OK);
	snprintf(state, sizeof state, "%s", fixture_path(".fsps"));
	ck_assert_int_eq(rename(state, fixture_path("elsewhere")), 0);
	ck_assert_int_eq(symlink("elsewhere", state), 0);
	ck_assert_int_eq(fsps_bus_list_processes(other, note, &listing), FSPS_ERR_UNSAFE_HOME);
	ck_assert_int_eq(listing.count, 0);
	fsps_bus_close(other);
}
END_TEST

START_TEST(a_process_is_there_from_its_first_channel_to_its_end)
{
	fsps_bus *other = open_bus_of("two words");
	fsps_channel *channel;
	struct listing listing;

	ck_assert_int_eq(fsps_bus_create_home(other), FSPS_OK);
	ck_assert_int_eq(list().count, 0);
	channel = fixture_subscribe(other, "a");
	listing = list();
	ck_assert_int_eq(listing.count, 1);
	ck_assert_uint_eq(strlen(listing.member[0]), MEMBER_LEN);
	ck_assert_str_eq(listing.identity[0], "two words");
	ck_assert_int_eq(listing.info[0].pid, getpid());
	ck_assert_uint_eq(listing.info[0].uid, geteuid());
	ck_assert_int_eq(listing.info[0].alive, FSPS_ALIVE_YES);
	fsps_channel_close(channel);
	fsps_bus_close(other);
	ck_assert_int_eq(list().count, 0);
}
END_TEST

START_TEST(a_callback_may_end_the_listing)
{
	fsps_bus *other = fixture_open_bus();
	fsps_channel *one = fixture_subscribe(bus, "a");
	fsps_channel *two = fixture_subscribe(other, "a");
	struct listing listing = {.end_after = 1};

	ck_assert_int_eq(list().count, 2);
	ck_assert_int_eq(fsps_bus_list_processes(bus, note, &listing), 1);
	fsps_channel_close(one);
	fsps_channel_close(two);
	fsps_bus_close(other);
}
END_TEST

START_TEST(one_that_was_killed_is_shown_as_dead)
{
	struct listing listing;
	pid_t pid = fork();

	if (pid == 0) {
		fsps_bus *own = open_bus_of("child");

		fixture_subscribe(own, "a");
		_exit(0);
	}
	ck_assert_int_eq(waitpid(pid, NULL, 0), pid);
	listing = list();
	ck_assert_int_eq(listing.count, 1);
	ck_assert_int_eq(listing.info[0].pid, pid);
	ck_assert_int_eq(listing.info[0].alive, FSPS_ALIVE_NO);
}
END_TEST

/* What stands in the file is only what somebody wrote. */
START_TEST(a_lock_file_that_says_nothing_is_a_process_without_a_name)
{
	static const char *const texts[] = {
		"",      "pid",         "pid x uid 0 me",
		"pid 1", "pid 1 uid 0", "pid 99999999999999999999 uid 0 me\n",
		"\n"};
	fsps_channel *channel = fixture_subscribe(bus, "a");

	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
		struct listing listing;
		int other;

		fixture_write(fixture_path(".fsps/w-000000000000"), texts[i], strlen(texts[i]));
		fixture_write(fixture_path(".fsps/w-0"), "pid 1 uid 0 none\n", 17);
		listing = list();
		ck_assert_int_eq(listing.count, 2);
		other = strcmp(listing.member[0], "000000000000") == 0 ? 0 : 1;
		ck_assert_int_eq(listing.info[other].pid, 0);
		ck_assert_str_eq(listing.identity[other], "");
		ck_assert_int_eq(listing.info[other].alive, FSPS_ALIVE_NO);
		fixture_remove(fixture_path(".fsps/w-000000000000"));
		fixture_remove(fixture_path(".fsps/w-0"));
	}
	fsps_channel_close(channel);
}
END_TEST

START_TEST(a_message_of_a_stream_tells_its_process_and_one_of_a_file_does_not)
{
	fsps_bus *sender = open_bus_of("sender");
	fsps_publisher *publisher = lane_open_publisher(sender);
	fsps_channel *channel = fixture_subscribe(bus, "a");
	fsps_publisher *by_file = fixture_open_file_publisher(sender);
	fsps_message *message;
	fsps_message *kept = NULL;
	struct listing listing;
	int i = 0;

	ck_assert_int_eq(fixture_publish(publisher, "a", "x"), 1);
	message = fixture_receive(channel);
	listing = list();
	ck_assert_int_eq(listing.count, 2);
	while (strcmp(listing.identity[i], "sender") != 0)
		i++;
	ck_assert_str_eq(fsps_message_sender_member(message), listing.member[i]);
	ck_assert_int_eq(fsps_message_keep(message, &kept), FSPS_OK);
	ck_assert_str_eq(fsps_message_sender_member(kept), "");
	fsps_message_unref(kept);
	fsps_message_unref(message);
	ck_assert_int_eq(fixture_publish(by_file, "a", "x"), 1);
	message = fixture_receive(channel);
	ck_assert_str_eq(fsps_message_sender_member(message), "");
	fsps_message_unref(message);
	fsps_channel_close(channel);
	fsps_publisher_close(by_file);
	fsps_publisher_close(publisher);
	fsps_bus_close(sender);
}
END_TEST

/* Of the home's only channel; as long as anybody does, one of them is named. */
static int note_publishers(const struct fsps_channel_info *info, void *userdata)
{
	uint32_t *publishers = userdata;

	*publishers = info->publishers;
	ck_assert_uint_eq(strlen(info->publisher), info->publishers > 0 ? MEMBER_LEN : 0);
	return 0;
}

static uint32_t publishers(void)
{
	uint32_t count = UINT32_MAX;

	ck_assert_int_eq(fsps_bus_list(bus, note_publishers, &count), 1);
	return count;
}

START_TEST(a_channel_tells_how_many_stream_to_it)
{
	fsps_bus *senders[2] = {fixture_open_bus(), fixture_open_bus()};
	fsps_publisher *streams[3];
	fsps_channel *channel = fixture_subscribe(bus, "a");

	ck_assert_uint_eq(publishers(), 0);
	/* Two of one process count once. */
	for (int i = 0; i < 3; i++) {
		streams[i] = lane_open_publisher(senders[i / 2]);
		ck_assert_int_eq(fixture_publish(streams[i], "a", "x"), 1);
	}
	ck_assert_uint_eq(publishers(), 2);
	for (int i = 0; i < 3; i++)
		fixture_expect(channel, "x");
	/* They may go on. */
	ck_assert_uint_eq(publishers(), 2);
	for (int i = 0; i < 3; i++)
		fsps_publisher_close(streams[i]);
	fixture_expect_nothing(channel);
	ck_assert_uint_eq(publishers(), 0);
	fsps_channel_close(channel);
	fsps_bus_close(senders[0]);
	fsps_bus_close(senders[1]);
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("api lane processes");
	TCase *tcase = fixture_tcase(suite, "processes");

	tcase_add_checked_fixture(tcase, set_up, tear_down);
	tcase_add_test(tcase, null_is_an_argument_error);
	tcase_add_test(tcase, a_home_that_is_missing_has_no_processes_and_is_not_made);
	tcase_add_test(tcase, who_uses_a_home_whose_state_is_not_to_be_trusted_is_not_told);
	tcase_add_test(tcase, a_process_is_there_from_its_first_channel_to_its_end);
	tcase_add_test(tcase, a_callback_may_end_the_listing);
	tcase_add_test(tcase, one_that_was_killed_is_shown_as_dead);
	tcase_add_test(tcase, a_lock_file_that_says_nothing_is_a_process_without_a_name);
	tcase_add_test(tcase, a_message_of_a_stream_tells_its_process_and_one_of_a_file_does_not);
	tcase_add_test(tcase, a_channel_tells_how_many_stream_to_it);
	return suite;
}

int main(void)
{
	return check_main(make_suite());
}
