/* SPDX-License-Identifier: MIT */
/*
 * A container with users of its own (another user namespace): they have other numbers there, or
 * none, and root of the container is nobody here.
 */
#include <fcntl.h>
#include <stdlib.h>

#include "proc/container.h"
#include "proc/process.h"
#include "proc/user.h"
#include "unit/check_main.h"

/* What users without a number in a namespace have there. */
enum { OVERFLOW_UID = 65534 };

static void make_home_of_root(void)
{
	const struct fsps_home_options options = {.size = sizeof options,
						  .profile = FSPS_PROFILE_PUBLIC};
	fsps_bus *bus = fixture_open_bus();

	ck_assert_int_eq(fsps_home_init(bus, &options), 1);
	fsps_bus_close(bus);
}

static void publish_from_outside(const struct process_ends *ends, void *userdata)
{
	fsps_publisher *publisher;
	fsps_bus *bus;

	(void)ends;
	user_become(*(const uid_t *)userdata);
	bus = fixture_open_bus();
	publisher = fixture_open_publisher(bus);
	ck_assert_int_eq(fixture_publish(publisher, "in", "from outside"), 1);
	fsps_publisher_close(publisher);
	fsps_bus_close(bus);
}

static void publish_as(uid_t user)
{
	struct process process = process_start(publish_from_outside, &user);

	process_join(&process);
}

static fsps_bus *open_trusting(uint32_t owner)
{
	const struct fsps_bus_options options = {
		.size = sizeof options, .home = fixture_home, .home_owner = owner};
	fsps_bus *bus = NULL;

	ck_assert_int_eq(fsps_bus_open(&options, &bus), FSPS_OK);
	return bus;
}

static void expect_from(fsps_channel *channel, uint32_t sender)
{
	fsps_message *message = fixture_receive(channel);

	ck_assert_uint_eq(fsps_message_sender_uid(message), sender);
	fsps_message_unref(message);
}

/* Alice inside, where she is 0 and all others the same. */
static void alice_inside(const struct process_ends *ends, void *userdata)
{
	fsps_publisher *publisher;
	fsps_channel *channel = NULL;
	fsps_bus *bus;

	(void)userdata;
	user_become(ALICE);
	ck_assert(container_enter_users());
	ck_assert_uint_eq(geteuid(), 0);
	/* The machine's root is a stranger here, who has to be trusted in words. */
	bus = open_trusting(0);
	ck_assert_int_eq(fsps_channel_open(bus, "in", NULL, &channel), FSPS_ERR_UNSAFE_HOME);
	fsps_bus_close(bus);
	bus = open_trusting(OVERFLOW_UID);
	channel = fixture_subscribe(bus, "in");
	publisher = fixture_open_publisher(bus);
	process_say_ready(ends);
	ck_assert(process_hear(ends));
	expect_from(channel, OVERFLOW_UID);
	expect_from(channel, 0);
	ck_assert_int_eq(fixture_publish(publisher, "out", "from inside"), 1);
	(void)process_hear(ends);
	fsps_channel_close(channel);
	fsps_publisher_close(publisher);
	fsps_bus_close(bus);
}

START_TEST(a_user_with_another_number_inside_is_who_she_is)
{
	fsps_channel *channel;
	struct process alice;
	fsps_bus *bus;

	make_home_of_root();
	bus = fixture_open_bus();
	channel = fixture_subscribe(bus, "out");
	alice = process_start(alice_inside, NULL);
	process_await_ready(&alice);
	publish_as(BOB);
	publish_as(ALICE);
	process_tell(&alice);
	expect_from(channel, ALICE);
	process_let_go(&alice);
	process_join(&alice);
	ck_assert_uint_eq(fixture_count(fixture_home, "in_"), 0);
	fsps_channel_close(channel);
	fsps_bus_close(bus);
}
END_TEST

/* Inside, root is no more than the user who made the namespace. */
static void alice_plays_root(const struct process_ends *ends, void *userdata)
{
	const char *channel = userdata;

	(void)ends;
	user_become(ALICE);
	ck_assert(container_enter_users());
	ck_assert_int_lt(open(fixture_path("%s", channel), O_RDONLY | O_CLOEXEC), 0);
	ck_assert_int_lt(open(fixture_path("%s/.c", channel), O_RDWR | O_CLOEXEC), 0);
	ck_assert_int_ne(unlink(fixture_path("%s/queue", channel)), 0);
	ck_assert_int_ne(chown(fixture_path("%s", channel), 0, 0), 0);
	ck_assert_int_ne(rename(fixture_path("%s", channel), fixture_path("mine")), 0);
}

START_TEST(to_be_root_inside_opens_nothing_here)
{
	fsps_channel *channel;
	struct process alice;
	fsps_bus *bus;
	char name[256];

	make_home_of_root();
	bus = fixture_open_bus();
	channel = fixture_subscribe(bus, "a");
	snprintf(name, sizeof name, "%s", fsps_channel_name(channel));
	alice = process_start(alice_plays_root, name);
	process_join(&alice);
	fsps_channel_close(channel);
	fsps_bus_close(bus);
}
END_TEST

int main(void)
{
	Suite *suite;
	TCase *tcase;

	if (user_skipped() || container_skipped(container_enter_users, ALICE, "user"))
		return EXIT_SUCCESS;
	suite = suite_create("user_namespace");
	tcase = fixture_tcase(suite, "user_namespace");
	tcase_add_test(tcase, a_user_with_another_number_inside_is_who_she_is);
	tcase_add_test(tcase, to_be_root_inside_opens_nothing_here);
	return check_main(suite);
}
