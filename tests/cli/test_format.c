/* SPDX-License-Identifier: MIT */
/* Messages as text: the formats of -F and the JSON line, version 1. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <jansson.h>

#include "cli/capture.h"
#include "cli/message_json.h"
#include "cli/status.h"
#include "subscribe/format.h"
#include "unit/check_main.h"

/* 2026-11-20T15:24:49.979270Z */
#define TIME_US UINT64_C(1795188289979270)
#define HEADERS "{\"unit\": \"C\", \"n\": 3, \"f\": 2.0, \"no\": null, \"yes\": true}"

static struct capture capture;

/* Wrong formats say what is wrong; here nobody wants to read it. */
static void be_quiet(void)
{
	int fd = open("/dev/null", O_WRONLY | O_CLOEXEC);

	dup2(fd, STDERR_FILENO);
	setenv("TZ", "UTC-1", 1);
	tzset();
}

static const struct {
	const char *format;
	const char *shown;
} formats[] = {
	{"", ""},
	{"plain", "plain"},
	{"%t", "a.b"},
	{"%p", "hi \x1b[1m"},
	{"%x|%X", "6869201b5b316d|6869201B5B316D"},
	{"%l|%05l|%-5l|%5l", "7|00007|7    |    7"},
	{"%m", "1795188226178418"},
	{"%6t|%-6t|%.2t|%5.1t", "   a.b|a.b   |a.|    a"},
	{"%.3x", "686"},
	{"%10.4X|", "      6869|"},
	{"%H{unit} %H{n} %H{f} %H{no} %H{yes} [%H{none}]", "C 3 2.0 null true []"},
	{"%3H{unit}", "  C"},
	{"%P", "unit:C n:3 f:2.0 no:null yes:true"},
	{"%I", "2026-11-20T16:24:49+0100"},
	{"%U", "1795188289.979270000"},
	{"@Y-@m-@d @H:@M:@S.@N @z", "2026-11-20 16:24:49.979270000 +0100"},
	{"%% @@ \\\\", "% @ \\"},
	{"\\t\\r\\n\\a\\e\\v", "\t\r\n\a\x1b\v"},
	{"%j", "{\"id\":\"1795188226178418\",\"topic\":\"a.b\","
	       "\"time\":\"2026-11-20T15:24:49.979270Z\",\"headers\":{\"unit\":\"C\",\"n\":3,"
	       "\"f\":2.0,\"no\":null,\"yes\":true},\"len\":7,\"payload\":\"hi "
	       "\\u001b[1m\",\"uid\":<uid>}"},
	{"%u|%.0u", "<uid>|"},
};

/* A decoded message was sent by whoever decodes it. */
static void expect_with_uid(const char *shown)
{
	const char *mark = strstr(shown, "<uid>");
	char expected[512];

	if (mark == NULL) {
		capture_expect(&capture, shown);
		return;
	}
	snprintf(expected, sizeof expected, "%.*s%lu%s", (int)(mark - shown), shown,
		 (unsigned long)geteuid(), mark + strlen("<uid>"));
	capture_expect(&capture, expected);
}

START_TEST(a_format_shows_what_it_says)
{
	static const struct subscribe_style style;
	struct subscribe_format format;
	fsps_message *message =
		message_of(UINT64_C(1795188226178418), TIME_US, "a.b", HEADERS, "hi \x1b[1m", 7);

	be_quiet();
	ck_assert_int_eq(subscribe_format_read(&format, formats[_i].format), 0);
	capture_begin(&capture);
	ck_assert_int_eq(subscribe_format_write(&format, &capture.output, message, &style), 0);
	expect_with_uid(formats[_i].shown);
	subscribe_format_deinit(&format);
	fsps_message_unref(message);
}
END_TEST

START_TEST(on_a_terminal_only_the_formats_own_control_bytes_pass)
{
	static const struct subscribe_style style = {.escape = true};
	struct subscribe_format format;
	fsps_message *message = message_of(1, 1, "a.b", "{\"h\": \"\\u001b\"}", "x\x1b[1m\x9b", 6);

	be_quiet();
	ck_assert_int_eq(subscribe_format_read(&format, "\\e[1m%p %H{h} %P\\e[0m"), 0);
	capture_begin(&capture);
	ck_assert_int_eq(subscribe_format_write(&format, &capture.output, message, &style), 0);
	capture_expect(&capture, "\x1b[1mx\\x1b[1m\\x9b \\x1b h:\\x1b\x1b[0m");
	subscribe_format_deinit(&format);
	fsps_message_unref(message);
}
END_TEST

START_TEST(a_nul_can_be_written)
{
	static const struct subscribe_style style;
	struct subscribe_format format;
	fsps_message *message = message_of(1, 1, "a", "{}", "", 0);

	ck_assert_int_eq(subscribe_format_read(&format, "%t\\0%t"), 0);
	capture_begin(&capture);
	ck_assert_int_eq(subscribe_format_write(&format, &capture.output, message, &style), 0);
	capture_end(&capture);
	ck_assert_uint_eq(capture.len, 3);
	ck_assert_mem_eq(capture.text, "a\0a", 3);
	subscribe_format_deinit(&format);
	fsps_message_unref(message);
}
END_TEST

static const char *const wrong[] = {"%",    "%q", "%5", "%5.", "%-", "%H",  "%H{", "%H{}",
				    "%H{a", "@",  "@1", "@ ",  "\\", "\\q", "a%",  "%5%"};

START_TEST(a_wrong_format_is_refused)
{
	struct subscribe_format format;

	be_quiet();
	ck_assert_int_eq(subscribe_format_read(&format, wrong[_i]), CLI_USAGE);
	subscribe_format_deinit(&format);
}
END_TEST

static const struct {
	const char *payload;
	/* NULL: no JSON. */
	const char *shown;
} payloads[] = {
	{"{\"a\": [1, 2.50, 1e3]}", "{\"a\": [1, 2.50, 1e3]}"},
	{"{\n\t\"a\":\r\n1}", "{  \"a\":  1}"},
	{"\"text\"", "\"text\""},
	{"123456789012345678901234567890", "123456789012345678901234567890"},
	{"nope", NULL},
	{"", NULL},
	{"{\"a\":1} x", NULL},
	{"{\"a\":1", NULL},
	{"\"\xff\"", NULL},
};

START_TEST(a_json_payload_stands_as_it_is_or_the_message_is_left_out)
{
	static const struct subscribe_style style;
	struct subscribe_format format;
	const char *payload = payloads[_i].payload;
	fsps_message *message = message_of(1, 1, "a", "{}", payload, strlen(payload));
	char expected[256];

	be_quiet();
	ck_assert_int_eq(subscribe_format_read(&format, "%J"), 0);
	capture_begin(&capture);
	ck_assert_int_eq(subscribe_format_write(&format, &capture.output, message, &style),
			 payloads[_i].shown == NULL ? CLI_ERROR : 0);
	snprintf(expected, sizeof expected,
		 "{\"id\":\"1\",\"topic\":\"a\",\"time\":\"1970-01-01T00:00:00.000001Z\","
		 "\"headers\":{},\"len\":%zu,\"payload\":%s,\"uid\":%lu}",
		 strlen(payload), payloads[_i].shown == NULL ? "" : payloads[_i].shown,
		 (unsigned long)geteuid());
	capture_expect(&capture, payloads[_i].shown == NULL ? "" : expected);
	subscribe_format_deinit(&format);
	fsps_message_unref(message);
}
END_TEST

START_TEST(a_payload_that_is_no_utf8_stands_in_base64)
{
	static const struct cli_message_style style;
	fsps_message *message = message_of(2, 0, "a", "{}", "\xff\0x", 3);
	char expected[256];

	snprintf(expected, sizeof expected,
		 "{\"id\":\"2\",\"topic\":\"a\",\"time\":\"1970-01-01T00:00:00.000000Z\","
		 "\"headers\":{},\"len\":3,\"payload_base64\":\"/wB4\",\"uid\":%lu}",
		 (unsigned long)geteuid());
	capture_begin(&capture);
	cli_message_json(&capture.output, message, &style);
	capture_expect(&capture, expected);
	fsps_message_unref(message);
}
END_TEST

START_TEST(pretty_json_says_the_same_on_several_lines)
{
	static const struct cli_message_style style = {.pretty = true};
	fsps_message *message = message_of(2, 0, "a", "{\"k\": 1}", "x", 1);
	char expected[256];

	snprintf(expected, sizeof expected,
		 "{\n  \"id\": \"2\",\n  \"topic\": \"a\",\n"
		 "  \"time\": \"1970-01-01T00:00:00.000000Z\",\n"
		 "  \"headers\": {\n    \"k\": 1\n  },\n"
		 "  \"len\": 1,\n  \"payload\": \"x\",\n  \"uid\": %lu\n}",
		 (unsigned long)geteuid());
	capture_begin(&capture);
	cli_message_json(&capture.output, message, &style);
	capture_expect(&capture, expected);
	fsps_message_unref(message);
}
END_TEST

/* A payload of random bytes and lengths from a seed; the same each time. */
static size_t random_payload(unsigned *seed, unsigned char *payload, size_t size)
{
	size_t len = (size_t)rand_r(seed) % size;

	for (size_t i = 0; i < len; i++) {
		int byte = rand_r(seed) >> 8;

		payload[i] = (unsigned char)(*seed % 3 == 0 ? byte & 0x7f : byte);
	}
	return len;
}

START_TEST(every_line_parses_and_keeps_text_whatever_the_bytes)
{
	static const struct cli_message_style style;
	unsigned seed = (unsigned)_i;
	unsigned char payload[64];
	size_t len = random_payload(&seed, payload, sizeof payload);
	fsps_message *message = message_of(3, 4, "a", "{}", payload, len);
	const json_t *text;
	json_t *root;

	capture_begin(&capture);
	cli_message_json(&capture.output, message, &style);
	capture_end(&capture);
	ck_assert_ptr_null(memchr(capture.text, '\n', capture.len));
	root = json_loadb(capture.text, capture.len, JSON_ALLOW_NUL | JSON_REJECT_DUPLICATES, NULL);
	ck_assert_ptr_nonnull(root);
	text = json_object_get(root, "payload");
	if (text != NULL) {
		ck_assert_uint_eq(json_string_length(text), len);
		ck_assert_mem_eq(json_string_value(text), payload, len);
	} else {
		ck_assert_ptr_nonnull(json_object_get(root, "payload_base64"));
	}
	json_decref(root);
	fsps_message_unref(message);
}
END_TEST

#define ADD(test, table) tcase_add_loop_test(tcase, test, 0, sizeof table / sizeof *table)

static Suite *make_suite(void)
{
	Suite *suite = suite_create("cli format");
	TCase *tcase = tcase_create("format");

	ADD(a_format_shows_what_it_says, formats);
	tcase_add_test(tcase, on_a_terminal_only_the_formats_own_control_bytes_pass);
	tcase_add_test(tcase, a_nul_can_be_written);
	ADD(a_wrong_format_is_refused, wrong);
	ADD(a_json_payload_stands_as_it_is_or_the_message_is_left_out, payloads);
	tcase_add_test(tcase, a_payload_that_is_no_utf8_stands_in_base64);
	tcase_add_test(tcase, pretty_json_says_the_same_on_several_lines);
	tcase_add_loop_test(tcase, every_line_parses_and_keeps_text_whatever_the_bytes, 0, 200);
	suite_add_tcase(suite, tcase);
	return suite;
}

int main(void)
{
	return check_main(make_suite());
}
