/* SPDX-License-Identifier: MIT */
/* Implements cli/number.h. */
#include "cli/number.h"

#include <inttypes.h>
#include <string.h>

#include "cli/fail.h"

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* Reads digits; more than max becomes max. */
static int64_t read_digits(const char **place, int64_t max)
{
	int64_t value = 0;

	for (; is_digit(**place); (*place)++) {
		int digit = **place - '0';

		value = value > (max - digit) / 10 ? max : value * 10 + digit;
	}
	return value;
}

/* Reads a decimal number of at least one digit, in units of 1e-9. */
static bool read_decimal(const char **place, int64_t *ret_nano)
{
	int64_t whole;
	int64_t fraction = 0;

	if (!is_digit(**place))
		return false;
	whole = read_digits(place, CLI_NS_MAX / CLI_NS_PER_S);
	if (**place == '.') {
		int64_t unit = CLI_NS_PER_S / 10;

		(*place)++;
		if (!is_digit(**place))
			return false;
		/* What lies below a billionth is read and dropped. */
		for (; is_digit(**place); (*place)++, unit /= 10)
			fraction += unit * (**place - '0');
	}
	*ret_nano = whole * CLI_NS_PER_S + fraction;
	if (*ret_nano > CLI_NS_MAX)
		*ret_nano = CLI_NS_MAX;
	return true;
}

bool cli_parse_count(const char *text, int64_t *ret_count)
{
	int64_t count;

	if (!is_digit(*text))
		return false;
	count = read_digits(&text, INT64_MAX);
	if (*text != '\0')
		return false;
	*ret_count = count;
	return true;
}

bool cli_parse_seconds(const char *text, int64_t *ret_ns)
{
	int64_t ns;

	if (!read_decimal(&text, &ns) || *text != '\0')
		return false;
	*ret_ns = ns;
	return true;
}

bool cli_parse_rate(const char *text, int64_t *ret_interval_ns)
{
	int64_t nano;

	if (!read_decimal(&text, &nano) || nano == 0)
		return false;
	if (text[0] == '/' && text[1] == 's')
		text += 2;
	if (*text != '\0')
		return false;
	*ret_interval_ns = (INT64_C(1000000000) * CLI_NS_PER_S) / nano;
	return true;
}

/* How many bits a unit of sizes stands for; -1: it is none. */
static int unit_bits(const char *unit)
{
	static const char units[] = "KkMmGgTt";
	const char *found;

	if (*unit == '\0')
		return 0;
	found = strchr(units, *unit);
	return found == NULL || unit[1] != '\0' ? -1 : 10 * (int)((found - units) / 2 + 1);
}

bool cli_parse_size(const char *text, uint64_t *ret_bytes)
{
	uint64_t count;
	int bits;

	if (strcmp(text, "none") == 0) {
		*ret_bytes = UINT64_MAX;
		return true;
	}
	if (!is_digit(*text))
		return false;
	count = (uint64_t)read_digits(&text, INT64_MAX);
	bits = unit_bits(text);
	if (bits < 0)
		return false;
	*ret_bytes = count > UINT64_MAX >> bits ? UINT64_MAX - 1 : count << bits;
	return true;
}

int cli_count_option(const char *option, const char *text, int64_t min, int64_t max,
		     int64_t *ret_count)
{
	int64_t count;

	if (!cli_parse_count(text, &count))
		return cli_usage("%s wants a whole number, not '%s'", option, text);
	if (count < min)
		return cli_usage("%s wants a number of at least %" PRId64 ", not '%s'", option, min,
				 text);
	*ret_count = count > max ? max : count;
	return 0;
}

int cli_seconds_option(const char *option, const char *text, int64_t *ret_ns)
{
	if (!cli_parse_seconds(text, ret_ns))
		return cli_usage("%s wants seconds, as 3 or 0.5, not '%s'", option, text);
	return 0;
}

int cli_ms_option(const char *option, const char *text, int64_t min_ms, int64_t max_ms,
		  int64_t *ret_ms)
{
	int64_t ns = 0;
	int status = cli_seconds_option(option, text, &ns);

	if (status != 0)
		return status;
	if (cli_ns_to_ms(ns) < min_ms || cli_ns_to_ms(ns) > max_ms)
		return cli_usage("%s wants %sup to %" PRId64 " seconds, not '%s'", option,
				 min_ms > 0 ? "more than 0 and " : "", max_ms / 1000, text);
	*ret_ms = cli_ns_to_ms(ns);
	return 0;
}

int64_t cli_ns_to_ms(int64_t ns)
{
	return ns / CLI_NS_PER_MS + (ns % CLI_NS_PER_MS != 0);
}
