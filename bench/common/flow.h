/* SPDX-License-Identifier: MIT */
/*
 * The loops that a publisher and a subscriber are, the same for all peers: what is counted, and
 * which bytes are touched, does not depend on the peer. Inline, so that the compiler merges the
 * peer's own functions into them: a call would be a tenth of the fastest peer's time.
 */
#ifndef BENCH_FLOW_H
#define BENCH_FLOW_H

#include <stdlib.h>

#include "common/peer.h"

/* Sends one message. 0, or -1 after a line on stderr. */
typedef int (*flow_put)(void *end, const unsigned char *payload, size_t size);

/*
 * Waits for a message up to timeout_ms; its payload is valid until the next call. 1, 0 if none
 * came, or -1 after a line on stderr.
 */
typedef int (*flow_take)(void *end, int timeout_ms, const unsigned char **ret_payload,
			 size_t *ret_size);

/* Both return the exit code. */
static inline int flow_publish(const struct peer_job *job, struct peer_tally *tally, flow_put put,
			       void *end)
{
	unsigned char *payload = calloc(1, job->size);
	int result = 0;

	if (payload == NULL)
		return peer_broken("payload");
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

static inline int flow_subscribe(const struct peer_job *job, struct peer_tally *tally,
				 flow_take take, void *end)
{
	while (tally->messages < job->count) {
		const unsigned char *payload;
		size_t size;
		int got = take(end, peer_patience_ms(tally), &payload, &size);

		if (got < 0)
			return 1;
		if (got == 0)
			break;
		peer_received(tally, payload, size);
	}
	peer_received_all(job, tally);
	return 0;
}

#endif
