/* SPDX-License-Identifier: MIT */
/*
 * The order of a publisher's messages in every channel, whatever it publishes to whom in which
 * way, and whoever reads in between: schedules drawn by lot, the same in each run.
 */
#include <stdio.h>

#include "api/lane.h"
#include "unit/check_main.h"

enum {
	SEEDS = 60,
	STEPS = 1500,
	CHANNELS = 6,
	PUBLISHERS = 3,
	BATCH_MAX = 12,
	/* Of all numbers that one publisher uses. */
	NUMBERS = 1 << 24,
};

static const char *const topics[] = {"a", "a.b", "a.c", "b", "b.c", "c"};
enum { TOPICS = sizeof topics / sizeof topics[0] };

/* What each pattern matches, written down by hand: a bit for each topic above. */
static const struct {
	const char *pattern;
	unsigned matches;
} patterns[CHANNELS] = {
	{"a", 1 << 0},
	{"a.=", 1 << 1 | 1 << 2},
	{"+", 63},
	{"=", 1 << 0 | 1 << 3 | 1 << 5},
	{"=.c", 1 << 2 | 1 << 4},
	{"b.c", 1 << 4},
};

/* A channel, and the messages that it still has to get: of each publisher, in order. */
struct listener {
	fsps_channel *channel;
	uint32_t *due[PUBLISHERS];
	size_t first[PUBLISHERS];
	size_t count[PUBLISHERS];
};

struct speaker {
	fsps_publisher *publisher;
	fsps_prepared *prepared[TOPICS];
	uint32_t next;
};

static fsps_bus *bus;
static uint64_t lot;
static struct listener listeners[CHANNELS];
static struct speaker speakers[PUBLISHERS];

static uint32_t draw(uint32_t below)
{
	lot = lot * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (uint32_t)(lot >> 33) % below;
}

/* ---- listeners ---- */

static void listener_open(struct listener *listener, unsigned index)
{
	*listener = (struct listener){.channel = fixture_subscribe(bus, patterns[index].pattern)};
	for (int i = 0; i < PUBLISHERS; i++) {
		listener->due[i] = calloc(STEPS * BATCH_MAX, sizeof(uint32_t));
		ck_assert_ptr_nonnull(listener->due[i]);
	}
}

static void listener_close(struct listener *listener)
{
	fsps_channel_close(listener->channel);
	for (int i = 0; i < PUBLISHERS; i++)
		free(listener->due[i]);
}

/* Checks that it is that publisher's next one. */
static void listener_take(struct listener *listener, fsps_message *message)
{
	uint32_t number = lane_number_of(message);
	uint32_t publisher = number / NUMBERS;

	ck_assert_uint_lt(publisher, PUBLISHERS);
	ck_assert_uint_lt(listener->first[publisher], listener->count[publisher]);
	ck_assert_uint_eq(number, listener->due[publisher][listener->first[publisher]]);
	listener->first[publisher]++;
	fsps_message_unref(message);
}

static void listener_fetch(struct listener *listener, uint32_t most)
{
	fsps_message *message = NULL;

	while (most-- > 0 && fsps_channel_fetch(listener->channel, &message) == 1)
		listener_take(listener, message);
}

static size_t listener_left(const struct listener *listener)
{
	size_t left = 0;

	for (int i = 0; i < PUBLISHERS; i++)
		left += listener->count[i] - listener->first[i];
	return left;
}

/* A message is published: those whose pattern it matches are due to get it. Returns how many. */
static int note(uint32_t publisher, uint32_t topic, uint32_t number)
{
	int count = 0;

	for (int i = 0; i < CHANNELS; i++) {
		struct listener *listener = &listeners[i];

		if (listener->channel == NULL || (patterns[i].matches >> topic & 1) == 0)
			continue;
		listener->due[publisher][listener->count[publisher]++] = number;
		count++;
	}
	return count;
}

/* ---- speakers ---- */

static uint32_t next_number(uint32_t publisher)
{
	return publisher * NUMBERS + speakers[publisher].next++;
}

/* Most are short; some are so long that a segment is soon full. */
static size_t draw_length(void)
{
	return draw(20) == 0 ? 4 + draw(30000) : 4 + draw(200);
}

static void speak(uint32_t publisher)
{
	uint32_t number = next_number(publisher);
	uint32_t topic = draw(TOPICS);
	int reach = note(publisher, topic, number);

	ck_assert_int_eq(lane_publish(speakers[publisher].publisher, topics[topic], number,
				      draw_length(), NULL),
			 reach);
}

static void speak_prepared(uint32_t publisher)
{
	unsigned char payload[64];
	uint32_t number = next_number(publisher);
	uint32_t topic = draw(TOPICS);
	int reach = note(publisher, topic, number);

	lane_fill(payload, sizeof payload, number);
	ck_assert_int_eq(fsps_publish_prepared(speakers[publisher].prepared[topic], payload,
					       sizeof payload, NULL),
			 reach);
}

static void speak_batch(uint32_t publisher)
{
	static unsigned char payloads[BATCH_MAX][100];
	struct fsps_outgoing messages[BATCH_MAX] = {{.topic = NULL}};
	uint32_t count = draw(BATCH_MAX + 1);

	for (uint32_t i = 0; i < count; i++) {
		uint32_t number = next_number(publisher);
		uint32_t topic = draw(TOPICS);

		(void)note(publisher, topic, number);
		lane_fill(payloads[i], sizeof payloads[i], number);
		messages[i].topic = topics[topic];
		messages[i].payload = payloads[i];
		messages[i].payload_len = sizeof payloads[i];
	}
	ck_assert_int_eq(fsps_publish_batch(speakers[publisher].publisher, messages, count, NULL),
			 (int)count);
}

static void speak_in_place(uint32_t publisher)
{
	size_t length = draw_length();
	uint32_t topic = draw(TOPICS);
	void *payload = NULL;
	uint32_t number;
	int reach;

	ck_assert_int_eq(fsps_reserve(speakers[publisher].publisher, topics[topic], NULL,
				      length + draw(1000), &payload),
			 FSPS_OK);
	/* What is published meanwhile comes before it. */
	for (uint32_t others = draw(3); others > 0; others--)
		speak(publisher);
	number = next_number(publisher);
	lane_fill(payload, length, number);
	if (draw(8) == 0) {
		fsps_abort(speakers[publisher].publisher);
		return;
	}
	reach = note(publisher, topic, number);
	ck_assert_int_eq(fsps_commit(speakers[publisher].publisher, length, NULL), reach);
}

static void speaker_open(struct speaker *speaker, unsigned index)
{
	static const char *const lanes[] = {"fast", NULL, "plain"};

	lane_force(lanes[(index + lot) % 3]);
	speaker->publisher = fixture_open_publisher(bus);
	speaker->next = 0;
	for (int i = 0; i < TOPICS; i++)
		ck_assert_int_eq(
			fsps_prepare(speaker->publisher, topics[i], NULL, &speaker->prepared[i]),
			FSPS_OK);
}

static void speaker_close(struct speaker *speaker)
{
	for (int i = 0; i < TOPICS; i++)
		fsps_prepared_free(speaker->prepared[i]);
	fsps_publisher_close(speaker->publisher);
}

/* ---- schedules ---- */

/* Somebody goes with all that waits for him, or comes. */
static void come_or_go(unsigned index)
{
	struct listener *listener = &listeners[index];

	if (listener->channel == NULL) {
		listener_open(listener, index);
		return;
	}
	listener_close(listener);
	listener->channel = NULL;
}

static void step(void)
{
	struct listener *listener = &listeners[draw(CHANNELS)];
	uint32_t publisher = draw(PUBLISHERS);
	uint32_t what = draw(100);

	if (what < 40)
		speak(publisher);
	else if (what < 55)
		speak_prepared(publisher);
	else if (what < 65)
		speak_batch(publisher);
	else if (what < 75)
		speak_in_place(publisher);
	else if (what < 77)
		come_or_go(draw(CHANNELS));
	else if (listener->channel != NULL)
		listener_fetch(listener, draw(40));
}

START_TEST(every_channel_gets_each_publishers_messages_in_their_order_and_all)
{
	lot = (uint64_t)_i + 1;
	bus = fixture_open_bus();
	for (unsigned i = 0; i < CHANNELS; i++)
		listener_open(&listeners[i], i);
	for (unsigned i = 0; i < PUBLISHERS; i++)
		speaker_open(&speakers[i], i);
	for (int i = 0; i < STEPS; i++)
		step();
	/* Half of the times the readers find the publishers gone. */
	for (unsigned i = 0; i < PUBLISHERS && _i % 2 == 0; i++)
		speaker_close(&speakers[i]);
	for (unsigned i = 0; i < CHANNELS; i++) {
		if (listeners[i].channel == NULL)
			continue;
		while (listener_left(&listeners[i]) > 0)
			listener_take(&listeners[i], fixture_receive(listeners[i].channel));
		fixture_expect_nothing(listeners[i].channel);
		ck_assert_uint_eq(fixture_stats(listeners[i].channel).set_aside, 0);
		listener_close(&listeners[i]);
	}
	for (unsigned i = 0; i < PUBLISHERS && _i % 2 != 0; i++)
		speaker_close(&speakers[i]);
	fsps_bus_close(bus);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("lane_order");
	TCase *tcase = fixture_tcase(suite, "lane_order");

	tcase_add_loop_test(tcase,
			    every_channel_gets_each_publishers_messages_in_their_order_and_all, 0,
			    SEEDS);
	return check_main(suite);
}
