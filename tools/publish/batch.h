/* SPDX-License-Identifier: MIT */
/*
 * Records gathered so that the library is called once for many.
 *
 * Only what is at hand is gathered: no message waits for the next one to come. Where something has
 * to be told or waited for between two messages, a batch is one of them. Sending is left to the
 * sender.
 */
#ifndef PUBLISH_BATCH_H
#define PUBLISH_BATCH_H

#include <stddef.h>

#include <fsps/publisher.h>

#include "publish/options.h"
#include "publish/source.h"

struct publish_batch {
	/* The same messages, as the source has them and as the library wants them. */
	struct publish_record *records;
	struct fsps_outgoing *messages;
	size_t count;
	size_t count_max;
	size_t payload_bytes;
};

/* 0, or an exit code after saying what is wrong. To be closed in any case. */
int publish_batch_open(struct publish_batch *batch, const struct publish_options *options);
void publish_batch_close(struct publish_batch *batch);

/* Fills an empty batch, waiting for the first record only. Returns what the source said last, which
 * is PUBLISH_SOURCE_RECORD to go on; count: what it said before. */
int publish_batch_gather(struct publish_batch *batch, struct publish_source *source);

/* Empties it. */
void publish_batch_release(struct publish_batch *batch, const struct publish_source *source);

#endif
