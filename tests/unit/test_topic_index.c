/* SPDX-License-Identifier: MIT */
/*
 * Tests of topic/index.h: that a find gives each value of each matching pattern once and no
 * other, whatever was added and removed before. Random ones are in test_topic_property.c, missing
 * memory in test_topic_memory.c.
 */
#include "check_main.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include <fsps/topic.h>

#include "topic/index.h"

enum { VALUES = 20000 };

static struct fsi_pattern_index patterns;

/* How often each value was found, and how many in all. */
static struct {
	unsigned times[VALUES];
	unsigned total;
} findings;

static void set_up(void)
{
	fsi_pattern_index_init(&patterns);
}

static void tear_down(void)
{
	fsi_pattern_index_deinit(&patterns);
}

static void add(const char *pattern, uint32_t value)
{
	ck_assert_int_eq(fsi_pattern_index_add(&patterns, pattern, strlen(pattern), value), 0);
}

static void drop(const char *pattern, uint32_t value)
{
	fsi_pattern_index_remove(&patterns, pattern, strlen(pattern), value);
}

static int count_value(uint32_t value, void *userdata)
{
	if (userdata != &findings || value >= VALUES)
		ck_abort_msg("found %" PRIu32 ", which was never added", value);
	findings.times[value]++;
	findings.total++;
	return 0;
}

/* Finds, counting anew; answers how many values were found. */
static unsigned find(const char *topic)
{
	memset(&findings, 0, sizeof findings);
	ck_assert_int_eq(
		fsi_pattern_index_find(&patterns, topic, strlen(topic), count_value, &findings), 0);
	return findings.total;
}

/* Whether a topic finds exactly the value 0 to 9 that stand as digits in expected. */
static void expect(const char *topic, const char *expected)
{
	find(topic);
	for (unsigned value = 0; value < 10; value++) {
		bool wanted = strchr(expected, (int)('0' + value)) != NULL;

		ck_assert_msg(findings.times[value] == (wanted ? 1 : 0), "%s found %u %u times",
			      topic, value, findings.times[value]);
	}
	ck_assert_uint_eq(findings.total, strlen(expected));
}

START_TEST(an_empty_index_finds_nothing)
{
	ck_assert_uint_eq(find("a.b"), 0);
}
END_TEST

START_TEST(a_find_gives_the_patterns_that_match_and_no_others)
{
	static const char *const added[] = {"a",   "a.b", "a.=", "a.+",  "+",
					    "=.b", "=",   "+.b", "a.=b", "+a"};

	for (uint32_t value = 0; value < 10; value++)
		add(added[value], value);
	expect("a", "046");
	expect("a.b", "123457");
	expect("a.bb", "2348");
	expect("a.", "4");
	expect("a.b.b", "347");
	expect("b", "46");
	expect("c.a", "49");
	expect("aa", "469");
	expect("b.b", "457");
}
END_TEST

START_TEST(patterns_that_share_a_beginning_are_kept_apart)
{
	/* Each cuts the label of those before it elsewhere, also beside and between wildcards. */
	static const char *const added[] = {"abcdef+gh", "abc",        "abcdef",    "abcdef+",
					    "abx",       "abcdef+ghi", "abcdef+g=", "b"};

	for (uint32_t value = 0; value < 8; value++)
		add(added[value], value);
	expect("abcdef.gh", "036");
	expect("abcdef.ghi", "356");
	expect("abcdef.g.", "3");
	expect("abcdef.", "3");
	expect("abcdef", "2");
	expect("abcde", "");
	expect("abc", "1");
	expect("abx", "4");
	expect("abxx", "");
	expect("ab", "");
	expect("b", "7");
}
END_TEST

START_TEST(a_pattern_has_as_many_values_as_were_added)
{
	for (uint32_t value = 0; value < 1000; value++)
		add("a.=", value);
	ck_assert_uint_eq(find("a.b"), 1000);
	for (uint32_t value = 0; value < 1000; value++)
		ck_assert_uint_eq(findings.times[value], 1);
	for (uint32_t value = 0; value < 1000; value += 2)
		drop("a.=", value);
	ck_assert_uint_eq(find("a.b"), 500);
	for (uint32_t value = 0; value < 1000; value++)
		ck_assert_uint_eq(findings.times[value], value % 2);
}
END_TEST

START_TEST(wildcards_side_by_side_give_a_value_once)
{
	add("+++", 1);
	add("=+=", 2);
	add("+=+=+", 3);
	expect("aaaaaaaa", "123");
	expect("aaa", "12");
	expect("..", "");
	expect("a.a", "12");
	expect(".a.a.", "13");
}
END_TEST

START_TEST(a_removed_value_is_not_found_and_the_others_are)
{
	add("a.b", 1);
	add("a.b.c", 2);
	add("a.+", 3);
	add("a.+c", 4);
	drop("a.b", 1);
	expect("a.b", "3");
	expect("a.b.c", "234");
	drop("a.+", 3);
	expect("a.b.c", "24");
	drop("a.b.c", 2);
	expect("a.b.c", "4");
	drop("a.+c", 4);
	expect("a.b.c", "");
}
END_TEST

static const char *const absent[] = {"x",       "abc",  "abcde", "abcdef.", "abcxef",
				     "abcdef+", "abc=", "=",     "abcdefxy"};

START_TEST(removing_what_is_not_there_changes_nothing)
{
	add("abcdef", 1);
	add("abcdefxyz", 2);
	drop(absent[_i], 1);
	drop("abcdef", 2);
	drop("abcdefxyz", 1);
	expect("abcdef", "1");
	expect("abcdefxyz", "2");
}
END_TEST

START_TEST(an_index_from_which_all_was_removed_is_as_new)
{
	static const char *const added[] = {"a", "ab", "a+b", "+", "=a", "b", "abcd"};

	for (uint32_t value = 0; value < 7; value++)
		add(added[value], value);
	ck_assert_uint_eq(patterns.pattern_count, 7);
	for (uint32_t value = 0; value < 7; value++)
		drop(added[value], value);
	ck_assert_uint_eq(patterns.pattern_count, 0);
	ck_assert_uint_eq(patterns.roots.literals, 0);
	ck_assert_ptr_null(patterns.roots.list);
	ck_assert_ptr_null(patterns.roots.wildcards[0]);
	ck_assert_ptr_null(patterns.roots.wildcards[1]);
	expect("a", "");
	add("a", 1);
	expect("a", "1");
}
END_TEST

START_TEST(every_byte_may_follow_a_shared_beginning)
{
	static const char bytes[] =
		"zyxwvutsrqponmlkjihgfedcbaZYXWVUTSRQPONMLKJIHGFEDCBA9876543210-.";
	char name[] = "a?";

	for (uint32_t value = 0; value < 64; value++) {
		name[1] = bytes[value];
		add(name, value);
	}
	add("a=", 64);
	add("a+", 65);
	for (uint32_t value = 0; value < 64; value++) {
		name[1] = bytes[value];
		ck_assert_uint_eq(find(name), name[1] == '.' ? 2 : 3);
		ck_assert_uint_eq(findings.times[value], 1);
	}
	for (uint32_t value = 0; value < 64; value += 3) {
		name[1] = bytes[value];
		drop(name, value);
	}
	for (uint32_t value = 0; value < 64; value++) {
		name[1] = bytes[value];
		find(name);
		ck_assert_uint_eq(findings.times[value], value % 3 != 0);
	}
}
END_TEST

START_TEST(patterns_of_all_lengths_are_found)
{
	char text[FSPS_PATTERN_MAX + 1] = "";

	for (uint32_t len = 1; len <= FSPS_PATTERN_MAX; len++) {
		text[len - 1] = len % 3 == 0 ? '=' : 'a';
		add(text, len);
	}
	/* All but "a" and "aa" have a '=' that takes what is left of 200 bytes. */
	memset(text, 'a', FSPS_PATTERN_MAX);
	ck_assert_uint_eq(find(text), FSPS_PATTERN_MAX - 2);
	ck_assert_uint_eq(findings.times[1], 0);
	ck_assert_uint_eq(findings.times[2], 0);
	ck_assert_uint_eq(findings.times[FSPS_PATTERN_MAX], 1);
	text[FSPS_PATTERN_MAX - 1] = '\0';
	find(text);
	ck_assert_uint_eq(findings.times[FSPS_PATTERN_MAX], 0);
	ck_assert_uint_eq(findings.times[FSPS_PATTERN_MAX - 1], 1);
}
END_TEST

/* ---- ending early ---- */

struct countdown {
	int left;
	int answer;
	unsigned seen[10];
};

static int count_down(uint32_t value, void *userdata)
{
	struct countdown *countdown = userdata;

	countdown->seen[value]++;
	return --countdown->left == 0 ? countdown->answer : 0;
}

/* Ends a find after each number of values, and expects just so many, each once. */
static void end_after_each(const char *topic, int matching)
{
	for (int left = 1; left <= matching; left++) {
		struct countdown countdown = {.left = left, .answer = -left};
		int seen = 0;

		ck_assert_int_eq(fsi_pattern_index_find(&patterns, topic, strlen(topic), count_down,
							&countdown),
				 -left);
		for (int value = 0; value < 10; value++) {
			ck_assert_uint_le(countdown.seen[value], 1);
			seen += (int)countdown.seen[value];
		}
		ck_assert_int_eq(seen, left);
	}
}

START_TEST(a_callback_that_answers_not_0_ends_the_find)
{
	add("a.b", 1);
	add("a.b", 2);
	add("a.b", 3);
	add("a.=", 4);
	add("+", 5);
	add("+", 6);
	end_after_each("a.b", 6);
}
END_TEST

/* ---- patterns made to be slow ---- */

enum { LONG_TOPIC = 1000 };

/* Patterns with so many wildcards that a find has more states than it allows itself. */
static void add_crowd(void)
{
	char pattern[FSPS_PATTERN_MAX + 1] = "";

	for (size_t i = 0; i < FSPS_PATTERN_MAX; i++)
		pattern[i] = i % 2 == 0 ? '+' : 'a';
	add(pattern, 1);
	pattern[FSPS_PATTERN_MAX - 1] = 'b';
	add(pattern, 2);
	pattern[FSPS_PATTERN_MAX - 1] = '=';
	add(pattern, 3);
	add("a+", 4);
	add("=", 5);
	add("=", 6);
	add("b", 7);
}

START_TEST(among_patterns_full_of_wildcards_the_right_ones_are_found)
{
	char topic[LONG_TOPIC + 1] = "";

	memset(topic, 'a', LONG_TOPIC);
	add_crowd();
	expect(topic, "13456");
	topic[LONG_TOPIC - 1] = 'b';
	expect(topic, "23456");
	topic[LONG_TOPIC - 1] = '.';
	expect(topic, "4");
	expect("b", "567");
}
END_TEST

START_TEST(a_find_among_them_ends_early_too)
{
	char topic[LONG_TOPIC + 1] = "";

	memset(topic, 'a', LONG_TOPIC);
	add_crowd();
	end_after_each(topic, 5);
}
END_TEST

/* All patterns of 9 bytes from "a=+", a tail of wildcards each: 19,683 that all match. The
 * timeout of the test ends what tries the ways to share out a topic. */
START_TEST(twenty_thousand_patterns_full_of_wildcards_are_quick)
{
	char pattern[] = ".........+=+=+=+=+=+=+=+=+=+=a";
	char topic[LONG_TOPIC + 1] = "";
	uint32_t count = 19683;

	memset(topic, 'a', LONG_TOPIC);
	for (uint32_t value = 0; value < count; value++) {
		uint32_t rest = value;

		for (size_t i = 0; i < 9; i++, rest /= 3)
			pattern[i] = "a=+"[rest % 3];
		add(pattern, value);
	}
	ck_assert_uint_eq(find(topic), count);
	topic[LONG_TOPIC - 1] = 'b';
	ck_assert_uint_eq(find(topic), 0);
}
END_TEST

/* ---- many ---- */

START_TEST(ten_of_ten_thousand_are_found)
{
	char pattern[64];

	for (uint32_t value = 10; value < 10000; value++) {
		snprintf(pattern, sizeof pattern, "plant.line%u.=.temperature", value);
		add(pattern, value);
	}
	for (uint32_t value = 0; value < 9; value++) {
		snprintf(pattern, sizeof pattern, "plant.=777.sensor%u.temperature", value % 3);
		add(value % 3 == 1 ? pattern : "plant.+.temperature", value);
	}
	ck_assert_uint_eq(find("plant.line777.sensor1.temperature"), 10);
	ck_assert_uint_eq(findings.times[777], 1);
	ck_assert_uint_eq(find("plant.line777.sensor2.temperature"), 7);
	ck_assert_uint_eq(find("plant.line77.sensor2.pressure"), 0);
}
END_TEST

START_TEST(an_index_can_be_used_again_after_its_end)
{
	add("a", 1);
	fsi_pattern_index_deinit(&patterns);
	expect("a", "");
	add("a", 2);
	expect("a", "2");
}
END_TEST

static void add_tests(TCase *tcase)
{
	tcase_add_test(tcase, an_empty_index_finds_nothing);
	tcase_add_test(tcase, a_find_gives_the_patterns_that_match_and_no_others);
	tcase_add_test(tcase, patterns_that_share_a_beginning_are_kept_apart);
	tcase_add_test(tcase, a_pattern_has_as_many_values_as_were_added);
	tcase_add_test(tcase, wildcards_side_by_side_give_a_value_once);
	tcase_add_test(tcase, a_removed_value_is_not_found_and_the_others_are);
	tcase_add_loop_test(tcase, removing_what_is_not_there_changes_nothing, 0,
			    sizeof absent / sizeof absent[0]);
	tcase_add_test(tcase, an_index_from_which_all_was_removed_is_as_new);
	tcase_add_test(tcase, every_byte_may_follow_a_shared_beginning);
	tcase_add_test(tcase, patterns_of_all_lengths_are_found);
	tcase_add_test(tcase, a_callback_that_answers_not_0_ends_the_find);
	tcase_add_test(tcase, among_patterns_full_of_wildcards_the_right_ones_are_found);
	tcase_add_test(tcase, a_find_among_them_ends_early_too);
	tcase_add_test(tcase, twenty_thousand_patterns_full_of_wildcards_are_quick);
	tcase_add_test(tcase, ten_of_ten_thousand_are_found);
	tcase_add_test(tcase, an_index_can_be_used_again_after_its_end);
}

int main(void)
{
	Suite *suite = suite_create("topic index");
	TCase *tcase = tcase_create("index");

	suite_add_tcase(suite, tcase);
	tcase_add_checked_fixture(tcase, set_up, tear_down);
	tcase_set_timeout(tcase, 30);
	add_tests(tcase);
	return check_main(suite);
}
