/* SPDX-License-Identifier: MIT */
/*
 * What came to a subscriber: counted, and checked message by message. Every channel gets all
 * messages of every publisher, each publisher's in the order of their numbers, which begin at 0 and
 * have no gaps. What is missing at the end only those know who know how many were published.
 */
#ifndef BENCH_TALLY_H
#define BENCH_TALLY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bench/stamp.h"

struct bench_tally {
	size_t publishers;
	size_t channels;
	size_t size;
	bool touch;
	/* No due time is before that; 0: nothing is due. */
	int64_t since_ns;
	/* Per channel and publisher: the next number. */
	uint64_t *next;
	/* Messages with a right stamp, and those of them that are no warm-up. */
	uint64_t received;
	uint64_t measured;
	/* Those of them that came when their turn was over, or twice. */
	uint64_t out_of_order;
	/* Without a right stamp: none of the others. */
	uint64_t damaged;
	/* Channels times publishers whose last message is yet to come. */
	size_t open;
};

/* 0 or -1: no memory. All else in it is the caller's to set. */
int bench_tally_init(struct bench_tally *tally, size_t channels, size_t publishers, size_t size);
void bench_tally_deinit(struct bench_tally *tally);

/* Takes a message of a channel. False if it is damaged, and counted as that. */
bool bench_tally_take(struct bench_tally *tally, size_t channel, const void *payload, size_t len,
		      struct bench_stamp *ret_stamp);

#endif
