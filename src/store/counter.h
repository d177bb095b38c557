/* SPDX-License-Identifier: MIT */
/*
 * The file ".fsps/seq": the ID counter, the generation, and when the home was swept last, one
 * page mapped by all processes of its owner.
 *
 * IDs are unique and increasing in the home: the larger of the last one plus 1 and the wall clock
 * in microseconds, taken by compare-and-swap. Who may not map the counter takes its own clock;
 * nothing relies on an ID being free.
 */
#ifndef FSPS_STORE_COUNTER_H
#define FSPS_STORE_COUNTER_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <fsps/home.h>

enum {
	FSI_COUNTER_BYTES = 4096,
	FSI_COUNTER_MAGIC = 0x46535053, /* "FSPS" */
	FSI_COUNTER_VERSION = FSPS_FORMAT_VERSION,
};

/* The file's layout, host byte order. Offsets are part of the format. */
struct fsi_counter_page {
	uint32_t magic;
	uint32_t version;
	unsigned char reserved[56];
	_Atomic uint64_t last_id;
	unsigned char reserved_id[56];
	/* Bumped after a channel of ours appeared, went or changed hands. */
	_Atomic uint64_t generation;
	/* When somebody swept, in milliseconds of the coarse monotonic clock. */
	_Atomic uint64_t swept_ms;
};

_Static_assert(offsetof(struct fsi_counter_page, last_id) == 64, "part of the format");
_Static_assert(offsetof(struct fsi_counter_page, generation) == 128, "part of the format");

struct fsi_counter {
	/* NULL where it can't be had: then the members below serve. Set once, while others look. */
	_Atomic(struct fsi_counter_page *) page;
	_Atomic uint64_t own_last_id;
	_Atomic uint64_t own_swept_ms;
};

/*
 * Maps the counter. With create, makes it where it is missing, above first_id.
 *
 * Returns 1 if mapped, 0 if it is missing and not to be created or can't be believed, or a
 * failure.
 */
int fsi_counter_open(struct fsi_counter *counter, int state_directory, bool create,
		     uint64_t first_id);

/* What a counter says, for those who look on: its version, which may be one that we don't know, and
 * the last ID. Both are 0 where that is not to be had. */
void fsi_counter_look(int state_directory, uint32_t *ret_version, uint64_t *ret_last_id);

/* For those who look on: 0, or FSPS_ERR_VERSION where a later libfsps made it. */
int fsi_counter_check(int state_directory);

void fsi_counter_close(struct fsi_counter *counter);

/* The next ID. Returns 0 when IDs are used up (2^53 microseconds: the year 2255). */
uint64_t fsi_counter_next(struct fsi_counter *counter);
/* The first of count IDs that follow one another; now_us is the wall clock. 0 as above. */
uint64_t fsi_counter_take(struct fsi_counter *counter, uint64_t now_us, uint64_t count);

/* 0 where there is no counter. */
uint64_t fsi_counter_generation(const struct fsi_counter *counter);
void fsi_counter_bump(struct fsi_counter *counter);

/* Whether it is time to sweep the home: true for one caller a period among all processes. */
bool fsi_counter_may_sweep(struct fsi_counter *counter, uint64_t now_ms, uint64_t period_ms);

#endif
