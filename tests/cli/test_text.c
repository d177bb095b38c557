/* SPDX-License-Identifier: MIT */
/* Bytes as text: UTF-8, escapes for terminals, backslash sequences, base64, JSON, times. */
#include <stdio.h>
#include <string.h>

#include "cli/base64.h"
#include "cli/capture.h"
#include "cli/clock.h"
#include "cli/escape.h"
#include "cli/json.h"
#include "cli/unescape.h"
#include "cli/utf8.h"
#include "unit/check_main.h"

static struct capture capture;

static const struct {
	const char *bytes;
	bool valid;
} sequences[] = {
	{"", true},
	{"plain ascii, longer than eight bytes", true},
	{"\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80", true},
	{"\xef\xbf\xbf\xf4\x8f\xbf\xbf", true},
	{"12345678\x80", false},
	{"\xc0\x80", false},
	{"\xc1\xbf", false},
	{"\xe0\x9f\xbf", false},
	{"\xed\xa0\x80", false},
	{"\xf0\x8f\xbf\xbf", false},
	{"\xf4\x90\x80\x80", false},
	{"\xf5\x80\x80\x80", false},
	{"\xff", false},
	{"\xc3", false},
	{"\xe2\x82", false},
	{"\xf0\x9f\x98", false},
	{"\xe2\x28\xa1", false},
};

START_TEST(utf8_is_that_of_rfc_3629)
{
	const char *bytes = sequences[_i].bytes;

	ck_assert_int_eq(cli_utf8_valid((const unsigned char *)bytes, strlen(bytes)),
			 sequences[_i].valid);
}
END_TEST

static const struct {
	const char *bytes;
	size_t len;
	const char *shown;
} escapes[] = {
	{"plain\ttext\n", 11, "plain\ttext\n"},
	{"a\x1b[31mb", 7, "a\\x1b[31mb"},
	{"a\0b\r\x7f", 5, "a\\x00b\\x0d\\x7f"},
	{"\xc3\xa9\xc2\xa0", 4, "\xc3\xa9\xc2\xa0"},
	{"\xc2\x9b", 2, "\\xc2\\x9b"},
	{"\x9b\xff", 2, "\\x9b\\xff"},
	{"", 0, ""},
};

START_TEST(what_could_drive_a_terminal_is_escaped)
{
	capture_begin(&capture);
	cli_escape(&capture.output, escapes[_i].bytes, escapes[_i].len);
	capture_expect(&capture, escapes[_i].shown);
}
END_TEST

static const struct {
	const char *bytes;
	size_t columns;
	const char *shown;
} lines[] = {
	{"two\n\tlines\r\n", SIZE_MAX, "two\\n\\tlines\\r\\n"},
	{"\x1b[2J\xff", SIZE_MAX, "\\x1b[2J\\xff"},
	{"12345678", 8, "12345678"},
	{"123456789", 8, "12345..."},
	{"1234\n678", 8, "1234..."},
	{"1234\n6", 8, "1234\\n6"},
	{"\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9", 4, "\xc3\xa9..."},
	/* These take two columns. */
	{"\xe4\xb8\xad\xe4\xb8\xad\xe4\xb8\xad", 6, "\xe4\xb8\xad\xe4\xb8\xad\xe4\xb8\xad"},
	{"\xe4\xb8\xad\xe4\xb8\xad\xe4\xb8\xad", 5, "\xe4\xb8\xad..."},
	{"\xf0\x9f\x98\x80!", 2, ".."},
	{"1234", 2, ".."},
	{"1234", 0, ""},
	{"", 0, ""},
};

START_TEST(a_line_fits_its_columns)
{
	capture_begin(&capture);
	cli_escape_line(&capture.output, lines[_i].bytes, strlen(lines[_i].bytes),
			lines[_i].columns);
	capture_expect(&capture, lines[_i].shown);
}
END_TEST

static const struct {
	const char *text;
	bool good;
	const char *bytes;
	size_t len;
} backslashes[] = {
	{"plain", true, "plain", 5},
	{"\\n\\t\\r\\\\", true, "\n\t\r\\", 4},
	{"\\0", true, "\0", 1},
	{"\\a\\e\\v", true, "\a\x1b\v", 3},
	{"\\x41\\xfF", true, "A\xff", 2},
	{"\\q", false, "", 0},
	{"\\", false, "", 0},
	{"\\x4", false, "", 0},
	{"\\xg0", false, "", 0},
};

START_TEST(backslash_sequences_become_bytes)
{
	char text[32];
	size_t len = 0;

	strcpy(text, backslashes[_i].text);
	ck_assert_int_eq(cli_unescape(text, &len), backslashes[_i].good);
	if (!backslashes[_i].good)
		return;
	ck_assert_uint_eq(len, backslashes[_i].len);
	ck_assert_mem_eq(text, backslashes[_i].bytes, len);
}
END_TEST

static const struct {
	const char *bytes;
	const char *text;
} encodings[] = {
	{"", ""},
	{"1", "MQ=="},
	{"12", "MTI="},
	{"123", "MTIz"},
	{"1234", "MTIzNA=="},
	{"12345", "MTIzNDU="},
	{"123456", "MTIzNDU2"},
};

START_TEST(base64_is_that_of_rfc_4648)
{
	const char *bytes = encodings[_i].bytes;
	const char *text = encodings[_i].text;
	unsigned char decoded[16];
	size_t len = 99;

	capture_begin(&capture);
	cli_base64_write(&capture.output, (const unsigned char *)bytes, strlen(bytes));
	capture_expect(&capture, text);
	ck_assert(cli_base64_decode(text, strlen(text), decoded, &len));
	ck_assert_uint_eq(len, strlen(bytes));
	ck_assert_mem_eq(decoded, bytes, len);
}
END_TEST

static const char *const no_base64[] = {"Z",    "Zg",   "Zg=",    "Zg===", "Z===",     "====",
					"Zh==", "Zm9=", "Zm9v\n", "Zm-v",  "Zg==Zg==", "Z=g="};

START_TEST(what_is_no_base64_is_refused)
{
	unsigned char decoded[16];
	size_t len;

	ck_assert(!cli_base64_decode(no_base64[_i], strlen(no_base64[_i]), decoded, &len));
}
END_TEST

static const struct {
	const char *bytes;
	size_t len;
	const char *json;
} strings[] = {
	{"", 0, "\"\""},
	{"say \"hi\" \\ /", 12, "\"say \\\"hi\\\" \\\\ /\""},
	{"\b\f\n\r\t", 5, "\"\\b\\f\\n\\r\\t\""},
	{"\0\x01\x1f\x7f", 4, "\"\\u0000\\u0001\\u001f\\u007f\""},
	{"\xc3\xa9\xf0\x9f\x98\x80", 6, "\"\xc3\xa9\xf0\x9f\x98\x80\""},
	{"\xc2\x80\xc2\x9f\xc2\xa0", 6, "\"\\u0080\\u009f\xc2\xa0\""},
	{"a\xff\xc3", 3, "\"a\\ufffd\\ufffd\""},
};

START_TEST(json_strings_parse_whatever_the_bytes)
{
	capture_begin(&capture);
	cli_json_string(&capture.output, strings[_i].bytes, strings[_i].len);
	capture_expect(&capture, strings[_i].json);
}
END_TEST

static const struct {
	unsigned char byte;
	const char *json;
} specials[] = {
	{'"', "\\\""},
	{'\\', "\\\\"},
	{'\n', "\\n"},
	{0x1f, "\\u001f"},
	{0x7f, "\\u007f"},
	{0xff, "\\ufffd"},
	{0, "\\u0000"},
	/* Next to those that are escaped. */
	{' ', " "},
	{'!', "!"},
	{'#', "#"},
	{'[', "["},
	{']', "]"},
	{'~', "~"},
};

START_TEST(json_strings_have_escapes_at_every_place)
{
	enum { LEN = 40 };
	char text[LEN + 1];
	char expected[2 * LEN];

	for (int place = 0; place < LEN; place++) {
		memset(text, 'x', LEN);
		text[LEN] = '\0';
		snprintf(expected, sizeof expected, "\"%.*s%s%s\"", place, text, specials[_i].json,
			 text + place + 1);
		text[place] = (char)specials[_i].byte;
		capture_begin(&capture);
		cli_json_string(&capture.output, text, LEN);
		capture_expect(&capture, expected);
	}
}
END_TEST

static const struct {
	double value;
	const char *json;
} doubles[] = {
	{1.5, "1.5"},
	{2, "2.0"},
	{-0.0, "-0.0"},
	{0.1, "0.1"},
	{1.1, "1.1"},
	{1e300, "1e+300"},
	{5e-324, "5e-324"},
	{1.7976931348623157e308, "1.7976931348623157e+308"},
	{123456789012345680.0, "1.2345678901234568e+17"},
};

START_TEST(json_numbers_keep_their_value_and_type)
{
	capture_begin(&capture);
	cli_json_double(&capture.output, doubles[_i].value);
	capture_expect(&capture, doubles[_i].json);
	ck_assert(strtod(doubles[_i].json, NULL) == doubles[_i].value);
}
END_TEST

static const struct {
	uint64_t us;
	const char *text;
} times[] = {
	{0, "1970-01-01T00:00:00.000000Z"},
	{UINT64_C(1795188289979270), "2026-11-20T15:24:49.979270Z"},
	{UINT64_C(951782399999999), "2000-02-28T23:59:59.999999Z"},
	{UINT64_C(951782400000000), "2000-02-29T00:00:00.000000Z"},
	{UINT64_C(4107542400000000), "2100-03-01T00:00:00.000000Z"},
	{UINT64_C(253402300800000000), "10000-01-01T00:00:00.000000Z"},
	{UINT64_MAX, "586524-01-19T08:01:49.551615Z"},
};

START_TEST(times_are_dates_of_the_gregorian_calendar)
{
	char text[CLI_TIME_BYTES];

	cli_format_utc(times[_i].us, text);
	ck_assert_str_eq(text, times[_i].text);
}
END_TEST

START_TEST(large_pieces_pass_the_buffer_in_their_order)
{
	static char large[200000];

	memset(large, 'x', sizeof large);
	capture_begin(&capture);
	cli_output_text(&capture.output, "begin ");
	cli_output_write(&capture.output, large, sizeof large);
	cli_output_text(&capture.output, " end");
	capture_end(&capture);
	ck_assert_uint_eq(capture.len, sizeof large + 10);
	ck_assert_mem_eq(capture.text, "begin x", 7);
	ck_assert_str_eq(capture.text + capture.len - 5, "x end");
}
END_TEST

#define ADD(test, table) tcase_add_loop_test(tcase, test, 0, sizeof table / sizeof *table)

static Suite *make_suite(void)
{
	Suite *suite = suite_create("cli text");
	TCase *tcase = tcase_create("text");

	ADD(utf8_is_that_of_rfc_3629, sequences);
	ADD(what_could_drive_a_terminal_is_escaped, escapes);
	ADD(a_line_fits_its_columns, lines);
	ADD(backslash_sequences_become_bytes, backslashes);
	ADD(base64_is_that_of_rfc_4648, encodings);
	ADD(what_is_no_base64_is_refused, no_base64);
	ADD(json_strings_parse_whatever_the_bytes, strings);
	ADD(json_strings_have_escapes_at_every_place, specials);
	ADD(json_numbers_keep_their_value_and_type, doubles);
	ADD(times_are_dates_of_the_gregorian_calendar, times);
	tcase_add_test(tcase, large_pieces_pass_the_buffer_in_their_order);
	suite_add_tcase(suite, tcase);
	return suite;
}

int main(void)
{
	return check_main(make_suite());
}
