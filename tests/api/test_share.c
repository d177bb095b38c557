/* SPDX-License-Identifier: MIT */
/*
 * No other user fills a channel of ours: each may have a quarter of its limits waiting in files,
 * and loses the newest of what he has beyond that. Only root can put files of another user there;
 * for everybody else all is skipped.
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "api/pmsg.h"
#include "api/work.h"
#include "unit/check_main.h"

enum {
	COUNT = 10,
	/* A user who publishes too much. */
	STRANGER = 4321,
	STRANGERS_FILES = 600,
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

/* Only root can put files of another user there. */
static fsps_channel *open_public(uint64_t limit_messages)
{
	struct fsps_channel_options options = with_limit(limit_messages);

	ck_assert_int_eq(fsps_bus_create_home(bus), FSPS_OK);
	ck_assert_int_eq(chmod(fixture_home, 01777), 0);
	fsps_bus_close(bus);
	bus = fixture_open_bus();
	return work_open_with(bus, &options);
}

static void put_strangers_files(unsigned first, unsigned count)
{
	unsigned char bytes[256];

	for (unsigned i = first; i < first + count; i++) {
		const char *path = fixture_path("%s/%u", WORK_CHANNEL, i);

		fixture_write(path, bytes, pmsg_build(bytes, i, "a", "{}", "stranger's"));
		ck_assert_int_eq(chown(path, STRANGER, STRANGER), 0);
	}
}

static unsigned count_of(fsps_channel *channel, unsigned uid)
{
	fsps_message *message;
	unsigned count = 0;

	while (fsps_channel_fetch(channel, &message) == 1) {
		count += fsps_message_sender_uid(message) == uid;
		ck_assert_int_eq(fsps_message_ack(channel, message), FSPS_OK);
		fsps_message_unref(message);
	}
	return count;
}

START_TEST(another_user_has_no_more_waiting_than_a_quarter)
{
	fsps_channel *channel;
	fsps_publisher *publisher;

	channel = open_public(1000);
	publisher = fixture_open_file_publisher(bus);
	work_publish(publisher, 0, COUNT);
	put_strangers_files(FIRST_ID, STRANGERS_FILES);
	/* The oldest of his stay. */
	work_ack(channel, fixture_receive(channel));
	ck_assert_uint_eq(fixture_stats(channel).evicted, STRANGERS_FILES - 250);
	ck_assert_uint_eq(fixture_info(bus).evicted, STRANGERS_FILES - 250);
	ck_assert(fixture_exists(fixture_path("%s/%u", WORK_CHANNEL, FIRST_ID + 249)));
	ck_assert(!fixture_exists(fixture_path("%s/%u", WORK_CHANNEL, FIRST_ID + 250)));
	ck_assert_uint_eq(count_of(channel, STRANGER), 249);
	fsps_publisher_close(publisher);
	fsps_channel_close(channel);
}
END_TEST

START_TEST(another_users_files_are_no_matter_while_there_are_few)
{
	fsps_channel *channel;

	channel = open_public(1000);
	put_strangers_files(FIRST_ID, 400);
	ck_assert_uint_eq(count_of(channel, STRANGER), 400);
	ck_assert_uint_eq(fixture_stats(channel).evicted, 0);
	fsps_channel_close(channel);
}
END_TEST

START_TEST(in_a_channel_that_is_closed_to_others_nobody_is_evicted)
{
	struct fsps_channel_options options = with_limit(1000);
	fsps_channel *channel;

	channel = work_open_with(bus, &options);
	put_strangers_files(FIRST_ID, STRANGERS_FILES);
	ck_assert_uint_eq(count_of(channel, STRANGER), STRANGERS_FILES);
	ck_assert_uint_eq(fixture_stats(channel).evicted, 0);
	fsps_channel_close(channel);
}
END_TEST

int main(void)
{
	Suite *suite;
	TCase *users;

	if (geteuid() != 0) {
		printf("1..0 # SKIP only root can put files of another user into a channel\n");
		return EXIT_SUCCESS;
	}
	suite = suite_create("share");
	users = fixture_tcase(suite, "users");

	tcase_add_checked_fixture(users, set_up, tear_down);
	tcase_add_test(users, another_user_has_no_more_waiting_than_a_quarter);
	tcase_add_test(users, another_users_files_are_no_matter_while_there_are_few);
	tcase_add_test(users, in_a_channel_that_is_closed_to_others_nobody_is_evicted);
	return check_main(suite);
}
