/* SPDX-License-Identifier: MIT */
/*
 * Numbers on the command line: digits, and for seconds and rates one decimal point. No sign, no
 * exponent, no white space, nothing behind it. Too large is not wrong: it saturates.
 */
#ifndef CLI_NUMBER_H
#define CLI_NUMBER_H

#include <stdbool.h>
#include <stdint.h>

enum { CLI_NS_PER_MS = 1000000, CLI_NS_PER_S = 1000000000 };

/* The most that seconds become, about 126 years: added to a clock it does not overflow. */
#define CLI_NS_MAX (INT64_C(4000000000) * CLI_NS_PER_S)

/* A whole number, at most INT64_MAX. */
bool cli_parse_count(const char *text, int64_t *ret_count);

/* Seconds with or without a fraction, as nanoseconds, at most CLI_NS_MAX. */
bool cli_parse_seconds(const char *text, int64_t *ret_ns);

/* A rate, "N" or "N/s", above 0, as the nanoseconds between two; 0 if that is less than one. */
bool cli_parse_rate(const char *text, int64_t *ret_interval_ns);

/* A size in bytes: a whole number with or without K, M, G or T behind it, powers of 1,024, at most
 * UINT64_MAX - 1; or "none", which is UINT64_MAX. */
bool cli_parse_size(const char *text, uint64_t *ret_bytes);

/* The same for an option's argument: 0, or CLI_USAGE after saying what is wrong with it. */
int cli_count_option(const char *option, const char *text, int64_t min, int64_t max,
		     int64_t *ret_count);
int cli_seconds_option(const char *option, const char *text, int64_t *ret_ns);

/* Seconds as milliseconds, rounded up, from min_ms, which is 0 or 1, to max_ms. */
int cli_ms_option(const char *option, const char *text, int64_t min_ms, int64_t max_ms,
		  int64_t *ret_ms);

/* Nanoseconds as whole milliseconds, rounded up: a wait is never shorter than asked for. */
int64_t cli_ns_to_ms(int64_t ns);

#endif
