/* SPDX-License-Identifier: MIT */
/* Tests of topic/name.h: what is a topic, what is a pattern, and what is said of what is none. */
#include "check_main.h"

#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <fsps/topic.h>

#include "base/error.h"
#include "topic/name.h"

static const char word_bytes[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-";

/* A string of len equal bytes; valid until the next call. */
static const char *repeat(char byte, size_t len)
{
	static char text[2048];

	ck_assert_uint_lt(len, sizeof text);
	memset(text, byte, len);
	text[len] = '\0';
	return text;
}

START_TEST(every_byte_but_those_of_words_and_the_dot_is_refused_in_a_topic)
{
	for (int value = 0; value < 256; value++) {
		char byte = (char)value;
		bool allowed = byte == '.' || (byte != '\0' && strchr(word_bytes, byte) != NULL);

		ck_assert_msg(fsi_topic_valid(&byte, 1) == allowed, "byte %d", value);
	}
}
END_TEST

START_TEST(a_pattern_may_have_the_wildcards_too)
{
	for (int value = 0; value < 256; value++) {
		char byte = (char)value;
		bool wildcard = byte == '=' || byte == '+';

		ck_assert_msg(fsi_pattern_valid(&byte, 1) ==
				      (wildcard || fsi_topic_valid(&byte, 1)),
			      "byte %d", value);
		ck_assert_msg(fsi_is_wildcard(byte) == wildcard, "byte %d", value);
	}
}
END_TEST

START_TEST(the_bytes_of_topics_have_the_symbols_1_to_64_with_the_dot_last)
{
	uint64_t seen = 0;

	for (const char *byte = word_bytes; *byte != '\0'; byte++) {
		ck_assert_uint_ge(fsi_symbol(*byte), 1);
		ck_assert_uint_lt(fsi_symbol(*byte), FSI_SYMBOL_DOT);
		seen |= UINT64_C(1) << fsi_symbol(*byte);
	}
	ck_assert_uint_eq(seen, UINT64_MAX - 1);
	ck_assert_uint_eq(fsi_symbol('.'), FSI_SYMBOL_DOT);
}
END_TEST

START_TEST(nothing_is_neither_a_topic_nor_a_pattern)
{
	ck_assert(!fsi_topic_valid("a", 0));
	ck_assert(!fsi_pattern_valid("a", 0));
}
END_TEST

START_TEST(a_topic_has_at_most_1024_bytes)
{
	ck_assert(fsi_topic_valid(repeat('t', 1024), 1024));
	ck_assert(!fsi_topic_valid(repeat('t', 1025), 1025));
	ck_assert_int_eq(fsi_topic_check(repeat('t', 1024)), FSPS_OK);
	ck_assert_int_eq(fsi_topic_check(repeat('t', 1025)), FSPS_ERR_TOPIC);
	ck_assert_str_eq(fsi_error_last()->text, "the topic is longer than 1024 bytes");
}
END_TEST

START_TEST(a_pattern_has_at_most_200_bytes)
{
	ck_assert(fsi_pattern_valid(repeat('+', 200), 200));
	ck_assert(!fsi_pattern_valid(repeat('+', 201), 201));
	ck_assert_int_eq(fsi_pattern_check(repeat('+', 200)), FSPS_OK);
	ck_assert_int_eq(fsi_pattern_check(repeat('+', 201)), FSPS_ERR_PATTERN);
	ck_assert_str_eq(fsi_error_last()->text, "the pattern is longer than 200 bytes");
}
END_TEST

START_TEST(a_wrong_byte_is_found_wherever_it_stands)
{
	char name[] = "abc.def-1";

	for (size_t i = 0; i < sizeof name - 1; i++) {
		char right = name[i];

		name[i] = '_';
		ck_assert(!fsi_topic_valid(name, sizeof name - 1));
		ck_assert(!fsi_pattern_valid(name, sizeof name - 1));
		name[i] = right;
	}
	ck_assert(fsi_topic_valid(name, sizeof name - 1));
	ck_assert(!fsi_topic_valid(name, sizeof name));
}
END_TEST

static const struct {
	int (*check)(const char *name);
	const char *name;
	int code;
	const char *path;
	const char *text;
} refusals[] = {
	{fsi_topic_check, "", FSPS_ERR_TOPIC, "", "the topic is empty: it needs 1 to 1024 bytes"},
	{fsi_pattern_check, "", FSPS_ERR_PATTERN, "",
	 "the pattern is empty: it needs 1 to 200 bytes"},
	{fsi_topic_check, "a.b_c", FSPS_ERR_TOPIC, "a.b_c",
	 "the topic has the byte '_' at offset 3: only A-Z a-z 0-9 . - are allowed"},
	{fsi_pattern_check, "a/=", FSPS_ERR_PATTERN,
	 "a/=", "the pattern has the byte '/' at offset 1: only A-Z a-z 0-9 . - = + are allowed"},
	{fsi_topic_check, "a.+", FSPS_ERR_TOPIC, "a.+",
	 "the topic has the wildcard '+' at offset 2, as only patterns may"},
	{fsi_topic_check, "=", FSPS_ERR_TOPIC, "=",
	 "the topic has the wildcard '=' at offset 0, as only patterns may"},
	{fsi_topic_check, "a b", FSPS_ERR_TOPIC, "a b",
	 "the topic has the byte ' ' at offset 1: only A-Z a-z 0-9 . - are allowed"},
	{fsi_topic_check, "x\n\033[1m", FSPS_ERR_TOPIC, "x\\x0a\\x1b[1m",
	 "the topic has the byte '\\x0a' at offset 1: only A-Z a-z 0-9 . - are allowed"},
	{fsi_pattern_check, "\xc3\xa4", FSPS_ERR_PATTERN, "\\xc3\\xa4",
	 "the pattern has the byte '\\xc3' at offset 0: only A-Z a-z 0-9 . - = + are allowed"},
	{fsi_topic_check, "a\\x", FSPS_ERR_TOPIC, "a\\\\x",
	 "the topic has the byte '\\\\' at offset 1: only A-Z a-z 0-9 . - are allowed"},
	{fsi_topic_check, "a\177", FSPS_ERR_TOPIC, "a\\x7f",
	 "the topic has the byte '\\x7f' at offset 1: only A-Z a-z 0-9 . - are allowed"},
};

START_TEST(a_refusal_says_which_byte_is_wrong)
{
	const struct fsps_error *error = fsi_error_last();

	ck_assert_int_eq(refusals[_i].check(refusals[_i].name), refusals[_i].code);
	ck_assert_int_eq(error->code, refusals[_i].code);
	ck_assert_int_eq(error->system_errno, 0);
	ck_assert_str_eq(error->path, refusals[_i].path);
	ck_assert_str_eq(error->text, refusals[_i].text);
}
END_TEST

START_TEST(the_first_wrong_byte_is_named_also_in_a_name_that_is_too_long)
{
	ck_assert_int_eq(fsi_topic_check(repeat('!', 2000)), FSPS_ERR_TOPIC);
	ck_assert_str_eq(
		fsi_error_last()->text,
		"the topic has the byte '!' at offset 0: only A-Z a-z 0-9 . - are allowed");
	ck_assert_str_eq(fsi_error_last()->path, repeat('!', 1025));
}
END_TEST

START_TEST(an_endless_unprintable_name_is_shown_up_to_a_whole_escape)
{
	const char *path;

	ck_assert_int_eq(fsi_topic_check(repeat('\xff', 2000)), FSPS_ERR_TOPIC);
	path = fsi_error_last()->path;
	ck_assert_uint_gt(strlen(path), 1000);
	ck_assert_uint_eq(strlen(path) % 4, 0);
	ck_assert_str_eq(path + strlen(path) - 4, "\\xff");
}
END_TEST

/* The end of a page of 'a's that no readable one follows. */
static const char *end_of_memory(void)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	char *memory =
		mmap(NULL, 2 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	ck_assert_ptr_ne(memory, MAP_FAILED);
	memset(memory, 'a', page);
	ck_assert_int_eq(mprotect(memory + page, page, PROT_NONE), 0);
	return memory + page;
}

START_TEST(a_check_reads_one_byte_beyond_the_limit_at_most)
{
	const char *end = end_of_memory();

	ck_assert_int_eq(fsi_topic_check(end - 1025), FSPS_ERR_TOPIC);
	ck_assert_int_eq(fsi_pattern_check(end - 201), FSPS_ERR_PATTERN);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("topic name");
	TCase *tcase = tcase_create("names");

	suite_add_tcase(suite, tcase);
	tcase_add_test(tcase, every_byte_but_those_of_words_and_the_dot_is_refused_in_a_topic);
	tcase_add_test(tcase, a_pattern_may_have_the_wildcards_too);
	tcase_add_test(tcase, the_bytes_of_topics_have_the_symbols_1_to_64_with_the_dot_last);
	tcase_add_test(tcase, nothing_is_neither_a_topic_nor_a_pattern);
	tcase_add_test(tcase, a_topic_has_at_most_1024_bytes);
	tcase_add_test(tcase, a_pattern_has_at_most_200_bytes);
	tcase_add_test(tcase, a_wrong_byte_is_found_wherever_it_stands);
	tcase_add_loop_test(tcase, a_refusal_says_which_byte_is_wrong, 0,
			    sizeof refusals / sizeof refusals[0]);
	tcase_add_test(tcase, the_first_wrong_byte_is_named_also_in_a_name_that_is_too_long);
	tcase_add_test(tcase, an_endless_unprintable_name_is_shown_up_to_a_whole_escape);
	tcase_add_test(tcase, a_check_reads_one_byte_beyond_the_limit_at_most);
	return check_main(suite);
}
