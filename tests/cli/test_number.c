/* SPDX-License-Identifier: MIT */
/* Numbers on the command line: what is one, what it becomes, and that nothing overflows. */
#include "cli/number.h"

#include <stddef.h>

#include "unit/check_main.h"

static const struct {
	const char *text;
	bool good;
	int64_t value;
} counts[] = {
	{"0", true, 0},
	{"7", true, 7},
	{"007", true, 7},
	{"9223372036854775807", true, INT64_MAX},
	{"9223372036854775808", true, INT64_MAX},
	{"99999999999999999999999999", true, INT64_MAX},
	{"", false, 0},
	{"-1", false, 0},
	{"+1", false, 0},
	{" 1", false, 0},
	{"1 ", false, 0},
	{"1e9", false, 0},
	{"1.0", false, 0},
	{"0x10", false, 0},
	{"nan", false, 0},
};

START_TEST(a_count_is_digits_and_saturates)
{
	int64_t value = -5;

	ck_assert_int_eq(cli_parse_count(counts[_i].text, &value), counts[_i].good);
	ck_assert_int_eq(value, counts[_i].good ? counts[_i].value : -5);
}
END_TEST

static const struct {
	const char *text;
	bool good;
	int64_t value;
} seconds[] = {
	{"0", true, 0},
	{"3", true, INT64_C(3000000000)},
	{"0.5", true, INT64_C(500000000)},
	{"1.000000001", true, INT64_C(1000000001)},
	{"1.0000000019", true, INT64_C(1000000001)},
	{"0.00000000009", true, 0},
	{"4000000000", true, CLI_NS_MAX},
	{"4000000000.9", true, CLI_NS_MAX},
	{"99999999999999999999999999.5", true, CLI_NS_MAX},
	{"", false, 0},
	{".", false, 0},
	{".5", false, 0},
	{"5.", false, 0},
	{"-1", false, 0},
	{"1e9", false, 0},
	{"inf", false, 0},
	{"nan", false, 0},
	{"1s", false, 0},
	{"1.5.5", false, 0},
	{"1,5", false, 0},
};

START_TEST(seconds_have_a_fraction_and_saturate)
{
	int64_t value = -5;

	ck_assert_int_eq(cli_parse_seconds(seconds[_i].text, &value), seconds[_i].good);
	ck_assert_int_eq(value, seconds[_i].good ? seconds[_i].value : -5);
}
END_TEST

static const struct {
	const char *text;
	bool good;
	int64_t interval_ns;
} rates[] = {
	{"1", true, INT64_C(1000000000)},
	{"10/s", true, INT64_C(100000000)},
	{"0.5/s", true, INT64_C(2000000000)},
	{"3", true, INT64_C(333333333)},
	{"1000000000", true, 1},
	{"99999999999999999999", true, 0},
	{"0", false, 0},
	{"0.0", false, 0},
	{"0/s", false, 0},
	{"1/m", false, 0},
	{"1/", false, 0},
	{"1/s ", false, 0},
	{"/s", false, 0},
	{"-1", false, 0},
};

START_TEST(a_rate_is_an_interval)
{
	int64_t interval_ns = -5;

	ck_assert_int_eq(cli_parse_rate(rates[_i].text, &interval_ns), rates[_i].good);
	ck_assert_int_eq(interval_ns, rates[_i].good ? rates[_i].interval_ns : -5);
}
END_TEST

static const struct {
	const char *text;
	bool good;
	uint64_t value;
} sizes[] = {
	{"0", true, 0},
	{"4096", true, 4096},
	{"1K", true, 1024},
	{"500k", true, 512000},
	{"64M", true, UINT64_C(67108864)},
	{"2G", true, UINT64_C(2147483648)},
	{"1T", true, UINT64_C(1099511627776)},
	{"none", true, UINT64_MAX},
	{"16777215T", true, UINT64_C(16777215) << 40},
	/* Too large is not wrong, and not "none" either. */
	{"16777216T", true, UINT64_MAX - 1},
	{"99999999999999999999G", true, UINT64_MAX - 1},
	{"", false, 0},
	{"K", false, 0},
	{"1KB", false, 0},
	{"1P", false, 0},
	{"1.5M", false, 0},
	{"-1", false, 0},
	{"1 M", false, 0},
	{"nones", false, 0},
	{"None", false, 0},
};

START_TEST(a_size_has_a_unit_or_is_none)
{
	uint64_t value = 5;

	ck_assert_int_eq(cli_parse_size(sizes[_i].text, &value), sizes[_i].good);
	ck_assert_uint_eq(value, sizes[_i].good ? sizes[_i].value : 5);
}
END_TEST

START_TEST(milliseconds_are_rounded_up)
{
	ck_assert_int_eq(cli_ns_to_ms(0), 0);
	ck_assert_int_eq(cli_ns_to_ms(1), 1);
	ck_assert_int_eq(cli_ns_to_ms(CLI_NS_PER_MS), 1);
	ck_assert_int_eq(cli_ns_to_ms(CLI_NS_PER_MS + 1), 2);
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("cli number");
	TCase *tcase = tcase_create("number");

	tcase_add_loop_test(tcase, a_count_is_digits_and_saturates, 0,
			    sizeof counts / sizeof *counts);
	tcase_add_loop_test(tcase, seconds_have_a_fraction_and_saturate, 0,
			    sizeof seconds / sizeof *seconds);
	tcase_add_loop_test(tcase, a_rate_is_an_interval, 0, sizeof rates / sizeof *rates);
	tcase_add_loop_test(tcase, a_size_has_a_unit_or_is_none, 0, sizeof sizes / sizeof *sizes);
	tcase_add_test(tcase, milliseconds_are_rounded_up);
	suite_add_tcase(suite, tcase);
	return suite;
}

int main(void)
{
	return check_main(make_suite());
}
