/* SPDX-License-Identifier: MIT */
/* Implements bench/tally.h. */
#include "bench/tally.h"

#include <stdlib.h>

int bench_tally_init(struct bench_tally *tally, size_t channels, size_t publishers, size_t size)
{
	*tally = (struct bench_tally){
		.publishers = publishers,
		.channels = channels,
		.size = size,
		.next = calloc(channels * publishers, sizeof *tally->next),
		.open = channels * publishers,
	};
	return tally->next == NULL ? -1 : 0;
}

void bench_tally_deinit(struct bench_tally *tally)
{
	free(tally->next);
}

static bool read_stamp(const struct bench_tally *tally, const void *payload, size_t len,
		       struct bench_stamp *ret_stamp)
{
	return len == tally->size &&
	       bench_stamp_read(payload, len, tally->touch, tally->since_ns, ret_stamp) &&
	       ret_stamp->publisher < tally->publishers;
}

bool bench_tally_take(struct bench_tally *tally, size_t channel, const void *payload, size_t len,
		      struct bench_stamp *ret_stamp)
{
	uint64_t *next;

	if (!read_stamp(tally, payload, len, ret_stamp)) {
		tally->damaged++;
		return false;
	}
	next = &tally->next[channel * tally->publishers + ret_stamp->publisher];
	tally->received++;
	tally->measured += ret_stamp->measured;
	if (ret_stamp->sequence < *next) {
		tally->out_of_order++;
		return true;
	}
	*next = ret_stamp->sequence + 1;
	if (ret_stamp->last)
		tally->open--;
	return true;
}
