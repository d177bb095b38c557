/* SPDX-License-Identifier: MIT */
/*
 * Implements message/json_number.h, and the number half of message/json_text.h.
 *
 * libc converts exactly but with the decimal point of the process's locale. So reading asks it to
 * use the C locale, and writing takes only the digits and the exponent from it.
 */
#include "message/json_number.h"

#include <float.h>
#include <locale.h>
#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <fsps/error.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "message/json_text.h"

enum {
	/* So many digits survive the way into a double and back; so many tell any two apart. */
	DIGITS_KEPT = 15,
	DIGITS_EXACT = 17,
	/* Outside of these an exponent is written, as by Python. */
	PLAIN_EXPONENT_MIN = -4,
	PLAIN_EXPONENT_MAX = 15
};

static bool is_digit(char byte)
{
	return (unsigned char)(byte - '0') < 10;
}

/* ---- doubles ---- */

static void cleanup_locale(locale_t *locale)
{
	if (*locale != (locale_t)0)
		freelocale(*locale);
}

int fsi_double_from_text(const char *text, double *ret_value)
{
	/* Both glibc and musl answer with a static object here: this costs nothing, and needs no
	 * global that would have to be kept. */
	FSI_CLEANUP(cleanup_locale) locale_t locale = newlocale(LC_ALL_MASK, "C", (locale_t)0);

	if (locale == (locale_t)0)
		return fsi_fail(FSPS_ERR_NO_MEMORY, NULL, "no memory for reading a number");
	*ret_value = strtod_l(text, NULL, locale);
	return FSPS_OK;
}

/* A double as digits d.ddd times ten to the exponent, without zeros behind the last digit. */
struct decimal {
	bool negative;
	char digits[DIGITS_EXACT + 1];
	int count;
	int exponent;
};

static struct decimal split(double value, int digits)
{
	char text[FSI_DOUBLE_TEXT_BYTES * 2];
	struct decimal decimal = {.negative = signbit(value) != 0};
	const char *at = text;

	snprintf(text, sizeof text, "%.*e", digits - 1, value);
	for (; *at != 'e'; at++)
		/* Neither the sign nor the point, which may be several bytes of any kind. */
		if (is_digit(*at))
			decimal.digits[decimal.count++] = *at;
	while (decimal.count > 1 && decimal.digits[decimal.count - 1] == '0')
		decimal.count--;
	decimal.exponent = (int)strtol(at + 1, NULL, 10);
	return decimal;
}

static char *put_digits(char *to, const char *digits, int count)
{
	memcpy(to, digits, (size_t)count);
	return to + count;
}

static char *put_zeros(char *to, int count)
{
	memset(to, '0', (size_t)count);
	return to + count;
}

/* 0.000ddd */
static char *put_small(char *to, const struct decimal *decimal)
{
	*to++ = '0';
	*to++ = '.';
	to = put_zeros(to, -decimal->exponent - 1);
	return put_digits(to, decimal->digits, decimal->count);
}

/* ddd.ddd or ddd000.0 */
static char *put_large(char *to, const struct decimal *decimal)
{
	int whole = decimal->exponent + 1;

	if (decimal->count <= whole) {
		to = put_digits(to, decimal->digits, decimal->count);
		to = put_zeros(to, whole - decimal->count);
		*to++ = '.';
		*to++ = '0';
		return to;
	}
	to = put_digits(to, decimal->digits, whole);
	*to++ = '.';
	return put_digits(to, decimal->digits + whole, decimal->count - whole);
}

/* d.ddde+dd */
static char *put_scientific(char *to, const struct decimal *decimal)
{
	*to++ = decimal->digits[0];
	if (decimal->count > 1) {
		*to++ = '.';
		to = put_digits(to, decimal->digits + 1, decimal->count - 1);
	}
	return to + snprintf(to, sizeof "e+308", "e%+03d", decimal->exponent);
}

static void lay_out(const struct decimal *decimal, char *to)
{
	if (decimal->negative)
		*to++ = '-';
	if (decimal->exponent < PLAIN_EXPONENT_MIN || decimal->exponent > PLAIN_EXPONENT_MAX)
		to = put_scientific(to, decimal);
	else if (decimal->exponent < 0)
		to = put_small(to, decimal);
	else
		to = put_large(to, decimal);
	*to = '\0';
}

int fsi_double_to_text(double value, char to[FSI_DOUBLE_TEXT_BYTES])
{
	/* Elsewhere needless digits come out as zeros, but a subnormal has fewer bits than that. */
	int digits = fabs(value) < DBL_MIN ? 1 : DIGITS_KEPT;

	for (;; digits++) {
		struct decimal decimal = split(value, digits);
		double back = 0;
		int result;

		lay_out(&decimal, to);
		if (digits == DIGITS_EXACT)
			return FSPS_OK;
		result = fsi_double_from_text(to, &back);
		if (result < 0 || back == value)
			return result;
	}
}

/* ---- JSON numbers (RFC 8259, section 6) ---- */

/* Each of these returns the place behind what it skips, or NULL if that is not there. */

static char *skip_digits(char *at)
{
	char *after = at;

	while (is_digit(*after))
		after++;
	return after == at ? NULL : after;
}

static char *skip_whole(char *at)
{
	if (*at == '-')
		at++;
	return *at == '0' ? at + 1 : skip_digits(at);
}

static char *skip_fraction(char *at)
{
	return *at == '.' ? skip_digits(at + 1) : at;
}

static char *skip_exponent(char *at)
{
	if (*at != 'e' && *at != 'E')
		return at;
	at++;
	if (*at == '+' || *at == '-')
		at++;
	return skip_digits(at);
}

static char *skip_fraction_and_exponent(char *at)
{
	char *after = skip_fraction(at);

	return after == NULL ? NULL : skip_exponent(after);
}

static int read_integer(const struct fsi_json_text *text, const char *after, int64_t *ret_value)
{
	const char *at = text->at;
	bool negative = *at == '-';
	int64_t value = 0;

	for (at += negative; at < after; at++) {
		int digit = *at - '0';

		if (__builtin_mul_overflow(value, 10, &value) ||
		    __builtin_add_overflow(value, negative ? -digit : digit, &value))
			return fsi_json_fail(text, "an integer beyond 64 bits");
	}
	*ret_value = value;
	return FSPS_OK;
}

static int read_double(const struct fsi_json_text *text, double *ret_value)
{
	double value = 0;
	int result = fsi_double_from_text(text->at, &value);

	if (result < 0)
		return result;
	if (!isfinite(value))
		return fsi_json_fail(text, "a number too large for a double");
	*ret_value = value;
	return FSPS_OK;
}

int fsi_json_read_number(struct fsi_json_text *text, struct fsps_header *ret_value)
{
	char *whole = skip_whole(text->at);
	char *after = whole == NULL ? NULL : skip_fraction_and_exponent(whole);
	int result;

	if (after == NULL)
		return fsi_json_fail(text, "a number that is none");
	if (after == whole) {
		ret_value->type = FSPS_HEADER_INT;
		result = read_integer(text, after, &ret_value->integer);
	} else {
		ret_value->type = FSPS_HEADER_DOUBLE;
		result = read_double(text, &ret_value->number);
	}
	text->at = after;
	return result;
}
