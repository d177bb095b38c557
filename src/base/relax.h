/* SPDX-License-Identifier: MIT */
/* For loops that wait for another processor: a hint to ours, some tens of nanoseconds. */
#ifndef FSPS_BASE_RELAX_H
#define FSPS_BASE_RELAX_H

static inline void fsi_relax(void)
{
#if defined(__x86_64__) || defined(__i386__)
	__builtin_ia32_pause();
#elif defined(__aarch64__)
	__asm__ volatile("yield");
#endif
}

#endif
