/* SPDX-License-Identifier: MIT */
/* Headers through the public API: setting, finding, replacing, removing, and what is refused. */
#include <fsps/headers.h>

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <fsps/error.h>

#include "base/cleanup.h"
#include "check_main.h"
#include "message/headers.h"

static fsps_headers *headers;

static void setup(void)
{
	ck_assert_int_eq(fsps_headers_new(&headers), FSPS_OK);
}

static void teardown(void)
{
	fsps_headers_free(headers);
}

/* The keys in their order, each followed by a space. */
static const char *keys(const fsps_headers *of)
{
	static char text[1024];
	struct fsps_header header;

	text[0] = '\0';
	for (size_t i = 0; fsps_headers_at(of, i, &header) == FSPS_OK; i++) {
		strcat(text, header.key);
		strcat(text, " ");
	}
	return text;
}

/* ---- setting and finding ---- */

START_TEST(new_headers_are_empty)
{
	struct fsps_header header;

	ck_assert_uint_eq(fsps_headers_count(headers), 0);
	ck_assert_int_eq(fsps_headers_at(headers, 0, &header), FSPS_ERR_NOT_FOUND);
	ck_assert_int_eq(fsps_headers_find(headers, "k", &header), FSPS_ERR_NOT_FOUND);
}
END_TEST

START_TEST(a_string_is_found_as_it_was_set)
{
	struct fsps_header header;

	ck_assert_int_eq(fsps_headers_set_string(headers, "k", "gr\xc3\xbc\xc3\x9f"), FSPS_OK);
	ck_assert_int_eq(fsps_headers_find(headers, "k", &header), FSPS_OK);
	ck_assert_int_eq(header.type, FSPS_HEADER_STRING);
	ck_assert_str_eq(header.key, "k");
	ck_assert_str_eq(header.string, "gr\xc3\xbc\xc3\x9f");
	ck_assert_uint_eq(header.string_len, 6);
	ck_assert_str_eq(fsps_headers_get_string(headers, "k"), "gr\xc3\xbc\xc3\x9f");
}
END_TEST

START_TEST(a_string_may_be_empty_and_may_contain_nul)
{
	struct fsps_header header;

	ck_assert_int_eq(fsps_headers_set_string(headers, "empty", ""), FSPS_OK);
	ck_assert_int_eq(fsps_headers_set_bytes(headers, "nul", "a\0b", 3), FSPS_OK);
	ck_assert_str_eq(fsps_headers_get_string(headers, "empty"), "");
	ck_assert_int_eq(fsps_headers_find(headers, "nul", &header), FSPS_OK);
	ck_assert_uint_eq(header.string_len, 3);
	ck_assert_mem_eq(header.string, "a\0b", 4);
}
END_TEST

START_TEST(an_integer_is_found_as_integer_and_as_double)
{
	int64_t integer;
	double number;

	ck_assert_int_eq(fsps_headers_set_int(headers, "low", INT64_MIN), FSPS_OK);
	ck_assert_int_eq(fsps_headers_set_int(headers, "high", INT64_MAX), FSPS_OK);
	ck_assert_int_eq(fsps_headers_get_int(headers, "low", &integer), FSPS_OK);
	ck_assert(integer == INT64_MIN);
	ck_assert_int_eq(fsps_headers_get_int(headers, "high", &integer), FSPS_OK);
	ck_assert(integer == INT64_MAX);
	ck_assert_int_eq(fsps_headers_get_double(headers, "low", &number), FSPS_OK);
	ck_assert_double_eq(number, -9223372036854775808.0);
}
END_TEST

START_TEST(a_double_is_found_as_double_only)
{
	int64_t integer = 7;
	double number;

	ck_assert_int_eq(fsps_headers_set_double(headers, "k", 1.0), FSPS_OK);
	ck_assert_int_eq(fsps_headers_get_double(headers, "k", &number), FSPS_OK);
	ck_assert_double_eq(number, 1.0);
	ck_assert_int_eq(fsps_headers_get_int(headers, "k", &integer), FSPS_ERR_NOT_FOUND);
	ck_assert_int_eq(integer, 7);
}
END_TEST

START_TEST(true_false_and_null_are_found_as_they_were_set)
{
	struct fsps_header header;
	bool boolean;

	ck_assert_int_eq(fsps_headers_set_bool(headers, "yes", true), FSPS_OK);
	ck_assert_int_eq(fsps_headers_set_bool(headers, "no", false), FSPS_OK);
	ck_assert_int_eq(fsps_headers_set_null(headers, "nothing"), FSPS_OK);
	ck_assert_int_eq(fsps_headers_get_bool(headers, "yes", &boolean), FSPS_OK);
	ck_assert(boolean);
	ck_assert_int_eq(fsps_headers_get_bool(headers, "no", &boolean), FSPS_OK);
	ck_assert(!boolean);
	ck_assert_int_eq(fsps_headers_find(headers, "nothing", &header), FSPS_OK);
	ck_assert_int_eq(header.type, FSPS_HEADER_NULL);
}
END_TEST

START_TEST(a_value_of_another_type_is_not_found)
{
	int64_t integer;
	double number;
	bool boolean;

	ck_assert_int_eq(fsps_headers_set_string(headers, "string", "1"), FSPS_OK);
	ck_assert_int_eq(fsps_headers_set_int(headers, "int", 1), FSPS_OK);
	ck_assert_ptr_null(fsps_headers_get_string(headers, "int"));
	ck_assert_ptr_null(fsps_headers_get_string(headers, "absent"));
	ck_assert_int_eq(fsps_headers_get_int(headers, "string", &integer), FSPS_ERR_NOT_FOUND);
	ck_assert_int_eq(fsps_headers_get_int(headers, "absent", &integer), FSPS_ERR_NOT_FOUND);
	ck_assert_int_eq(fsps_headers_get_double(headers, "string", &number), FSPS_ERR_NOT_FOUND);
	ck_assert_int_eq(fsps_headers_get_double(headers, "absent", &number), FSPS_ERR_NOT_FOUND);
	ck_assert_int_eq(fsps_headers_get_bool(headers, "int", &boolean), FSPS_ERR_NOT_FOUND);
	ck_assert_int_eq(fsps_headers_get_bool(headers, "absent", &boolean), FSPS_ERR_NOT_FOUND);
	ck_assert_str_eq(fsps_last_error()->path, "absent");
}
END_TEST

START_TEST(a_json_scalar_is_set_with_its_type)
{
	struct fsps_header header;

	ck_assert_int_eq(fsps_headers_set_json(headers, "int", " -3\n"), FSPS_OK);
	ck_assert_int_eq(fsps_headers_set_json(headers, "double", "1.5"), FSPS_OK);
	ck_assert_int_eq(fsps_headers_set_json(headers, "string", "\"a\\u0000b\""), FSPS_OK);
	ck_assert_int_eq(fsps_headers_set_json(headers, "bool", "\ttrue "), FSPS_OK);
	ck_assert_int_eq(fsps_headers_set_json(headers, "null", "null"), FSPS_OK);
	ck_assert_int_eq(fsps_headers_find(headers, "int", &header), FSPS_OK);
	ck_assert(header.type == FSPS_HEADER_INT && header.integer == -3);
	ck_assert_int_eq(fsps_headers_find(headers, "double", &header), FSPS_OK);
	ck_assert(header.type == FSPS_HEADER_DOUBLE && header.number == 1.5);
	ck_assert_int_eq(fsps_headers_find(headers, "string", &header), FSPS_OK);
	ck_assert(header.type == FSPS_HEADER_STRING && header.string_len == 3);
	ck_assert_mem_eq(header.string, "a\0b", 4);
	ck_assert_int_eq(fsps_headers_find(headers, "bool", &header), FSPS_OK);
	ck_assert(header.type == FSPS_HEADER_BOOL && header.boolean);
	ck_assert_int_eq(fsps_headers_find(headers, "null", &header), FSPS_OK);
	ck_assert_int_eq(header.type, FSPS_HEADER_NULL);
}
END_TEST

static const char *const no_scalars[] = {"",
					 " ",
					 "{}",
					 "[1]",
					 "1 2",
					 "abc",
					 "tru",
					 "nul",
					 "NaN",
					 "1e999",
					 "Infinity",
					 "01",
					 "\"open",
					 "1.",
					 "-",
					 "'a'",
					 "nulll",
					 "+1",
					 "\"\xff\"",
					 "0x10",
					 "\"\\x\"",
					 "1e",
					 "9223372036854775808"};

START_TEST(what_is_no_json_scalar_is_refused)
{
	ck_assert_int_eq(fsps_headers_set_json(headers, "k", no_scalars[_i]), FSPS_ERR_HEADER);
	ck_assert_uint_eq(fsps_headers_count(headers), 0);
}
END_TEST

/* ---- replacing, removing, order ---- */

START_TEST(a_header_that_is_set_again_keeps_its_place)
{
	struct fsps_header header;

	fsps_headers_set_int(headers, "a", 1);
	fsps_headers_set_int(headers, "b", 2);
	fsps_headers_set_int(headers, "c", 3);
	ck_assert_int_eq(fsps_headers_set_string(headers, "b", "new"), FSPS_OK);
	ck_assert_str_eq(keys(headers), "a b c ");
	ck_assert_int_eq(fsps_headers_at(headers, 1, &header), FSPS_OK);
	ck_assert_int_eq(header.type, FSPS_HEADER_STRING);
	ck_assert_str_eq(header.string, "new");
}
END_TEST

START_TEST(a_header_can_be_set_to_a_part_of_itself)
{
	ck_assert_int_eq(fsps_headers_set_string(headers, "k", "abcdef"), FSPS_OK);
	ck_assert_int_eq(
		fsps_headers_set_string(headers, "k", fsps_headers_get_string(headers, "k") + 2),
		FSPS_OK);
	ck_assert_str_eq(fsps_headers_get_string(headers, "k"), "cdef");
}
END_TEST

START_TEST(a_header_can_be_set_under_its_own_key)
{
	struct fsps_header header;

	ck_assert_int_eq(fsps_headers_set_int(headers, "key", 1), FSPS_OK);
	ck_assert_int_eq(fsps_headers_find(headers, "key", &header), FSPS_OK);
	ck_assert_int_eq(fsps_headers_set_int(headers, header.key, 2), FSPS_OK);
	ck_assert_str_eq(keys(headers), "key ");
}
END_TEST

START_TEST(removing_keeps_the_order_of_the_others)
{
	fsps_headers_set_int(headers, "a", 1);
	fsps_headers_set_int(headers, "b", 2);
	fsps_headers_set_int(headers, "c", 3);
	ck_assert_int_eq(fsps_headers_remove(headers, "a"), 1);
	ck_assert_str_eq(keys(headers), "b c ");
	ck_assert_int_eq(fsps_headers_remove(headers, "c"), 1);
	ck_assert_int_eq(fsps_headers_remove(headers, "c"), 0);
	ck_assert_str_eq(keys(headers), "b ");
}
END_TEST

START_TEST(each_of_some_headers_can_be_removed)
{
	/* Whatever room there is for more, one of these numbers fills it. */
	for (int count = 1; count <= 16; count++)
		for (int victim = 0; victim < count; victim++) {
			char key[16];

			for (int i = 0; i < count; i++) {
				snprintf(key, sizeof key, "k%d", i);
				fsps_headers_set_int(headers, key, i);
			}
			snprintf(key, sizeof key, "k%d", victim);
			if (fsps_headers_remove(headers, key) != 1 ||
			    fsps_headers_count(headers) != (size_t)count - 1)
				ck_abort_msg("header %d of %d", victim, count);
			fsps_headers_clear(headers);
		}
}
END_TEST

START_TEST(cleared_headers_are_empty_and_can_be_used_again)
{
	fsps_headers_set_int(headers, "a", 1);
	fsps_headers_clear(headers);
	ck_assert_uint_eq(fsps_headers_count(headers), 0);
	ck_assert_int_eq(fsps_headers_set_int(headers, "b", 2), FSPS_OK);
	ck_assert_str_eq(keys(headers), "b ");
}
END_TEST

START_TEST(keys_of_which_one_begins_with_the_other_are_two)
{
	fsps_headers_set_int(headers, "a", 1);
	fsps_headers_set_int(headers, "ab", 2);
	ck_assert_str_eq(keys(headers), "a ab ");
}
END_TEST

START_TEST(a_copy_does_not_change_with_its_original)
{
	FSI_CLEANUP(fsi_cleanup_headers) fsps_headers *copy = NULL;

	fsps_headers_set_string(headers, "a", "one");
	fsps_headers_set_int(headers, "b", 2);
	ck_assert_int_eq(fsi_headers_copy(headers, &copy), FSPS_OK);
	fsps_headers_set_string(headers, "a", "two");
	fsps_headers_remove(headers, "b");
	ck_assert_str_eq(keys(copy), "a b ");
	ck_assert_str_eq(fsps_headers_get_string(copy, "a"), "one");
}
END_TEST

START_TEST(received_headers_can_be_copied_changed_and_added_to)
{
	static const char json[] = "{\"gr\xc3\xbc\xc3\x9f e\": 1, \"s\": \"x\\u0000y\"}";
	FSI_CLEANUP(fsi_cleanup_headers) fsps_headers *received = NULL, *copy = NULL;
	struct fsps_header header;

	ck_assert_int_eq(fsps_headers_from_json(json, strlen(json), &received), FSPS_OK);
	ck_assert_int_eq(fsi_headers_copy(received, &copy), FSPS_OK);
	ck_assert_int_eq(fsps_headers_set_string(received, "s", "mine"), FSPS_OK);
	ck_assert_int_eq(fsps_headers_set_int(received, "t", 2), FSPS_OK);
	ck_assert_int_eq(fsps_headers_remove(received, "gr\xc3\xbc\xc3\x9f e"), 1);
	ck_assert_str_eq(keys(received), "s t ");
	ck_assert_str_eq(keys(copy), "gr\xc3\xbc\xc3\x9f e s ");
	ck_assert_int_eq(fsps_headers_find(copy, "s", &header), FSPS_OK);
	ck_assert_uint_eq(header.string_len, 3);
	ck_assert_mem_eq(header.string, "x\0y", 4);
}
END_TEST

START_TEST(the_empty_headers_are_empty)
{
	ck_assert_uint_eq(fsps_headers_count(fsi_headers_empty()), 0);
	ck_assert_uint_eq(fsps_headers_count(NULL), 0);
}
END_TEST

/* ---- what is refused ---- */

static int set_key(const char *key)
{
	return fsps_headers_set_null(headers, key);
}

START_TEST(a_key_has_1_to_255_bytes)
{
	char key[FSPS_HEADER_KEY_MAX + 2];

	memset(key, 'k', sizeof key);
	key[FSPS_HEADER_KEY_MAX + 1] = '\0';
	ck_assert_int_eq(set_key(""), FSPS_ERR_HEADER);
	ck_assert_int_eq(set_key(key), FSPS_ERR_HEADER);
	key[FSPS_HEADER_KEY_MAX] = '\0';
	ck_assert_int_eq(set_key(key), FSPS_OK);
}
END_TEST

START_TEST(a_key_to_publish_has_letters_digits_dots_underscores_and_hyphens_only)
{
	static const char allowed[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
				      "0123456789._-";

	for (int byte = 1; byte < 256; byte++) {
		char key[] = {'k', (char)byte, '\0'};
		int expected = strchr(allowed, byte) == NULL ? FSPS_ERR_HEADER : FSPS_OK;

		ck_assert_int_eq(set_key(key), expected);
	}
	ck_assert_uint_eq(fsps_headers_count(headers), strlen(allowed));
}
END_TEST

START_TEST(there_are_256_headers_at_most)
{
	char key[16];

	for (int i = 0; i < FSPS_HEADERS_MAX; i++) {
		snprintf(key, sizeof key, "k%d", i);
		ck_assert_int_eq(fsps_headers_set_int(headers, key, i), FSPS_OK);
	}
	ck_assert_int_eq(fsps_headers_set_int(headers, "one-more", 1), FSPS_ERR_HEADER);
	ck_assert_int_eq(fsps_headers_set_int(headers, "k7", 70), FSPS_OK);
	ck_assert_uint_eq(fsps_headers_count(headers), FSPS_HEADERS_MAX);
}
END_TEST

START_TEST(a_string_that_is_no_utf8_is_refused)
{
	ck_assert_int_eq(fsps_headers_set_string(headers, "k", "\xff"), FSPS_ERR_HEADER);
	ck_assert_int_eq(fsps_headers_set_bytes(headers, "k", "\xc3\xbc", 1), FSPS_ERR_HEADER);
	ck_assert_uint_eq(fsps_headers_count(headers), 0);
}
END_TEST

START_TEST(a_string_longer_than_64_kib_is_refused)
{
	static char value[FSPS_HEADERS_BYTES_MAX + 1];

	memset(value, 'v', sizeof value);
	ck_assert_int_eq(fsps_headers_set_bytes(headers, "k", value, FSPS_HEADERS_BYTES_MAX),
			 FSPS_OK);
	ck_assert_int_eq(fsps_headers_set_bytes(headers, "k", value, sizeof value),
			 FSPS_ERR_HEADER);
}
END_TEST

START_TEST(a_number_that_is_not_finite_is_refused)
{
	ck_assert_int_eq(fsps_headers_set_double(headers, "k", (double)NAN), FSPS_ERR_HEADER);
	ck_assert_int_eq(fsps_headers_set_double(headers, "k", (double)INFINITY), FSPS_ERR_HEADER);
	ck_assert_int_eq(fsps_headers_set_double(headers, "k", -(double)INFINITY), FSPS_ERR_HEADER);
	ck_assert_int_eq(fsps_headers_set_double(headers, "k", DBL_MAX), FSPS_OK);
}
END_TEST

START_TEST(a_value_that_is_refused_leaves_the_old_one)
{
	int64_t integer = 0;

	fsps_headers_set_int(headers, "k", 1);
	ck_assert_int_eq(fsps_headers_set_string(headers, "k", "\xff"), FSPS_ERR_HEADER);
	ck_assert_int_eq(fsps_headers_set_json(headers, "k", "{}"), FSPS_ERR_HEADER);
	ck_assert_int_eq(fsps_headers_get_int(headers, "k", &integer), FSPS_OK);
	ck_assert_int_eq(integer, 1);
}
END_TEST

static void add_values(TCase *tcase)
{
	tcase_add_test(tcase, new_headers_are_empty);
	tcase_add_test(tcase, a_string_is_found_as_it_was_set);
	tcase_add_test(tcase, a_string_may_be_empty_and_may_contain_nul);
	tcase_add_test(tcase, an_integer_is_found_as_integer_and_as_double);
	tcase_add_test(tcase, a_double_is_found_as_double_only);
	tcase_add_test(tcase, true_false_and_null_are_found_as_they_were_set);
	tcase_add_test(tcase, a_value_of_another_type_is_not_found);
	tcase_add_test(tcase, a_json_scalar_is_set_with_its_type);
	tcase_add_loop_test(tcase, what_is_no_json_scalar_is_refused, 0,
			    sizeof no_scalars / sizeof no_scalars[0]);
}

static void add_order(TCase *tcase)
{
	tcase_add_test(tcase, a_header_that_is_set_again_keeps_its_place);
	tcase_add_test(tcase, a_header_can_be_set_to_a_part_of_itself);
	tcase_add_test(tcase, a_header_can_be_set_under_its_own_key);
	tcase_add_test(tcase, removing_keeps_the_order_of_the_others);
	tcase_add_test(tcase, each_of_some_headers_can_be_removed);
	tcase_add_test(tcase, cleared_headers_are_empty_and_can_be_used_again);
	tcase_add_test(tcase, keys_of_which_one_begins_with_the_other_are_two);
	tcase_add_test(tcase, a_copy_does_not_change_with_its_original);
	tcase_add_test(tcase, received_headers_can_be_copied_changed_and_added_to);
	tcase_add_test(tcase, the_empty_headers_are_empty);
}

static void add_refused(TCase *tcase)
{
	tcase_add_test(tcase, a_key_has_1_to_255_bytes);
	tcase_add_test(tcase,
		       a_key_to_publish_has_letters_digits_dots_underscores_and_hyphens_only);
	tcase_add_test(tcase, there_are_256_headers_at_most);
	tcase_add_test(tcase, a_string_that_is_no_utf8_is_refused);
	tcase_add_test(tcase, a_string_longer_than_64_kib_is_refused);
	tcase_add_test(tcase, a_number_that_is_not_finite_is_refused);
	tcase_add_test(tcase, a_value_that_is_refused_leaves_the_old_one);
}

static Suite *make_suite(void)
{
	Suite *suite = suite_create("headers");
	TCase *tcase = tcase_create("headers");

	tcase_add_checked_fixture(tcase, setup, teardown);
	add_values(tcase);
	add_order(tcase);
	add_refused(tcase);
	suite_add_tcase(suite, tcase);
	return suite;
}

int main(void)
{
	return check_main(make_suite());
}
