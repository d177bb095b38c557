/* SPDX-License-Identifier: MIT */
/*
 * The loops that a publisher and a subscriber are, the same for all peers: what is counted, and
 * what is done with the bytes of a payload, does not depend on the peer. Inline, so that the
 * compiler merges the peer's own functions into them: a call would be a tenth of the fastest peer's
 * time.
 */
#ifndef BENCH_FLOW_H
#define BENCH_FLOW_H

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/peer.h"

/* Sends one message, all bytes of it: the payload is the caller's own. 0, or -1 after a line on
 * stderr. */
typedef int (*flow_put)(void *end, const unsigned char *payload, size_t size);

/*
 * Waits for a message up to timeout_ms; its payload is valid until the next call. 1, 0 if none
 * came, or -1 after a line on stderr.
 */
typedef int (*flow_take)(void *end, int timeout_ms, const unsigned char **ret_payload,
			 size_t *ret_size);

/* Memory for a payload where its subscribers will read it, and its publication. 0, or -1 after a
 * line on stderr. */
typedef int (*flow_reserve)(void *end, size_t size, unsigned char **ret_payload);
typedef int (*flow_commit)(void *end, size_t size);

/* What a payload has between its numbers. */
static inline unsigned char flow_byte(size_t place)
{
	return (unsigned char)(place * 167 + (place >> 8));
}

/* Whether what came last is what was sent, byte by byte. */
static inline bool flow_is_whole(const struct peer_job *job, const unsigned char *payload,
				 size_t size)
{
	const size_t end = job->size - PEER_SIZE_MIN / 2;

	if (size != job->size)
		return false;
	for (size_t i = PEER_SIZE_MIN / 2; i < end; i++) {
		if (payload[i] != flow_byte(i))
			return false;
	}
	return true;
}

/* All of these return the exit code. */
static inline int flow_publish(const struct peer_job *job, struct peer_tally *tally, flow_put put,
			       void *end)
{
	unsigned char *payload = malloc(job->size);
	int result = 0;

	if (payload == NULL)
		return peer_broken("payload");
	for (size_t i = 0; i < job->size; i++)
		payload[i] = flow_byte(i);
	tally->start_s = peer_now_s();
	for (uint64_t i = 0; i < job->count && result == 0; i++) {
		peer_fill(payload, job->size, i);
		result = put(end, payload, job->size);
		peer_published(tally, i);
	}
	tally->end_s = peer_now_s();
	free(payload);
	return result == 0 ? 0 : 1;
}

/* Of payloads that are built in place: PEER_LOANED. */
static inline int flow_publish_loaned(const struct peer_job *job, struct peer_tally *tally,
				      flow_reserve reserve, flow_commit commit, void *end)
{
	int result = 0;

	tally->start_s = peer_now_s();
	for (uint64_t i = 0; i < job->count && result == 0; i++) {
		unsigned char *payload;

		result = reserve(end, job->size, &payload);
		if (result == 0) {
			peer_fill(payload, job->size, i);
			result = commit(end, job->size);
		}
		peer_published(tally, i);
	}
	tally->end_s = peer_now_s();
	return result == 0 ? 0 : 1;
}

/* own: where each payload is copied to before it is looked at; NULL: it is looked at as it came. */
static inline int flow_receive(const struct peer_job *job, struct peer_tally *tally, flow_take take,
			       void *end, unsigned char *own)
{
	const unsigned char *payload = NULL;
	size_t size = 0;

	while (tally->messages < job->count) {
		int got = take(end, peer_patience_ms(tally), &payload, &size);

		if (got < 0)
			return 1;
		if (got == 0)
			break;
		if (own != NULL && size <= job->size)
			payload = memcpy(own, payload, size);
		peer_received(tally, payload, size);
	}
	peer_received_all(job, tally);
	if (job->payload == PEER_WHOLE && tally->messages > 0 &&
	    !flow_is_whole(job, payload, size)) {
		fputs("the last payload is not what was sent\n", stderr);
		return 1;
	}
	return 0;
}

/* For a take that shows memory which is shared or a library's. */
static inline int flow_subscribe(const struct peer_job *job, struct peer_tally *tally,
				 flow_take take, void *end)
{
	unsigned char *own = NULL;
	int result;

	if (job->payload == PEER_WHOLE && (own = calloc(1, job->size)) == NULL)
		return peer_broken("payload");
	result = flow_receive(job, tally, take, end, own);
	free(own);
	return result;
}

/* For a take that copies into memory of this process' own anyhow, as read(2) does. */
static inline int flow_subscribe_copied(const struct peer_job *job, struct peer_tally *tally,
					flow_take take, void *end)
{
	return flow_receive(job, tally, take, end, NULL);
}

#endif
