/* SPDX-License-Identifier: MIT */
/* What a process of a round measures of itself. */
#ifndef BENCH_SELF_H
#define BENCH_SELF_H

#include <stddef.h>
#include <stdint.h>

#include "bench/shared.h"

/* User and system time of this process so far. */
int64_t bench_self_cpu_ns(void);

/* Its work begins, and ends: notes the time, the processor time in between, and the largest memory.
 */
void bench_self_start(struct bench_seat *seat, int64_t now_ns);
void bench_self_end(struct bench_seat *seat, int64_t now_ns);

/* Puts this process on a processor of those that it may use: the one of that number, counted round
 * and round. 0, or an exit code after saying what is wrong. */
int bench_self_pin(size_t number);

/* Asks the kernel to wake us when we asked for, and not up to 50 us later so that it can wake
 * several at once. */
void bench_self_be_punctual(void);

/* Asks the kernel to end us when our parent, parent_pid, does. False: it is gone already. */
int bench_self_follow_parent(int parent_pid);

#endif
