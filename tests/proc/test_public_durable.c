/* SPDX-License-Identifier: MIT */
/*
 * Another user's durable channel, in a public home and in a group's: a drop box, which its
 * publishers can neither map nor read. Whether anybody reads it, and whether its bell has room, is
 * no reason to refuse a message or to take one back.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "proc/process.h"
#include "proc/user.h"
#include "unit/check_main.h"

enum { GROUP = 54320 };

/* ---- Alice's channel ---- */

static void give(const char *path, uid_t user, mode_t mode)
{
	ck_assert_int_eq(lchown(path, user, user), 0);
	ck_assert_int_eq(chmod(path, mode), 0);
}

/* A durable channel for "a" as she makes it: that others can't read its control block is all that
 * counts of that. */
static void make_channel(bool with_control)
{
	ck_assert_int_eq(mkdir(fixture_path("a_jobs"), 0700), 0);
	ck_assert_int_eq(mkfifo(fixture_path("a_jobs/queue"), 0600), 0);
	give(fixture_path("a_jobs/queue"), ALICE, 0622);
	if (with_control) {
		static const char zeros[4096];

		fixture_write(fixture_path("a_jobs/.c"), zeros, sizeof zeros);
		give(fixture_path("a_jobs/.c"), ALICE, 0600);
	}
	give(fixture_path("a_jobs"), ALICE, 01733);
}

static void make_home(mode_t mode)
{
	fsps_bus *bus;

	user_make_home(0, mode);
	bus = fixture_open_bus();
	ck_assert_int_eq(fsps_bus_create_home(bus), FSPS_OK);
	fsps_bus_close(bus);
}

/* IDs are microseconds of this century. */
static size_t count_messages(void)
{
	return fixture_count(fixture_path("a_jobs"), "1");
}

/* ---- Bob publishes ---- */

struct orders {
	int count;
	int expected_reach;
	gid_t group;
};

static void bob_publishes(const struct process_ends *ends, void *userdata)
{
	const struct orders *orders = userdata;
	fsps_publisher *publisher;
	fsps_bus *bus;

	(void)ends;
	ck_assert_int_eq(setgroups(orders->group != 0, &orders->group), 0);
	ck_assert_int_eq(setresgid(BOB, BOB, BOB), 0);
	ck_assert_int_eq(setresuid(BOB, BOB, BOB), 0);
	bus = fixture_open_bus();
	publisher = fixture_open_publisher(bus);
	ck_assert_int_eq(fsps_publisher_matched(publisher, "a"), orders->expected_reach);
	for (int i = 0; i < orders->count; i++) {
		int r = fixture_publish(publisher, "a", "from Bob");

		ck_assert_msg(r == orders->expected_reach, "%d: %s", r, fsps_last_error()->text);
	}
	fsps_publisher_close(publisher);
	fsps_bus_close(bus);
}

static void let_bob_publish(int count, int expected_reach)
{
	struct orders orders = {.count = count, .expected_reach = expected_reach};
	struct process bob = process_start(bob_publishes, &orders);

	process_join(&bob);
}

/* ---- what comes of it ---- */

START_TEST(without_a_reader_it_collects)
{
	make_home(01777);
	make_channel(true);
	let_bob_publish(5, 1);
	ck_assert_uint_eq(count_messages(), 5);
}
END_TEST

START_TEST(so_it_does_for_root)
{
	fsps_publisher *publisher;
	fsps_bus *bus;

	make_home(01777);
	make_channel(true);
	bus = fixture_open_bus();
	publisher = fixture_open_publisher(bus);
	for (int i = 0; i < 5; i++)
		ck_assert_int_eq(fixture_publish(publisher, "a", "from root"), 1);
	ck_assert_uint_eq(count_messages(), 5);
	fsps_publisher_close(publisher);
	fsps_bus_close(bus);
}
END_TEST

START_TEST(with_a_full_bell_it_collects)
{
	const uint64_t record = 0;
	int bell;

	make_home(01777);
	make_channel(true);
	bell = open(fixture_path("a_jobs/queue"), O_RDWR | O_NONBLOCK | O_CLOEXEC);
	ck_assert_int_ge(bell, 0);
	while (write(bell, &record, sizeof record) == sizeof record)
		;
	ck_assert_int_eq(errno, EAGAIN);
	let_bob_publish(5, 1);
	ck_assert_uint_eq(count_messages(), 5);
	close(bell);
}
END_TEST

START_TEST(a_reader_that_is_there_is_rung)
{
	uint64_t records[16];
	int bell;

	make_home(01777);
	make_channel(true);
	bell = open(fixture_path("a_jobs/queue"), O_RDWR | O_NONBLOCK | O_CLOEXEC);
	let_bob_publish(5, 1);
	ck_assert_int_eq(read(bell, records, sizeof records), 5 * (ssize_t)sizeof records[0]);
	close(bell);
}
END_TEST

START_TEST(without_a_queue_it_collects)
{
	make_home(01777);
	make_channel(true);
	ck_assert_int_eq(unlink(fixture_path("a_jobs/queue")), 0);
	let_bob_publish(5, 1);
	ck_assert_uint_eq(count_messages(), 5);
}
END_TEST

START_TEST(a_queue_that_is_a_symlink_is_not_followed)
{
	int victim;
	char byte;

	make_home(01777);
	make_channel(true);
	ck_assert_int_eq(unlink(fixture_path("a_jobs/queue")), 0);
	ck_assert_int_eq(mkfifo(fixture_path("victim"), 0600), 0);
	give(fixture_path("victim"), ALICE, 0622);
	victim = open(fixture_path("victim"), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	ck_assert_int_eq(symlink(fixture_path("victim"), fixture_path("a_jobs/queue")), 0);
	let_bob_publish(5, 1);
	ck_assert_uint_eq(count_messages(), 5);
	ck_assert_int_le(read(victim, &byte, 1), 0);
	close(victim);
}
END_TEST

START_TEST(without_a_control_block_it_is_no_channel)
{
	int bell;
	char byte;

	make_home(01777);
	make_channel(false);
	bell = open(fixture_path("a_jobs/queue"), O_RDWR | O_NONBLOCK | O_CLOEXEC);
	let_bob_publish(5, 0);
	ck_assert_uint_eq(fixture_count(fixture_path("a_jobs"), ""), 1);
	ck_assert_int_lt(read(bell, &byte, 1), 0);
	close(bell);
}
END_TEST

START_TEST(a_symlink_in_its_place_leads_nobody_out_of_the_home)
{
	make_home(01777);
	make_channel(true);
	ck_assert_int_eq(mkdir(fixture_path("elsewhere"), 0777), 0);
	ck_assert_int_eq(rename(fixture_path("a_jobs"), fixture_path("elsewhere/a_jobs")), 0);
	ck_assert_int_eq(symlink(fixture_path("elsewhere/a_jobs"), fixture_path("a_jobs")), 0);
	ck_assert_int_eq(lchown(fixture_path("a_jobs"), ALICE, ALICE), 0);
	let_bob_publish(5, 0);
	ck_assert_uint_eq(fixture_count(fixture_path("elsewhere/a_jobs"), ""), 2);
}
END_TEST

/* While it is read its publishers hold on to its directory, which is still there under another name
 * when the new one has its own. */
START_TEST(one_that_was_removed_and_made_again_gets_the_rest)
{
	fsps_publisher *publisher;
	fsps_bus *bus;
	int bell;

	make_home(01777);
	make_channel(true);
	bell = open(fixture_path("a_jobs/queue"), O_RDWR | O_NONBLOCK | O_CLOEXEC);
	bus = fixture_open_bus();
	publisher = fixture_open_publisher(bus);
	ck_assert_int_eq(fixture_publish(publisher, "a", "early"), 1);
	ck_assert_int_eq(rename(fixture_path("a_jobs"), fixture_path(".old")), 0);
	make_channel(true);
	ck_assert_int_eq(fixture_publish(publisher, "a", "late"), 1);
	ck_assert_uint_eq(count_messages(), 1);
	ck_assert_uint_eq(fixture_count(fixture_path(".old"), "1"), 1);
	fsps_publisher_close(publisher);
	fsps_bus_close(bus);
	close(bell);
}
END_TEST

START_TEST(in_a_groups_home_its_members_reach_it)
{
	struct orders orders = {.count = 5, .expected_reach = 1, .group = GROUP};
	struct process bob;

	make_home(03770);
	make_channel(true);
	ck_assert_int_eq(chown(fixture_home, 0, GROUP), 0);
	ck_assert_int_eq(chmod(fixture_home, 03770), 0);
	ck_assert_int_eq(chown(fixture_path(".fsps"), 0, GROUP), 0);
	ck_assert_int_eq(chown(fixture_path("a_jobs"), ALICE, GROUP), 0);
	ck_assert_int_eq(chmod(fixture_path("a_jobs"), 03730), 0);
	ck_assert_int_eq(chown(fixture_path("a_jobs/queue"), ALICE, GROUP), 0);
	ck_assert_int_eq(chmod(fixture_path("a_jobs/queue"), 0620), 0);
	bob = process_start(bob_publishes, &orders);
	process_join(&bob);
	ck_assert_uint_eq(count_messages(), 5);
}
END_TEST

int main(void)
{
	Suite *suite;
	TCase *tcase;

	if (user_skipped())
		return EXIT_SUCCESS;
	suite = suite_create("public_durable");
	tcase = fixture_tcase(suite, "public_durable");
	tcase_add_test(tcase, without_a_reader_it_collects);
	tcase_add_test(tcase, so_it_does_for_root);
	tcase_add_test(tcase, with_a_full_bell_it_collects);
	tcase_add_test(tcase, a_reader_that_is_there_is_rung);
	tcase_add_test(tcase, without_a_queue_it_collects);
	tcase_add_test(tcase, a_queue_that_is_a_symlink_is_not_followed);
	tcase_add_test(tcase, without_a_control_block_it_is_no_channel);
	tcase_add_test(tcase, a_symlink_in_its_place_leads_nobody_out_of_the_home);
	tcase_add_test(tcase, one_that_was_removed_and_made_again_gets_the_rest);
	tcase_add_test(tcase, in_a_groups_home_its_members_reach_it);
	return check_main(suite);
}
