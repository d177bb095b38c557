/* SPDX-License-Identifier: MIT */
/*
 * The reader's side of a channel's limits: what counts as waiting is what waits, whatever takes it
 * out; the limits that a reader brings along; and how many dead letters are kept.
 */
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "api/lane.h"
#include "api/pmsg.h"
#include "api/work.h"
#include "unit/check_main.h"

enum {
	COUNT = 10,
	PAGE = 4096,
	FIRST_ID = 1000,
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

static struct fsps_channel_options with_limit(uint64_t messages)
{
	struct fsps_channel_options options = work_options();

	options.limit_messages = messages;
	return options;
}

/* Counted: pages of files. What is in segments counts otherwise. */
static void expect_held(uint64_t files)
{
	if (fixture_lane() == FIXTURE_LANE_PLAIN)
		ck_assert_uint_eq(fixture_info(bus).held_bytes, files * PAGE);
}

/* ---- what counts ---- */

static const struct {
	int shared;
	int delivery;
} readers[] = {
	{.delivery = FSPS_AT_LEAST_ONCE},
	{.delivery = FSPS_AT_MOST_ONCE},
	{.shared = 1},
};

enum { READERS = sizeof readers / sizeof readers[0] };

static fsps_channel *open_reader(int which)
{
	struct fsps_channel_options options = with_limit(COUNT);

	options.shared = readers[which].shared;
	options.delivery = readers[which].delivery;
	return work_open_with(bus, &options);
}

START_TEST(each_message_that_is_handed_out_waits_no_more)
{
	fsps_channel *channel = open_reader(_i);
	fsps_publisher *publisher = fixture_open_publisher(bus);
	fsps_message *messages[COUNT];

	work_publish(publisher, 0, COUNT);
	expect_held(COUNT);
	for (unsigned i = 0; i < COUNT; i++) {
		messages[i] = fixture_receive(channel);
		expect_held(COUNT - i - 1);
	}
	/* Claimed, they leave room for as many. */
	work_publish(publisher, COUNT, COUNT);
	expect_held(COUNT);
	work_unref_all(messages, COUNT);
	fsps_publisher_close(publisher);
	fsps_channel_close(channel);
}
END_TEST

START_TEST(what_is_purged_waits_no_more)
{
	struct fsps_channel_options options = with_limit(COUNT);
	fsps_publisher *publisher = fixture_open_publisher(bus);

	fsps_channel_close(work_open_with(bus, &options));
	for (int round = 0; round < 3; round++) {
		work_publish(publisher, 0, COUNT);
		ck_assert_int_eq(fsps_channel_purge(bus, WORK_CHANNEL), COUNT);
		expect_held(0);
	}
	fsps_publisher_close(publisher);
}
END_TEST

START_TEST(what_is_set_aside_waits_no_more)
{
	fsps_channel *channel = work_open(bus);

	for (int i = 1; i <= COUNT; i++)
		fixture_write(fixture_path("%s/%d", WORK_CHANNEL, i), "rubbish", 7);
	fixture_expect_nothing(channel);
	ck_assert_uint_eq(fixture_stats(channel).set_aside, COUNT);
	ck_assert_uint_eq(fixture_info(bus).held_bytes, 0);
	fsps_channel_close(channel);
}
END_TEST

START_TEST(a_dead_letter_that_is_replayed_waits_again)
{
	fsps_channel *channel = work_open(bus);
	fsps_publisher *publisher = fixture_open_file_publisher(bus);
	fsps_message *message;
	struct work_letter letter;

	work_publish(publisher, 0, 1);
	message = work_take(channel, 0, 1);
	ck_assert_int_eq(fsps_message_reject(channel, message, NULL), FSPS_OK);
	fsps_message_unref(message);
	letter = work_letters(bus);
	ck_assert_uint_eq(fixture_info(bus).held_bytes, 0);
	ck_assert_int_eq(fsps_dead_replay(bus, WORK_CHANNEL, letter.file), FSPS_OK);
	ck_assert_uint_eq(fixture_info(bus).held_bytes, PAGE);
	work_ack(channel, work_take(channel, 0, 1));
	ck_assert_uint_eq(fixture_info(bus).held_bytes, 0);
	fsps_publisher_close(publisher);
	fsps_channel_close(channel);
}
END_TEST

START_TEST(what_a_reader_leaves_behind_waits)
{
	fsps_publisher *publisher = fixture_open_publisher(bus);
	struct fsps_channel_options options = with_limit(COUNT);
	fsps_channel *channel = work_open_with(bus, &options);
	fsps_message *messages[COUNT];

	work_publish(publisher, 0, COUNT);
	work_take_all(channel, 0, COUNT / 2, 1, messages);
	work_unref_all(messages, COUNT / 2);
	fsps_channel_close(channel);
	/* All of it comes again, and each takes its room with it once. */
	channel = work_open_with(bus, &options);
	for (unsigned i = 0; i < COUNT; i++)
		work_ack(channel, fixture_receive(channel));
	fixture_expect_nothing(channel);
	ck_assert_uint_eq(fixture_info(bus).held_bytes, 0);
	work_publish(publisher, 0, COUNT);
	fsps_publisher_close(publisher);
	fsps_channel_close(channel);
}
END_TEST

/* As formix-pubsub does it: into the inbox, and a ring. */
static void publish_as_formix(unsigned id)
{
	static unsigned char bytes[256];
	const char *inbox = fixture_find(fixture_path("."), WORK_CHANNEL ".in_");
	size_t length = pmsg_build(bytes, id, "a", "{}", "hi");
	uint64_t record = htobe64(id);
	int fd;

	fixture_write(fixture_path("%s/%u", inbox, id), bytes, length);
	fd = open(fixture_path("%s/queue", inbox), O_WRONLY | O_NONBLOCK | O_CLOEXEC);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(write(fd, &record, sizeof record), sizeof record);
	close(fd);
}

START_TEST(what_came_through_the_inbox_waits)
{
	fsps_channel *channel = work_open(bus);
	fsps_message *message;

	/* Its next reading of the directory is a second away, which would count them, too. */
	fixture_expect_nothing(channel);
	for (unsigned i = 0; i < COUNT; i++)
		publish_as_formix(FIRST_ID + i);
	message = fixture_receive(channel);
	ck_assert_uint_eq(fixture_info(bus).held_bytes, (COUNT - 1) * PAGE);
	fsps_message_unref(message);
	fsps_channel_close(channel);
}
END_TEST

START_TEST(what_scripts_put_there_counts_once_the_directory_was_read)
{
	fsps_channel *channel = work_open(bus);
	unsigned char bytes[256];
	fsps_message *message;

	for (unsigned i = 0; i < COUNT; i++)
		fixture_write(fixture_path("%s/%u", WORK_CHANNEL, FIRST_ID + i), bytes,
			      pmsg_build(bytes, FIRST_ID + i, "a", "{}", "hi"));
	message = fixture_receive(channel);
	ck_assert_uint_eq(fixture_info(bus).held_bytes, (COUNT - 1) * PAGE);
	fsps_message_unref(message);
	fsps_channel_close(channel);
}
END_TEST

/* ---- what a reader brings along ---- */

static struct fsps_limits limits_now(void)
{
	struct fsps_limits limits = {.size = sizeof limits};

	ck_assert_int_eq(fsps_channel_get_limits(bus, WORK_CHANNEL, &limits), FSPS_OK);
	return limits;
}

START_TEST(a_durable_channel_is_made_with_the_limits_of_its_first_reader)
{
	struct fsps_channel_options options = with_limit(7);
	struct fsps_limits limits;

	options.limit_bytes = 1 << 20;
	options.ttl_ms = 5000;
	options.when_full = FSPS_FULL_BLOCK;
	options.block_ms = 50;
	fsps_channel_close(work_open_with(bus, &options));
	limits = limits_now();
	ck_assert_uint_eq(limits.messages, 7);
	ck_assert_uint_eq(limits.bytes, 1 << 20);
	ck_assert_int_eq(limits.ttl_ms, 5000);
	ck_assert_int_eq(limits.when_full, FSPS_FULL_BLOCK);
	ck_assert_int_eq(limits.block_ms, 50);
}
END_TEST

START_TEST(a_durable_channel_has_no_limits_of_its_own)
{
	struct fsps_limits limits;

	ck_assert_int_eq(fsps_durable_create(bus, "a", "w"), 1);
	limits = limits_now();
	ck_assert_uint_eq(limits.messages, 0);
	ck_assert_uint_eq(limits.bytes, 0);
	ck_assert_int_eq(limits.ttl_ms, 0);
	ck_assert_int_eq(limits.when_full, FSPS_FULL_REFUSE);
	ck_assert_int_eq(limits.block_ms, 0);
}
END_TEST

START_TEST(a_reader_that_comes_later_changes_what_it_names_and_nothing_else)
{
	struct fsps_channel_options first = with_limit(7);
	struct fsps_channel_options second = work_options();
	struct fsps_limits limits;

	first.when_full = FSPS_FULL_DROP_NEW;
	fsps_channel_close(work_open_with(bus, &first));
	second.ttl_ms = 9000;
	second.limit_bytes = 1 << 16;
	fsps_channel_close(work_open_with(bus, &second));
	limits = limits_now();
	ck_assert_uint_eq(limits.messages, 7);
	ck_assert_uint_eq(limits.bytes, 1 << 16);
	ck_assert_int_eq(limits.ttl_ms, 9000);
	ck_assert_int_eq(limits.when_full, FSPS_FULL_DROP_NEW);
}
END_TEST

START_TEST(what_waited_before_there_was_a_limit_counts_for_it)
{
	fsps_publisher *publisher = fixture_open_publisher(bus);
	struct fsps_channel_options options = with_limit(COUNT);
	fsps_channel *channel;

	ck_assert_int_eq(fsps_durable_create(bus, "a", "w"), 1);
	work_publish(publisher, 0, COUNT);
	channel = work_open_with(bus, &options);
	ck_assert_int_eq(fixture_publish(publisher, "a", "too many"), FSPS_ERR_REFUSED);
	work_do(channel, 0, COUNT);
	fixture_expect_nothing(channel);
	ck_assert_int_eq(fixture_publish(publisher, "a", "fits"), 1);
	fsps_publisher_close(publisher);
	fsps_channel_close(channel);
}
END_TEST

START_TEST(a_listing_shows_limits_and_who_may_publish)
{
	struct fsps_channel_options options = with_limit(7);
	struct fsps_channel_info info;
	struct stat status;

	options.when_full = FSPS_FULL_BLOCK;
	options.limit_bytes = 1 << 20;
	options.ttl_ms = 5000;
	fsps_channel_close(work_open_with(bus, &options));
	info = fixture_info(bus);
	ck_assert_uint_eq(info.limit_messages, 7);
	ck_assert_uint_eq(info.limit_bytes, 1 << 20);
	ck_assert_int_eq(info.ttl_ms, 5000);
	ck_assert_int_eq(info.when_full, FSPS_FULL_BLOCK);
	ck_assert_int_eq(info.block_ms, 1000);
	ck_assert_int_eq(stat(fixture_path("%s", WORK_CHANNEL), &status), 0);
	ck_assert_uint_eq(info.gid, status.st_gid);
	ck_assert_uint_eq(info.mode, status.st_mode & 07777);
}
END_TEST

START_TEST(a_listing_shows_what_was_refused_and_dropped)
{
	fsps_publisher *publisher = fixture_open_publisher(bus);
	struct fsps_channel_options options = with_limit(1);
	fsps_channel *channel = work_open_with(bus, &options);
	struct fsps_limits limits = limits_now();

	work_publish(publisher, 0, 1);
	ck_assert_int_eq(fixture_publish(publisher, "a", "x"), FSPS_ERR_REFUSED);
	limits.when_full = FSPS_FULL_DROP_NEW;
	ck_assert_int_eq(fsps_channel_set_limits(bus, WORK_CHANNEL, &limits), FSPS_OK);
	ck_assert_int_eq(fixture_publish(publisher, "a", "x"), 0);
	ck_assert_int_eq(fixture_publish(publisher, "a", "x"), 0);
	ck_assert_uint_eq(fixture_info(bus).refused, 1);
	ck_assert_uint_eq(fixture_info(bus).dropped_new, 2);
	ck_assert_uint_eq(fixture_info(bus).evicted, 0);
	fsps_publisher_close(publisher);
	fsps_channel_close(channel);
}
END_TEST

/* ---- dead letters ---- */

START_TEST(a_live_channel_keeps_no_more_than_64_dead_letters)
{
	const struct fsps_channel_options options = {
		.size = sizeof options, .delivery = FSPS_AT_LEAST_ONCE, .attempts_max = 1};
	fsps_publisher *publisher = fixture_open_publisher(bus);
	fsps_channel *channel = NULL;

	ck_assert_int_eq(fsps_channel_open(bus, "a", &options, &channel), FSPS_OK);
	work_publish(publisher, 0, 100);
	for (unsigned i = 0; i < 100; i++) {
		fsps_message *message = work_take(channel, i, 1);

		if (i % 2 == 0)
			ck_assert_int_eq(fsps_message_reject(channel, message, "no"), FSPS_OK);
		else
			ck_assert_int_eq(fsps_message_nack(channel, message, 0, "no"), 1);
		fsps_message_unref(message);
	}
	ck_assert_uint_eq(fixture_stats(channel).dead, 100);
	ck_assert_uint_eq(fixture_count(fixture_path("%s", fsps_channel_name(channel)), ".d-"), 64);
	ck_assert_uint_eq(fixture_count(fixture_path("%s", fsps_channel_name(channel)), ".e-"), 64);
	ck_assert_uint_eq(fixture_stats(channel).unsettled, 0);
	fixture_expect_nothing(channel);
	fsps_publisher_close(publisher);
	fsps_channel_close(channel);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("limit-reader");
	TCase *counts = fixture_tcase(suite, "counts");
	TCase *brought = fixture_tcase(suite, "brought");
	TCase *letters = fixture_tcase(suite, "letters");

	tcase_add_checked_fixture(counts, set_up, tear_down);
	tcase_add_loop_test(counts, each_message_that_is_handed_out_waits_no_more, 0, READERS);
	tcase_add_test(counts, what_is_purged_waits_no_more);
	tcase_add_test(counts, what_is_set_aside_waits_no_more);
	tcase_add_test(counts, a_dead_letter_that_is_replayed_waits_again);
	tcase_add_test(counts, what_a_reader_leaves_behind_waits);
	tcase_add_test(counts, what_came_through_the_inbox_waits);
	tcase_add_test(counts, what_scripts_put_there_counts_once_the_directory_was_read);
	tcase_add_checked_fixture(brought, set_up, tear_down);
	tcase_add_test(brought, a_durable_channel_is_made_with_the_limits_of_its_first_reader);
	tcase_add_test(brought, a_durable_channel_has_no_limits_of_its_own);
	tcase_add_test(brought, a_reader_that_comes_later_changes_what_it_names_and_nothing_else);
	tcase_add_test(brought, what_waited_before_there_was_a_limit_counts_for_it);
	tcase_add_test(brought, a_listing_shows_limits_and_who_may_publish);
	tcase_add_test(brought, a_listing_shows_what_was_refused_and_dropped);
	tcase_add_checked_fixture(letters, set_up, tear_down);
	tcase_add_test(letters, a_live_channel_keeps_no_more_than_64_dead_letters);
	return check_main(suite);
}
