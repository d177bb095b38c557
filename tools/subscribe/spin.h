/* SPDX-License-Identifier: MIT */
/*
 * --spin: how long to look on, once nothing waits any more, before going to sleep. It begins with
 * the last message: an idle subscriber that is woken for nothing sleeps on.
 *
 * The library looks on more cheaply than we can, since publishers need not ring for who is awake,
 * but while it does, it knows nothing of standard output, children and signals. So it is asked to
 * for a short while, again and again. It does so for one channel; several are fetched from in turn.
 */
#ifndef SUBSCRIBE_SPIN_H
#define SUBSCRIBE_SPIN_H

#include <stdbool.h>
#include <stdint.h>

/* One step, as a timeout of the library. */
enum { SUBSCRIBE_SPIN_STEP_MS = 1 };

struct subscribe_spin {
	/* 0: not at all. */
	int64_t spin_ns;
	/* When to go to sleep; 0: it has not begun since the last message. */
	int64_t end_ns;
};

void subscribe_spin_init(struct subscribe_spin *spin, int64_t spin_us);

/* What to open a channel with: no more than a step. */
uint64_t subscribe_spin_channel_us(int64_t spin_us);

/* A message came. */
void subscribe_spin_message(struct subscribe_spin *spin);

/* Nothing waits: whether to look on. */
bool subscribe_spin_goes_on(struct subscribe_spin *spin);

#endif
