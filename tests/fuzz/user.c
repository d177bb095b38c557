/* SPDX-License-Identifier: MIT */
/* Implements tests/fuzz/user.h. */
#include "fuzz/user.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "fuzz/answers.h"
#include "fuzz/clock.h"
#include "fuzz/home.h"
#include "fuzz/manage.h"
#include "fuzz/require.h"

/* How the channels are opened; the last two are a group. */
static const struct {
	const char *pattern;
	const char *durable;
	int shared;
	int delivery;
} kinds[] = {
	{"t", NULL, 0, FSPS_AT_MOST_ONCE},   {"+", NULL, 0, FSPS_AT_LEAST_ONCE},
	{"t", "dur", 0, FSPS_AT_LEAST_ONCE}, {"+", "grp", 1, FSPS_AT_LEAST_ONCE},
	{"+", "grp", 1, FSPS_AT_LEAST_ONCE},
};

enum { CHANNELS = sizeof kinds / sizeof kinds[0], HELD = 8 };

static struct {
	fsps_bus *bus;
	fsps_publisher *publisher;
	fsps_receipt *receipt;
	fsps_channel *channels[CHANNELS];
	/* What was fetched and not settled, a ring, and which channel it came from. */
	fsps_message *held[HELD];
	size_t held_from[HELD];
	size_t held_next;
} user;

/* ---- opening and closing ---- */

static void open_publisher(struct fuzz_input *input)
{
	(void)input;
	fsps_publisher_close(user.publisher);
	fuzz_require(fsps_publisher_open(user.bus, NULL, &user.publisher) == 0,
		     "a publisher opens");
}

static void let_go(size_t slot)
{
	fsps_message_unref(user.held[slot]);
	user.held[slot] = NULL;
}

static void close_channel(size_t which)
{
	/* Messages may outlive their channel. Odd ones do. */
	for (size_t slot = 0; slot < HELD; slot += 2)
		if (user.held_from[slot] == which)
			let_go(slot);
	fsps_channel_close(user.channels[which]);
	user.channels[which] = NULL;
}

static void open_one(size_t which, uint8_t limits)
{
	struct fsps_channel_options options = {
		.size = sizeof options,
		.durable = kinds[which].durable,
		.shared = kinds[which].shared,
		.delivery = kinds[which].delivery,
		.attempts_max = 3,
		.unsettled_max = 6,
	};

	if ((limits & 1) != 0)
		options.limit_messages = 1 + limits / 64;
	if ((limits & 2) != 0)
		options.limit_bytes = 4096;
	if ((limits & 4) != 0)
		options.ttl_ms = 1000;
	options.when_full = limits / 8 % 5;
	options.block_ms = options.when_full == FSPS_FULL_BLOCK ? 1 : 0;
	(void)FUZZ_CALL(FUZZ_ANSWERS_OPEN, fsps_channel_open(user.bus, kinds[which].pattern,
							     &options, &user.channels[which]));
}

static void open_channel(struct fuzz_input *input)
{
	size_t which = fuzz_byte(input) % CHANNELS;

	close_channel(which);
	open_one(which, fuzz_byte(input));
}

static void shut_channel(struct fuzz_input *input)
{
	close_channel(fuzz_byte(input) % CHANNELS);
}

void fuzz_user_begin(void)
{
	memset(&user, 0, sizeof user);
	user.bus = fuzz_bus();
	fuzz_require(fsps_receipt_new(&user.receipt) == 0, "a receipt is made");
	open_publisher(NULL);
	for (size_t i = 0; i < CHANNELS; i++)
		open_one(i, 0);
}

void fuzz_user_end(void)
{
	for (size_t i = 0; i < CHANNELS; i++)
		close_channel(i);
	for (size_t i = 0; i < HELD; i++)
		let_go(i);
	fsps_receipt_free(user.receipt);
	fsps_publisher_close(user.publisher);
	fsps_bus_close(user.bus);
}

/* ---- publishing ---- */

static void check_receipt(int64_t answer)
{
	int without = fsps_receipt_refused(user.receipt) + fsps_receipt_dropped(user.receipt) +
		      fsps_receipt_forbidden(user.receipt);
	const char *channel;
	int code;

	fuzz_require(fsps_receipt_matched(user.receipt) ==
			     fsps_receipt_reached(user.receipt) + without,
		     "a receipt accounts for each channel");
	if (answer >= 0)
		fuzz_require(answer == fsps_receipt_reached(user.receipt),
			     "the answer is how many were reached");
	for (int i = 0; i < without; i++) {
		fuzz_require(fsps_receipt_refusal(user.receipt, i, &channel, &code) == 0 &&
				     channel[0] != '\0',
			     "each channel without the message is named");
		fuzz_require(code < 0 && (FUZZ_ANSWERS_RECEIPT >> -code & 1) != 0,
			     "the reason of a refusal is one of the documented ones");
	}
}

static void publish(struct fuzz_input *input)
{
	/* More than three: then segments are used. */
	for (int times = 1 + fuzz_byte(input) % 8; times > 0; times--)
		check_receipt(
			FUZZ_CALL(FUZZ_ANSWERS_PUBLISH, fsps_publish(user.publisher, "t", NULL,
								     "payload", 7, user.receipt)));
}

static void publish_large(struct fuzz_input *input)
{
	static const char payload[60000];

	check_receipt(FUZZ_CALL(FUZZ_ANSWERS_PUBLISH,
				fsps_publish(user.publisher, "t", NULL, payload,
					     (size_t)fuzz_number(input, 2) % sizeof payload,
					     user.receipt)));
}

static void publish_to_die(struct fuzz_input *input)
{
	fsps_headers *headers;

	fuzz_require(fsps_headers_new(&headers) == 0 &&
			     fsps_headers_set_int(headers, FSPS_HEADER_TTL_MS, fuzz_byte(input)) ==
				     0,
		     "headers are made");
	check_receipt(FUZZ_CALL(FUZZ_ANSWERS_PUBLISH, fsps_publish(user.publisher, "t.u", headers,
								   "x", 1, user.receipt)));
	fsps_headers_free(headers);
}

static void publish_batch(struct fuzz_input *input)
{
	struct fsps_outgoing batch[16] = {{.topic = NULL}};
	size_t count = fuzz_byte(input) % 16;

	for (size_t i = 0; i < count; i++)
		batch[i] = (struct fsps_outgoing){
			.topic = i % 4 == 3 ? "t.x" : "t", .payload = "batch", .payload_len = 5};
	(void)FUZZ_CALL(FUZZ_ANSWERS_PUBLISH,
			fsps_publish_batch(user.publisher, batch, count, user.receipt));
}

static void reserve(struct fuzz_input *input)
{
	uint8_t how = fuzz_byte(input);
	size_t len = how * 16u;
	void *payload;

	if (FUZZ_CALL(FUZZ_ANSWERS_PUBLISH | FUZZ_CODE(FSPS_ERR_BUSY),
		      fsps_reserve(user.publisher, "t", NULL, len, &payload)) < 0)
		return;
	memset(payload, 'r', len);
	if (how % 2 == 0)
		fsps_abort(user.publisher);
	else
		check_receipt(FUZZ_CALL(FUZZ_ANSWERS_PUBLISH,
					fsps_commit(user.publisher, len / 2, user.receipt)));
}

static void count_matching(struct fuzz_input *input)
{
	(void)input;
	(void)FUZZ_CALL(FUZZ_ANSWERS_PUBLISH, fsps_publisher_matched(user.publisher, "t"));
	(void)FUZZ_CALL(FUZZ_ANSWERS_PUBLISH | FUZZ_CODE(FSPS_ERR_TIMEOUT),
			fsps_publisher_wait_subscribers(user.publisher, "t", 1, 0));
}

/* ---- receiving ---- */

static void settle(size_t slot, uint8_t how)
{
	fsps_channel *channel = user.channels[user.held_from[slot]];
	fsps_message *message = user.held[slot];

	if (channel == NULL || message == NULL)
		return;
	switch (how % 6) {
	case 0:
	case 1:
		(void)FUZZ_CALL(FUZZ_ANSWERS_SETTLE, fsps_message_ack(channel, message));
		break;
	case 2:
		(void)FUZZ_CALL(FUZZ_ANSWERS_SETTLE,
				fsps_message_nack(channel, message, how < 128 ? 0 : FSPS_BACKOFF,
						  "it failed"));
		break;
	case 3:
		(void)FUZZ_CALL(FUZZ_ANSWERS_SETTLE,
				fsps_message_reject(channel, message, "it is bad"));
		break;
	case 4:
		(void)FUZZ_CALL(FUZZ_ANSWERS_SETTLE, fsps_message_extend(channel, message, how));
		break;
	default:
		break;
	}
}

static void hold(size_t which, fsps_message *message)
{
	let_go(user.held_next);
	user.held[user.held_next] = message;
	user.held_from[user.held_next] = which;
	user.held_next = (user.held_next + 1) % HELD;
}

static void fetch(struct fuzz_input *input)
{
	size_t which = fuzz_byte(input) % CHANNELS;
	uint8_t how = fuzz_byte(input);

	if (user.channels[which] == NULL)
		return;
	for (int times = 1 + how / 16; times > 0; times--) {
		fsps_message *message;
		size_t slot = user.held_next;

		if (FUZZ_CALL(FUZZ_ANSWERS_FETCH,
			      fsps_channel_fetch(user.channels[which], &message)) != 1)
			return;
		/* Now, as it may be scribbled on later. */
		fuzz_check_message(message);
		hold(which, message);
		settle(slot, how);
	}
}

static void settle_late(struct fuzz_input *input)
{
	uint8_t slot = fuzz_byte(input);

	settle(slot % HELD, fuzz_byte(input));
}

static void keep(struct fuzz_input *input)
{
	size_t slot = fuzz_byte(input) % HELD;
	fsps_message *kept;

	/* A borrowed one may have been scribbled on: then it is no message any more. */
	if (user.held[slot] == NULL || fsps_message_is_borrowed(user.held[slot]) ||
	    fsps_message_keep(user.held[slot], &kept) < 0)
		return;
	let_go(slot);
	user.held[slot] = kept;
}

static void ask(struct fuzz_input *input)
{
	fsps_channel *channel = user.channels[fuzz_byte(input) % CHANNELS];
	struct fsps_channel_stats stats = {.size = sizeof stats};

	if (channel == NULL)
		return;
	(void)FUZZ_CALL(FUZZ_ANSWERS_FETCH, fsps_channel_backlog(channel));
	fuzz_require(fsps_channel_get_stats(channel, &stats) == 0, "there are stats");
	fuzz_require(fsps_channel_fd(channel) >= 0, "there is a descriptor");
}

/* ---- time ---- */

/* What is done once in a while is done by the next calls. */
static void leap(struct fuzz_input *input)
{
	static const uint64_t leaps_ms[] = {1, 11, 101, 1101, 1101, 2601, 31000, 601000};

	fuzz_clock_leap(leaps_ms[fuzz_byte(input) % 8]);
}

void fuzz_user_act(struct fuzz_input *input)
{
	static void (*const acts[])(struct fuzz_input * input) = {
		publish,        publish,      publish_large, publish_to_die, publish_batch,
		reserve,        fetch,        fetch,         fetch,          settle_late,
		count_matching, keep,         ask,           leap,           leap,
		open_publisher, open_channel, open_channel,  shut_channel,
	};
	enum { ACTS = sizeof acts / sizeof acts[0] };
	unsigned act = fuzz_byte(input) % (ACTS + FUZZ_MANAGE_ACTS);

	if (act < ACTS)
		acts[act](input);
	else
		fuzz_manage(user.bus, act - ACTS, input);
}

/* ---- after all ---- */

static bool deliver(fsps_bus *bus, fsps_publisher *publisher)
{
	fsps_channel *channel = NULL;
	fsps_message *message;
	int64_t reached;

	if (FUZZ_CALL(FUZZ_ANSWERS_OPEN,
		      fsps_channel_open(bus, "after.the.storm", NULL, &channel)) < 0)
		return false;
	/* Others that match can be full, or broken; ours is not. */
	reached = FUZZ_CALL(FUZZ_ANSWERS_PUBLISH, fsps_publish(publisher, "after.the.storm", NULL,
							       "calm", 4, user.receipt));
	fuzz_require(reached >= 1 || reached == FSPS_ERR_REFUSED, "a new channel is reached");
	fuzz_require(fsps_receipt_reached(user.receipt) >= 1, "a new channel is reached");
	fuzz_require(fsps_channel_fetch(channel, &message) == 1, "a new channel gets a message");
	fuzz_require(memcmp(fsps_message_payload(message, NULL), "calm", 5) == 0,
		     "a new channel gets its message");
	fsps_message_unref(message);
	fuzz_require(fsps_channel_fetch(channel, &message) == 0, "a message comes once");
	fsps_channel_close(channel);
	return true;
}

void fuzz_user_check_delivery(void)
{
	fsps_publisher *publisher;
	fsps_bus *bus = fuzz_bus();

	fuzz_require(fsps_receipt_new(&user.receipt) == 0, "a receipt is made");
	fuzz_require(fsps_publisher_open(bus, NULL, &publisher) == 0, "a publisher opens");
	if (!deliver(bus, publisher)) {
		/* Somebody put something in the place of what all share; without that it works. */
		fuzz_home_repair();
		fuzz_require(deliver(bus, publisher), "a home that was repaired is as good as new");
	}
	fsps_publisher_close(publisher);
	fsps_receipt_free(user.receipt);
	fsps_bus_close(bus);
}
