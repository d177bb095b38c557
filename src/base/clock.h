/* SPDX-License-Identifier: MIT */
/*
 * The wall clock in microseconds, for who asks for it millions of times a second: a reading serves
 * for less than a microsecond, as the processor's own counter tells. Nothing is calibrated and
 * nothing can drift, as no time is ever computed from that counter: it only says that too little
 * has passed for another reading.
 *
 * A counter that may stand still while time goes on is not used, nor is any other processor's than
 * those of x86-64 and arm64.
 *
 * The caller sees to it that only one thread uses a clock at a time.
 */
#ifndef FSPS_BASE_CLOCK_H
#define FSPS_BASE_CLOCK_H

#include <stdint.h>

struct fsi_clock {
	/* Of the last reading, taken before it. */
	uint64_t ticks;
	uint64_t us;
	/* For how many ticks that serves; 0: for none. */
	uint64_t lasts;
	/* Readings until it is worth while to ask what the counter can do. */
	unsigned until_asked;
};

/* All 0 is not one: see fsi_clock_init(). */
void fsi_clock_init(struct fsi_clock *clock);

/* Reads the clock itself. */
uint64_t fsi_clock_read(struct fsi_clock *clock);

static inline uint64_t fsi_clock_ticks(void)
{
#if defined(__x86_64__)
	return __builtin_ia32_rdtsc();
#elif defined(__aarch64__)
	uint64_t ticks;

	__asm__ volatile("mrs %0, cntvct_el0" : "=r"(ticks));
	return ticks;
#else
	return 0;
#endif
}

static inline uint64_t fsi_clock_us(struct fsi_clock *clock)
{
	/* Also where a counter went backwards, which makes this very large. */
	if (clock->lasts != 0 && fsi_clock_ticks() - clock->ticks < clock->lasts)
		return clock->us;
	return fsi_clock_read(clock);
}

#endif
