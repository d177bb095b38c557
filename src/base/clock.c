/* SPDX-License-Identifier: MIT */
/* Implements base/clock.h. */
#include "base/clock.h"

#if defined(__x86_64__)
#include <cpuid.h>
#endif

#include "base/sys.h"

/* To ask takes as long as some tens of readings, and is done by those who publish much. */
enum { READINGS_BEFORE = 1024 };

/* How many ticks are certainly no more than a microsecond; 0: the counter can't be used. */
static uint64_t ticks_in_a_microsecond(void)
{
#if defined(__x86_64__)
	enum { POWER_LEAF = 0x80000007, INVARIANT_BIT = 8, LEAST_MHZ = 1000 };
	unsigned a;
	unsigned b;
	unsigned c;
	unsigned d = 0;

	/* One that goes on at the same rate whatever the processor does (AMD64 Architecture
	 * Programmer's Manual 3, CPUID Fn8000_0007): no slower than that in any that has it. */
	if (__get_cpuid(POWER_LEAF, &a, &b, &c, &d) == 0 || (d >> INVARIANT_BIT & 1) == 0)
		return 0;
	return LEAST_MHZ;
#elif defined(__aarch64__)
	uint64_t ticks_a_second;

	__asm__ volatile("mrs %0, cntfrq_el0" : "=r"(ticks_a_second));
	return ticks_a_second / 1000000;
#else
	return 0;
#endif
}

void fsi_clock_init(struct fsi_clock *clock)
{
	*clock = (struct fsi_clock){.until_asked = READINGS_BEFORE};
}

uint64_t fsi_clock_read(struct fsi_clock *clock)
{
	uint64_t ticks = 0;

	if (clock->until_asked > 0 && --clock->until_asked == 0)
		clock->lasts = ticks_in_a_microsecond();
	if (clock->lasts != 0)
		ticks = fsi_clock_ticks();
	clock->us = fsi_sys_realtime_us();
	clock->ticks = ticks;
	return clock->us;
}
