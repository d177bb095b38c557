/* SPDX-License-Identifier: MIT */
/* Homes of somebody else's: each is refused by a code that says why, and stays as it was. */
#include <stdlib.h>
#include <string.h>

#include "proc/process.h"
#include "proc/user.h"
#include "unit/check_main.h"

/* Who looks at whose home of which mode, and what the calls answer. */
static const struct visit {
	uid_t owner;
	mode_t mode;
	uid_t visitor;
	int subscribe;
	int publish;
	int list;
} visits[] = {
	/* Another user could put anything into it, at any time. */
	{ALICE, 0755, BOB, FSPS_ERR_UNSAFE_HOME, FSPS_ERR_UNSAFE_HOME, FSPS_ERR_UNSAFE_HOME},
	{ALICE, 01777, BOB, FSPS_ERR_UNSAFE_HOME, FSPS_ERR_UNSAFE_HOME, FSPS_ERR_UNSAFE_HOME},
	{ALICE, 0700, 0, FSPS_ERR_UNSAFE_HOME, FSPS_ERR_UNSAFE_HOME, FSPS_ERR_UNSAFE_HOME},
	{ALICE, 01777, 0, FSPS_ERR_UNSAFE_HOME, FSPS_ERR_UNSAFE_HOME, FSPS_ERR_UNSAFE_HOME},
	/* The kernel does not let us look. */
	{ALICE, 0700, BOB, FSPS_ERR_PERMISSION, FSPS_ERR_PERMISSION, FSPS_ERR_PERMISSION},
	{0, 0700, BOB, FSPS_ERR_PERMISSION, FSPS_ERR_PERMISSION, FSPS_ERR_PERMISSION},
	{0, 0711, BOB, FSPS_ERR_PERMISSION, FSPS_ERR_PERMISSION, FSPS_ERR_PERMISSION},
	/* Root is trusted; here he lets others look on. */
	{0, 0755, BOB, FSPS_ERR_PERMISSION, 0, 0},
	/* One's own. */
	{ALICE, 0700, ALICE, FSPS_OK, 0, 0},
	{ALICE, 0755, ALICE, FSPS_OK, 0, 0},
};

static int pass_over(const struct fsps_channel_info *info, void *userdata)
{
	(void)info;
	(void)userdata;
	return 0;
}

static void visit(const struct process_ends *ends, void *userdata)
{
	const struct visit *as = userdata;
	fsps_publisher *publisher;
	fsps_channel *channel = NULL;
	fsps_bus *bus;

	(void)ends;
	user_become(as->visitor);
	bus = fixture_open_bus();
	publisher = fixture_open_publisher(bus);
	ck_assert_int_eq(fsps_bus_list(bus, pass_over, NULL), as->list);
	ck_assert_int_eq(fixture_publish(publisher, "a", "x"), as->publish);
	ck_assert_int_eq(fsps_channel_open(bus, "a", NULL, &channel), as->subscribe);
	if (as->subscribe < 0) {
		ck_assert_ptr_nonnull(strstr(fsps_last_error()->text, fixture_home));
		ck_assert_ptr_null(channel);
	}
	fsps_channel_close(channel);
	fsps_publisher_close(publisher);
	fsps_bus_close(bus);
}

START_TEST(a_home_is_used_or_refused_by_owner_and_mode)
{
	struct visit as = visits[_i];
	struct process visitor;

	user_make_home(as.owner, as.mode);
	visitor = process_start(visit, &as);
	process_join(&visitor);
	ck_assert_uint_eq(fixture_mode(fixture_home), as.mode);
	if (as.subscribe < 0)
		ck_assert_uint_eq(fixture_count(fixture_home, ""), 0);
}
END_TEST

/* ---- a private home of root's, with a channel in it ---- */

static void publish_in_vain(const struct process_ends *ends, void *userdata)
{
	fsps_publisher *publisher;
	fsps_bus *bus;

	(void)ends;
	(void)userdata;
	user_become(BOB);
	bus = fixture_open_bus();
	publisher = fixture_open_publisher(bus);
	ck_assert_int_eq(fixture_publish(publisher, "a", "x"), FSPS_ERR_PERMISSION);
	fsps_publisher_close(publisher);
	fsps_bus_close(bus);
}

START_TEST(nobody_else_publishes_into_a_private_channel)
{
	fsps_bus *bus = fixture_open_bus();
	fsps_channel *channel;
	struct process visitor;

	user_make_home(0, 0755);
	channel = fixture_subscribe(bus, "a");
	visitor = process_start(publish_in_vain, NULL);
	process_join(&visitor);
	fixture_expect_nothing(channel);
	ck_assert_int_eq(fsps_channel_backlog(channel), 0);
	fsps_channel_close(channel);
	fsps_bus_close(bus);
}
END_TEST

/* ---- squatting ---- */

static void be_lured(const struct process_ends *ends, void *userdata)
{
	fsps_channel *channel = NULL;
	fsps_bus *bus;

	(void)ends;
	(void)userdata;
	user_become(BOB);
	bus = fixture_open_bus();
	ck_assert_int_eq(fsps_channel_open(bus, "a", NULL, &channel), FSPS_ERR_UNSAFE_HOME);
	ck_assert_int_eq(fsps_bus_create_home(bus), FSPS_ERR_UNSAFE_HOME);
	fsps_bus_close(bus);
}

START_TEST(a_symlink_that_another_user_left_for_a_home_is_not_followed)
{
	char target[FIXTURE_PATH_BYTES + 8];
	struct process visitor;

	snprintf(target, sizeof target, "%s.real", fixture_home);
	ck_assert_int_eq(mkdir(target, 0700), 0);
	ck_assert_int_eq(chown(target, BOB, BOB), 0);
	ck_assert_int_eq(symlink(target, fixture_home), 0);
	ck_assert_int_eq(lchown(fixture_home, ALICE, ALICE), 0);
	visitor = process_start(be_lured, NULL);
	process_join(&visitor);
	ck_assert_uint_eq(fixture_count(target, ""), 0);
}
END_TEST

START_TEST(state_of_another_user_in_a_public_home_is_not_believed)
{
	struct process visitor;

	user_make_home(0, 01777);
	ck_assert_int_eq(mkdir(fixture_path(".fsps"), 0700), 0);
	ck_assert_int_eq(chown(fixture_path(".fsps"), ALICE, ALICE), 0);
	ck_assert_int_eq(chmod(fixture_path(".fsps"), 01777), 0);
	visitor = process_start(be_lured, NULL);
	process_join(&visitor);
	ck_assert_uint_eq(fixture_count(fixture_path(".fsps"), ""), 0);
}
END_TEST

int main(void)
{
	Suite *suite;
	TCase *tcase;

	if (user_skipped())
		return EXIT_SUCCESS;
	suite = suite_create("user");
	tcase = fixture_tcase(suite, "user");
	tcase_add_loop_test(tcase, a_home_is_used_or_refused_by_owner_and_mode, 0,
			    sizeof visits / sizeof visits[0]);
	tcase_add_test(tcase, nobody_else_publishes_into_a_private_channel);
	tcase_add_test(tcase, a_symlink_that_another_user_left_for_a_home_is_not_followed);
	tcase_add_test(tcase, state_of_another_user_in_a_public_home_is_not_believed);
	return check_main(suite);
}
