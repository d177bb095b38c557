/* SPDX-License-Identifier: MIT */
/* Times: a clock for waiting, and message times as text. */
#ifndef CLI_CLOCK_H
#define CLI_CLOCK_H

#include <stdint.h>

/* Monotonic nanoseconds. */
int64_t cli_now_ns(void);

/* The same clock as the kernel's last tick has it: some milliseconds behind, but cheap enough to be
 * read for each of millions of messages. */
int64_t cli_now_coarse_ns(void);

/* Microseconds since 1970, by the real-time clock. */
uint64_t cli_wall_us(void);

/* Sleeps until that monotonic time or a stop signal. */
void cli_sleep_until(int64_t ns);

enum { CLI_TIME_BYTES = 40 };

/* A message's time as in the JSON lines: 2026-11-20T15:24:49.979270Z. No time zone data is
 * loaded for it. */
void cli_format_utc(uint64_t timestamp_us, char *ret_text);

enum { CLI_SPAN_BYTES = 32 };

/* A span of time in up to four characters and a unit: 850ms, 12s, 3m, 5h, 9d. */
void cli_format_span(uint64_t span_us, char *ret_text);

#endif
