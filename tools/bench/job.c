/* SPDX-License-Identifier: MIT */
/* Implements bench/job.h. */
#include "bench/job.h"

#include <stdio.h>

void bench_durable_name(size_t subscriber, size_t channel, char *ret_name)
{
	snprintf(ret_name, BENCH_NAME_BYTES, "bench-%zu-%zu", subscriber, channel);
}
