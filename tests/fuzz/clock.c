/* SPDX-License-Identifier: MIT */
/* Implements tests/fuzz/clock.h. */
#include "fuzz/clock.h"

#include "base/sys.h"

static uint64_t leapt_ms;
static uint64_t random_state;

uint64_t __real_fsi_sys_realtime_us(void);
uint64_t __real_fsi_sys_coarse_ms(void);
uint64_t __real_fsi_sys_monotonic_ms(void);
uint64_t __real_fsi_sys_monotonic_us(void);
uint64_t __wrap_fsi_sys_realtime_us(void);
uint64_t __wrap_fsi_sys_coarse_ms(void);
uint64_t __wrap_fsi_sys_monotonic_ms(void);
uint64_t __wrap_fsi_sys_monotonic_us(void);
int __wrap_fsi_sys_getrandom(void *to, size_t length);

void fuzz_clock_restart(void)
{
	random_state = 1;
	leapt_ms = 0;
}

void fuzz_clock_leap(uint64_t ms)
{
	leapt_ms += ms;
}

uint64_t __wrap_fsi_sys_realtime_us(void)
{
	return __real_fsi_sys_realtime_us() + leapt_ms * 1000;
}

uint64_t __wrap_fsi_sys_coarse_ms(void)
{
	return __real_fsi_sys_coarse_ms() + leapt_ms;
}

uint64_t __wrap_fsi_sys_monotonic_ms(void)
{
	return __real_fsi_sys_monotonic_ms() + leapt_ms;
}

uint64_t __wrap_fsi_sys_monotonic_us(void)
{
	return __real_fsi_sys_monotonic_us() + leapt_ms * 1000;
}

/* A linear congruence: no two names of one input are the same. */
int __wrap_fsi_sys_getrandom(void *to, size_t length)
{
	unsigned char *bytes = to;

	for (size_t i = 0; i < length; i++) {
		random_state = random_state * UINT64_C(6364136223846793005) +
			       UINT64_C(1442695040888963407);
		bytes[i] = (unsigned char)(random_state >> 56);
	}
	return 0;
}
