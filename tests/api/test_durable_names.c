/* SPDX-License-Identifier: MIT */
/* Names and options of durable channels, allowed and refused, through the public API. */
#include "api/work.h"
#include "unit/check_main.h"

#define COUNT_OF(array) ((int)(sizeof(array) / sizeof((array)[0])))

static fsps_bus *bus;
static fsps_publisher *publisher;

static void set_up(void)
{
	bus = fixture_open_bus();
	publisher = fixture_open_publisher(bus);
}

static void tear_down(void)
{
	fsps_publisher_close(publisher);
	fsps_bus_close(bus);
}

/* ---- refused ---- */

static const char *const no_names[] = {
	"",
	"_",
	"a_b",
	"a.b",
	"a/b",
	"..",
	"a b",
	"\xc3\xbc",
	"a=",
	"a+",
	"1234567890123456789012345678901234567890123456789012345678901234",
};

START_TEST(what_is_no_name_is_refused)
{
	struct fsps_channel_options options = work_options();
	fsps_channel *channel;

	options.durable = no_names[_i];
	ck_assert_int_eq(fsps_durable_create(bus, "a", no_names[_i]), FSPS_ERR_ARGUMENT);
	ck_assert_int_eq(work_try(bus, &options, &channel), FSPS_ERR_ARGUMENT);
	ck_assert_ptr_null(channel);
	ck_assert(!fixture_exists(fixture_path(".")) || fixture_count(fixture_home, "a_") == 0);
}
END_TEST

START_TEST(names_of_one_and_of_sixty_three_bytes_are_allowed)
{
	struct fsps_channel_options options = work_options();

	options.durable = "0";
	fsps_channel_close(work_open_with(bus, &options));
	options.durable = "ABCDEFGHIJKLMNOPQRSTUVWXYZ-abcdefghijklmnopqrstuvwxyz-012345678";
	ck_assert_uint_eq(strlen(options.durable), FSPS_DURABLE_NAME_MAX);
	fsps_channel_close(work_open_with(bus, &options));
	ck_assert_int_eq(fsps_durable_create(bus, "a", options.durable), 0);
}
END_TEST

START_TEST(a_pattern_and_a_name_that_are_too_long_together_are_refused)
{
	struct fsps_channel_options options = work_options();
	char pattern[FSPS_PATTERN_MAX + 1];
	fsps_channel *channel = NULL;

	memset(pattern, 'p', FSPS_PATTERN_MAX);
	pattern[FSPS_PATTERN_MAX] = '\0';
	options.durable = "123456789012345678901234567890123456789012345678901234567890123";
	ck_assert_int_eq(fsps_durable_create(bus, pattern, options.durable), FSPS_ERR_ARGUMENT);
	ck_assert_int_eq(fsps_channel_open(bus, pattern, &options, &channel), FSPS_ERR_ARGUMENT);
	ck_assert_ptr_null(channel);
	/* The longest that fit into a directory's name. */
	pattern[255 - 1 - FSPS_DURABLE_NAME_MAX] = '\0';
	ck_assert_int_eq(fsps_durable_create(bus, pattern, options.durable), 1);
	ck_assert_int_eq(fsps_channel_open(bus, pattern, &options, &channel), FSPS_OK);
	ck_assert_int_eq(fixture_publish(publisher, pattern, "fits"), 1);
	fixture_expect(channel, "fits");
	fsps_channel_close(channel);
}
END_TEST

START_TEST(what_is_no_pattern_is_refused)
{
	struct fsps_channel_options options = work_options();
	fsps_channel *channel = NULL;

	ck_assert_int_eq(fsps_durable_create(bus, "a_b", "w"), FSPS_ERR_PATTERN);
	ck_assert_int_eq(fsps_durable_create(bus, "", "w"), FSPS_ERR_PATTERN);
	ck_assert_int_eq(fsps_channel_open(bus, "a_b", &options, &channel), FSPS_ERR_PATTERN);
	ck_assert_int_eq(fsps_durable_create(NULL, "a", "w"), FSPS_ERR_ARGUMENT);
	ck_assert_int_eq(fsps_durable_create(bus, NULL, "w"), FSPS_ERR_ARGUMENT);
	ck_assert_int_eq(fsps_durable_create(bus, "a", NULL), FSPS_ERR_ARGUMENT);
}
END_TEST

static const struct fsps_channel_options no_options[] = {
	{.shared = 1},
	{.durable = "w", .shared = 2},
	{.durable = "w", .shared = -1},
	{.durable = "w", .delivery = 3},
	{.durable = "w", .delivery = -1},
	{.delivery = 3},
	{.durable = "w", .shared = 1, .delivery = FSPS_AT_MOST_ONCE},
	{.durable = "w", .deadline_ms = -1},
	{.durable = "w", .deadline_ms = FSPS_DELAY_MS_MAX + 1},
	{.durable = "w", .attempts_max = 1000001},
	{.durable = "w", .unsettled_max = 65536},
};

START_TEST(options_out_of_range_are_refused)
{
	struct fsps_channel_options options = no_options[_i];
	fsps_channel *channel;

	options.size = sizeof options;
	ck_assert_int_eq(work_try(bus, &options, &channel), FSPS_ERR_ARGUMENT);
	ck_assert_ptr_null(channel);
}
END_TEST

START_TEST(the_largest_options_are_allowed)
{
	struct fsps_channel_options options = work_options();
	fsps_channel *channel;

	options.deadline_ms = FSPS_DELAY_MS_MAX;
	options.attempts_max = 1000000;
	options.unsettled_max = 65535;
	channel = work_open_with(bus, &options);
	work_publish(publisher, 0, 10);
	work_do(channel, 0, 10);
	fsps_channel_close(channel);
}
END_TEST

START_TEST(who_knows_nothing_of_durable_channels_opens_a_live_one)
{
	/* The structure as it was before it had a name in it. */
	struct fsps_channel_options options = {
		.size = offsetof(struct fsps_channel_options, durable), .durable = "w"};
	fsps_channel *channel = NULL;

	ck_assert_int_eq(fsps_channel_open(bus, "a", &options, &channel), FSPS_OK);
	ck_assert_str_ne(fsps_channel_name(channel), WORK_CHANNEL);
	fsps_channel_close(channel);
	ck_assert(!fixture_exists(fixture_path(WORK_CHANNEL)));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("durable_names");
	TCase *tcase = fixture_tcase(suite, "durable_names");

	tcase_add_checked_fixture(tcase, set_up, tear_down);
	tcase_add_loop_test(tcase, what_is_no_name_is_refused, 0, COUNT_OF(no_names));
	tcase_add_test(tcase, names_of_one_and_of_sixty_three_bytes_are_allowed);
	tcase_add_test(tcase, a_pattern_and_a_name_that_are_too_long_together_are_refused);
	tcase_add_test(tcase, what_is_no_pattern_is_refused);
	tcase_add_loop_test(tcase, options_out_of_range_are_refused, 0, COUNT_OF(no_options));
	tcase_add_test(tcase, the_largest_options_are_allowed);
	tcase_add_test(tcase, who_knows_nothing_of_durable_channels_opens_a_live_one);
	return check_main(suite);
}
