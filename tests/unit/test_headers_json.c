/* SPDX-License-Identifier: MIT */
/* Headers from JSON: what is read as what, and what is refused. */
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

/* The one header of a text that must have one. */
static struct fsps_header only_header(const char *json, fsps_headers **ret_headers)
{
	struct fsps_header header = {0};

	ck_assert_int_eq(parse(json, ret_headers), FSPS_OK);
	ck_assert_uint_eq(fsps_headers_count(*ret_headers), 1);
	ck_assert_int_eq(fsps_headers_at(*ret_headers, 0, &header), FSPS_OK);
	return header;
}

/* ---- reading ---- */

START_TEST(no_bytes_and_an_empty_object_are_no_headers)
{
	static const char *const texts[] = {"", "{}", "{ }", " \t\r\n{\n} "};

	for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
		FSI_CLEANUP(fsi_cleanup_headers) fsps_headers *headers = NULL;

		ck_assert_int_eq(parse(texts[i], &headers), FSPS_OK);
		ck_assert_uint_eq(fsps_headers_count(headers), 0);
	}
}
END_TEST

START_TEST(headers_are_read_in_their_order)
{
	FSI_CLEANUP(fsi_cleanup_headers) fsps_headers *headers = NULL;
	struct fsps_header header;
	char key[2] = "a";

	ck_assert_int_eq(parse("{ \"a\" : 1 ,\n\"b\":2,\"c\" :3}", &headers), FSPS_OK);
	for (size_t i = 0; i < 3; i++, key[0]++) {
		ck_assert_int_eq(fsps_headers_at(headers, i, &header), FSPS_OK);
		ck_assert_str_eq(header.key, key);
		ck_assert_int_eq(header.integer, (int64_t)i + 1);
	}
}
END_TEST

static const struct {
	const char *json;
	struct text value;
} strings[] = {
	{"{\"k\":\"\"}", TEXT("")},
	{"{\"k\":\"plain\"}", TEXT("plain")},
	{"{\"k\":\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"}", TEXT("\"\\/\b\f\n\r\t")},
	{"{\"k\":\"a\\u0000b\"}", TEXT("a\0b")},
	{"{\"k\":\"\\u001f\\u007f\\u0080\"}", TEXT("\x1f\x7f\xc2\x80")},
	{"{\"k\":\"\\u07FF\\u0800\\uffff\"}", TEXT("\xdf\xbf\xe0\xa0\x80\xef\xbf\xbf")},
	{"{\"k\":\"\\ud7ff\\ue000\"}", TEXT("\xed\x9f\xbf\xee\x80\x80")},
	{"{\"k\":\"\\ud800\\udc00\"}", TEXT("\xf0\x90\x80\x80")},
	{"{\"k\":\"\\uDBFF\\uDFFF\"}", TEXT("\xf4\x8f\xbf\xbf")},
	{"{\"k\":\"\\ud83d\\ude00 ok\"}", TEXT("\xf0\x9f\x98\x80 ok")},
	{"{\"k\":\"\x7f\xc2\x80\xdf\xbf\"}", TEXT("\x7f\xc2\x80\xdf\xbf")},
	{"{\"k\":\"\xe0\xa0\x80\xed\x9f\xbf\xee\x80\x80\"}",
	 TEXT("\xe0\xa0\x80\xed\x9f\xbf\xee\x80\x80")},
	{"{\"k\":\"\xf0\x90\x80\x80\xf4\x8f\xbf\xbf\"}", TEXT("\xf0\x90\x80\x80\xf4\x8f\xbf\xbf")},
};

START_TEST(a_string_is_unescaped)
{
	FSI_CLEANUP(fsi_cleanup_headers) fsps_headers *headers = NULL;
	struct fsps_header header = only_header(strings[_i].json, &headers);

	ck_assert_int_eq(header.type, FSPS_HEADER_STRING);
	ck_assert_uint_eq(header.string_len, strings[_i].value.len);
	/* With the NUL behind it. */
	ck_assert_mem_eq(header.string, strings[_i].value.bytes, header.string_len + 1);
}
END_TEST

START_TEST(a_key_is_unescaped_and_may_be_any_utf8)
{
	FSI_CLEANUP(fsi_cleanup_headers) fsps_headers *headers = NULL;
	struct fsps_header header = only_header("{\" \\u00fc\\n=\xf0\x9f\x98\x80\":1}", &headers);

	ck_assert_str_eq(header.key, " \xc3\xbc\n=\xf0\x9f\x98\x80");
	ck_assert_int_eq(fsps_headers_find(headers, header.key, &header), FSPS_OK);
}
END_TEST

static const struct {
	const char *json;
	int64_t value;
} integers[] = {
	{"{\"k\":0}", 0},
	{"{\"k\":-0}", 0},
	{"{\"k\":7}", 7},
	{"{\"k\":-10}", -10},
	{"{\"k\":9223372036854775807}", INT64_MAX},
	{"{\"k\":-9223372036854775808}", INT64_MIN},
};

START_TEST(a_number_without_fraction_and_exponent_is_an_integer)
{
	FSI_CLEANUP(fsi_cleanup_headers) fsps_headers *headers = NULL;
	struct fsps_header header = only_header(integers[_i].json, &headers);

	ck_assert_int_eq(header.type, FSPS_HEADER_INT);
	ck_assert(header.integer == integers[_i].value);
}
END_TEST

static const struct {
	const char *json;
	double value;
} doubles[] = {
	{"{\"k\":0.0}", 0.0},       {"{\"k\":-0.0}", -0.0},
	{"{\"k\":1.50}", 1.5},      {"{\"k\":1e2}", 100.0},
	{"{\"k\":1E+2}", 100.0},    {"{\"k\":-12.5e-1}", -1.25},
	{"{\"k\":0e0}", 0.0},       {"{\"k\":9223372036854775808.0}", 9223372036854775808.0},
	{"{\"k\":1e-999}", 0.0},    {"{\"k\":1.7976931348623157e308}", 1.7976931348623157e308},
	{"{\"k\":5e-324}", 5e-324}, {"{\"k\":0.1}", 0.1},
};

START_TEST(a_number_with_fraction_or_exponent_is_a_double)
{
	FSI_CLEANUP(fsi_cleanup_headers) fsps_headers *headers = NULL;
	struct fsps_header header = only_header(doubles[_i].json, &headers);

	ck_assert_int_eq(header.type, FSPS_HEADER_DOUBLE);
	ck_assert_mem_eq(&header.number, &doubles[_i].value, sizeof header.number);
}
END_TEST

/* ---- what is refused ---- */

static const struct text refused[] = {
	/* No object. */
	TEXT(" "),
	TEXT("1"),
	TEXT("null"),
	TEXT("\"a\""),
	TEXT("[]"),
	TEXT("{"),
	TEXT("}"),
	TEXT("{}{}"),
	TEXT("{},"),
	TEXT("{}\0"),
	TEXT("\0{}"),
	TEXT("\xef\xbb\xbf{}"),
	TEXT("{]"),
	TEXT("{}/**/"),
	TEXT("{\0}"),
	TEXT("\f{}"),
	TEXT("\xc2\xa0{}"),
	/* No members. */
	TEXT("{,}"),
	TEXT("{\"a\"}"),
	TEXT("{\"a\":}"),
	TEXT("{\"a\":1"),
	TEXT("{\"a\":1,"),
	TEXT("{\"a\":1,}"),
	TEXT("{\"a\" 1}"),
	TEXT("{\"a\":1 \"b\":2}"),
	TEXT("{\"a\":1,,\"b\":2}"),
	TEXT("{a:1}"),
	TEXT("{'a':1}"),
	TEXT("{1:1}"),
	TEXT("{\"a\"=1}"),
	TEXT("{\"a\":1]"),
	/* No scalar. */
	TEXT("{\"a\":{}}"),
	TEXT("{\"a\":[]}"),
	TEXT("{\"a\":{\"b\":1}}"),
	TEXT("{\"a\":[1]}"),
	TEXT("{\"a\":tru}"),
	TEXT("{\"a\":True}"),
	TEXT("{\"a\":truee}"),
	TEXT("{\"a\":nul}"),
	TEXT("{\"a\":falsy}"),
	TEXT("{\"a\":undefined}"),
	TEXT("{\"a\":"),
	/* No number. */
	TEXT("{\"a\":NaN}"),
	TEXT("{\"a\":nan}"),
	TEXT("{\"a\":Infinity}"),
	TEXT("{\"a\":-inf}"),
	TEXT("{\"a\":1e999}"),
	TEXT("{\"a\":-1e999}"),
	TEXT("{\"a\":9223372036854775808}"),
	TEXT("{\"a\":-9223372036854775809}"),
	TEXT("{\"a\":99999999999999999999}"),
	TEXT("{\"a\":01}"),
	TEXT("{\"a\":-}"),
	TEXT("{\"a\":-01}"),
	TEXT("{\"a\":+1}"),
	TEXT("{\"a\":1.}"),
	TEXT("{\"a\":.5}"),
	TEXT("{\"a\":1.e5}"),
	TEXT("{\"a\":1e}"),
	TEXT("{\"a\":1e+}"),
	TEXT("{\"a\":1e5.0}"),
	TEXT("{\"a\":0x10}"),
	TEXT("{\"a\":1,5}"),
	TEXT("{\"a\":1_0}"),
	TEXT("{\"a\":--1}"),
	TEXT("{\"a\":1"),
	TEXT("{\"a\":1.5"),
	/* No string. */
	TEXT("{\"a\":\""),
	TEXT("{\"a\":\"}"),
	TEXT("{\"a\":\"\\"),
	TEXT("{\"a\":\"\\\"}"),
	TEXT("{\"a\":\"\\x\"}"),
	TEXT("{\"a\":\"\\\0\"}"),
	TEXT("{\"a\":\"\\u\"}"),
	TEXT("{\"a\":\"\\u12\"}"),
	TEXT("{\"a\":\"\\u123g\"}"),
	TEXT("{\"a\":\"\\U0041\"}"),
	TEXT("{\"a\":\"\\u12"),
	TEXT("{\"a\":\"\n\"}"),
	TEXT("{\"a\":\"\t\"}"),
	TEXT("{\"a\":\"\0\"}"),
	TEXT("{\"a\":\"\x1f\"}"),
	TEXT("{\"a"),
	/* Lone surrogates. */
	TEXT("{\"a\":\"\\ud800\"}"),
	TEXT("{\"a\":\"\\udfff\"}"),
	TEXT("{\"a\":\"\\ud800x\"}"),
	TEXT("{\"a\":\"\\ud800\\n\"}"),
	TEXT("{\"a\":\"\\ud800\\ud800\"}"),
	TEXT("{\"a\":\"\\ud800\\u0041\"}"),
	TEXT("{\"a\":\"\\ud800\\ue000\"}"),
	TEXT("{\"a\":\"\\udc00\\ud800\"}"),
	TEXT("{\"a\":\"\\ud800\\udc0\"}"),
	/* No UTF-8: alone, cut, overlong, surrogates, beyond U+10FFFF. */
	TEXT("{\"a\":\"\x80\"}"),
	TEXT("{\"a\":\"\xc3\"}"),
	TEXT("{\"a\":\"\xe2\x82\"}"),
	TEXT("{\"a\":\"\xf0\x9f\x98\"}"),
	TEXT("{\"a\":\"\xc0\x80\"}"),
	TEXT("{\"a\":\"\xc1\xbf\"}"),
	TEXT("{\"a\":\"\xe0\x9f\xbf\"}"),
	TEXT("{\"a\":\"\xf0\x8f\xbf\xbf\"}"),
	TEXT("{\"a\":\"\xed\xa0\x80\"}"),
	TEXT("{\"a\":\"\xed\xbf\xbf\"}"),
	TEXT("{\"a\":\"\xf4\x90\x80\x80\"}"),
	TEXT("{\"a\":\"\xf5\x80\x80\x80\"}"),
	TEXT("{\"a\":\"\xff\"}"),
	TEXT("{\"a\":\"\xe2\x28\xa1\"}"),
	TEXT("{\"a\":\"\xe2\x82\x28\"}"),
	TEXT("{\"a\":\"\xf0\x9f\x98\x28\"}"),
	TEXT("{\"a\":\"\xf0\x9f\x28\x80\"}"),
	TEXT("{\"\xff\":1}"),
	TEXT("{\"a\":\"\xc3"),
	TEXT("{\"a\":\"\xf0\x9f\x98"),
	/* Keys. */
	TEXT("{\"\":1}"),
	TEXT("{\"a\\u0000b\":1}"),
	TEXT("{\"\\u0000\":1}"),
	TEXT("{\"a\":1,\"a\":1}"),
	TEXT("{\"a\":1,\"b\":2,\"a\":3}"),
	TEXT("{\"a\":1,\"\\u0061\":2}"),
	TEXT("{\"\xc3\xbc\":1,\"\\u00fc\":2}"),
};

START_TEST(what_is_no_flat_object_of_scalars_is_refused)
{
	/* Exactly so long, so that a sanitizer sees a read behind the end. */
	char *exact = malloc(refused[_i].len);
	fsps_headers *headers = NULL;
	int code;

	ck_assert_ptr_nonnull(exact);
	memcpy(exact, refused[_i].bytes, refused[_i].len);
	code = fsps_headers_from_json(exact, refused[_i].len, &headers);
	free(exact);
	if (code != FSPS_ERR_HEADER)
		ck_abort_msg("%s: %d", refused[_i].bytes, code);
	ck_assert_ptr_null(headers);
}
END_TEST

START_TEST(headers_are_empty_after_a_failure)
{
	static const char json[] = "{\"a\":1,\"b\":\"x\",\"c\":[]}";
	fsps_headers headers = {0};

	ck_assert_int_eq(fsi_headers_read_json(json, strlen(json), &headers), FSPS_ERR_HEADER);
	ck_assert_uint_eq(headers.count, 0);
	ck_assert_ptr_null(headers.entries);
	ck_assert_ptr_null(headers.shared);
}
END_TEST

START_TEST(an_error_says_what_is_wrong_and_where)
{
	fsps_headers *headers = NULL;

	ck_assert_int_eq(parse("{\"a\":1,\"b\":[]}", &headers), FSPS_ERR_HEADER);
	ck_assert_str_eq(fsps_last_error()->text, "bad JSON for headers at byte 12: "
						  "no string, number, true, false or null");
}
END_TEST

#define COUNT(table) ((int)(sizeof(table) / sizeof((table)[0])))

static Suite *make_suite(void)
{
	Suite *suite = suite_create("headers_json");
	TCase *tcase = tcase_create("headers_json");

	tcase_add_test(tcase, no_bytes_and_an_empty_object_are_no_headers);
	tcase_add_test(tcase, headers_are_read_in_their_order);
	tcase_add_loop_test(tcase, a_string_is_unescaped, 0, COUNT(strings));
	tcase_add_test(tcase, a_key_is_unescaped_and_may_be_any_utf8);
	tcase_add_loop_test(tcase, a_number_without_fraction_and_exponent_is_an_integer, 0,
			    COUNT(integers));
	tcase_add_loop_test(tcase, a_number_with_fraction_or_exponent_is_a_double, 0,
			    COUNT(doubles));
	tcase_add_loop_test(tcase, what_is_no_flat_object_of_scalars_is_refused, 0, COUNT(refused));
	tcase_add_test(tcase, headers_are_empty_after_a_failure);
	tcase_add_test(tcase, an_error_says_what_is_wrong_and_where);
	suite_add_tcase(suite, tcase);
	return suite;
}

int main(void)
{
	return check_main(make_suite());
}
