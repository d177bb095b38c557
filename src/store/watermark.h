/* SPDX-License-Identifier: MIT */
/*
 * Whether a publisher may still put something into the home: not beyond the watermark of its file
 * system. Asking the kernel at each message would cost a good part of it, so a publisher asks after
 * some milliseconds, or once it has itself written what was left when it asked last.
 *
 * Consumers never ask.
 */
#ifndef FSPS_STORE_WATERMARK_H
#define FSPS_STORE_WATERMARK_H

#include <stdint.h>

#include "store/home.h"
#include "store/space.h"

struct fsi_watermark {
	int percent;
	/* Coarse ms; 0: not yet. */
	uint64_t looked_ms;
	/* What may still be used, as far as we know. */
	uint64_t bytes_left;
	uint64_t inodes_left;
};

/* Notes that so much is about to be used. Returns 0 or FSPS_ERR_NO_SPACE. */
int fsi_watermark_take(struct fsi_watermark *watermark, const struct fsi_home *home, uint64_t bytes,
		       uint64_t inodes);

#endif
