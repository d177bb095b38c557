/* SPDX-License-Identifier: MIT */
/* Numbers for people: three digits and the right unit. */
#include "cli/human.h"

#include <stddef.h>

#include "unit/check_main.h"

static char text[CLI_HUMAN_BYTES];

static const struct {
	double number;
	const char *text;
} numbers[] = {
	{0, "0"},          {7, "7"},        {0.25, "0.25"},   {9.5, "9.50"},    {12.4, "12"},
	{999, "999"},      {999.4, "999"},  {999.6, "1.00k"}, {1000, "1.00k"},  {1234, "1.23k"},
	{9994, "9.99k"},   {9996, "10.0k"}, {99960, "100k"},  {999400, "999k"}, {999600, "1.00M"},
	{14.8e6, "14.8M"}, {3e9, "3.00G"},  {5e12, "5.00T"},  {5e15, "5000T"},
};

START_TEST(numbers_have_three_digits_and_a_unit)
{
	cli_human_number(numbers[_i].number, text);
	ck_assert_str_eq(text, numbers[_i].text);
}
END_TEST

static const struct {
	double number;
	const char *text;
} digits[] = {
	{0, "0.00"},     {0.0672, "0.067"}, {0.9994, "0.999"}, {0.9996, "1.00"},
	{1.234, "1.23"}, {45.67, "45.7"},   {1480.4, "1480"},
};

START_TEST(digits_have_no_unit)
{
	cli_human_digits(digits[_i].number, text);
	ck_assert_str_eq(text, digits[_i].text);
}
END_TEST

static const struct {
	uint64_t ns;
	const char *text;
} times[] = {
	{0, "0ns"},         {999, "999ns"},       {1000, "1.00us"},      {4123, "4.12us"},
	{999600, "1.00ms"}, {33100000, "33.1ms"}, {1200000000, "1.20s"}, {2199000000000, "2199s"},
};

START_TEST(times_go_from_nanoseconds_to_seconds)
{
	cli_human_time(times[_i].ns, text);
	ck_assert_str_eq(text, times[_i].text);
}
END_TEST

static const struct {
	uint64_t bytes;
	const char *text;
} sizes[] = {
	{16, "16"}, {1000, "1000"}, {1024, "1K"}, {1536, "1536"}, {1048576, "1M"}, {1 << 30, "1G"},
};

START_TEST(sizes_are_exact)
{
	cli_human_size(sizes[_i].bytes, text);
	ck_assert_str_eq(text, sizes[_i].text);
}
END_TEST

static const struct {
	uint64_t bytes;
	const char *text;
} rounded[] = {
	{0, "0"},
	{999, "999"},
	{1000, "0.98K"},
	{1024, "1.00K"},
	{1536, "1.50K"},
	{1047552, "1.00M"},
	{UINT64_C(45) << 20, "45.0M"},
	{UINT64_C(3) << 40, "3.00T"},
};

START_TEST(bytes_are_rounded_to_a_unit)
{
	cli_human_bytes(rounded[_i].bytes, text);
	ck_assert_str_eq(text, rounded[_i].text);
}
END_TEST

START_TEST(thousandths_are_enough)
{
	ck_assert_double_eq(cli_human_thousandths(132658.50321584998), 132658.503);
	ck_assert_double_eq(cli_human_thousandths(0.0004), 0);
	ck_assert_double_eq(cli_human_thousandths(2), 2);
	ck_assert_double_eq(cli_human_thousandths(18446744073709551616.0), 18446744073709551616.0);
	ck_assert_double_eq(cli_human_microseconds(0.2030456), 0.203046);
}
END_TEST

START_TEST(memory_is_rounded)
{
	cli_human_kib(1340, text);
	ck_assert_str_eq(text, "1.31M");
	cli_human_kib(900, text);
	ck_assert_str_eq(text, "900K");
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("cli human");
	TCase *tcase = tcase_create("human");

	tcase_add_loop_test(tcase, numbers_have_three_digits_and_a_unit, 0,
			    (int)(sizeof numbers / sizeof *numbers));
	tcase_add_loop_test(tcase, digits_have_no_unit, 0, (int)(sizeof digits / sizeof *digits));
	tcase_add_loop_test(tcase, times_go_from_nanoseconds_to_seconds, 0,
			    (int)(sizeof times / sizeof *times));
	tcase_add_loop_test(tcase, sizes_are_exact, 0, (int)(sizeof sizes / sizeof *sizes));
	tcase_add_loop_test(tcase, bytes_are_rounded_to_a_unit, 0,
			    (int)(sizeof rounded / sizeof *rounded));
	tcase_add_test(tcase, thousandths_are_enough);
	tcase_add_test(tcase, memory_is_rounded);
	suite_add_tcase(suite, tcase);
	return suite;
}

int main(void)
{
	return check_main(make_suite());
}
