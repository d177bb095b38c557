/* SPDX-License-Identifier: MIT */
/*
 * Tests of topic/index.h where memory is short, and of how much it takes. Linked with
 * --wrap=malloc, realloc and free, so that any allocation can be made to fail and each is counted;
 * libcheck may be linked the same way, so only what the index does is watched.
 */
#include "check_main.h"

#include <errno.h>
#include <malloc.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include <fsps/topic.h>

#include "base/error.h"
#include "topic/index.h"

/* ---- the wrapped allocator ---- */

static struct {
	bool watched;
	/* The allocation that fails, counted down from here; 0: none does. */
	unsigned fail_at;
	long blocks;
	long bytes;
	long bytes_peak;
} memory;

/* The linker dictates these names. NOLINTBEGIN(cert-dcl*,bugprone-reserved-identifier) */
void *__real_malloc(size_t size);
void *__real_realloc(void *block, size_t size);
void __real_free(void *block);
void *__wrap_malloc(size_t size);
void *__wrap_realloc(void *block, size_t size);
void __wrap_free(void *block);
/* NOLINTEND(cert-dcl*,bugprone-reserved-identifier) */

static bool fails_now(void)
{
	return memory.watched && memory.fail_at > 0 && --memory.fail_at == 0;
}

static void forget_block(void *block)
{
	if (!memory.watched || block == NULL)
		return;
	memory.blocks--;
	memory.bytes -= (long)malloc_usable_size(block);
}

static void *count_block(void *block)
{
	if (!memory.watched || block == NULL)
		return block;
	memory.blocks++;
	memory.bytes += (long)malloc_usable_size(block);
	if (memory.bytes > memory.bytes_peak)
		memory.bytes_peak = memory.bytes;
	return block;
}

void *__wrap_malloc(size_t size)
{
	return fails_now() ? NULL : count_block(__real_malloc(size));
}

void *__wrap_realloc(void *block, size_t size)
{
	if (fails_now())
		return NULL;
	forget_block(block);
	return count_block(__real_realloc(block, size));
}

void __wrap_free(void *block)
{
	forget_block(block);
	__real_free(block);
}

/* ---- what the tests share ---- */

enum { PATTERNS = 220, OTHER_PATTERN = 5, LONG_PATTERN = 10 };

static char patterns[PATTERNS][FSPS_PATTERN_MAX + 1];

/* Patterns that need every kind of allocation: labels that are cut, of more than one node, with
 * and without values, wildcards, and so many that room for states must grow. */
static void make_patterns(void)
{
	static const char *const first[] = {"abcdef", "abcxyz", "abc",      "abc+", "abc=d",
					    "=.b",    "+",      "abcdef+x", "x",    "abcdef"};
	size_t count = sizeof first / sizeof first[0];

	for (size_t i = 0; i < count; i++)
		strcpy(patterns[i], first[i]);
	memset(patterns[count], 'l', FSPS_PATTERN_MAX);
	memset(patterns[count + 1], 'l', 130);
	for (size_t i = count + 2; i < PATTERNS; i++)
		snprintf(patterns[i], sizeof patterns[i], "many.%zu%s", i / 2,
			 i % 2 == 0 ? ".=" : "");
}

static int add(struct fsi_pattern_index *index, uint32_t value)
{
	const char *pattern = patterns[value];
	int result;

	memory.watched = true;
	result = fsi_pattern_index_add(index, pattern, strlen(pattern), value);
	memory.watched = false;
	return result;
}

static void drop(struct fsi_pattern_index *index, uint32_t value)
{
	const char *pattern = patterns[value];

	memory.watched = true;
	fsi_pattern_index_remove(index, pattern, strlen(pattern), value);
	memory.watched = false;
}

static void end(struct fsi_pattern_index *index)
{
	memory.watched = true;
	fsi_pattern_index_deinit(index);
	memory.watched = false;
}

static void add_all(struct fsi_pattern_index *index)
{
	fsi_pattern_index_init(index);
	for (uint32_t value = 0; value < PATTERNS; value++)
		ck_assert_int_eq(add(index, value), 0);
}

static int sum_up(uint32_t value, void *userdata)
{
	unsigned long *sum = userdata;

	*sum += 1000 + value;
	return 0;
}

/* One number that tells which values are found for some topics. */
static unsigned long fingerprint(struct fsi_pattern_index *index)
{
	static const char *const topics[] = {"abcdef", "abcxyz",   "abc",      "abcd",
					     "abcxd",  "a.b",      "abcdef.x", "x",
					     "many.7", "many.7.a", "many.100"};
	char longest[FSPS_PATTERN_MAX + 1] = "";
	unsigned long sum = 0;

	for (size_t i = 0; i < sizeof topics / sizeof topics[0]; i++) {
		sum *= 7;
		fsi_pattern_index_find(index, topics[i], strlen(topics[i]), sum_up, &sum);
	}
	memset(longest, 'l', FSPS_PATTERN_MAX);
	fsi_pattern_index_find(index, longest, FSPS_PATTERN_MAX, sum_up, &sum);
	fsi_pattern_index_find(index, longest, 130, sum_up, &sum);
	return sum;
}

/* ---- the tests ---- */

/* Adds a pattern with each of its allocations failing once; answers how many it has. */
static unsigned add_against_failures(struct fsi_pattern_index *index, uint32_t value)
{
	unsigned long before = fingerprint(index);

	for (unsigned fail_at = 1;; fail_at++) {
		int result;

		memory.fail_at = fail_at;
		result = add(index, value);
		if (memory.fail_at > 0) {
			ck_assert_int_eq(result, 0);
			memory.fail_at = 0;
			return fail_at - 1;
		}
		ck_assert_int_eq(result, FSPS_ERR_NO_MEMORY);
		ck_assert_int_eq(fsi_error_last()->system_errno, ENOMEM);
		ck_assert_ptr_nonnull(strstr(fsi_error_last()->text, patterns[value]));
		ck_assert_uint_eq(fingerprint(index), before);
	}
}

START_TEST(an_add_without_memory_says_so_and_changes_nothing)
{
	struct fsi_pattern_index index;
	struct fsi_pattern_index undisturbed;
	unsigned failures = 0;

	make_patterns();
	add_all(&undisturbed);
	fsi_pattern_index_init(&index);
	for (uint32_t value = 0; value < PATTERNS; value++)
		failures += add_against_failures(&index, value);
	ck_assert_uint_gt(failures, PATTERNS);
	ck_assert_uint_eq(fingerprint(&index), fingerprint(&undisturbed));
	ck_assert_uint_eq(index.pattern_count, undisturbed.pattern_count);
	end(&index);
	end(&undisturbed);
	ck_assert_int_eq(memory.blocks, 0);
}
END_TEST

START_TEST(a_failed_add_keeps_no_memory)
{
	struct fsi_pattern_index index;
	unsigned failures = 0;
	long before;

	make_patterns();
	fsi_pattern_index_init(&index);
	ck_assert_int_eq(add(&index, OTHER_PATTERN), 0);
	before = memory.blocks;
	memory.fail_at = 1;
	while (add(&index, LONG_PATTERN) != 0) {
		ck_assert_int_eq(memory.blocks, before);
		memory.fail_at = ++failures + 1;
	}
	memory.fail_at = 0;
	/* Four nodes, the lists that they stand in, and the values. */
	ck_assert_uint_eq(failures, 9);
	end(&index);
}
END_TEST

START_TEST(what_failing_adds_built_is_gone_once_the_patterns_are)
{
	struct fsi_pattern_index index;

	make_patterns();
	fsi_pattern_index_init(&index);
	for (uint32_t value = 0; value < PATTERNS; value++)
		add_against_failures(&index, value);
	for (uint32_t value = 0; value < PATTERNS; value++)
		drop(&index, value);
	/* The room for states is kept. */
	ck_assert_int_eq(memory.blocks, 1);
	end(&index);
	ck_assert_int_eq(memory.blocks, 0);
}
END_TEST

/* Adds and removes patterns 100,000 times in a fixed order, and removes all at the end. */
static void churn(struct fsi_pattern_index *index)
{
	bool added[PATTERNS] = {false};
	uint32_t state = 1;

	for (int i = 0; i < 100000; i++) {
		uint32_t value;

		state = state * 1664525 + 1013904223;
		value = (state >> 8) % PATTERNS;
		if (added[value])
			drop(index, value);
		else if (add(index, value) != 0)
			ck_abort_msg("an add failed");
		added[value] = !added[value];
	}
	for (uint32_t value = 0; value < PATTERNS; value++) {
		if (added[value])
			drop(index, value);
	}
}

START_TEST(a_million_adds_and_removes_take_no_more_memory_than_the_first)
{
	struct fsi_pattern_index index;
	long peak;

	make_patterns();
	fsi_pattern_index_init(&index);
	churn(&index);
	peak = memory.bytes_peak;
	ck_assert_int_gt(peak, 0);
	for (int round = 1; round < 10; round++) {
		churn(&index);
		ck_assert_int_eq(memory.blocks, 1);
		/* malloc() may round up what it could not cut, so a little more is no growth. */
		ck_assert_int_le(memory.bytes_peak, peak + peak / 10);
	}
	end(&index);
	ck_assert_int_eq(memory.blocks, 0);
}
END_TEST

START_TEST(a_find_allocates_nothing)
{
	struct fsi_pattern_index index;
	unsigned long expected;
	unsigned long actual;

	make_patterns();
	add_all(&index);
	expected = fingerprint(&index);
	memory.fail_at = 1;
	memory.watched = true;
	actual = fingerprint(&index);
	memory.watched = false;
	ck_assert_uint_eq(memory.fail_at, 1);
	ck_assert_uint_eq(actual, expected);
	end(&index);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("topic memory");
	TCase *tcase = tcase_create("memory");

	suite_add_tcase(suite, tcase);
	tcase_set_timeout(tcase, 60);
	tcase_add_test(tcase, an_add_without_memory_says_so_and_changes_nothing);
	tcase_add_test(tcase, a_failed_add_keeps_no_memory);
	tcase_add_test(tcase, what_failing_adds_built_is_gone_once_the_patterns_are);
	tcase_add_test(tcase, a_million_adds_and_removes_take_no_more_memory_than_the_first);
	tcase_add_test(tcase, a_find_allocates_nothing);
	return check_main(suite);
}
