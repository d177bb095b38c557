/* SPDX-License-Identifier: MIT */
/* Implements cli/clock.h. */
#include "cli/clock.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <time.h>

#include "cli/number.h"
#include "cli/signals.h"

enum { US_PER_S = 1000000, SECONDS_PER_DAY = 86400, DAYS_PER_ERA = 146097 };

static int64_t read_clock(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return now.tv_sec * INT64_C(1000000000) + now.tv_nsec;
}

int64_t cli_now_ns(void)
{
	return read_clock(CLOCK_MONOTONIC);
}

int64_t cli_now_coarse_ns(void)
{
	return read_clock(CLOCK_MONOTONIC_COARSE);
}

uint64_t cli_wall_us(void)
{
	return (uint64_t)read_clock(CLOCK_REALTIME) / 1000;
}

void cli_sleep_until(int64_t ns)
{
	const struct timespec until = {.tv_sec = ns / CLI_NS_PER_S,
				       .tv_nsec = (long)(ns % CLI_NS_PER_S)};

	while (cli_stop_signal() == 0) {
		if (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL) != EINTR)
			return;
	}
}

struct date {
	int64_t year;
	int64_t month;
	int64_t day;
};

/* Days since 1970-01-01 as a date of the Gregorian calendar, whose eras of 400 years have 146,097
 * days. Years are counted from March here, so that the leap day is the last one of a year. */
static struct date date_of(uint64_t days_since_1970)
{
	int64_t days = (int64_t)days_since_1970 + 719468;
	int64_t era = days / DAYS_PER_ERA;
	int64_t day_of_era = days % DAYS_PER_ERA;
	int64_t year_of_era =
		(day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
	int64_t day_of_year =
		day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
	int64_t month_from_march = (5 * day_of_year + 2) / 153;
	struct date date = {.day = day_of_year - (153 * month_from_march + 2) / 5 + 1,
			    .month = month_from_march < 10 ? month_from_march + 3
							   : month_from_march - 9};

	date.year = era * 400 + year_of_era + (date.month <= 2);
	return date;
}

/* Writes a number of just that many digits and a byte behind it; returns where the next begins. */
static char *put(char *text, uint64_t number, int digits, char after)
{
	for (int i = digits - 1; i >= 0; i--, number /= 10)
		text[i] = (char)('0' + number % 10);
	text[digits] = after;
	return text + digits + 1;
}

/* The last year that 64 bits of microseconds reach has six digits. */
static int digits_of_year(int64_t year)
{
	if (year < 10000)
		return 4;
	return year < 100000 ? 5 : 6;
}

void cli_format_utc(uint64_t timestamp_us, char *ret_text)
{
	uint64_t seconds = timestamp_us / US_PER_S;
	unsigned second_of_day = (unsigned)(seconds % SECONDS_PER_DAY);
	struct date date = date_of(seconds / SECONDS_PER_DAY);
	char *next = put(ret_text, (uint64_t)date.year, digits_of_year(date.year), '-');

	next = put(next, (uint64_t)date.month, 2, '-');
	next = put(next, (uint64_t)date.day, 2, 'T');
	next = put(next, second_of_day / 3600, 2, ':');
	next = put(next, second_of_day / 60 % 60, 2, ':');
	next = put(next, second_of_day % 60, 2, '.');
	next = put(next, timestamp_us % US_PER_S, 6, 'Z');
	*next = '\0';
}

void cli_format_span(uint64_t span_us, char *ret_text)
{
	uint64_t seconds = span_us / US_PER_S;

	if (seconds == 0)
		snprintf(ret_text, CLI_SPAN_BYTES, "%" PRIu64 "ms", span_us / 1000);
	else if (seconds < 120)
		snprintf(ret_text, CLI_SPAN_BYTES, "%" PRIu64 "s", seconds);
	else if (seconds < 7200)
		snprintf(ret_text, CLI_SPAN_BYTES, "%" PRIu64 "m", seconds / 60);
	else if (seconds < 172800)
		snprintf(ret_text, CLI_SPAN_BYTES, "%" PRIu64 "h", seconds / 3600);
	else
		snprintf(ret_text, CLI_SPAN_BYTES, "%" PRIu64 "d", seconds / 86400);
}
