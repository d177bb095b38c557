/* SPDX-License-Identifier: MIT */
/* Implements cli/human.h. */
#include "cli/human.h"

#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>

/* What three digits round up to one more from. */
#define ROUNDS_UP 999.5
/* From here on a double has no thousandths, and would not fit into 64 bits as such. */
#define EXACT 9e12

/* How many digits stand behind the point, so that there are three in all. */
static int decimals(double number)
{
	if (number < 9.995)
		return 2;
	return number < 99.95 ? 1 : 0;
}

static void scale(double number, double step, const char *const *units, size_t units_count,
		  const char *after, char *ret_text)
{
	size_t unit = 0;

	for (; number >= ROUNDS_UP && unit + 1 < units_count; unit++)
		number /= step;
	snprintf(ret_text, CLI_HUMAN_BYTES, "%.*f%s%s", decimals(number), number, units[unit],
		 after);
}

void cli_human_number(double number, char *ret_text)
{
	static const char *const units[] = {"", "k", "M", "G", "T"};

	/* Few are exact. */
	if (number < ROUNDS_UP)
		snprintf(ret_text, CLI_HUMAN_BYTES, "%.*f",
			 number > 0 && number < 9.995 && number != (double)(uint64_t)number ? 2 : 0,
			 number);
	else
		scale(number, 1000, units, sizeof units / sizeof *units, "", ret_text);
}

double cli_human_thousandths(double number)
{
	return number < EXACT ? (double)(int64_t)(number * 1000 + 0.5) / 1000 : number;
}

double cli_human_microseconds(double seconds)
{
	return (double)(int64_t)(seconds * 1000000 + 0.5) / 1000000;
}

void cli_human_digits(double number, char *ret_text)
{
	int places = number > 0 && number < 0.9995 ? 3 : decimals(number);

	snprintf(ret_text, CLI_HUMAN_BYTES, "%.*f", places, number);
}

void cli_human_time(uint64_t ns, char *ret_text)
{
	static const char *const units[] = {"n", "u", "m", ""};

	if (ns < 1000)
		snprintf(ret_text, CLI_HUMAN_BYTES, "%" PRIu64 "ns", ns);
	else
		scale((double)ns, 1000, units, sizeof units / sizeof *units, "s", ret_text);
}

void cli_human_size(uint64_t bytes, char *ret_text)
{
	static const char units[] = {'\0', 'K', 'M', 'G'};
	size_t unit = 0;

	for (; bytes != 0 && bytes % 1024 == 0 && unit + 1 < sizeof units; unit++)
		bytes /= 1024;
	snprintf(ret_text, CLI_HUMAN_BYTES, "%" PRIu64 "%.1s", bytes, &units[unit]);
}

void cli_human_bytes(uint64_t bytes, char *ret_text)
{
	static const char *const units[] = {"", "K", "M", "G", "T", "P"};

	if (bytes < 1000)
		snprintf(ret_text, CLI_HUMAN_BYTES, "%" PRIu64, bytes);
	else
		scale((double)bytes, 1024, units, sizeof units / sizeof *units, "", ret_text);
}

void cli_human_kib(uint64_t kib, char *ret_text)
{
	static const char *const units[] = {"K", "M", "G", "T"};

	scale((double)kib, 1024, units, sizeof units / sizeof *units, "", ret_text);
}
