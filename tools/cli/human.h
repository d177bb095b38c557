/* SPDX-License-Identifier: MIT */
/* Numbers for people: three digits and a unit. */
#ifndef CLI_HUMAN_H
#define CLI_HUMAN_H

#include <stdint.h>

enum { CLI_HUMAN_BYTES = 32 };

/* 0, 7, 999, 1.23k, 45.6M, 7.89G. */
void cli_human_number(double number, char *ret_text);

/* Rounded to thousandths, not to show digits that mean nothing; a span of time to microseconds. Up
 * to 9e12. */
double cli_human_thousandths(double number);
double cli_human_microseconds(double seconds);

/* Three digits without a unit: 0.067, 1.23, 45.6, 1480. */
void cli_human_digits(double number, char *ret_text);

/* 870ns, 4.12us, 33.1ms, 1.20s. */
void cli_human_time(uint64_t ns, char *ret_text);

/* Bytes in powers of 1,024, exact where that is short: 100, 1K, 1M, 1000. */
void cli_human_size(uint64_t bytes, char *ret_text);

/* Bytes, rounded to a unit of a power of 1,024: 870, 1.21K, 45.6M. */
void cli_human_bytes(uint64_t bytes, char *ret_text);

/* Memory in KiB, rounded to a unit: 1.3M, 68M. */
void cli_human_kib(uint64_t kib, char *ret_text);

#endif
