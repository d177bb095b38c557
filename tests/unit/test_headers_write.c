/* SPDX-License-Identifier: MIT */
/* Headers to JSON: how each value is written; and the limits that hold for both ways. */
#include "message/json.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <fsps/error.h>

#include "base/cleanup.h"
#include "check_main.h"
#include "message/headers.h"

/* A text that may contain NUL, with its length. */
struct text {
	const char *bytes;
	size_t len;
};

#define TEXT(literal)                                                                              \
	{                                                                                          \
		(literal), sizeof(literal) - 1                                                     \
	}

static int parse(const char *json, fsps_headers **ret_headers)
{
	return fsps_headers_from_json(json, strlen(json), ret_headers);
}

/* ---- writing ---- */

static const struct {
	struct text value;
	const char *json;
} written[] = {
	{TEXT(""), "{\"k\": \"\"}"},
	{TEXT("\"\\/\b\f\n\r\t"), "{\"k\": \"\\\"\\\\/\\b\\f\\n\\r\\t\"}"},
	{TEXT("\0\x01\x0b\x1f \x7f"), "{\"k\": \"\\u0000\\u0001\\u000b\\u001f \x7f\"}"},
	{TEXT("a\nb"), "{\"k\": \"a\\nb\"}"},
	{TEXT("\xc3\xbc\xe2\x82\xac\xf0\x9f\x98\x80"),
	 "{\"k\": \"\xc3\xbc\xe2\x82\xac\xf0\x9f\x98\x80\"}"},
};

START_TEST(a_string_is_written_as_by_python)
{
	FSI_CLEANUP(fsi_cleanup_headers) fsps_headers *headers = NULL;
	FSI_CLEANUP(fsi_cleanup_free) char *json = NULL;
	size_t len;

	ck_assert_int_eq(fsps_headers_new(&headers), FSPS_OK);
	ck_assert_int_eq(fsps_headers_set_bytes(headers, "k", written[_i].value.bytes,
						written[_i].value.len),
			 FSPS_OK);
	ck_assert_int_eq(fsps_headers_to_json(headers, &json, &len), FSPS_OK);
	ck_assert_str_eq(json, written[_i].json);
	ck_assert_uint_eq(len, strlen(json));
}
END_TEST

START_TEST(every_type_is_written)
{
	FSI_CLEANUP(fsi_cleanup_headers) fsps_headers *headers = NULL;
	FSI_CLEANUP(fsi_cleanup_free) char *json = NULL;

	ck_assert_int_eq(fsps_headers_new(&headers), FSPS_OK);
	fsps_headers_set_int(headers, "low", INT64_MIN);
	fsps_headers_set_int(headers, "high", INT64_MAX);
	fsps_headers_set_double(headers, "d", 1.0);
	fsps_headers_set_bool(headers, "t", true);
	fsps_headers_set_bool(headers, "f", false);
	fsps_headers_set_null(headers, "n");
	ck_assert_int_eq(fsps_headers_to_json(headers, &json, NULL), FSPS_OK);
	ck_assert_str_eq(json, "{\"low\": -9223372036854775808, \"high\": 9223372036854775807, "
			       "\"d\": 1.0, \"t\": true, \"f\": false, \"n\": null}");
}
END_TEST

START_TEST(received_keys_are_escaped_when_they_are_written)
{
	static const char json[] = "{\"a\\\"\\n\xc3\xbc\": 1}";
	FSI_CLEANUP(fsi_cleanup_headers) fsps_headers *headers = NULL;
	FSI_CLEANUP(fsi_cleanup_free) char *back = NULL;

	ck_assert_int_eq(parse(json, &headers), FSPS_OK);
	ck_assert_int_eq(fsps_headers_to_json(headers, &back, NULL), FSPS_OK);
	ck_assert_str_eq(back, json);
}
END_TEST

START_TEST(no_headers_are_written_as_an_empty_object)
{
	FSI_CLEANUP(fsi_cleanup_free) char *json = NULL;
	size_t len;

	ck_assert_int_eq(fsps_headers_to_json(fsi_headers_empty(), &json, &len), FSPS_OK);
	ck_assert_str_eq(json, "{}");
	ck_assert_uint_eq(len, 2);
}
END_TEST

START_TEST(headers_are_written_up_to_64_kib_and_not_beyond)
{
	static char value[FSPS_HEADERS_BYTES_MAX];
	const size_t most = FSPS_HEADERS_BYTES_MAX - strlen("{\"k\": \"\"}");
	FSI_CLEANUP(fsi_cleanup_headers) fsps_headers *headers = NULL;
	FSI_CLEANUP(fsi_cleanup_free) char *json = NULL;
	char *none = NULL;
	size_t len;

	memset(value, 'v', sizeof value);
	ck_assert_int_eq(fsps_headers_new(&headers), FSPS_OK);
	fsps_headers_set_bytes(headers, "k", value, most);
	ck_assert_int_eq(fsps_headers_to_json(headers, &json, &len), FSPS_OK);
	ck_assert_uint_eq(len, FSPS_HEADERS_BYTES_MAX);
	/* One byte too many, at the end or where it is escaped. */
	fsps_headers_set_bytes(headers, "k", value, most + 1);
	ck_assert_int_eq(fsps_headers_to_json(headers, &none, &len), FSPS_ERR_HEADER);
	value[7] = '\n';
	fsps_headers_set_bytes(headers, "k", value, most);
	ck_assert_int_eq(fsps_headers_to_json(headers, &none, &len), FSPS_ERR_HEADER);
	ck_assert_ptr_null(none);
	/* A double that comes after the failure does not hide it. */
	fsps_headers_set_double(headers, "d", 1.5);
	ck_assert_int_eq(fsps_headers_to_json(headers, &none, &len), FSPS_ERR_HEADER);
}
END_TEST

/* ---- limits ---- */

/* An object with so many keys k0 to kN. */
static fsps_headers *with_keys(int count, int *ret_code)
{
	static char json[16384];
	fsps_headers *headers = NULL;
	char *to = json;

	for (int i = 0; i < count; i++)
		to += sprintf(to, "%s\"k%d\":%d", i == 0 ? "{" : ",", i, i);
	strcpy(to, "}");
	*ret_code = parse(json, &headers);
	return headers;
}

START_TEST(an_object_has_256_keys_at_most)
{
	FSI_CLEANUP(fsi_cleanup_headers) fsps_headers *most = NULL;
	int code;

	most = with_keys(FSPS_HEADERS_MAX, &code);
	ck_assert_int_eq(code, FSPS_OK);
	ck_assert_uint_eq(fsps_headers_count(most), FSPS_HEADERS_MAX);
	ck_assert_ptr_null(with_keys(FSPS_HEADERS_MAX + 1, &code));
	ck_assert_int_eq(code, FSPS_ERR_HEADER);
}
END_TEST

START_TEST(a_key_has_255_bytes_at_most_after_unescaping)
{
	FSI_CLEANUP(fsi_cleanup_headers) fsps_headers *headers = NULL;
	char json[2048] = "{\"", *to = json + 2;

	/* 255 bytes, written as six times as many. */
	for (int i = 0; i < FSPS_HEADER_KEY_MAX; i++)
		to += sprintf(to, "\\u0061");
	strcpy(to, "\":1}");
	ck_assert_int_eq(parse(json, &headers), FSPS_OK);
	strcpy(to, "a\":1}");
	ck_assert_int_eq(parse(json, &headers), FSPS_ERR_HEADER);
}
END_TEST

START_TEST(an_object_has_64_kib_at_most)
{
	FSI_CLEANUP(fsi_cleanup_headers) fsps_headers *headers = NULL;
	static char json[FSPS_HEADERS_BYTES_MAX + 1];

	memset(json, 'x', sizeof json);
	memcpy(json, "{\"k\":\"", 6);
	memcpy(json + FSPS_HEADERS_BYTES_MAX - 2, "\"}", 2);
	ck_assert_int_eq(fsps_headers_from_json(json, FSPS_HEADERS_BYTES_MAX, &headers), FSPS_OK);
	json[FSPS_HEADERS_BYTES_MAX] = ' ';
	ck_assert_int_eq(fsps_headers_from_json(json, sizeof json, &headers), FSPS_ERR_HEADER);
}
END_TEST

START_TEST(a_million_keys_and_deep_nesting_are_refused_before_they_are_read)
{
	size_t len = 16 << 20;
	FSI_CLEANUP(fsi_cleanup_free) char *json = malloc(len);
	fsps_headers *headers = NULL;

	ck_assert_ptr_nonnull(json);
	memset(json, '{', len);
	ck_assert_int_eq(fsps_headers_from_json(json, len, &headers), FSPS_ERR_HEADER);
	ck_assert_int_eq(fsps_headers_from_json(json, FSPS_HEADERS_BYTES_MAX, &headers),
			 FSPS_ERR_HEADER);
}
END_TEST

#define COUNT(table) ((int)(sizeof(table) / sizeof((table)[0])))

static Suite *make_suite(void)
{
	Suite *suite = suite_create("headers_write");
	TCase *tcase = tcase_create("headers_write");

	tcase_add_loop_test(tcase, a_string_is_written_as_by_python, 0, COUNT(written));
	tcase_add_test(tcase, every_type_is_written);
	tcase_add_test(tcase, received_keys_are_escaped_when_they_are_written);
	tcase_add_test(tcase, no_headers_are_written_as_an_empty_object);
	tcase_add_test(tcase, headers_are_written_up_to_64_kib_and_not_beyond);
	tcase_add_test(tcase, an_object_has_256_keys_at_most);
	tcase_add_test(tcase, a_key_has_255_bytes_at_most_after_unescaping);
	tcase_add_test(tcase, an_object_has_64_kib_at_most);
	tcase_add_test(tcase, a_million_keys_and_deep_nesting_are_refused_before_they_are_read);
	suite_add_tcase(suite, tcase);
	return suite;
}

int main(void)
{
	return check_main(make_suite());
}
