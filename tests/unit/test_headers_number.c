/* SPDX-License-Identifier: MIT */
/* Doubles in headers: the text that they get, the way there and back, and locales. */
#include "message/json_number.h"

#include <errno.h>
#include <ftw.h>
#include <locale.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fsps/error.h>
#include <fsps/headers.h>

#include "base/cleanup.h"
#include "check_main.h"
#include "message/headers.h"
#include "message_random.h"

/* What Python's repr() says of them. */
static const struct {
	double value;
	const char *text;
} known[] = {
	{0.0, "0.0"},
	{-0.0, "-0.0"},
	{1.0, "1.0"},
	{-1.0, "-1.0"},
	{1.5, "1.5"},
	{0.1, "0.1"},
	{0.07, "0.07"},
	{0.009, "0.009"},
	{0.30000000000000004, "0.30000000000000004"},
	{1.0 / 3, "0.3333333333333333"},
	{2.0 / 3, "0.6666666666666666"},
	{100.0, "100.0"},
	{123456.789, "123456.789"},
	{0.0001, "0.0001"},
	{0.00001, "1e-05"},
	{0.000012345, "1.2345e-05"},
	{1e15, "1000000000000000.0"},
	{9999999999999998.0, "9999999999999998.0"},
	{1e16, "1e+16"},
	{12345678901234567890.0, "1.2345678901234567e+19"},
	{9007199254740993.0, "9007199254740992.0"},
	{1e22, "1e+22"},
	{1e100, "1e+100"},
	{1.7976931348623157e308, "1.7976931348623157e+308"},
	{-1.7976931348623157e308, "-1.7976931348623157e+308"},
	{2.2250738585072014e-308, "2.2250738585072014e-308"},
	{2.225073858507201e-308, "2.225073858507201e-308"},
	{5e-324, "5e-324"},
	{1.5e-323, "1.5e-323"},
};

START_TEST(a_double_gets_its_shortest_text)
{
	char text[FSI_DOUBLE_TEXT_BYTES];

	ck_assert_int_eq(fsi_double_to_text(known[_i].value, text), FSPS_OK);
	ck_assert_str_eq(text, known[_i].text);
}
END_TEST

/* A finite double of random bits, or one with few digits. */
static double random_double(uint64_t *state)
{
	double value;

	if (random_below(state, 4) == 0)
		return (double)(int64_t)random_below(state, 1000000) / 1000;
	do {
		uint64_t bits = random_next(state);

		/* Often subnormal, or about 1. */
		if (random_below(state, 4) == 0)
			bits &= ~(UINT64_C(0x7ff) << 52);
		else if (random_below(state, 4) == 0)
			bits = (bits & ~(UINT64_C(0x7ff) << 52)) | (UINT64_C(0x3ff) << 52);
		memcpy(&value, &bits, sizeof value);
	} while (!isfinite(value));
	return value;
}

/* Whether a double's text is one that JSON knows, and means a double. */
static bool is_json_double(const char *text)
{
	size_t len = strlen(text);

	return len < FSI_DOUBLE_TEXT_BYTES && strspn(text, "-+.e0123456789") == len &&
	       strpbrk(text, ".e") != NULL;
}

static void check_round_trips(int rounds)
{
	uint64_t seed = random_seed(), state = seed;

	for (int round = 0; round < rounds; round++) {
		char text[FSI_DOUBLE_TEXT_BYTES];
		double value = random_double(&state), back = 0;

		if (fsi_double_to_text(value, text) < 0 || !is_json_double(text) ||
		    fsi_double_from_text(text, &back) < 0 ||
		    memcmp(&value, &back, sizeof value) != 0)
			ck_abort_msg("FSPS_SEED=%ju round %d: %a is %s", (uintmax_t)seed, round,
				     value, text);
	}
}

START_TEST(any_double_comes_back_from_its_text_bit_by_bit)
{
	check_round_trips(200000);
}
END_TEST

START_TEST(a_number_too_large_for_a_double_is_read_as_infinite)
{
	double value = 0;

	ck_assert_int_eq(fsi_double_from_text("1e999", &value), FSPS_OK);
	ck_assert(isinf(value));
}
END_TEST

/* ---- a locale with a decimal comma ---- */

static char locale_home[] = "/tmp/fsps-locale-XXXXXX";

static const char locale_source[] = "comment_char %\n"
				    "escape_char /\n"
				    "LC_NUMERIC\n"
				    "decimal_point \",\"\n"
				    "thousands_sep \".\"\n"
				    "grouping 3;3\n"
				    "END LC_NUMERIC\n";

static void write_locale_source(const char *path)
{
	FILE *file = fopen(path, "w");

	ck_assert_ptr_nonnull(file);
	ck_assert_int_ge(fputs(locale_source, file), 0);
	ck_assert_int_eq(fclose(file), 0);
}

/* Where another machine is emulated, localedef is this one's. */
#define LOCALE_ORDER (__BYTE_ORDER__ == __ORDER_BIG_ENDIAN__ ? "--big-endian" : "--little-endian")

/* Runs localedef, which warns of all that this locale does not define. */
static bool compile_locale(const char *source, const char *target)
{
	pid_t pid = fork();
	int status;

	if (pid == 0) {
		if (freopen("/dev/null", "w", stdout) == NULL ||
		    freopen("/dev/null", "w", stderr) == NULL)
			_exit(126);
		execlp("localedef", "localedef", LOCALE_ORDER, "-c", "-i", source, target,
		       (char *)NULL);
		_exit(127);
	}
	ck_assert_int_gt(pid, 0);
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	/* 1: with warnings. */
	return WIFEXITED(status) && WEXITSTATUS(status) <= 1;
}

static int remove_entry(const char *path, const struct stat *status, int type, struct FTW *place)
{
	(void)status;
	(void)type;
	(void)place;
	return remove(path);
}

static bool locale_is_there;

/* musl prints numbers in the same way everywhere. */
#ifdef __GLIBC__
#define HAS_COMMAS true
#else
#define HAS_COMMAS false
#endif

/* Around all tests, in the process that they are forked from. */

static void make_locale(void)
{
	char source[64], target[64];

	ck_assert_ptr_nonnull(mkdtemp(locale_home));
	snprintf(source, sizeof source, "%s/source", locale_home);
	snprintf(target, sizeof target, "%s/xx_XX", locale_home);
	write_locale_source(source);
	locale_is_there = HAS_COMMAS && compile_locale(source, target) &&
			  setenv("LOCPATH", locale_home, 1) == 0;
	if (!locale_is_there)
		printf("# skipped: no locale with a decimal comma can be made here\n");
}

static void remove_locale(void)
{
	nftw(locale_home, remove_entry, 8, FTW_DEPTH | FTW_PHYS);
}

/* Fails unless libc uses a decimal comma now. */
static void expect_comma(void)
{
	char text[8];

	snprintf(text, sizeof text, "%.1f", 1.5);
	ck_assert_str_eq(text, "1,5");
}

START_TEST(a_locale_with_a_decimal_comma_changes_nothing)
{
	static const char json[] = "{\"d\": 1234567.5, \"e\": 1e-07, \"i\": -1234567}";
	FSI_CLEANUP(fsi_cleanup_headers) fsps_headers *headers = NULL;
	FSI_CLEANUP(fsi_cleanup_free) char *back = NULL;
	double number = 0;

	if (!locale_is_there)
		return;
	ck_assert_ptr_nonnull(setlocale(LC_NUMERIC, "xx_XX"));
	expect_comma();
	check_round_trips(2000);
	ck_assert_int_eq(fsps_headers_from_json(json, strlen(json), &headers), FSPS_OK);
	ck_assert_int_eq(fsps_headers_get_double(headers, "d", &number), FSPS_OK);
	ck_assert(number == 1234567.5);
	ck_assert_int_eq(fsps_headers_to_json(headers, &back, NULL), FSPS_OK);
	ck_assert_str_eq(back, json);
	ck_assert_int_eq(fsps_headers_set_json(headers, "d", "1,5"), FSPS_ERR_HEADER);
}
END_TEST

START_TEST(a_threads_own_locale_changes_nothing)
{
	locale_t comma, before;

	if (!locale_is_there)
		return;
	ck_assert_ptr_nonnull(setlocale(LC_NUMERIC, "xx_XX"));
	comma = duplocale(LC_GLOBAL_LOCALE);
	ck_assert(comma != (locale_t)0);
	ck_assert_ptr_nonnull(setlocale(LC_NUMERIC, "C"));
	before = uselocale(comma);
	expect_comma();
	check_round_trips(2000);
	ck_assert(uselocale(before) == comma);
	freelocale(comma);
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("headers_number");
	TCase *tcase = tcase_create("headers_number");

	tcase_set_timeout(tcase, 60);
	tcase_add_unchecked_fixture(tcase, make_locale, remove_locale);
	tcase_add_loop_test(tcase, a_double_gets_its_shortest_text, 0,
			    sizeof known / sizeof known[0]);
	tcase_add_test(tcase, any_double_comes_back_from_its_text_bit_by_bit);
	tcase_add_test(tcase, a_number_too_large_for_a_double_is_read_as_infinite);
	tcase_add_test(tcase, a_locale_with_a_decimal_comma_changes_nothing);
	tcase_add_test(tcase, a_threads_own_locale_changes_nothing);
	suite_add_tcase(suite, tcase);
	return suite;
}

int main(void)
{
	return check_main(make_suite());
}
