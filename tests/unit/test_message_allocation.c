/* SPDX-License-Identifier: MIT */
/*
 * The message layer without memory: each allocation of each operation fails in turn, which must
 * end it with FSPS_ERR_NO_MEMORY, change nothing and leak nothing.
 *
 * Linked with --wrap for the functions below, so it sees every allocation of the library, and none
 * that libc makes for itself.
 */
#include <locale.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <fsps/error.h>
#include <fsps/headers.h>
#include <fsps/message.h>

#include "check_main.h"
#include "message/codec.h"
#include "message/headers.h"
#include "message/json.h"
#include "message_golden.h"

/* ---- allocations that fail ---- */

static struct {
	/* Only then anything is counted. */
	bool on;
	/* How many succeed before one fails; none fails if it is negative. */
	int successes;
	/* Allocations so far, and those that are not freed. */
	int made;
	int alive;
	bool failed;
} memory;

void *__real_malloc(size_t bytes);
void *__real_calloc(size_t count, size_t bytes);
void *__real_realloc(void *block, size_t bytes);
void *__real_reallocarray(void *block, size_t count, size_t bytes);
void __real_free(void *block);
locale_t __real_newlocale(int mask, const char *name, locale_t base);
void *__wrap_malloc(size_t bytes);
void *__wrap_calloc(size_t count, size_t bytes);
void *__wrap_realloc(void *block, size_t bytes);
void *__wrap_reallocarray(void *block, size_t count, size_t bytes);
void __wrap_free(void *block);
locale_t __wrap_newlocale(int mask, const char *name, locale_t base);

/* Whether this allocation has to fail. */
static bool fails(bool is_new)
{
	if (!memory.on)
		return false;
	if (memory.successes >= 0 && memory.successes-- == 0) {
		memory.failed = true;
		return true;
	}
	memory.made++;
	memory.alive += is_new;
	return false;
}

/* The block is full of what a reader of JSON that passes its end would go on with. */
void *__wrap_malloc(size_t bytes)
{
	void *block = fails(true) ? NULL : __real_malloc(bytes);

	if (block != NULL && memory.on)
		memset(block, ' ', bytes);
	return block;
}

void *__wrap_calloc(size_t count, size_t bytes)
{
	return fails(true) ? NULL : __real_calloc(count, bytes);
}

void *__wrap_realloc(void *block, size_t bytes)
{
	return fails(block == NULL) ? NULL : __real_realloc(block, bytes);
}

void *__wrap_reallocarray(void *block, size_t count, size_t bytes)
{
	return fails(block == NULL) ? NULL : __real_reallocarray(block, count, bytes);
}

void __wrap_free(void *block)
{
	memory.alive -= memory.on && block != NULL;
	__real_free(block);
}

locale_t __wrap_newlocale(int mask, const char *name, locale_t base)
{
	/* Of the C locale, it is nothing that has to be freed. */
	return fails(false) ? (locale_t)0 : __real_newlocale(mask, name, base);
}

/* ---- operations ---- */

static const char headers_json[] = "{\"i\": 1, \"s\": \"x\", \"d\": 1.5, \"b\": true, \"n\": null}";

static fsps_headers *made_before;
static fsps_message *message_before;

static int make_headers(void)
{
	fsps_headers *headers = NULL;
	int result = fsps_headers_new(&headers);

	fsps_headers_free(headers);
	return result;
}

static int parse_headers(void)
{
	fsps_headers *headers = NULL;
	int result = fsps_headers_from_json(headers_json, strlen(headers_json), &headers);

	fsps_headers_free(headers);
	return result;
}

static int copy_headers(void)
{
	fsps_headers *copy = NULL;
	int result = fsi_headers_copy(made_before, &copy);

	fsps_headers_free(copy);
	return result;
}

static int write_headers(void)
{
	char *json = NULL;
	int result = fsps_headers_to_json(made_before, &json, NULL);

	free(json);
	return result;
}

static int replace_header(void)
{
	return fsps_headers_set_string(made_before, "s", "longer than it was");
}

/* One more than there was room for at first. */
static int add_header(void)
{
	return fsps_headers_set_int(made_before, "one-more", 1);
}

static int set_json_string(void)
{
	return fsps_headers_set_json(made_before, "s", "\"new\"");
}

static int set_json_double(void)
{
	return fsps_headers_set_json(made_before, "d", "2.5");
}

static int decode_message(void)
{
	fsps_message *message = NULL;
	int result = fsps_message_decode(golden_bytes, sizeof golden_bytes, &message);

	fsps_message_unref(message);
	return result;
}

static int encode_message(void)
{
	void *bytes = NULL;
	size_t len;
	int result = fsps_message_encode(message_before, &bytes, &len);

	free(bytes);
	return result;
}

/* `at_least` is how many allocations there must be, so that the test can't miss them. */
static const struct {
	const char *name;
	int (*run)(void);
	int at_least;
} operations[] = {
	{"make headers", make_headers, 1},
	{"parse headers", parse_headers, 5},
	{"copy headers", copy_headers, 6},
	{"write headers", write_headers, 3},
	{"replace a header", replace_header, 1},
	{"add a header", add_header, 2},
	{"set a string from JSON", set_json_string, 2},
	{"set a double from JSON", set_json_double, 3},
	{"decode a message", decode_message, 5},
	{"encode a message", encode_message, 1},
};

/* Headers of every type, as many as there is room for at first, and a long one. */
static void setup(void)
{
	static char value[1000];

	memset(value, 'v', sizeof value - 1);
	ck_assert_int_eq(fsps_headers_new(&made_before), FSPS_OK);
	ck_assert_int_eq(fsps_headers_set_string(made_before, "s", value), FSPS_OK);
	ck_assert_int_eq(fsps_headers_set_double(made_before, "d", 1.5), FSPS_OK);
	ck_assert_int_eq(fsps_headers_set_int(made_before, "i", 1), FSPS_OK);
	ck_assert_int_eq(fsps_headers_set_null(made_before, "n"), FSPS_OK);
	ck_assert_int_eq(fsps_message_decode(golden_bytes, sizeof golden_bytes, &message_before),
			 FSPS_OK);
}

static void teardown(void)
{
	fsps_headers_free(made_before);
	fsps_message_unref(message_before);
}

/* From here until memory.on is false, the allocation at this place, counted from 0, fails. check
 * must not be called meanwhile: it allocates too. */
static void start(int place)
{
	memset(&memory, 0, sizeof memory);
	memory.successes = place;
	memory.on = true;
}

static int run_with_failure(int (*run)(void), int place)
{
	int code;

	start(place);
	code = run();
	memory.on = false;
	return code;
}

static int decode_with_failure(unsigned char *bytes, size_t len, int place,
			       fsps_message **ret_message)
{
	int code;

	start(place);
	code = fsi_message_decode(bytes, len, 0, ret_message);
	memory.on = false;
	return code;
}

/* What the headers of setup() are as JSON. */
static char *text_of_headers(void)
{
	char *json = NULL;

	ck_assert_int_eq(fsps_headers_to_json(made_before, &json, NULL), FSPS_OK);
	return json;
}

START_TEST(each_failing_allocation_ends_an_operation_without_a_trace)
{
	int place = 0;

	for (;; place++) {
		char *before = text_of_headers();
		int code = run_with_failure(operations[_i].run, place);
		char *after = text_of_headers();

		if (!memory.failed)
			ck_assert_int_eq(code, FSPS_OK);
		else if (code != FSPS_ERR_NO_MEMORY || memory.alive != 0 ||
			 strcmp(before, after) != 0)
			ck_abort_msg("%s: place %d: code %d, %d alive", operations[_i].name, place,
				     code, memory.alive);
		free(before);
		free(after);
		if (!memory.failed)
			break;
	}
	ck_assert_int_ge(place, operations[_i].at_least);
}
END_TEST

START_TEST(a_message_without_headers_takes_one_allocation)
{
	static const char *const empty[] = {"", "{}"};

	for (size_t i = 0; i < sizeof empty / sizeof empty[0]; i++) {
		size_t headers_len = strlen(empty[i]);
		size_t len = fsi_message_prefix_bytes(1, headers_len);
		unsigned char *bytes = malloc(len + 1);
		fsps_message *message = NULL;

		ck_assert_ptr_nonnull(bytes);
		fsi_message_encode_prefix(bytes, 1, 1, "t", 1, empty[i], headers_len, 0);
		ck_assert_int_eq(decode_with_failure(bytes, len, -1, &message), FSPS_OK);
		ck_assert_int_eq(memory.made, 1);
		fsi_message_unref(message);
	}
}
END_TEST

START_TEST(a_message_that_can_not_be_made_leaves_its_bytes_to_the_caller)
{
	unsigned char *bytes = malloc(sizeof golden_bytes + 1);
	fsps_message *message = NULL;

	ck_assert_ptr_nonnull(bytes);
	memcpy(bytes, golden_bytes, sizeof golden_bytes);
	for (int place = 0; place < 3; place++) {
		ck_assert_int_eq(decode_with_failure(bytes, sizeof golden_bytes, place, &message),
				 FSPS_ERR_NO_MEMORY);
		ck_assert_ptr_null(message);
		ck_assert_mem_eq(bytes, golden_bytes, sizeof golden_bytes);
	}
	free(bytes);
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("message_allocation");
	TCase *tcase = tcase_create("message_allocation");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_loop_test(tcase, each_failing_allocation_ends_an_operation_without_a_trace, 0,
			    sizeof operations / sizeof operations[0]);
	tcase_add_test(tcase, a_message_without_headers_takes_one_allocation);
	tcase_add_test(tcase, a_message_that_can_not_be_made_leaves_its_bytes_to_the_caller);
	suite_add_tcase(suite, tcase);
	return suite;
}

int main(void)
{
	return check_main(make_suite());
}
