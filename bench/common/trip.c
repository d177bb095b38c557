/* SPDX-License-Identifier: MIT */
/*
 * Implements common/trip.h. One look at the clock a trip: a trip begins where the one before it
 * ended, so nothing happens outside the measured time but the sorting at the end.
 */
#include "common/trip.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

static int compare(const void *left, const void *right)
{
	int64_t a = *(const int64_t *)left;
	int64_t b = *(const int64_t *)right;

	return (a > b) - (a < b);
}

/* Whether the answer is the message that was sent. */
static bool is_answer(const unsigned char *sent, size_t sent_size, const unsigned char *payload,
		      size_t size)
{
	return size == sent_size && memcmp(payload, sent, PEER_SIZE_MIN / 2) == 0 &&
	       memcmp(payload + size - PEER_SIZE_MIN / 2, sent + size - PEER_SIZE_MIN / 2,
		      PEER_SIZE_MIN / 2) == 0;
}

/* Does count trips; taken_ns has room for them, or is NULL. Returns how many answers were wrong, or
 * -1. */
static int64_t travel(const struct trip_line *line, unsigned char *payload, size_t size,
		      uint64_t count, int64_t *taken_ns)
{
	int64_t start_ns = peer_now_ns();
	int64_t wrong = 0;

	for (uint64_t i = 0; i < count; i++) {
		const unsigned char *answer;
		size_t answer_size;
		int64_t end_ns;

		peer_fill(payload, size, i);
		if (line->put(line->end, payload, size) < 0 ||
		    line->take(line->end, PEER_IDLE_MS, &answer, &answer_size) <= 0)
			return -1;
		wrong += !is_answer(payload, size, answer, answer_size);
		end_ns = peer_now_ns();
		if (taken_ns != NULL)
			taken_ns[i] = end_ns - start_ns;
		start_ns = end_ns;
	}
	return wrong;
}

static int report(int64_t *taken_ns, uint64_t count, int64_t wrong)
{
	qsort(taken_ns, count, sizeof *taken_ns, compare);
	printf("{\"role\": \"ping\", \"messages\": %" PRIu64 ", \"wrong\": %" PRId64
	       ", \"min_ns\": %" PRId64 ", \"p50_ns\": %" PRId64 ", \"p99_ns\": %" PRId64,
	       count, wrong, taken_ns[0], taken_ns[count / 2], taken_ns[count * 99 / 100]);
	return peer_print_usage();
}

int trip_ping(const struct peer_job *job, const struct trip_line *line)
{
	int64_t *taken_ns = calloc(job->count, sizeof *taken_ns);
	unsigned char *payload = calloc(1, job->size);
	int64_t warm = -1;
	int64_t wrong = -1;
	int result = 1;

	if (taken_ns == NULL || payload == NULL)
		peer_broken("memory");
	else
		warm = travel(line, payload, job->size, TRIP_WARM_UP, NULL);
	if (warm >= 0)
		wrong = travel(line, payload, job->size, job->count, taken_ns);
	if (wrong >= 0)
		result = report(taken_ns, job->count, warm + wrong);
	else
		fputs("a message or its answer did not come\n", stderr);
	free(payload);
	free(taken_ns);
	return result;
}

int trip_pong(const struct peer_job *job, const struct trip_line *line)
{
	int timeout_ms = PEER_FIRST_MS;

	for (uint64_t i = 0; i < job->count + TRIP_WARM_UP; i++) {
		const unsigned char *payload;
		size_t size;

		if (line->take(line->end, timeout_ms, &payload, &size) <= 0 ||
		    line->put(line->end, payload, size) < 0)
			return 1;
		timeout_ms = PEER_IDLE_MS;
	}
	return 0;
}
