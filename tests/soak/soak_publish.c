/* SPDX-License-Identifier: MIT */
/*
 * soak_publish KEY=VALUE...: publishes in bursts, in every way that there is, until it is told to
 * end. It notes what it is about to publish and what each publish answered.
 *
 *   home=, who=, seed=, log=   see soak.h; the home is taken from the environment
 *   topics=A,B,...             each message goes to one of them
 *   pause=US burst=N           up to so long between bursts of up to so many messages
 *   bytes=N                    payloads up to so long; a few are longer
 *   wait=MS sync=1             as in struct fsps_publisher_options
 *   fork=PERMILLE              so often a child goes on with the same publisher for a while
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "soak.h"

enum {
	TOPICS_MAX = 16,
	BATCH_MAX = 40,
	LARGE_BYTES = 100000,
	LARGE_PERMILLE = 2,
	CHILD_BURSTS_MAX = 30,
	/* A child's number is that of its parent and, above that, which child it is. */
	CHILD_SHIFT = 20,
};

struct publisher {
	struct soak_self self;
	fsps_bus *bus;
	fsps_publisher *handle;
	fsps_receipt *receipt;
	char *topics[TOPICS_MAX];
	fsps_prepared *prepared[TOPICS_MAX];
	uint32_t hashes[TOPICS_MAX];
	int topic_count;
	uint64_t seq;
	uint32_t children;
	char *payloads[BATCH_MAX];
	size_t bytes;
};

/* ---- what is noted ---- */

static void note_begin(struct publisher *p, int topic, uint64_t seq)
{
	soak_note(&p->self, &(struct soak_record){.kind = SOAK_BEGIN,
						  .from = p->self.who,
						  .topic = p->hashes[topic],
						  .seq = seq,
						  .count = 1});
}

static void note_refusals(struct publisher *p, uint64_t seq)
{
	const char *channel;
	int code;

	for (int i = 0; fsps_receipt_refusal(p->receipt, i, &channel, &code) == FSPS_OK; i++)
		soak_note(&p->self, &(struct soak_record){.kind = SOAK_REFUSAL,
							  .from = p->self.who,
							  .seq = seq,
							  .channel = soak_hash(channel),
							  .result = code});
}

static void note_end(struct publisher *p, uint64_t seq, int result, const fsps_receipt *receipt)
{
	int others = fsps_receipt_refused(receipt) + fsps_receipt_dropped(receipt) +
		     fsps_receipt_forbidden(receipt);

	if (receipt != NULL &&
	    fsps_receipt_matched(receipt) != fsps_receipt_reached(receipt) + others)
		soak_give_up(&p->self, "message %llu: %d match, %d have it, %d do not",
			     (unsigned long long)seq, fsps_receipt_matched(receipt),
			     fsps_receipt_reached(receipt), others);
	soak_note(&p->self,
		  &(struct soak_record){.kind = SOAK_END,
					.from = p->self.who,
					.seq = seq,
					.id = fsps_receipt_id(receipt),
					.result = result,
					.count = (uint32_t)fsps_receipt_reached(receipt),
					.more = (uint32_t)fsps_receipt_refused(receipt),
					.extra = (uint32_t)fsps_receipt_dropped(receipt)});
}

static void note_answer(struct publisher *p, uint64_t seq, int result)
{
	note_refusals(p, seq);
	note_end(p, seq, result, p->receipt);
}

/* ---- one message ---- */

static size_t any_length(struct publisher *p)
{
	size_t most = soak_chance(&p->self, LARGE_PERMILLE) ? LARGE_BYTES : p->bytes;

	return SOAK_PAYLOAD_LEAST + (size_t)soak_below(&p->self, most);
}

static size_t build(struct publisher *p, int place, uint64_t seq)
{
	size_t len = any_length(p);

	soak_payload_fill(p->payloads[place], len, p->self.who, seq);
	return len;
}

static int any_topic(struct publisher *p)
{
	return (int)soak_below(&p->self, (uint64_t)p->topic_count);
}

static void publish_one(struct publisher *p)
{
	int topic = any_topic(p);
	uint64_t seq = p->seq++;
	size_t len = build(p, 0, seq);

	note_begin(p, topic, seq);
	note_answer(
		p, seq,
		fsps_publish(p->handle, p->topics[topic], NULL, p->payloads[0], len, p->receipt));
}

static void publish_prepared(struct publisher *p)
{
	int topic = any_topic(p);
	uint64_t seq = p->seq++;
	size_t len = build(p, 0, seq);

	note_begin(p, topic, seq);
	note_answer(p, seq,
		    fsps_publish_prepared(p->prepared[topic], p->payloads[0], len, p->receipt));
}

/* What is published between a reservation and its commit comes before it. */
static void publish_in_place(struct publisher *p)
{
	int topic = any_topic(p);
	size_t len = any_length(p);
	void *payload = NULL;
	uint64_t seq;

	if (fsps_reserve(p->handle, p->topics[topic], NULL, len, &payload) < 0)
		return;
	for (uint64_t left = soak_below(&p->self, 3); left > 0; left--)
		publish_one(p);
	if (soak_chance(&p->self, 50)) {
		fsps_abort(p->handle);
		return;
	}
	seq = p->seq++;
	soak_payload_fill(payload, len, p->self.who, seq);
	note_begin(p, topic, seq);
	note_answer(p, seq, fsps_commit(p->handle, len, p->receipt));
}

/* ---- batches ---- */

/* Of the messages from `from` on: a batch ends with the first one that somebody does not take. */
static int publish_rest(struct publisher *p, struct fsps_outgoing *messages, int from, int count,
			uint64_t seq)
{
	int r = fsps_publish_batch(p->handle, messages + from, (size_t)(count - from), p->receipt);
	int done = from + (r > 0 ? r : 0);

	for (int i = from; i < done; i++)
		soak_note(&p->self, &(struct soak_record){.kind = SOAK_END,
							  .from = p->self.who,
							  .seq = seq + (uint64_t)i,
							  .id = messages[i].id,
							  .result = SOAK_IN_BATCH,
							  .extra = (uint32_t)messages[i].dropped});
	if (done == count)
		return count;
	note_answer(p, seq + (uint64_t)done, r < 0 ? r : fsps_last_error()->code);
	return done + 1;
}

static void publish_batch(struct publisher *p)
{
	struct fsps_outgoing messages[BATCH_MAX] = {0};
	int count = 1 + (int)soak_below(&p->self, BATCH_MAX);
	uint64_t seq = p->seq;
	int done = 0;

	for (int i = 0; i < count; i++) {
		int topic = any_topic(p);

		messages[i].topic = p->topics[topic];
		messages[i].payload_len = build(p, i, p->seq);
		messages[i].payload = p->payloads[i];
		note_begin(p, topic, p->seq++);
	}
	while (done < count)
		done = publish_rest(p, messages, done, count, seq);
}

static void publish_somehow(struct publisher *p)
{
	enum { ONE, PREPARED, IN_PLACE, BATCH, WAYS };

	switch (soak_below(&p->self, WAYS)) {
	case PREPARED:
		publish_prepared(p);
		break;
	case IN_PLACE:
		publish_in_place(p);
		break;
	case BATCH:
		publish_batch(p);
		break;
	default:
		publish_one(p);
		break;
	}
}

/* ---- the whole ---- */

static void run(struct publisher *p, uint64_t bursts)
{
	uint64_t burst = (uint64_t)soak_number(&p->self, "burst", 16);
	uint64_t pause_us = (uint64_t)soak_number(&p->self, "pause", 10000);
	int64_t fork_permille = soak_number(&p->self, "fork", 0);

	for (; bursts > 0 && !soak_is_ending(); bursts--) {
		for (uint64_t left = 1 + soak_below(&p->self, burst); left > 0; left--)
			publish_somehow(p);
		if (soak_chance(&p->self, fork_permille)) {
			uint32_t who = p->self.who | ++p->children << CHILD_SHIFT;

			/* It publishes as a member of its own, and so has an order of its own. */
			if (fork() == 0) {
				soak_start_child(&p->self, who);
				p->seq = 0;
				bursts = 1 + soak_below(&p->self, CHILD_BURSTS_MAX);
				fork_permille = 0;
			}
		}
		soak_pause(soak_below(&p->self, pause_us + 1));
	}
}

static void open_all(struct publisher *p)
{
	struct fsps_publisher_options options = {.size = sizeof options};
	const char *given = soak_text(&p->self, "topics");
	char *topics = strdup(given != NULL ? given : "");

	p->bytes = (size_t)soak_number(&p->self, "bytes", 300);
	options.wait_ms = soak_number(&p->self, "wait", 0);
	options.sync = (int)soak_number(&p->self, "sync", 0);
	p->bus = soak_open_bus(&p->self);
	if (topics == NULL || fsps_publisher_open(p->bus, &options, &p->handle) < 0 ||
	    fsps_receipt_new(&p->receipt) < 0)
		soak_give_up(&p->self, "opening: %s", fsps_last_error()->text);
	for (char *topic = strtok(topics, ","); topic != NULL && p->topic_count < TOPICS_MAX;
	     topic = strtok(NULL, ",")) {
		p->topics[p->topic_count] = topic;
		p->hashes[p->topic_count] = (uint32_t)soak_hash(topic);
		if (fsps_prepare(p->handle, topic, NULL, &p->prepared[p->topic_count++]) < 0)
			soak_give_up(&p->self, "preparing: %s", fsps_last_error()->text);
	}
	for (int i = 0; i < BATCH_MAX; i++) {
		p->payloads[i] = malloc(SOAK_PAYLOAD_LEAST + LARGE_BYTES);
		if (p->payloads[i] == NULL)
			soak_give_up(&p->self, "no memory");
	}
	if (p->topic_count == 0)
		soak_give_up(&p->self, "there are no topics");
}

int main(int argc, char **argv)
{
	static struct publisher publisher;
	struct publisher *p = &publisher;

	(void)argc;
	soak_start(&p->self, argv);
	open_all(p);
	run(p, UINT64_MAX);
	/* A kernel that clears up after us and a close of our own are both legal ends. */
	if (soak_chance(&p->self, 500))
		_exit(EXIT_SUCCESS);
	for (int i = 0; i < p->topic_count; i++)
		fsps_prepared_free(p->prepared[i]);
	fsps_receipt_free(p->receipt);
	fsps_publisher_close(p->handle);
	fsps_bus_close(p->bus);
	return EXIT_SUCCESS;
}
