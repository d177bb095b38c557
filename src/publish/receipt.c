/* SPDX-License-Identifier: MIT */
/* Implements publish/receipt.h. */
#include "publish/receipt.h"

#include <stdio.h>
#include <stdlib.h>

#include <fsps/error.h>

void fsi_receipt_reset(struct fsps_receipt *receipt)
{
	receipt->id = 0;
	receipt->matched = 0;
	receipt->reached = 0;
	receipt->refused = 0;
	receipt->dropped = 0;
	receipt->forbidden = 0;
	receipt->noted = 0;
}

static struct fsi_refusal *next_place(struct fsps_receipt *receipt)
{
	if ((size_t)receipt->noted == receipt->capacity) {
		size_t capacity = receipt->capacity == 0 ? 4 : receipt->capacity * 2;
		struct fsi_refusal *refusals =
			reallocarray(receipt->refusals, capacity, sizeof *refusals);

		if (refusals == NULL)
			return NULL;
		receipt->refusals = refusals;
		receipt->capacity = capacity;
	}
	return &receipt->refusals[receipt->noted++];
}

static int *count_for(struct fsps_receipt *receipt, int code)
{
	if (code == FSPS_ERR_DROPPED)
		return &receipt->dropped;
	return code == FSPS_ERR_FORBIDDEN ? &receipt->forbidden : &receipt->refused;
}

void fsi_receipt_miss(struct fsps_receipt *receipt, const char *channel, int code)
{
	struct fsi_refusal *refusal = next_place(receipt);

	*count_for(receipt, code) += 1;
	if (refusal == NULL)
		return;
	snprintf(refusal->channel, sizeof refusal->channel, "%s", channel);
	refusal->code = code;
}

void fsi_receipt_deinit(struct fsps_receipt *receipt)
{
	free(receipt->refusals);
	receipt->refusals = NULL;
	receipt->capacity = 0;
}

void fsi_receipt_copy(struct fsps_receipt *to, const struct fsps_receipt *from)
{
	fsi_receipt_reset(to);
	for (int i = 0; i < from->noted; i++)
		fsi_receipt_miss(to, from->refusals[i].channel, from->refusals[i].code);
	to->id = from->id;
	to->matched = from->matched;
	to->reached = from->reached;
	to->refused = from->refused;
	to->dropped = from->dropped;
	to->forbidden = from->forbidden;
}
