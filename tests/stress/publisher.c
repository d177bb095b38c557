/* SPDX-License-Identifier: MIT */
/*
 * A publisher of the stress: bursts of messages to all topics in all ways that there are, and
 * between them a subscriber is asked and answers, some times in a row. Until the answer is there
 * nothing is sent, so each next message comes just when its reader is about to fall asleep.
 */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "load.h"
#include "stress.h"

enum {
	BURST_MAX = 64,
	QUESTIONS_MAX = 64,
	BATCH_MAX = 16,
	/* One in so many is larger than the smallest segment. */
	LARGE_ONE_IN = 400,
	LARGE_BYTES = 150000,
	MIDDLE_ONE_IN = 20,
	MIDDLE_BYTES = 9000,
	SMALL_BYTES = 300,
};

struct state {
	const struct stress *stress;
	uint32_t number;
	uint64_t random;
	fsps_publisher *publisher;
	fsps_prepared *prepared[TOPICS];
	uint64_t topic_sequence[TOPICS];
	uint64_t sequence;
	/* Room for the payloads of a batch. */
	unsigned char *payloads[BATCH_MAX];
	uint64_t answered;
	uint64_t late;
	int64_t slowest_ms;
};

static uint32_t below(struct state *state, uint32_t limit)
{
	return (uint32_t)(load_random(&state->random) % limit);
}

static void expect(int r, const char *what)
{
	if (r < 0)
		give_up("publisher", "%s: %s", what, fsps_last_error()->text);
}

/* ---- messages ---- */

static uint32_t any_length(struct state *state)
{
	uint32_t most = SMALL_BYTES;

	if (below(state, LARGE_ONE_IN) == 0)
		most = LARGE_BYTES;
	else if (below(state, MIDDLE_ONE_IN) == 0)
		most = MIDDLE_BYTES;
	return (uint32_t)sizeof(struct load_head) + below(state, most);
}

static struct load_head next_head(struct state *state, uint8_t topic)
{
	return (struct load_head){
		.publisher = state->number,
		.topic = topic,
		.answer_by = LOAD_NOBODY,
		.topic_sequence = state->topic_sequence[topic]++,
		.sequence = state->sequence++,
		.length = any_length(state),
	};
}

static void publish(struct state *state, const struct load_head *head)
{
	load_fill(state->payloads[0], head);
	expect(fsps_publish(state->publisher, topics[head->topic], NULL, state->payloads[0],
			    head->length, NULL),
	       "publishing");
}

static void publish_prepared(struct state *state, const struct load_head *head)
{
	load_fill(state->payloads[0], head);
	expect(fsps_publish_prepared(state->prepared[head->topic], state->payloads[0], head->length,
				     NULL),
	       "publishing a prepared one");
}

static void publish_in_place(struct state *state, const struct load_head *head)
{
	size_t spare = below(state, 64);
	void *payload = NULL;

	expect(fsps_reserve(state->publisher, topics[head->topic], NULL, head->length + spare,
			    &payload),
	       "reserving");
	load_fill(payload, head);
	expect(fsps_commit(state->publisher, head->length, NULL), "committing");
}

static void publish_batch(struct state *state)
{
	struct fsps_outgoing messages[BATCH_MAX] = {0};
	int count = 1 + (int)below(state, BATCH_MAX);

	for (int i = 0; i < count; i++) {
		struct load_head head = next_head(state, (uint8_t)below(state, TOPICS));

		load_fill(state->payloads[i], &head);
		messages[i] = (struct fsps_outgoing){.topic = topics[head.topic],
						     .payload = state->payloads[i],
						     .payload_len = head.length};
	}
	if (fsps_publish_batch(state->publisher, messages, (size_t)count, NULL) != count)
		give_up("publisher", "publishing a batch: %s", fsps_last_error()->text);
}

static void publish_somehow(struct state *state)
{
	enum { ONE, PREPARED, IN_PLACE, BATCH, WAYS };
	uint64_t way = below(state, WAYS);
	struct load_head head;

	if (way == BATCH) {
		publish_batch(state);
		return;
	}
	head = next_head(state, (uint8_t)below(state, TOPICS));
	if (way == ONE)
		publish(state, &head);
	else if (way == PREPARED)
		publish_prepared(state, &head);
	else
		publish_in_place(state, &head);
}

/* ---- answers ---- */

static void wait_for_answer(struct state *state, unsigned subscriber)
{
	int64_t start_ms = now_ms();
	int64_t took_ms;
	char byte;

	if (read(state->stress->answers[state->number].read_fd, &byte, 1) != 1)
		give_up("publisher", "subscriber %u does not answer", subscriber);
	took_ms = now_ms() - start_ms;
	state->answered++;
	state->late += took_ms >= LATE_MS;
	if (took_ms > state->slowest_ms)
		state->slowest_ms = took_ms;
}

static void ask(struct state *state, unsigned subscriber, uint8_t topic)
{
	struct load_head head = next_head(state, topic);

	head.answer_by = (uint8_t)subscriber;
	publish(state, &head);
	wait_for_answer(state, subscriber);
}

static void ask_somebody(struct state *state)
{
	uint8_t topic = (uint8_t)below(state, TOPICS);
	unsigned subscriber = (unsigned)below(state, SUBSCRIBERS);

	if (subscriber == GUEST || !subscribers[subscriber].wants[topic])
		return;
	for (uint64_t left = 1 + below(state, QUESTIONS_MAX); left > 0; left--)
		ask(state, subscriber, topic);
}

/* ---- all of it ---- */

static void open_all(struct state *state, fsps_bus *bus)
{
	struct fsps_publisher_options options = {.size = sizeof options, .wait_ms = FSPS_FOREVER};

	expect(fsps_publisher_open(bus, &options, &state->publisher), "opening");
	for (int i = 0; i < TOPICS; i++)
		expect(fsps_prepare(state->publisher, topics[i], NULL, &state->prepared[i]),
		       "preparing");
	for (int i = 0; i < BATCH_MAX; i++) {
		state->payloads[i] = malloc(sizeof(struct load_head) + LARGE_BYTES);
		if (state->payloads[i] == NULL)
			give_up("publisher", "no memory");
	}
}

static void close_all(struct state *state)
{
	for (int i = 0; i < BATCH_MAX; i++)
		free(state->payloads[i]);
	for (int i = 0; i < TOPICS; i++)
		fsps_prepared_free(state->prepared[i]);
	fsps_publisher_close(state->publisher);
}

static void say_goodbye(struct state *state)
{
	for (uint8_t i = 0; i < TOPICS; i++) {
		struct load_head head = next_head(state, i);

		head.last = 1;
		publish(state, &head);
	}
}

/* A reader that is not woken finds its messages a second later: that is what "late" counts. Now and
 * then it may be the machine's fault, which has other work. */
static void judge(const struct state *state)
{
	uint64_t allowed = 1 + (uint64_t)state->stress->seconds / 20;

	printf("# publisher %u: %llu messages, %llu answers, %llu late, the slowest after %lld "
	       "ms\n",
	       (unsigned)state->number, (unsigned long long)state->sequence,
	       (unsigned long long)state->answered, (unsigned long long)state->late,
	       (long long)state->slowest_ms);
	if (state->answered == 0)
		give_up("publisher", "nobody was asked");
	if (state->late > allowed)
		give_up("publisher", "%llu answers were late: nobody woke the readers",
			(unsigned long long)state->late);
}

void run_publisher(const struct stress *stress, uint32_t number)
{
	struct state state = {.stress = stress, .number = number, .random = number};
	int64_t end_ms = now_ms() + (int64_t)stress->seconds * 1000;
	fsps_bus *bus = open_bus(stress);

	open_all(&state, bus);
	while (now_ms() < end_ms) {
		for (uint64_t left = 1 + below(&state, BURST_MAX); left > 0; left--)
			publish_somehow(&state);
		ask_somebody(&state);
	}
	say_goodbye(&state);
	close_all(&state);
	fsps_bus_close(bus);
	judge(&state);
}
