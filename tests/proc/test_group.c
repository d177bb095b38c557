/* SPDX-License-Identifier: MIT */
/*
 * A home of a group: root's, 3770. The group's members subscribe and publish, whatever their own
 * group is; nobody else gets in, and a channel is a drop box among members, too.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "proc/process.h"
#include "proc/user.h"
#include "unit/check_main.h"

enum { GROUP = 54320 };

static void become_member(uid_t user)
{
	const gid_t group = GROUP;

	ck_assert_int_eq(setgroups(1, &group), 0);
	ck_assert_int_eq(setresgid(user, user, user), 0);
	ck_assert_int_eq(setresuid(user, user, user), 0);
}

static void set_up(void)
{
	fsps_bus *bus;

	ck_assert_int_eq(mkdir(fixture_home, 0700), 0);
	ck_assert_int_eq(chown(fixture_home, 0, GROUP), 0);
	ck_assert_int_eq(chmod(fixture_home, 03770), 0);
	bus = fixture_open_bus();
	ck_assert_int_eq(fsps_bus_create_home(bus), FSPS_OK);
	fsps_bus_close(bus);
}

/* Subscribes, tells the channel's name, and expects one message of Bob's. */
static void alice(const struct process_ends *ends, void *userdata)
{
	char name[256] = "";
	fsps_message *message;
	fsps_channel *channel;
	fsps_bus *bus;

	(void)userdata;
	become_member(ALICE);
	bus = fixture_open_bus();
	channel = fixture_subscribe(bus, "a");
	strcpy(name, fsps_channel_name(channel));
	process_say(ends, name, sizeof name);
	process_hear(ends);
	message = fixture_receive(channel);
	ck_assert_str_eq((const char *)fsps_message_payload(message, NULL), "from Bob");
	ck_assert_uint_eq(fsps_message_sender_uid(message), BOB);
	fsps_message_unref(message);
	fsps_channel_close(channel);
	fsps_bus_close(bus);
}

static void bob_publishes(const struct process_ends *ends, void *userdata)
{
	const char *name = userdata;
	fsps_publisher *publisher;
	fsps_bus *bus;
	int reached;

	(void)ends;
	become_member(BOB);
	bus = fixture_open_bus();
	publisher = fixture_open_publisher(bus);
	reached = fixture_publish(publisher, "a", "from Bob");
	ck_assert_msg(reached == 1, "%d: %s", reached, fsps_last_error()->text);
	ck_assert_ptr_null(opendir(fixture_path("%s", name)));
	ck_assert_int_eq(errno, EACCES);
	ck_assert_int_eq(unlink(fixture_path("%s/queue", name)), -1);
	fsps_publisher_close(publisher);
	fsps_bus_close(bus);
}

START_TEST(members_of_the_group_publish_to_each_other)
{
	struct process subscriber = process_start(alice, NULL);
	struct process publisher;
	char name[256];

	ck_assert(process_read(&subscriber, name, sizeof name));
	ck_assert_uint_eq(fixture_mode(fixture_path("%s", name)), 03730);
	ck_assert_uint_eq(fixture_mode(fixture_path("%s/queue", name)), 0620);
	publisher = process_start(bob_publishes, name);
	process_join(&publisher);
	process_tell(&subscriber);
	process_join(&subscriber);
	ck_assert_uint_eq(fixture_count(fixture_home, "a_"), 0);
}
END_TEST

static void outsider(const struct process_ends *ends, void *userdata)
{
	fsps_publisher *publisher;
	fsps_channel *channel = NULL;
	fsps_bus *bus;

	(void)ends;
	(void)userdata;
	user_become(BOB);
	bus = fixture_open_bus();
	publisher = fixture_open_publisher(bus);
	ck_assert_int_eq(fixture_publish(publisher, "a", "x"), FSPS_ERR_PERMISSION);
	ck_assert_int_eq(fsps_channel_open(bus, "a", NULL, &channel), FSPS_ERR_PERMISSION);
	fsps_publisher_close(publisher);
	fsps_bus_close(bus);
}

START_TEST(nobody_else_gets_in)
{
	struct process process = process_start(outsider, NULL);

	process_join(&process);
}
END_TEST

int main(void)
{
	Suite *suite;
	TCase *tcase;

	if (user_skipped())
		return EXIT_SUCCESS;
	suite = suite_create("group");
	tcase = fixture_tcase(suite, "group");
	tcase_add_checked_fixture(tcase, set_up, NULL);
	tcase_add_test(tcase, members_of_the_group_publish_to_each_other);
	tcase_add_test(tcase, nobody_else_gets_in);
	return check_main(suite);
}
