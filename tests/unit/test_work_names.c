/* SPDX-License-Identifier: MIT */
/* Tests of store/work_names.h, and of which names are channels' (store/names.h). */
#include "check_main.h"

#include <stdio.h>
#include <string.h>

#include "store/names.h"
#include "store/work_names.h"

#define MEMBER "AbCdEf012345"

/* ---- work names ---- */

static const struct {
	const char *text;
	struct fsi_work_name name;
} right[] = {
	{".k-" MEMBER "-1700000000000-1-42",
	 {.kind = FSI_WORK_CLAIMED,
	  .member = MEMBER,
	  .time_ms = UINT64_C(1700000000000),
	  .attempt = 1,
	  .id = 42}},
	{".k-" MEMBER "-1-0-1",
	 {.kind = FSI_WORK_CLAIMED, .member = MEMBER, .time_ms = 1, .attempt = 0, .id = 1}},
	{".k-" MEMBER "-9007199254740991-4294967295-9007199254740991",
	 {.kind = FSI_WORK_CLAIMED,
	  .member = MEMBER,
	  .time_ms = FSI_ID_LIMIT - 1,
	  .attempt = UINT32_MAX,
	  .id = FSI_ID_LIMIT - 1}},
	{".r-1700000000000-3-7",
	 {.kind = FSI_WORK_DELAYED, .time_ms = UINT64_C(1700000000000), .attempt = 3, .id = 7}},
	{".r-1-0-1", {.kind = FSI_WORK_DELAYED, .time_ms = 1, .attempt = 0, .id = 1}},
	{".d-failed-5-7", {.kind = FSI_WORK_DEAD, .reason = "failed", .attempt = 5, .id = 7}},
	{".d-x-0-1", {.kind = FSI_WORK_DEAD, .reason = "x", .attempt = 0, .id = 1}},
	{".d-abcdefghijklmno-0-1",
	 {.kind = FSI_WORK_DEAD, .reason = "abcdefghijklmno", .attempt = 0, .id = 1}},
	{".e-rejected-1-9007199254740991",
	 {.kind = FSI_WORK_NOTE, .reason = "rejected", .attempt = 1, .id = FSI_ID_LIMIT - 1}},
};

START_TEST(a_work_name_is_formed_as_it_is_parsed)
{
	const struct fsi_work_name *expected = &right[_i].name;
	struct fsi_work_name parsed;
	char text[FSI_NAME_BYTES];

	fsi_work_name_format(text, expected);
	ck_assert_str_eq(text, right[_i].text);
	memset(&parsed, 0xff, sizeof parsed);
	ck_assert_msg(fsi_work_name_parse(right[_i].text, &parsed), "%s", right[_i].text);
	ck_assert_int_eq(parsed.kind, expected->kind);
	ck_assert_str_eq(parsed.member, expected->member);
	ck_assert_str_eq(parsed.reason, expected->reason);
	ck_assert_uint_eq(parsed.time_ms, expected->time_ms);
	ck_assert_uint_eq(parsed.attempt, expected->attempt);
	ck_assert_uint_eq(parsed.id, expected->id);
}
END_TEST

static const char *const wrong[] = {
	"",
	".",
	".k",
	".k-",
	"k-" MEMBER "-1-1-1",
	"42",
	".m-" MEMBER "-42",
	".s-1-64",
	".c",
	"queue",
	".x-failed-1-1",
	".D-failed-1-1",
	".d_failed-1-1",
	".df-failed-1-1",
	/* The member. */
	".k-AbCdEf01234-1-1-1",
	".k-" MEMBER "6-1-1-1",
	".k-AbCdEf01234_-1-1-1",
	".k-AbCdEf01234/-1-1-1",
	".k--1-1-1",
	".k-" MEMBER,
	".k-" MEMBER "-",
	/* The time. */
	".k-" MEMBER "-0-1-1",
	".k-" MEMBER "-01-1-1",
	".k-" MEMBER "--1-1",
	".k-" MEMBER "-+1-1-1",
	".k-" MEMBER "- 1-1-1",
	".k-" MEMBER "-9007199254740992-1-1",
	".k-" MEMBER "-1-1",
	".r-0-1-1",
	".r-01-1-1",
	".r--1-1-1",
	".r-9007199254740992-1-1",
	".r-18446744073709551617-1-1",
	".r-1-1",
	".r-x-1-1",
	/* The attempt. */
	".r-1-4294967296-1",
	".r-1-00-1",
	".r-1-01-1",
	".r-1--1",
	".r-1-x-1",
	".d-failed-4294967296-1",
	".d-failed--1",
	/* The reason. */
	".d--1-1",
	".d-1-1",
	".d-Failed-1-1",
	".d-fail3d-1-1",
	".d-../x-1-1",
	".d-abcdefghijklmnop-1-1",
	".d-failed",
	".e-failed.1-1",
	/* The ID. */
	".r-1-1-0",
	".r-1-1-01",
	".r-1-1-",
	".r-1-1-1-",
	".r-1-1-1 ",
	".r-1-1-1-1",
	".r-1-1-9007199254740992",
	".r-1-1-18446744073709551617",
	".d-failed-1-0",
	".d-failed-1-1/x",
	".d-failed-1-1\n",
	".d-failed-1-",
	".d-failed-1",
};

START_TEST(what_is_no_work_name_is_refused)
{
	struct fsi_work_name parsed = {.id = 77};

	ck_assert_msg(!fsi_work_name_parse(wrong[_i], &parsed), "'%s'", wrong[_i]);
	ck_assert_uint_eq(parsed.id, 77);
}
END_TEST

START_TEST(every_beginning_of_a_work_name_is_another_one_or_none)
{
	const char *whole = right[_i].text;
	struct fsi_work_name parsed;
	char text[FSI_NAME_BYTES];
	char again[FSI_NAME_BYTES];

	for (size_t length = 0; length < strlen(whole); length++) {
		snprintf(text, sizeof text, "%.*s", (int)length, whole);
		if (!fsi_work_name_parse(text, &parsed))
			continue;
		fsi_work_name_format(again, &parsed);
		ck_assert_str_eq(again, text);
	}
}
END_TEST

/* ---- channels' names ---- */

static const struct {
	const char *name;
	enum fsps_channel_kind kind;
	size_t pattern_len;
	int32_t pid;
	const char *durable;
} channels[] = {
	{"a_0123456789ab_12", FSPS_KIND_LIVE, 1, 12, ""},
	{"a.=.+_ABCDEFGHIJKL_2147483646", FSPS_KIND_LIVE, 5, 2147483646, ""},
	{"a_jobs", FSPS_KIND_DURABLE, 1, 0, "jobs"},
	{"a_x", FSPS_KIND_DURABLE, 1, 0, "x"},
	/* As long as a live channel's random part, but nothing follows. */
	{"a_0123456789ab", FSPS_KIND_DURABLE, 1, 0, "0123456789ab"},
	{"jobs.=_render-2", FSPS_KIND_DURABLE, 6, 0, "render-2"},
	{"+_-", FSPS_KIND_DURABLE, 1, 0, "-"},
	{"a_012345678901234567890123456789012345678901234567890123456789012", FSPS_KIND_DURABLE, 1,
	 0, "012345678901234567890123456789012345678901234567890123456789012"},
	{"a_x.in_12", FSPS_KIND_INBOX, 1, 12, "x"},
	{"a_0123456789ab.in_12", FSPS_KIND_INBOX, 1, 12, "0123456789ab"},
	{"a.in_x.in_1", FSPS_KIND_INBOX, 4, 1, "x"},
};

START_TEST(a_channels_name_says_of_which_kind_it_is)
{
	const char *name = channels[_i].name;
	struct fsi_channel_name parsed;

	memset(&parsed, 0xff, sizeof parsed);
	ck_assert_msg(fsi_channel_name_parse(name, &parsed), "%s", name);
	ck_assert_int_eq(parsed.kind, channels[_i].kind);
	ck_assert_uint_eq(parsed.pattern_len, channels[_i].pattern_len);
	ck_assert_int_eq(parsed.pid, channels[_i].pid);
	ck_assert_uint_eq(parsed.durable_len, strlen(channels[_i].durable));
	ck_assert_int_eq(
		strncmp(name + parsed.pattern_len + 1, channels[_i].durable, parsed.durable_len),
		0);
}
END_TEST

static const char *const no_channels[] = {
	"",
	"_",
	"a",
	"a_",
	"_x",
	"tmp",
	".fsps",
	".n-0123456789ab-1",
	".x-0123456789ab-1",
	"a_b_c",
	"a_b_12",
	"a_b_0123456789ab",
	"a__b",
	"a_b_",
	"(_x_1",
	"a/b_x",
	"a_x/",
	"a_x/y",
	"../a_x",
	"a_..",
	"a_x.",
	"a_x y",
	"a_x\n",
	"a_x=",
	"a_0123456789012345678901234567890123456789012345678901234567890123",
	/* Live. */
	"a_0123456789ab_",
	"a_0123456789ab_0",
	"a_0123456789ab_012",
	"a_0123456789ab_-1",
	"a_0123456789ab_2147483647",
	"a_0123456789ab_12x",
	"a_0123456789ab_12_",
	"a_0123456789a-_12",
	"a_0123456789abc_12",
	/* Inboxes. */
	"a_x.in",
	"a_x.in_",
	"a_x.in_0",
	"a_x.in_x",
	"a_x.in_12x",
	"a_x.out_12",
	"a_.in_12",
	"a_x.in_2147483647",
};

START_TEST(what_is_no_channels_name_is_refused)
{
	struct fsi_channel_name parsed = {.pid = 77};

	ck_assert_msg(!fsi_channel_name_parse(no_channels[_i], &parsed), "'%s'", no_channels[_i]);
	ck_assert_int_eq(parsed.pid, 77);
}
END_TEST

START_TEST(a_pattern_of_201_bytes_makes_no_channels_name)
{
	char name[FSI_NAME_BYTES];
	struct fsi_channel_name parsed;

	memset(name, 'a', 201);
	memcpy(name + 201, "_x", 3);
	ck_assert(!fsi_channel_name_parse(name, &parsed));
	ck_assert(fsi_channel_name_parse(name + 1, &parsed));
	ck_assert_uint_eq(parsed.pattern_len, 200);
}
END_TEST

START_TEST(a_durable_name_is_formed_as_it_is_parsed)
{
	struct fsi_channel_name parsed;
	char name[FSI_NAME_BYTES];

	ck_assert(fsi_durable_name_valid("jobs-2"));
	ck_assert(!fsi_durable_name_valid(""));
	ck_assert(!fsi_durable_name_valid("jobs.2"));
	ck_assert(!fsi_durable_name_valid("jobs_2"));
	ck_assert(!fsi_durable_name_valid("jobs/2"));
	fsi_durable_name_format(name, "a.+", "jobs-2");
	ck_assert_str_eq(name, "a.+_jobs-2");
	ck_assert(fsi_channel_name_parse(name, &parsed));
	ck_assert_int_eq(parsed.kind, FSPS_KIND_DURABLE);
}
END_TEST

#define COUNT(list) (int)(sizeof(list) / sizeof(list)[0])

int main(void)
{
	Suite *suite = suite_create("work names");
	TCase *tcase = tcase_create("work names");

	suite_add_tcase(suite, tcase);
	tcase_add_loop_test(tcase, a_work_name_is_formed_as_it_is_parsed, 0, COUNT(right));
	tcase_add_loop_test(tcase, what_is_no_work_name_is_refused, 0, COUNT(wrong));
	tcase_add_loop_test(tcase, every_beginning_of_a_work_name_is_another_one_or_none, 0,
			    COUNT(right));
	tcase_add_loop_test(tcase, a_channels_name_says_of_which_kind_it_is, 0, COUNT(channels));
	tcase_add_loop_test(tcase, what_is_no_channels_name_is_refused, 0, COUNT(no_channels));
	tcase_add_test(tcase, a_pattern_of_201_bytes_makes_no_channels_name);
	tcase_add_test(tcase, a_durable_name_is_formed_as_it_is_parsed);
	return check_main(suite);
}
