/* SPDX-License-Identifier: MIT */
/*
 * <fsps/home.h>: the modes of each profile, changing from one to another, and who is refused. What
 * a home is told to be: test_home_look.c. What several users may do with it:
 * tests/proc/test_matrix.c.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "api/fixture.h"
#include "unit/check_main.h"

static fsps_bus *bus;

static void set_up(void)
{
	bus = fixture_open_bus();
}

static void tear_down(void)
{
	fsps_bus_close(bus);
}

static int init(int profile)
{
	const struct fsps_home_options options = {.size = sizeof options, .profile = profile};

	return fsps_home_init(bus, &options);
}

/* ---- profiles ---- */

/* The modes of everything, as the manual has them. */
static const struct modes {
	int profile;
	unsigned home;
	unsigned inner;
	unsigned channel;
	unsigned queue;
	unsigned message;
} modes[] = {
	{FSPS_PROFILE_PRIVATE, 0700, 0700, 0700, 0600, 0600},
	{FSPS_PROFILE_GROUP, 03770, 03770, 03730, 0620, 0640},
	{FSPS_PROFILE_PUBLIC, 01777, 01777, 01733, 0622, 0644},
};

enum { PROFILES = sizeof modes / sizeof modes[0] };

static void expect_home(const struct modes *expected)
{
	struct fsps_home_info info = {.size = sizeof info};

	ck_assert_uint_eq(fixture_mode(fixture_home), expected->home);
	ck_assert_uint_eq(fixture_mode(fixture_path(".fsps")), expected->inner);
	ck_assert_uint_eq(fixture_mode(fixture_path("tmp")), expected->inner);
	ck_assert_int_eq(fsps_home_look(bus, &info), 1);
	ck_assert_int_eq(info.profile, expected->profile);
	ck_assert_uint_eq(info.mode, expected->home);
}

static void expect_channel(const struct modes *expected)
{
	fsps_publisher *publisher = fixture_open_file_publisher(bus);
	fsps_channel *channel = fixture_subscribe(bus, "a");
	char name[256];

	snprintf(name, sizeof name, "%s", fsps_channel_name(channel));
	ck_assert_int_eq(fixture_publish(publisher, "a", "x"), 1);
	ck_assert_uint_eq(fixture_mode(fixture_path("%s", name)), expected->channel);
	ck_assert_uint_eq(fixture_mode(fixture_path("%s/queue", name)), expected->queue);
	ck_assert_uint_eq(fixture_mode(fixture_path("%s/.c", name)), 0600);
	ck_assert_uint_eq(fixture_mode(fixture_path("%s/%s", name,
						    fixture_find(fixture_path("%s", name), "1"))),
			  expected->message);
	fsps_channel_close(channel);
	fsps_publisher_close(publisher);
}

START_TEST(a_new_home_has_the_modes_of_its_profile_whatever_the_umask)
{
	(void)umask(_i % 2 == 0 ? 0 : 0777);
	ck_assert_int_eq(init(modes[_i / 2].profile), 1);
	expect_home(&modes[_i / 2]);
	expect_channel(&modes[_i / 2]);
}
END_TEST

START_TEST(a_home_that_is_there_is_given_another_profile)
{
	const struct modes *before = &modes[_i / PROFILES];
	const struct modes *after = &modes[_i % PROFILES];

	ck_assert_int_eq(init(before->profile), 1);
	expect_channel(before);
	ck_assert_int_eq(init(after->profile), 0);
	expect_home(after);
	expect_channel(after);
}
END_TEST

START_TEST(without_options_it_is_private)
{
	ck_assert_int_eq(fsps_home_init(bus, NULL), 1);
	expect_home(&modes[0]);
	ck_assert_int_eq(init(FSPS_PROFILE_PUBLIC), 0);
	ck_assert_int_eq(init(0), 0);
	expect_home(&modes[0]);
}
END_TEST

START_TEST(a_home_that_everybody_could_tamper_with_is_mended)
{
	ck_assert_int_eq(mkdir(fixture_home, 0700), 0);
	ck_assert_int_eq(chmod(fixture_home, 0777), 0);
	ck_assert_int_eq(fsps_bus_create_home(bus), FSPS_ERR_UNSAFE_HOME);
	ck_assert_int_eq(init(FSPS_PROFILE_PUBLIC), 0);
	expect_home(&modes[2]);
	expect_channel(&modes[2]);
}
END_TEST

START_TEST(messages_that_wait_stay_when_the_profile_changes)
{
	fsps_publisher *publisher = fixture_open_publisher(bus);
	fsps_channel *channel = fixture_subscribe(bus, "a");
	char name[256];

	snprintf(name, sizeof name, "%s", fsps_channel_name(channel));
	ck_assert_int_eq(fixture_publish(publisher, "a", "before"), 1);
	ck_assert_int_eq(init(FSPS_PROFILE_PUBLIC), 0);
	ck_assert_int_eq(fixture_publish(publisher, "a", "after"), 1);
	fixture_expect(channel, "before");
	fixture_expect(channel, "after");
	ck_assert_uint_eq(fixture_mode(fixture_path("%s", name)), 0700);
	fsps_channel_close(channel);
	fsps_publisher_close(publisher);
}
END_TEST

/* ---- who may publish to a channel ---- */

static fsps_channel *subscribe(int64_t publishers, const char *durable)
{
	const struct fsps_channel_options options = {
		.size = sizeof options, .publishers = publishers, .durable = durable};
	fsps_channel *channel = NULL;
	int r = fsps_channel_open(bus, "a", &options, &channel);

	ck_assert_msg(r == FSPS_OK, "%s", fsps_last_error()->text);
	return channel;
}

static void expect_modes(const char *name, unsigned channel, unsigned queue)
{
	ck_assert_uint_eq(fixture_mode(fixture_path("%s", name)), channel);
	ck_assert_uint_eq(fixture_mode(fixture_path("%s/queue", name)), queue);
}

START_TEST(a_channel_may_be_closed_to_others_in_a_public_home)
{
	fsps_channel *channel;

	ck_assert_int_eq(init(FSPS_PROFILE_PUBLIC), 1);
	channel = subscribe(FSPS_PUBLISHERS_OURS, NULL);
	expect_modes(fsps_channel_name(channel), 0700, 0600);
	fsps_channel_close(channel);
}
END_TEST

START_TEST(a_channel_may_be_a_groups)
{
	struct stat status;
	fsps_channel *channel;
	char path[2 * FIXTURE_PATH_BYTES];
	gid_t group = getegid() == 0 ? 54330 : getegid();

	ck_assert_int_eq(init(FSPS_PROFILE_PUBLIC), 1);
	channel = subscribe((int64_t)group, NULL);
	expect_modes(fsps_channel_name(channel), 03730, 0620);
	for (int i = 0; i < 2; i++) {
		snprintf(path, sizeof path, "%s%s", fixture_path("%s", fsps_channel_name(channel)),
			 i == 0 ? "" : "/queue");
		ck_assert_int_eq(stat(path, &status), 0);
		ck_assert_uint_eq(status.st_gid, group);
	}
	fsps_channel_close(channel);
}
END_TEST

START_TEST(what_a_durable_channel_has_stays_and_its_inbox_has_it_too)
{
	fsps_channel *channel;
	char inbox[256];

	ck_assert_int_eq(init(FSPS_PROFILE_PUBLIC), 1);
	channel = subscribe(FSPS_PUBLISHERS_OURS, "jobs");
	expect_modes("a_jobs", 0700, 0600);
	fsps_channel_close(channel);
	channel = subscribe(0, "jobs");
	expect_modes("a_jobs", 0700, 0600);
	snprintf(inbox, sizeof inbox, "%s", fixture_find(fixture_home, "a_jobs.in_"));
	expect_modes(inbox, 0300, 0600);
	fsps_channel_close(channel);
}
END_TEST

START_TEST(a_bell_that_is_made_anew_is_as_open_as_its_channel)
{
	fsps_channel *channel;
	char name[256];

	ck_assert_int_eq(init(FSPS_PROFILE_PUBLIC), 1);
	channel = subscribe(FSPS_PUBLISHERS_OURS, NULL);
	snprintf(name, sizeof name, "%s", fsps_channel_name(channel));
	ck_assert_int_eq(unlink(fixture_path("%s/queue", name)), 0);
	for (int64_t end_ms = fixture_now_ms() + FIXTURE_PATIENCE_MS;
	     !fixture_exists(fixture_path("%s/queue", name));) {
		fsps_message *message = NULL;

		ck_assert_int_lt(fixture_now_ms(), end_ms);
		ck_assert_int_eq(fsps_channel_receive(channel, 100, &message), 0);
	}
	expect_modes(name, 0700, 0600);
	fsps_channel_close(channel);
}
END_TEST

START_TEST(publishers_that_are_nobody_are_refused)
{
	const int64_t wrong[] = {-2, UINT32_MAX, INT64_MAX, INT64_MIN};
	struct fsps_channel_options options = {.size = sizeof options};
	fsps_channel *channel = NULL;

	for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
		options.publishers = wrong[i];
		ck_assert_int_eq(fsps_channel_open(bus, "a", &options, &channel),
				 FSPS_ERR_ARGUMENT);
	}
	ck_assert(!fixture_exists(fixture_home));
}
END_TEST

/* ---- arguments, and the environment ---- */

START_TEST(options_that_are_none_are_refused)
{
	struct fsps_home_options options = {.size = sizeof options, .profile = 4};
	struct fsps_home_info info = {.size = 0};

	ck_assert_int_eq(fsps_home_init(bus, &options), FSPS_ERR_ARGUMENT);
	options.profile = -1;
	ck_assert_int_eq(fsps_home_init(bus, &options), FSPS_ERR_ARGUMENT);
	options.profile = FSPS_PROFILE_PUBLIC;
	options.gid = 1;
	ck_assert_int_eq(fsps_home_init(bus, &options), FSPS_ERR_ARGUMENT);
	options.profile = FSPS_PROFILE_GROUP;
	options.size = 0;
	ck_assert_int_eq(fsps_home_init(bus, &options), FSPS_ERR_ARGUMENT);
	ck_assert_int_eq(fsps_home_init(NULL, NULL), FSPS_ERR_ARGUMENT);
	ck_assert_int_eq(fsps_home_look(bus, &info), FSPS_ERR_ARGUMENT);
	ck_assert_int_eq(fsps_home_look(bus, NULL), FSPS_ERR_ARGUMENT);
	info.size = sizeof info;
	ck_assert_int_eq(fsps_home_look(NULL, &info), FSPS_ERR_ARGUMENT);
	ck_assert(!fixture_exists(fixture_home));
}
END_TEST

START_TEST(a_home_without_a_directory_above_is_not_made)
{
	const struct fsps_bus_options options = {.size = sizeof options,
						 .home = fixture_path("none/home")};
	fsps_bus *own = NULL;

	ck_assert_int_eq(fsps_bus_open(&options, &own), FSPS_OK);
	ck_assert_int_eq(fsps_home_init(own, NULL), FSPS_ERR_NO_HOME);
	fsps_bus_close(own);
}
END_TEST

START_TEST(what_is_no_directory_is_no_home)
{
	char target[FIXTURE_PATH_BYTES + 8];

	snprintf(target, sizeof target, "%s.real", fixture_home);
	ck_assert_int_eq(mkdir(target, 0700), 0);
	ck_assert_int_eq(symlink(target, fixture_home), 0);
	ck_assert_int_eq(init(FSPS_PROFILE_PUBLIC), FSPS_ERR_UNSAFE_HOME);
	ck_assert_uint_eq(fixture_mode(target), 0700);
	ck_assert_int_eq(unlink(fixture_home), 0);
	fixture_remove(target);
	fixture_write(fixture_home, "x", 1);
	ck_assert_int_eq(init(FSPS_PROFILE_PUBLIC), FSPS_ERR_UNSAFE_HOME);
}
END_TEST

START_TEST(a_home_of_a_later_version_is_left_as_it_is)
{
	const uint32_t version = 2;
	int fd;

	ck_assert_int_eq(init(FSPS_PROFILE_PRIVATE), 1);
	expect_channel(&modes[0]);
	fd = open(fixture_path(".fsps/seq"), O_WRONLY | O_CLOEXEC);
	ck_assert_int_eq(pwrite(fd, &version, sizeof version, 4), (ssize_t)sizeof version);
	close(fd);
	ck_assert_int_eq(init(FSPS_PROFILE_PUBLIC), FSPS_ERR_VERSION);
	ck_assert_uint_eq(fixture_mode(fixture_home), 0700);
}
END_TEST

/* What a variable may be, and what opening a bus answers. */
static const struct variable {
	const char *name;
	const char *value;
	int expected;
} variables[] = {
	{"PUBSUB_HOME_OWNER", "1000", FSPS_OK},
	{"PUBSUB_HOME_OWNER", "0", FSPS_OK},
	{"PUBSUB_HOME_OWNER", "", FSPS_OK},
	{"PUBSUB_HOME_OWNER", "4294967294", FSPS_OK},
	{"PUBSUB_HOME_OWNER", "4294967295", FSPS_ERR_ARGUMENT},
	{"PUBSUB_HOME_OWNER", "18446744073709551617", FSPS_ERR_ARGUMENT},
	{"PUBSUB_HOME_OWNER", "root", FSPS_ERR_ARGUMENT},
	{"PUBSUB_HOME_OWNER", "-1", FSPS_ERR_ARGUMENT},
	{"PUBSUB_HOME_OWNER", "1 ", FSPS_ERR_ARGUMENT},
	{"PUBSUB_WATERMARK", "1", FSPS_OK},
	{"PUBSUB_WATERMARK", "100", FSPS_OK},
	{"PUBSUB_WATERMARK", "0", FSPS_ERR_ARGUMENT},
	{"PUBSUB_WATERMARK", "101", FSPS_ERR_ARGUMENT},
	{"PUBSUB_WATERMARK", "80%", FSPS_ERR_ARGUMENT},
};

START_TEST(a_variable_that_is_no_such_number_is_told)
{
	const struct fsps_bus_options options = {.size = sizeof options, .home = fixture_home};
	const struct variable *variable = &variables[_i];
	fsps_bus *own = NULL;

	ck_assert_int_eq(setenv(variable->name, variable->value, 1), 0);
	ck_assert_int_eq(fsps_bus_open(&options, &own), variable->expected);
	if (variable->expected < 0)
		ck_assert_ptr_nonnull(strstr(fsps_last_error()->text, variable->name));
	fsps_bus_close(own);
}
END_TEST

START_TEST(a_watermark_of_the_options_comes_before_that_of_the_environment)
{
	const struct fsps_bus_options options = {
		.size = sizeof options, .home = fixture_home, .watermark_percent = 100};
	struct fsps_home_info info = {.size = sizeof info};
	fsps_bus *own = NULL;

	ck_assert_int_eq(setenv("PUBSUB_WATERMARK", "1", 1), 0);
	ck_assert_int_eq(fsps_bus_open(&options, &own), FSPS_OK);
	ck_assert_int_eq(fsps_home_init(own, NULL), 1);
	ck_assert_int_eq(fsps_home_look(own, &info), 1);
	ck_assert_uint_eq(info.bytes_reserved, 0);
	ck_assert_uint_eq(info.inodes_reserved, 0);
	fsps_bus_close(own);
}
END_TEST

static void add_profiles(Suite *suite)
{
	TCase *tcase = fixture_tcase(suite, "profiles");

	tcase_add_checked_fixture(tcase, set_up, tear_down);
	tcase_add_loop_test(tcase, a_new_home_has_the_modes_of_its_profile_whatever_the_umask, 0,
			    2 * PROFILES);
	tcase_add_loop_test(tcase, a_home_that_is_there_is_given_another_profile, 0,
			    PROFILES * PROFILES);
	tcase_add_test(tcase, without_options_it_is_private);
	tcase_add_test(tcase, a_home_that_everybody_could_tamper_with_is_mended);
	tcase_add_test(tcase, messages_that_wait_stay_when_the_profile_changes);
	tcase_add_test(tcase, a_channel_may_be_closed_to_others_in_a_public_home);
	tcase_add_test(tcase, a_channel_may_be_a_groups);
	tcase_add_test(tcase, what_a_durable_channel_has_stays_and_its_inbox_has_it_too);
	tcase_add_test(tcase, a_bell_that_is_made_anew_is_as_open_as_its_channel);
	tcase_add_test(tcase, publishers_that_are_nobody_are_refused);
}

static void add_arguments(Suite *suite)
{
	TCase *tcase = fixture_tcase(suite, "arguments");

	tcase_add_checked_fixture(tcase, set_up, tear_down);
	tcase_add_test(tcase, options_that_are_none_are_refused);
	tcase_add_test(tcase, a_home_without_a_directory_above_is_not_made);
	tcase_add_test(tcase, what_is_no_directory_is_no_home);
	tcase_add_test(tcase, a_home_of_a_later_version_is_left_as_it_is);
	tcase_add_loop_test(tcase, a_variable_that_is_no_such_number_is_told, 0,
			    sizeof variables / sizeof variables[0]);
	tcase_add_test(tcase, a_watermark_of_the_options_comes_before_that_of_the_environment);
}

int main(void)
{
	Suite *suite = suite_create("home");

	add_profiles(suite);
	add_arguments(suite);
	return check_main(suite);
}
