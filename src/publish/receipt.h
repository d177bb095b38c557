/* SPDX-License-Identifier: MIT */
/* What a publish came to: the ID, how many channels matched, which refused and why. */
#ifndef FSPS_PUBLISH_RECEIPT_H
#define FSPS_PUBLISH_RECEIPT_H

#include <stddef.h>
#include <stdint.h>

#include <fsps/publisher.h>

#include "store/names.h"

struct fsi_refusal {
	char channel[FSI_NAME_BYTES];
	int code;
};

struct fsps_receipt {
	uint64_t id;
	int matched;
	int reached;
	int refused;
	/* How many of the refusals are noted; fewer only without memory. */
	int noted;
	struct fsi_refusal *refusals;
	size_t capacity;
};

/* Makes it empty, keeping its memory. */
void fsi_receipt_reset(struct fsps_receipt *receipt);
/* Notes a refusal; without memory only counts it. */
void fsi_receipt_refuse(struct fsps_receipt *receipt, const char *channel, int code);
void fsi_receipt_deinit(struct fsps_receipt *receipt);
/* Makes `to` say what `from` says. */
void fsi_receipt_copy(struct fsps_receipt *to, const struct fsps_receipt *from);

#endif
