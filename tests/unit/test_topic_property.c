/* SPDX-License-Identifier: MIT */
/*
 * Random patterns and topics: matching against regcomp(3) of the exact regular expression, and
 * the index against trying each pattern. FSPS_SEED in the environment chooses other ones; a
 * failure says the seed. Inner loops call ck_abort_msg(), as each ck_assert writes to a file.
 */
#include "check_main.h"

#include <inttypes.h>
#include <regex.h>
#include <stdio.h>
#include <string.h>

#include <fsps/topic.h>

#include "topic/index.h"
#include "topic/match.h"
#include "topic/name.h"

enum { SEED = 20261, LONGEST_EXPRESSION = 16 * FSPS_PATTERN_MAX };

/* ---- chance ---- */

static struct {
	uint64_t seed;
	uint64_t state;
} chance;

static void set_up(void)
{
	const char *seed = getenv("FSPS_SEED");

	chance.seed = seed == NULL ? SEED : strtoull(seed, NULL, 10);
	chance.state = chance.seed;
}

/* A number below limit, by SplitMix64 (Steele, Lea and Flood 2014). */
static size_t below(size_t limit)
{
	uint64_t mixed;

	chance.state += UINT64_C(0x9e3779b97f4a7c15);
	mixed = chance.state;
	mixed = (mixed ^ mixed >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	mixed = (mixed ^ mixed >> 27) * UINT64_C(0x94d049bb133111eb);
	return (size_t)((mixed ^ mixed >> 31) % limit);
}

static bool one_in(size_t count)
{
	return below(count) == 0;
}

/* ---- patterns and topics ---- */

struct name {
	char text[FSPS_TOPIC_MAX + 1];
	size_t len;
};

/* Few different bytes make accidental and overlapping matches frequent. */
static char literal_byte(void)
{
	static const char few[] = "aaab.-";
	static const char all[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-.";

	return one_in(50) ? all[below(sizeof all - 1)] : few[below(sizeof few - 1)];
}

static char word_byte(void)
{
	char byte = literal_byte();

	return byte == '.' ? 'a' : byte;
}

static void append(struct name *name, char byte)
{
	if (name->len < FSPS_TOPIC_MAX)
		name->text[name->len++] = byte;
	name->text[name->len] = '\0';
}

/* Mostly short; wildcards often stand side by side. Long ones have few, as regexec(3) is slow. */
static void make_pattern(struct name *ret_pattern)
{
	bool is_long = one_in(40);
	size_t len = 1 + below(is_long ? FSPS_PATTERN_MAX : 10);
	size_t wildcard_every = is_long ? 15 : 1 + below(5);

	ret_pattern->len = 0;
	while (ret_pattern->len < len) {
		bool wildcard = below(wildcard_every + 1) == 0;

		append(ret_pattern, wildcard ? "=+"[below(2)] : literal_byte());
	}
}

/* What a byte of a pattern may stand for. */
static void append_match(struct name *topic, char byte)
{
	size_t times = one_in(20) ? 20 : 1 + below(3);

	if (!fsi_is_wildcard(byte)) {
		append(topic, byte);
		return;
	}
	while (times-- > 0)
		append(topic, byte == '=' ? word_byte() : literal_byte());
}

/* Replaces, removes or adds one byte; leaves a single one alone. */
static void spoil(struct name *topic)
{
	size_t place;

	if (topic->len <= 1)
		return;
	place = below(topic->len);
	switch (below(3)) {
	case 0:
		topic->text[place] = literal_byte();
		break;
	case 1:
		append(topic, literal_byte());
		break;
	default:
		memmove(topic->text + place, topic->text + place + 1, topic->len - place);
		topic->len--;
		break;
	}
}

/* A topic that the pattern matches, or one that is near to that, or any. */
static void make_topic(const struct name *pattern, struct name *ret_topic)
{
	ret_topic->len = 0;
	if (one_in(8)) {
		for (size_t left = 1 + below(12); left > 0; left--)
			append(ret_topic, literal_byte());
		return;
	}
	for (size_t i = 0; i < pattern->len; i++)
		append_match(ret_topic, pattern->text[i]);
	for (size_t left = below(4); left > 1; left--)
		spoil(ret_topic);
}

static bool matches(const struct name *pattern, const struct name *topic)
{
	return fsi_match(pattern->text, pattern->len, topic->text, topic->len);
}

/* ---- against regular expressions ---- */

static void compile(const struct name *pattern, regex_t *ret_regex)
{
	char expression[LONGEST_EXPRESSION] = "^";
	char *end = expression + 1;

	for (size_t i = 0; i < pattern->len; i++) {
		switch (pattern->text[i]) {
		case '=':
			end = stpcpy(end, "[A-Za-z0-9-]+");
			break;
		case '+':
			end = stpcpy(end, "[A-Za-z0-9.-]+");
			break;
		case '.':
			end = stpcpy(end, "[.]");
			break;
		default:
			*end++ = pattern->text[i];
			break;
		}
	}
	strcpy(end, "$");
	ck_assert_int_eq(regcomp(ret_regex, expression, REG_EXTENDED | REG_NOSUB), 0);
}

/* Compares some topics of one pattern; answers how many matched. */
static size_t compare_with_regex(size_t topic_count)
{
	struct name pattern;
	struct name topic;
	size_t matched = 0;
	regex_t regex;

	make_pattern(&pattern);
	compile(&pattern, &regex);
	for (size_t i = 0; i < topic_count; i++) {
		bool expected;

		make_topic(&pattern, &topic);
		expected = regexec(&regex, topic.text, 0, NULL, 0) == 0;
		matched += expected;
		if (matches(&pattern, &topic) != expected)
			ck_abort_msg("pattern '%s', topic '%s', expected %d, FSPS_SEED=%" PRIu64,
				     pattern.text, topic.text, expected, chance.seed);
	}
	regfree(&regex);
	return matched;
}

START_TEST(a_match_is_that_of_the_regular_expression)
{
	enum { PAIRS = 200000, TOPICS_EACH = 10 };
	size_t matched = 0;

	for (size_t i = 0; i < PAIRS; i += TOPICS_EACH)
		matched += compare_with_regex(TOPICS_EACH);
	/* Pairs of one kind only would prove little. */
	ck_assert_uint_gt(4 * matched, PAIRS);
	ck_assert_uint_lt(4 * matched, UINT64_C(3) * PAIRS);
}
END_TEST

/* ---- the index against each pattern ---- */

enum { SET = 300 };

static struct {
	struct fsi_pattern_index index;
	struct name patterns[SET];
	/* How often each pattern's number is in the index: 0 or 1. */
	unsigned added[SET];
	unsigned found[SET];
} set;

static void make_set(size_t count)
{
	memset(&set, 0, sizeof set);
	fsi_pattern_index_init(&set.index);
	for (size_t i = 0; i < count; i++) {
		/* The same pattern with another value, too. */
		if (i > 0 && one_in(10))
			set.patterns[i] = set.patterns[below(i)];
		else
			make_pattern(&set.patterns[i]);
	}
}

static void toggle(size_t number)
{
	const struct name *pattern = &set.patterns[number];

	if (set.added[number] != 0)
		fsi_pattern_index_remove(&set.index, pattern->text, pattern->len, (uint32_t)number);
	else
		ck_assert_int_eq(fsi_pattern_index_add(&set.index, pattern->text, pattern->len,
						       (uint32_t)number),
				 0);
	set.added[number] = !set.added[number];
}

static int note(uint32_t value, void *userdata)
{
	(void)userdata;
	if (value >= SET)
		ck_abort_msg("found %" PRIu32 ", which was never added", value);
	set.found[value]++;
	return 0;
}

/* Compares one find; answers how many were found. */
static size_t compare_with_each(size_t count)
{
	struct name topic;
	size_t total = 0;

	make_topic(&set.patterns[below(count)], &topic);
	memset(set.found, 0, sizeof set.found);
	ck_assert_int_eq(fsi_pattern_index_find(&set.index, topic.text, topic.len, note, NULL), 0);
	for (size_t i = 0; i < count; i++) {
		unsigned expected = set.added[i] * matches(&set.patterns[i], &topic);

		if (set.found[i] != expected)
			ck_abort_msg("pattern '%s', topic '%s', found %u times, FSPS_SEED=%" PRIu64,
				     set.patterns[i].text, topic.text, set.found[i], chance.seed);
		total += expected;
	}
	return total;
}

START_TEST(an_index_finds_what_trying_each_pattern_finds)
{
	size_t total = 0;

	for (int round = 0; round < 200; round++) {
		size_t count = 1 + below(SET);

		make_set(count);
		for (size_t i = 0; i < count; i++)
			toggle(i);
		for (int i = 0; i < 50; i++)
			total += compare_with_each(count);
		fsi_pattern_index_deinit(&set.index);
	}
	ck_assert_uint_gt(total, 10000);
}
END_TEST

START_TEST(an_index_finds_the_same_after_any_adds_and_removes)
{
	size_t total = 0;

	for (int round = 0; round < 20; round++) {
		make_set(SET);
		for (int i = 0; i < 5000; i++) {
			toggle(below(SET));
			if (one_in(10))
				total += compare_with_each(SET);
		}
		for (size_t i = 0; i < SET; i++) {
			if (set.added[i] != 0)
				toggle(i);
		}
		ck_assert_uint_eq(set.index.pattern_count, 0);
		fsi_pattern_index_deinit(&set.index);
	}
	ck_assert_uint_gt(total, 10000);
}
END_TEST

/* Patterns of wildcards and one letter, against topics of that letter: more states than the
 * index has room for. */
START_TEST(an_index_finds_the_same_among_patterns_full_of_wildcards)
{
	enum { FEW = 6 };
	size_t total = 0;

	for (int round = 0; round < 200; round++) {
		make_set(FEW);
		for (size_t i = 0; i < FEW; i++) {
			set.patterns[i].len = 0;
			for (size_t left = 1 + below(FSPS_PATTERN_MAX); left > 0; left--)
				append(&set.patterns[i], "a+="[below(3)]);
			toggle(i);
		}
		for (int i = 0; i < 20; i++)
			total += compare_with_each(FEW);
		fsi_pattern_index_deinit(&set.index);
	}
	ck_assert_uint_gt(total, 4000);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("topic property");
	TCase *tcase = tcase_create("property");

	suite_add_tcase(suite, tcase);
	tcase_add_checked_fixture(tcase, set_up, NULL);
	tcase_set_timeout(tcase, 120);
	tcase_add_test(tcase, a_match_is_that_of_the_regular_expression);
	tcase_add_test(tcase, an_index_finds_what_trying_each_pattern_finds);
	tcase_add_test(tcase, an_index_finds_the_same_after_any_adds_and_removes);
	tcase_add_test(tcase, an_index_finds_the_same_among_patterns_full_of_wildcards);
	return check_main(suite);
}
