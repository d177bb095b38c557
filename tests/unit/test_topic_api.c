/* SPDX-License-Identifier: MIT */
/* Tests of fsps/topic.h: what the public functions answer, and what they refuse. */
#include "check_main.h"

#include <string.h>

#include <fsps/error.h>
#include <fsps/topic.h>

static char too_long_topic[FSPS_TOPIC_MAX + 2];
static char too_long_pattern[FSPS_PATTERN_MAX + 2];

static void set_up(void)
{
	memset(too_long_topic, 't', FSPS_TOPIC_MAX + 1);
	memset(too_long_pattern, 'p', FSPS_PATTERN_MAX + 1);
}

START_TEST(a_topic_is_told_from_what_is_none)
{
	ck_assert_int_eq(fsps_topic_check("plant.line-1.Temperature"), FSPS_OK);
	ck_assert_int_eq(fsps_topic_check(too_long_topic + 1), FSPS_OK);
	ck_assert_int_eq(fsps_topic_check(too_long_topic), FSPS_ERR_TOPIC);
	ck_assert_int_eq(fsps_topic_check(""), FSPS_ERR_TOPIC);
	ck_assert_int_eq(fsps_topic_check("plant.+"), FSPS_ERR_TOPIC);
}
END_TEST

START_TEST(a_pattern_is_told_from_what_is_none)
{
	ck_assert_int_eq(fsps_pattern_check("plant.=.+"), FSPS_OK);
	ck_assert_int_eq(fsps_pattern_check(too_long_pattern + 1), FSPS_OK);
	ck_assert_int_eq(fsps_pattern_check(too_long_pattern), FSPS_ERR_PATTERN);
	ck_assert_int_eq(fsps_pattern_check(""), FSPS_ERR_PATTERN);
	ck_assert_int_eq(fsps_pattern_check("plant.*"), FSPS_ERR_PATTERN);
}
END_TEST

START_TEST(a_match_is_1_and_none_is_0)
{
	ck_assert_int_eq(fsps_match("tes=.x", "test.x"), 1);
	ck_assert_int_eq(fsps_match("tes=.x", "test.y"), 0);
}
END_TEST

START_TEST(a_match_refuses_what_is_no_pattern_or_no_topic)
{
	ck_assert_int_eq(fsps_match("a_", "a"), FSPS_ERR_PATTERN);
	ck_assert_int_eq(fsps_match("a", "a_"), FSPS_ERR_TOPIC);
	ck_assert_int_eq(fsps_match("a_", "a_"), FSPS_ERR_PATTERN);
	ck_assert_int_eq(fsps_match(too_long_pattern, "a"), FSPS_ERR_PATTERN);
	ck_assert_int_eq(fsps_match("+", too_long_topic), FSPS_ERR_TOPIC);
}
END_TEST

START_TEST(a_refusal_is_kept_for_the_last_error)
{
	ck_assert_int_eq(fsps_topic_check("a/b"), FSPS_ERR_TOPIC);
	ck_assert_int_eq(fsps_last_error()->code, FSPS_ERR_TOPIC);
	ck_assert_str_eq(fsps_last_error()->path, "a/b");
	ck_assert_ptr_nonnull(strstr(fsps_last_error()->text, "'/' at offset 1"));
}
END_TEST

START_TEST(null_is_refused_by_name)
{
	ck_assert_int_eq(fsps_topic_check(NULL), FSPS_ERR_ARGUMENT);
	ck_assert_str_eq(fsps_last_error()->text, "fsps_topic_check() needs a topic, not NULL");
	ck_assert_int_eq(fsps_pattern_check(NULL), FSPS_ERR_ARGUMENT);
	ck_assert_str_eq(fsps_last_error()->text, "fsps_pattern_check() needs a pattern, not NULL");
	ck_assert_int_eq(fsps_match(NULL, "a"), FSPS_ERR_ARGUMENT);
	ck_assert_str_eq(fsps_last_error()->text, "fsps_match() needs a pattern, not NULL");
	ck_assert_int_eq(fsps_match("a", NULL), FSPS_ERR_ARGUMENT);
	ck_assert_str_eq(fsps_last_error()->text, "fsps_match() needs a topic, not NULL");
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("topic api");
	TCase *tcase = tcase_create("api");

	suite_add_tcase(suite, tcase);
	tcase_add_checked_fixture(tcase, set_up, NULL);
	tcase_add_test(tcase, a_topic_is_told_from_what_is_none);
	tcase_add_test(tcase, a_pattern_is_told_from_what_is_none);
	tcase_add_test(tcase, a_match_is_1_and_none_is_0);
	tcase_add_test(tcase, a_match_refuses_what_is_no_pattern_or_no_topic);
	tcase_add_test(tcase, a_refusal_is_kept_for_the_last_error);
	tcase_add_test(tcase, null_is_refused_by_name);
	return check_main(suite);
}
