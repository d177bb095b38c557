/* SPDX-License-Identifier: MIT */
/* Implements publish/batch.h. */
#include "publish/batch.h"

#include <stdlib.h>

#include "cli/fail.h"
#include "cli/status.h"
#include "publish/check.h"

/* From some ten messages on a larger batch saves little; and whoever is stopped finishes it. */
enum { MESSAGES_MAX = 256, PAYLOAD_BYTES_ENOUGH = 262144 };

int publish_batch_open(struct publish_batch *batch, const struct publish_options *options)
{
	size_t count_max = publish_options_batches(options) ? MESSAGES_MAX : 1;

	*batch = (struct publish_batch){.count_max = count_max};
	batch->records = calloc(count_max, sizeof *batch->records);
	batch->messages = calloc(count_max, sizeof *batch->messages);
	if (batch->records == NULL || batch->messages == NULL)
		return cli_fail(CLI_ERROR, "no memory");
	return 0;
}

void publish_batch_close(struct publish_batch *batch)
{
	free(batch->records);
	free(batch->messages);
}

static void add(struct publish_batch *batch)
{
	const struct publish_record *record = &batch->records[batch->count];

	batch->messages[batch->count] = (struct fsps_outgoing){.topic = record->topic,
							       .headers = record->headers,
							       .payload = record->payload,
							       .payload_len = record->payload_len};
	batch->payload_bytes += record->payload_len;
	batch->count++;
}

static bool has_room(const struct publish_batch *batch)
{
	return batch->count < batch->count_max && batch->payload_bytes < PAYLOAD_BYTES_ENOUGH;
}

int publish_batch_gather(struct publish_batch *batch, struct publish_source *source)
{
	int result;

	do {
		result = publish_source_next(source, &batch->records[batch->count]);
		if (result == PUBLISH_SOURCE_RECORD)
			add(batch);
		else if (result == PUBLISH_SOURCE_NOTHING)
			result = PUBLISH_SOURCE_RECORD;
	} while (result == PUBLISH_SOURCE_RECORD && has_room(batch) &&
		 publish_source_ready(source));
	return result;
}

void publish_batch_release(struct publish_batch *batch, const struct publish_source *source)
{
	for (size_t i = 0; i < batch->count; i++)
		publish_source_release(source, &batch->records[i]);
	batch->count = 0;
	batch->payload_bytes = 0;
}
