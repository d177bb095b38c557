/* SPDX-License-Identifier: MIT */
/* What a publish came to: the ID, how many channels matched, which don't have it and why. Some of
 * these refused it; others dropped it, as their owners chose, or are closed to us. */
#ifndef FSPS_PUBLISH_RECEIPT_H
#define FSPS_PUBLISH_RECEIPT_H

#include <stddef.h>
#include <stdint.h>

#include <fsps/publisher.h>

#include "store/names.h"

/* Also of those that dropped it or are closed. */
struct fsi_refusal {
	char channel[FSI_NAME_BYTES];
	int code;
};

struct fsps_receipt {
	uint64_t id;
	int matched;
	int reached;
	int refused;
	int dropped;
	int forbidden;
	/* How many of these three are noted; fewer only without memory. */
	int noted;
	struct fsi_refusal *refusals;
	size_t capacity;
};

/* Makes it empty, keeping its memory. */
void fsi_receipt_reset(struct fsps_receipt *receipt);
/* Notes a channel that does not have it, and why: FSPS_ERR_DROPPED and FSPS_ERR_FORBIDDEN are no
 * refusals. Without memory only counts it. */
void fsi_receipt_miss(struct fsps_receipt *receipt, const char *channel, int code);
void fsi_receipt_deinit(struct fsps_receipt *receipt);
/* Makes `to` say what `from` says. */
void fsi_receipt_copy(struct fsps_receipt *to, const struct fsps_receipt *from);

#endif
