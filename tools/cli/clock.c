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

int64_t cli_now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * INT64_C(1000000000) + now.tv_nsec;
}

void cli_sleep_until(int64_t ns)
{
	const struct timespec until = {.tv_sec = ns / CLI_NS_PER_S, .tv_nsec = ns % CLI_NS_PER_S};

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

void cli_format_utc(uint64_t timestamp_us, char *ret_text)
{
	uint64_t seconds = timestamp_us / US_PER_S;
	unsigned second_of_day = (unsigned)(seconds % SECONDS_PER_DAY);
	struct date date = date_of(seconds / SECONDS_PER_DAY);

	snprintf(ret_text, CLI_TIME_BYTES,
		 "%04" PRId64 "-%02" PRId64 "-%02" PRId64 "T%02u:%02u:%02u.%06uZ", date.year,
		 date.month, date.day, second_of_day / 3600, second_of_day / 60 % 60,
		 second_of_day % 60, (unsigned)(timestamp_us % US_PER_S));
}
