/* SPDX-License-Identifier: MIT */
/*
 * Doubles as text and back, exactly, whatever locale the process has set.
 * Leaves the grammar of JSON numbers to others.
 */
#ifndef FSPS_MESSAGE_JSON_NUMBER_H
#define FSPS_MESSAGE_JSON_NUMBER_H

#include <stddef.h>

/* More than the longest text of a double with its NUL ("-1.7976931348623157e+308"). */
enum { FSI_DOUBLE_TEXT_BYTES = 32 };

/* The double nearest to the number that text begins with; HUGE_VAL if it is too large. The only
 * failure is FSPS_ERR_NO_MEMORY. */
int fsi_double_from_text(const char *text, double *ret_value);

/* The first of its roundings to 15, 16 and 17 digits (fewer if it is subnormal) that reads back as
 * the same finite double, without needless zeros, always with a point or an exponent, laid out as
 * by Python's repr(). The only failure is FSPS_ERR_NO_MEMORY. */
int fsi_double_to_text(double value, char to[FSI_DOUBLE_TEXT_BYTES]);

#endif
