/* SPDX-License-Identifier: MIT */
/* The bus through the public API: how it is opened, where its home is, and which home is safe. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "api/fixture.h"
#include "unit/check_main.h"

/* Where the version stands in ".fsps/seq" (pubsub-format(5)). */
enum { COUNTER_VERSION_AT = 4 };

static int open_with(const struct fsps_bus_options *options)
{
	fsps_bus *bus = NULL;
	int r = fsps_bus_open(options, &bus);

	ck_assert((bus != NULL) == (r == FSPS_OK));
	fsps_bus_close(bus);
	return r;
}

/* What each thing that needs a safe home says of this one. */
static void expect_refused_home(int code)
{
	fsps_bus *bus = fixture_open_bus();
	fsps_publisher *publisher = fixture_open_publisher(bus);
	fsps_channel *channel = NULL;

	ck_assert_int_eq(fsps_bus_create_home(bus), code);
	ck_assert_str_eq(fsps_last_error()->path, fixture_home);
	ck_assert_ptr_nonnull(strstr(fsps_last_error()->text, fixture_home));
	ck_assert_int_eq(fsps_channel_open(bus, "a", NULL, &channel), code);
	ck_assert_ptr_null(channel);
	ck_assert_int_eq(fixture_publish(publisher, "a", "x"), code);
	ck_assert_int_eq(fsps_publisher_matched(publisher, "a"), code);
	fsps_publisher_close(publisher);
	fsps_bus_close(bus);
}

static void expect_good_home(void)
{
	fsps_bus *bus = fixture_open_bus();
	fsps_publisher *publisher = fixture_open_publisher(bus);
	fsps_channel *channel = fixture_subscribe(bus, "a");

	ck_assert_int_eq(fixture_publish(publisher, "a", "x"), 1);
	fixture_expect(channel, "x");
	fsps_channel_close(channel);
	fsps_publisher_close(publisher);
	fsps_bus_close(bus);
}

/* ---- opening ---- */

START_TEST(opening_a_bus_touches_nothing)
{
	fsps_bus *bus = fixture_open_bus();

	ck_assert_str_eq(fsps_bus_home(bus), fixture_home);
	ck_assert(!fixture_exists(fixture_home));
	fsps_bus_close(bus);
}
END_TEST

START_TEST(options_that_are_none_are_refused)
{
	struct fsps_bus_options options = {.size = 0, .home = fixture_home};

	ck_assert_int_eq(open_with(&options), FSPS_ERR_ARGUMENT);
	/* Less than the first version had. */
	options.size = offsetof(struct fsps_bus_options, log_userdata);
	ck_assert_int_eq(open_with(&options), FSPS_ERR_ARGUMENT);
	options.size = SIZE_MAX;
	ck_assert_int_eq(open_with(&options), FSPS_ERR_ARGUMENT);
	options.size = sizeof options;
	options.home = "";
	ck_assert_int_eq(open_with(&options), FSPS_ERR_ARGUMENT);
	options.home = fixture_home;
	options.message_bytes_max = (UINT64_C(1) << 30) + 1;
	ck_assert_int_eq(open_with(&options), FSPS_ERR_ARGUMENT);
	options.message_bytes_max = UINT64_C(1) << 30;
	ck_assert_int_eq(open_with(&options), FSPS_OK);
	options.home_owner = UINT32_MAX;
	ck_assert_int_eq(open_with(&options), FSPS_ERR_ARGUMENT);
	options.home_owner = UINT32_MAX - 1;
	options.watermark_percent = -1;
	ck_assert_int_eq(open_with(&options), FSPS_ERR_ARGUMENT);
	options.watermark_percent = 101;
	ck_assert_int_eq(open_with(&options), FSPS_ERR_ARGUMENT);
	options.watermark_percent = 100;
	ck_assert_int_eq(open_with(&options), FSPS_OK);
	ck_assert_int_eq(fsps_bus_open(&options, NULL), FSPS_ERR_ARGUMENT);
}
END_TEST

START_TEST(the_home_is_that_of_the_environment)
{
	fsps_bus *bus = NULL;

	setenv("PUBSUB_HOME", fixture_home, 1);
	ck_assert_int_eq(fsps_bus_open(NULL, &bus), FSPS_OK);
	ck_assert_str_eq(fsps_bus_home(bus), fixture_home);
	fsps_bus_close(bus);
}
END_TEST

START_TEST(without_a_named_home_it_is_the_default)
{
	fsps_bus *bus = NULL;

	unsetenv("PUBSUB_HOME");
	ck_assert_int_eq(fsps_bus_open(NULL, &bus), FSPS_OK);
	ck_assert_str_eq(fsps_bus_home(bus), FSPS_HOME_DEFAULT);
	fsps_bus_close(bus);
	setenv("PUBSUB_HOME", "", 1);
	ck_assert_int_eq(fsps_bus_open(NULL, &bus), FSPS_OK);
	ck_assert_str_eq(fsps_bus_home(bus), FSPS_HOME_DEFAULT);
	fsps_bus_close(bus);
}
END_TEST

START_TEST(an_option_wins_over_the_environment)
{
	fsps_bus *bus;

	setenv("PUBSUB_HOME", "/elsewhere", 1);
	bus = fixture_open_bus();
	ck_assert_str_eq(fsps_bus_home(bus), fixture_home);
	fsps_bus_close(bus);
}
END_TEST

START_TEST(a_relative_home_stays_when_the_process_moves)
{
	struct fsps_bus_options options = {.size = sizeof options, .home = "below"};
	fsps_bus *bus = NULL;

	ck_assert_int_eq(mkdir(fixture_home, 0700), 0);
	ck_assert_int_eq(chdir(fixture_home), 0);
	ck_assert_int_eq(fsps_bus_open(&options, &bus), FSPS_OK);
	ck_assert_int_eq(chdir("/"), 0);
	ck_assert_int_eq(fsps_bus_create_home(bus), FSPS_OK);
	ck_assert(fixture_exists(fixture_path("below")));
	fsps_bus_close(bus);
}
END_TEST

START_TEST(what_the_options_point_to_is_copied)
{
	char home[FIXTURE_PATH_BYTES];
	struct fsps_bus_options options = {.size = sizeof options, .home = home};
	fsps_bus *bus = NULL;

	strcpy(home, fixture_home);
	ck_assert_int_eq(fsps_bus_open(&options, &bus), FSPS_OK);
	memset(home, 'x', sizeof home);
	ck_assert_str_eq(fsps_bus_home(bus), fixture_home);
	fsps_bus_close(bus);
}
END_TEST

START_TEST(a_bus_may_be_closed_before_its_handles)
{
	fsps_bus *bus = fixture_open_bus();
	fsps_channel *channel = fixture_subscribe(bus, "a");
	fsps_publisher *publisher = fixture_open_publisher(bus);

	fsps_bus_close(bus);
	ck_assert_int_eq(fixture_publish(publisher, "a", "still"), 1);
	fixture_expect(channel, "still");
	fsps_publisher_close(publisher);
	fsps_channel_close(channel);
	fsps_bus_close(NULL);
}
END_TEST

/* ---- the home ---- */

START_TEST(subscribing_creates_the_home_for_its_user_alone)
{
	fsps_bus *bus = fixture_open_bus();
	fsps_channel *channel = fixture_subscribe(bus, "a");

	ck_assert_uint_eq(fixture_mode(fixture_home), 0700);
	ck_assert_uint_eq(fixture_mode(fixture_path("%s", fsps_channel_name(channel))), 0700);
	fsps_channel_close(channel);
	ck_assert(fixture_exists(fixture_home));
	fsps_bus_close(bus);
}
END_TEST

START_TEST(publishing_creates_no_home_and_reaches_nobody)
{
	fsps_bus *bus = fixture_open_bus();
	fsps_publisher *publisher = fixture_open_publisher(bus);

	ck_assert_int_eq(fixture_publish(publisher, "a", "x"), 0);
	ck_assert_int_eq(fsps_publisher_matched(publisher, "a"), 0);
	ck_assert(!fixture_exists(fixture_home));
	fsps_publisher_close(publisher);
	fsps_bus_close(bus);
}
END_TEST

START_TEST(a_home_can_be_made_ahead)
{
	fsps_bus *bus = fixture_open_bus();

	ck_assert_int_eq(fsps_bus_create_home(bus), FSPS_OK);
	ck_assert_int_eq(fsps_bus_create_home(bus), FSPS_OK);
	ck_assert_uint_eq(fixture_mode(fixture_home), 0700);
	ck_assert(fixture_exists(fixture_path(".fsps/seq")));
	ck_assert(fixture_exists(fixture_path("tmp")));
	ck_assert_int_eq(fsps_bus_create_home(NULL), FSPS_ERR_ARGUMENT);
	fsps_bus_close(bus);
}
END_TEST

START_TEST(a_home_in_a_directory_that_is_missing_is_not_made)
{
	fsps_bus *bus;
	fsps_channel *channel = NULL;

	strcat(fixture_home, "/missing/home");
	bus = fixture_open_bus();
	ck_assert_int_eq(fsps_bus_create_home(bus), FSPS_ERR_NO_HOME);
	ck_assert_str_eq(fsps_last_error()->path, fixture_home);
	ck_assert_int_eq(fsps_channel_open(bus, "a", NULL, &channel), FSPS_ERR_NO_HOME);
	ck_assert_ptr_null(channel);
	fsps_bus_close(bus);
}
END_TEST

START_TEST(a_symlink_is_no_home)
{
	char target[FIXTURE_PATH_BYTES + 8];

	snprintf(target, sizeof target, "%s.real", fixture_home);
	ck_assert_int_eq(mkdir(target, 0700), 0);
	ck_assert_int_eq(symlink(target, fixture_home), 0);
	expect_refused_home(FSPS_ERR_UNSAFE_HOME);
	ck_assert_ptr_nonnull(strstr(fsps_last_error()->text, "is a symlink"));
	ck_assert_uint_eq(fixture_count(target, ""), 0);
}
END_TEST

START_TEST(a_symlink_with_a_slash_behind_it_is_no_home_either)
{
	char target[FIXTURE_PATH_BYTES + 8];
	char path[FIXTURE_PATH_BYTES + 8];
	struct fsps_bus_options options = {.size = sizeof options, .home = path};
	fsps_bus *bus = NULL;

	snprintf(target, sizeof target, "%s.real", fixture_home);
	snprintf(path, sizeof path, "%s//", fixture_home);
	ck_assert_int_eq(mkdir(target, 0700), 0);
	ck_assert_int_eq(symlink(target, fixture_home), 0);
	ck_assert_int_eq(fsps_bus_open(&options, &bus), FSPS_OK);
	ck_assert_int_eq(fsps_bus_create_home(bus), FSPS_ERR_UNSAFE_HOME);
	ck_assert_uint_eq(fixture_count(target, ""), 0);
	fsps_bus_close(bus);
}
END_TEST

START_TEST(a_slash_behind_a_home_does_not_matter)
{
	struct fsps_bus_options options = {.size = sizeof options, .home = NULL};
	char path[FIXTURE_PATH_BYTES + 8];
	fsps_bus *bus = NULL;

	snprintf(path, sizeof path, "%s//", fixture_home);
	options.home = path;
	ck_assert_int_eq(fsps_bus_open(&options, &bus), FSPS_OK);
	ck_assert_str_eq(fsps_bus_home(bus), fixture_home);
	ck_assert_int_eq(fsps_bus_create_home(bus), FSPS_OK);
	fsps_bus_close(bus);
}
END_TEST

START_TEST(a_file_is_no_home)
{
	fixture_write(fixture_home, "", 0);
	expect_refused_home(FSPS_ERR_UNSAFE_HOME);
}
END_TEST

START_TEST(a_home_that_others_may_rearrange_is_refused)
{
	static const mode_t modes[] = {0777, 0770, 0722, 0720, 0702};

	ck_assert_int_eq(mkdir(fixture_home, 0700), 0);
	for (size_t i = 0; i < sizeof modes / sizeof modes[0]; i++) {
		ck_assert_int_eq(chmod(fixture_home, modes[i]), 0);
		expect_refused_home(FSPS_ERR_UNSAFE_HOME);
		ck_assert_ptr_nonnull(
			strstr(fsps_error_remedy(FSPS_ERR_UNSAFE_HOME), "pubsub-init"));
	}
	ck_assert_uint_eq(fixture_count(fixture_home, ""), 0);
}
END_TEST

START_TEST(a_home_of_the_modes_that_people_make_is_accepted)
{
	/* The third is what formix-pubsub makes. */
	static const mode_t modes[] = {0700, 0750, 0755, 01777, 03770, 01770};

	ck_assert_int_eq(mkdir(fixture_home, 0700), 0);
	for (size_t i = 0; i < sizeof modes / sizeof modes[0]; i++) {
		ck_assert_int_eq(chmod(fixture_home, modes[i]), 0);
		expect_good_home();
	}
}
END_TEST

START_TEST(a_home_of_a_later_format_is_left_alone)
{
	const unsigned char later[4] = {2, 0, 0, 2};
	fsps_bus *bus = fixture_open_bus();
	fsps_channel *channel = fixture_subscribe(bus, "a");
	fsps_bus *other = fixture_open_bus();
	fsps_publisher *publisher = fixture_open_publisher(other);
	FILE *counter = fopen(fixture_path(".fsps/seq"), "r+e");
	fsps_channel *refused = NULL;

	ck_assert_ptr_nonnull(counter);
	ck_assert_int_eq(fseek(counter, COUNTER_VERSION_AT, SEEK_SET), 0);
	ck_assert_uint_eq(fwrite(later, 1, sizeof later, counter), sizeof later);
	ck_assert_int_eq(fclose(counter), 0);

	ck_assert_int_eq(fsps_channel_open(other, "b", NULL, &refused), FSPS_ERR_VERSION);
	ck_assert_ptr_null(refused);
	ck_assert_int_eq(fixture_publish(publisher, "a", "x"), FSPS_ERR_VERSION);
	ck_assert_int_eq(fsps_publisher_matched(publisher, "a"), FSPS_ERR_VERSION);
	ck_assert_int_eq(fsps_bus_create_home(other), FSPS_ERR_VERSION);
	fixture_expect_nothing(channel);
	fsps_publisher_close(publisher);
	fsps_bus_close(other);
	fsps_channel_close(channel);
	fsps_bus_close(bus);
}
END_TEST

START_TEST(a_home_that_was_removed_is_made_anew)
{
	fsps_bus *bus = fixture_open_bus();
	fsps_publisher *publisher = fixture_open_publisher(bus);
	fsps_channel *channel = fixture_subscribe(bus, "a");
	fsps_channel *second;

	ck_assert_int_eq(fixture_publish(publisher, "a", "x"), 1);
	fixture_remove(fixture_home);
	fixture_publish_until(publisher, "a", "x", 0);
	second = fixture_subscribe(bus, "a");
	ck_assert_int_eq(fixture_publish(publisher, "a", "y"), 1);
	fixture_expect(second, "y");
	fsps_channel_close(second);
	fsps_channel_close(channel);
	fsps_publisher_close(publisher);
	fsps_bus_close(bus);
}
END_TEST

START_TEST(the_first_message_into_a_new_home_is_whole)
{
	fsps_bus *bus = fixture_open_bus();
	fsps_publisher *publisher = fixture_open_publisher(bus);
	fsps_channel *channel = fixture_subscribe(bus, "a");
	fsps_channel *second;

	ck_assert_int_eq(fixture_publish(publisher, "a", "old"), 1);
	fixture_remove(fixture_home);
	if (fixture_lane() == FIXTURE_LANE_FAST)
		fixture_publish_until(publisher, "a", "unseen", 0);
	second = fixture_subscribe(bus, "a");
	ck_assert_int_eq(fixture_publish(publisher, "a", "first"), 1);
	fixture_expect(second, "first");
	ck_assert_uint_eq(fixture_stats(second).set_aside, 0);
	fsps_channel_close(second);
	fsps_channel_close(channel);
	fsps_publisher_close(publisher);
	fsps_bus_close(bus);
}
END_TEST

static void add_opening(Suite *suite)
{
	TCase *tcase = fixture_tcase(suite, "opening");

	tcase_add_test(tcase, opening_a_bus_touches_nothing);
	tcase_add_test(tcase, options_that_are_none_are_refused);
	tcase_add_test(tcase, the_home_is_that_of_the_environment);
	tcase_add_test(tcase, without_a_named_home_it_is_the_default);
	tcase_add_test(tcase, an_option_wins_over_the_environment);
	tcase_add_test(tcase, a_relative_home_stays_when_the_process_moves);
	tcase_add_test(tcase, what_the_options_point_to_is_copied);
	tcase_add_test(tcase, a_bus_may_be_closed_before_its_handles);
}

static void add_home(Suite *suite)
{
	TCase *tcase = fixture_tcase(suite, "home");

	tcase_add_test(tcase, subscribing_creates_the_home_for_its_user_alone);
	tcase_add_test(tcase, publishing_creates_no_home_and_reaches_nobody);
	tcase_add_test(tcase, a_home_can_be_made_ahead);
	tcase_add_test(tcase, a_home_in_a_directory_that_is_missing_is_not_made);
	tcase_add_test(tcase, a_symlink_is_no_home);
	tcase_add_test(tcase, a_symlink_with_a_slash_behind_it_is_no_home_either);
	tcase_add_test(tcase, a_slash_behind_a_home_does_not_matter);
	tcase_add_test(tcase, a_file_is_no_home);
	tcase_add_test(tcase, a_home_that_others_may_rearrange_is_refused);
	tcase_add_test(tcase, a_home_of_the_modes_that_people_make_is_accepted);
	tcase_add_test(tcase, a_home_of_a_later_format_is_left_alone);
	tcase_add_test(tcase, a_home_that_was_removed_is_made_anew);
	tcase_add_test(tcase, the_first_message_into_a_new_home_is_whole);
}

int main(void)
{
	Suite *suite = suite_create("bus");

	add_opening(suite);
	add_home(suite);
	return check_main(suite);
}
