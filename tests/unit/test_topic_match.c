/* SPDX-License-Identifier: MIT */
/* Tests of topic/match.h: what each kind of pattern matches, and that none takes long. */
#include "check_main.h"

#include <string.h>

#include <fsps/topic.h>

#include "topic/match.h"
#include "topic/name.h"

static bool matches(const char *pattern, const char *topic)
{
	ck_assert_msg(fsi_pattern_valid(pattern, strlen(pattern)), "pattern %s", pattern);
	ck_assert_msg(fsi_topic_valid(topic, strlen(topic)), "topic %s", topic);
	return fsi_match(pattern, strlen(pattern), topic, strlen(topic));
}

static const struct {
	const char *pattern;
	const char *topic;
	bool expected;
} cases[] = {
	/* literals */
	{"a", "a", true},
	{"a", "b", false},
	{"a", "aa", false},
	{"aa", "a", false},
	{"a.b", "a.b", true},
	{"a.b", "axb", false},
	{"a.b", "a-b", false},
	{"A", "a", false},
	{"-", "-", true},
	{".", ".", true},
	{"..", ".", false},
	/* '=' takes a word, or a part of one, and never a dot */
	{"=", "a", true},
	{"=", "temperature-2", true},
	{"=", "a.b", false},
	{"=", ".", false},
	{"=", "a.", false},
	{"=", ".a", false},
	{"=.b", "a.b", true},
	{"=.b", "aaa.b", true},
	{"=.b", ".b", false},
	{"=.b", "a.a.b", false},
	{"a.=", "a.b", true},
	{"a.=", "a.", false},
	{"a.=", "a.b.c", false},
	{"a.=.c", "a.b.c", true},
	{"a.=.c", "a..c", false},
	{"a.=.c", "a.b.b.c", false},
	{"tes=.x", "test.x", true},
	{"tes=.x", "testing.x", true},
	{"tes=.x", "tes.x", false},
	{"tes=.x", "test.y", false},
	{"=test", "mytest", true},
	{"=test", "test", false},
	{"=.=", "a.b", true},
	{"=.=", "a.b.c", false},
	{"=.=", "ab", false},
	{"a=a", "aa", false},
	{"a=a", "aaa", true},
	{"a=a", "ababa", true},
	/* '+' takes words and dots */
	{"+", "a", true},
	{"+", ".", true},
	{"+", "a.b.c", true},
	{"a+", "a", false},
	{"a+", "ab", true},
	{"a+", "a.", true},
	{"a.+", "a.b.c", true},
	{"a.+", "a.", false},
	{"a.+", "a", false},
	{"+.c", "a.b.c", true},
	{"+.c", ".c", false},
	{"+.c", "c", false},
	{"a.+.c", "a.b.b.c", true},
	{"a.+.c", "a..c", false},
	{"a.+.c", "a...c", true},
	{"a+a", "aa", false},
	{"a+a", "a.a", true},
	{"+b+", "abc", true},
	{"+b+", "bbb", true},
	{"+b+", "bb", false},
	{"+b+", "abb", true},
	{"+b+", "ab", false},
	{"+b+", "bc", false},
	/* side by side each takes a byte at least */
	{"==", "a", false},
	{"==", "ab", true},
	{"==", "a.", false},
	{"++", ".", false},
	{"++", "..", true},
	{"=+", "a.", true},
	{"=+", ".a", false},
	{"=+", "ab", true},
	{"+=", ".a", true},
	{"+=", "a.", false},
	{"+=", "a.b.c", true},
	{"=+=", "a.b", true},
	{"=+=", "ab", false},
	{"=+=", "a.b.", false},
	{"+=+", "...", false},
	{"+=+", ".a.", true},
	/* the choice that a greedy match gets wrong */
	{"+ab+ab", "xabxabab", true},
	{"+a=b+b", "xa.bacbxb", true},
	{"=ab=.ab+", "xabxab.abab.", true},
	{"+.a=.b", "x.a.x.aa.b", true},
	{"+.a=.b", "x.a.x.aa.bb", false},
	{"=1=1=", "x1x1x1x", true},
	{"=1=1=", "x1xx1", false},
	/* literal ends may not overlap */
	{"ab+ba", "aba", false},
	{"ab+ba", "abba", false},
	{"ab+ba", "ab.ba", true},
};

START_TEST(a_pattern_matches_as_its_regular_expression)
{
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
		ck_assert_msg(matches(cases[i].pattern, cases[i].topic) == cases[i].expected,
			      "'%s' and '%s'", cases[i].pattern, cases[i].topic);
}
END_TEST

START_TEST(a_wildcard_takes_every_byte_that_its_class_has)
{
	for (int value = 0; value < 256; value++) {
		char byte = (char)value;

		if (!fsi_topic_valid(&byte, 1))
			continue;
		ck_assert(fsi_match("+", 1, &byte, 1));
		ck_assert(fsi_match("=", 1, &byte, 1) == (byte != '.'));
		/* The same through the automaton. */
		ck_assert(fsi_match("+a=", 3, (char[]){byte, 'a', 'b'}, 3));
		ck_assert(fsi_match("=a=", 3, (char[]){byte, 'a', 'b'}, 3) == (byte != '.'));
	}
}
END_TEST

/* '+', literals and '=' of that many bytes, so that the last state is any bit of any word. */
static void match_length(size_t len)
{
	char pattern[FSPS_PATTERN_MAX];
	char topic[FSPS_PATTERN_MAX];

	memset(pattern, 'a', len);
	memset(topic, 'a', len);
	pattern[0] = '+';
	pattern[len - 1] = '=';
	ck_assert_msg(fsi_match(pattern, len, topic, len), "%zu bytes", len);
	ck_assert_msg(!fsi_match(pattern, len, topic, len - 1), "%zu bytes", len);
	topic[len - 1] = '.';
	ck_assert_msg(!fsi_match(pattern, len, topic, len), "%zu bytes", len);
	topic[len - 1] = 'a';
	topic[len / 2] = 'b';
	ck_assert_msg(!fsi_match(pattern, len, topic, len), "%zu bytes", len);
	pattern[len / 2] = 'b';
	ck_assert_msg(fsi_match(pattern, len, topic, len), "%zu bytes", len);
}

START_TEST(a_pattern_of_any_length_matches_up_to_its_last_byte)
{
	for (size_t len = 3; len <= FSPS_PATTERN_MAX; len++)
		match_length(len);
}
END_TEST

START_TEST(two_hundred_wildcards_need_two_hundred_bytes)
{
	char pattern[FSPS_PATTERN_MAX];
	char topic[FSPS_TOPIC_MAX];

	memset(pattern, '=', sizeof pattern);
	memset(topic, 'a', sizeof topic);
	ck_assert(fsi_match(pattern, sizeof pattern, topic, sizeof topic));
	ck_assert(fsi_match(pattern, sizeof pattern, topic, 200));
	ck_assert(!fsi_match(pattern, sizeof pattern, topic, 199));
	topic[500] = '.';
	ck_assert(!fsi_match(pattern, sizeof pattern, topic, sizeof topic));
	pattern[100] = '+';
	ck_assert(fsi_match(pattern, sizeof pattern, topic, sizeof topic));
}
END_TEST

static const char *const catastrophic[] = {
	"+=+=+=+=b",           "+=+=+=+=b+",
	"=a=a=a=a=a=a=a=a=b=", "+a+a+a+a+a+a+a+a+a+a+a+a+b=",
	"==========.=",        "++++++++++++++++++++++++++++++.+",
};

/* The timeout of the test ends what backtracks: 1,000 bytes shared out among 8 wildcards. */
START_TEST(a_pattern_that_makes_others_backtrack_is_quick)
{
	char topic[1000];

	memset(topic, 'a', sizeof topic);
	for (int repetition = 0; repetition < 100; repetition++)
		ck_assert(!fsi_match(catastrophic[_i], strlen(catastrophic[_i]), topic,
				     sizeof topic));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("topic match");
	TCase *tcase = tcase_create("match");

	suite_add_tcase(suite, tcase);
	tcase_add_test(tcase, a_pattern_matches_as_its_regular_expression);
	tcase_add_test(tcase, a_wildcard_takes_every_byte_that_its_class_has);
	tcase_add_test(tcase, a_pattern_of_any_length_matches_up_to_its_last_byte);
	tcase_add_test(tcase, two_hundred_wildcards_need_two_hundred_bytes);
	tcase_add_loop_test(tcase, a_pattern_that_makes_others_backtrack_is_quick, 0,
			    sizeof catastrophic / sizeof catastrophic[0]);
	return check_main(suite);
}
