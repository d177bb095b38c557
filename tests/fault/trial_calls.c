/* SPDX-License-Identifier: MIT */
/* Implements trial.h: the calls of the library, each where it is of consequence. Handles are opened
 * unwatched, unless opening them is what is tried; they are closed watched. */
#include <stdio.h>
#include <string.h>

#include "fault/trial.h"

static const int publish_codes[] = {FSPS_ERR_REFUSED, FSPS_ERR_UNSAFE_HOME, FSPS_ERR_TIMEOUT, 0};
static const int open_codes[] = {FSPS_ERR_UNSAFE_HOME, FSPS_ERR_NO_HOME, FSPS_ERR_GONE,
				 FSPS_ERR_BUSY, 0};
/* A worker that is stopped while its channel goes, or told that it has; and one that takes over
 * from itself because of a lie is late. */
static const int take_codes[] = {FSPS_ERR_UNSAFE_HOME,
				 FSPS_ERR_NO_HOME,
				 FSPS_ERR_GONE,
				 FSPS_ERR_BUSY,
				 FSPS_ERR_EXPIRED,
				 FSPS_ERR_CORRUPT,
				 0};
static const int outside_codes[] = {FSPS_ERR_NOT_FOUND, FSPS_ERR_BUSY,    FSPS_ERR_UNSAFE_HOME,
				    FSPS_ERR_GONE,      FSPS_ERR_NO_HOME, 0};

/* ---- publishing ---- */

struct publishing {
	fsps_bus *bus;
	fsps_publisher *publisher;
	fsps_receipt *receipt;
};

static struct publishing open_publisher(struct trial *trial)
{
	struct publishing publishing = {.bus = fault_bus()};

	publishing.publisher = fault_publisher(publishing.bus);
	ck_assert_int_eq(fsps_receipt_new(&publishing.receipt), FSPS_OK);
	trial_watch(trial);
	return publishing;
}

static void close_publisher(struct publishing *publishing)
{
	fsps_receipt_free(publishing->receipt);
	fsps_publisher_close(publishing->publisher);
	fsps_bus_close(publishing->bus);
}

static void run_publish(struct trial *trial)
{
	struct publishing at = open_publisher(trial);

	for (unsigned i = TRIAL_QUEUED; i < TRIAL_VISITOR; i++)
		trial_note_publish(trial, i,
				   fsps_publish(at.publisher, FAULT_TOPIC, NULL, trial_payload(i),
						strlen(trial_payload(i)), at.receipt));
	close_publisher(&at);
}

static void run_publish_waiting(struct trial *trial)
{
	const struct fsps_publisher_options options = {
		.size = sizeof options, .wait_ms = 200, .sync = 1};
	fsps_bus *bus = fault_bus();
	fsps_publisher *publisher = NULL;

	ck_assert_int_eq(fsps_publisher_open(bus, &options, &publisher), FSPS_OK);
	trial_watch(trial);
	for (unsigned i = TRIAL_QUEUED; i < TRIAL_QUEUED + 2; i++)
		trial_note_publish(trial, i,
				   fsps_publish(publisher, FAULT_TOPIC, NULL, trial_payload(i),
						strlen(trial_payload(i)), NULL));
	fsps_publisher_close(publisher);
	fsps_bus_close(bus);
}

static void run_batch(struct trial *trial)
{
	char payloads[TRIAL_ADDED_MAX][16];
	struct fsps_outgoing messages[TRIAL_ADDED_MAX] = {0};
	struct publishing at;
	int published;

	for (unsigned i = 0; i < TRIAL_ADDED_MAX; i++) {
		snprintf(payloads[i], sizeof payloads[i], "%u", TRIAL_QUEUED + i);
		messages[i].topic = FAULT_TOPIC;
		messages[i].payload = payloads[i];
		messages[i].payload_len = strlen(payloads[i]);
	}
	at = open_publisher(trial);
	published = fsps_publish_batch(at.publisher, messages, TRIAL_ADDED_MAX, at.receipt);
	for (int i = 0; i < published; i++)
		trial->acknowledged[TRIAL_QUEUED + i] =
			fsps_receipt_matched(at.receipt) >= TRIAL_CHANNELS;
	/* What stopped it is not told when some were published: the next try would. */
	if (trial_note(trial, published) >= 0 && published < TRIAL_ADDED_MAX)
		trial->answer = FSPS_ERR_NO_MEMORY;
	close_publisher(&at);
}

static void run_prepared(struct trial *trial)
{
	struct publishing at = open_publisher(trial);
	fsps_prepared *prepared = NULL;

	if (trial_note(trial, fsps_prepare(at.publisher, FAULT_TOPIC, NULL, &prepared)) >= 0)
		for (unsigned i = TRIAL_QUEUED; i < TRIAL_VISITOR; i++)
			trial_note_publish(trial, i,
					   fsps_publish_prepared(prepared, trial_payload(i),
								 strlen(trial_payload(i)),
								 at.receipt));
	fsps_prepared_free(prepared);
	close_publisher(&at);
}

/* Of each two reservations the first is given up. */
static void run_reserve(struct trial *trial)
{
	struct publishing at = open_publisher(trial);

	for (unsigned i = 0; i < 2 * TRIAL_ADDED_MAX; i++) {
		const char *payload = trial_payload(TRIAL_QUEUED + i / 2);
		void *place = NULL;

		if (trial_note(trial, fsps_reserve(at.publisher, FAULT_TOPIC, NULL, 10, &place)) <
		    0)
			continue;
		memcpy(place, payload, strlen(payload));
		if (i % 2 == 0)
			fsps_abort(at.publisher);
		else
			trial_note_publish(trial, TRIAL_QUEUED + i / 2,
					   fsps_commit(at.publisher, strlen(payload), at.receipt));
	}
	close_publisher(&at);
}

static void run_who_listens(struct trial *trial)
{
	struct publishing at = open_publisher(trial);

	(void)trial_note(trial, fsps_publisher_matched(at.publisher, FAULT_TOPIC));
	(void)trial_note(trial, fsps_publisher_wait_subscribers(at.publisher, FAULT_TOPIC,
								TRIAL_CHANNELS, 200));
	close_publisher(&at);
}

/* ---- taking ---- */

static fsps_channel *open_keep(struct trial *trial, fsps_bus *bus, bool shared, int delivery)
{
	const struct fsps_channel_options options = {
		.size = sizeof options, .durable = "keep", .shared = shared, .delivery = delivery};
	fsps_channel *channel = NULL;

	(void)trial_note(trial, fsps_channel_open(bus, FAULT_TOPIC, &options, &channel));
	return channel;
}

/* The next message, or NULL. One failure in between is no end. */
static fsps_message *take(struct trial *trial, fsps_channel *channel)
{
	fsps_message *message = NULL;

	for (int i = 0; i < 3 && message == NULL; i++)
		if (trial_note(trial, fsps_channel_fetch(channel, &message)) == 0)
			break;
	return message;
}

static void acknowledge(struct trial *trial, fsps_channel *channel, fsps_message *message)
{
	unsigned number = trial_number_of(message);

	trial->begun[number] = true;
	if (trial_note(trial, fsps_message_ack(channel, message)) >= 0)
		trial->done[number]++;
}

static void run_take(struct trial *trial)
{
	fsps_bus *bus = fault_bus();
	fsps_channel *channel;
	fsps_message *message;

	trial_watch(trial);
	channel = open_keep(trial, bus, false, FSPS_AT_LEAST_ONCE);
	while (channel != NULL && (message = take(trial, channel)) != NULL) {
		acknowledge(trial, channel, message);
		fsps_message_unref(message);
	}
	fsps_channel_close(channel);
	fsps_bus_close(bus);
}

/* Files and frames, each in another way than by ack. */
static void run_settle(struct trial *trial)
{
	fsps_bus *bus = fault_bus();
	fsps_channel *channel = open_keep(trial, bus, false, FSPS_AT_LEAST_ONCE);
	fsps_message *message;

	ck_assert_ptr_nonnull(channel);
	trial_watch(trial);
	for (unsigned i = 0; i < 2 * TRIAL_QUEUED && (message = take(trial, channel)) != NULL;
	     i++) {
		unsigned number = trial_number_of(message);

		(void)trial_note(trial, fsps_message_extend(channel, message, 60000));
		if (fsps_message_attempt(message) > 1 || number == 0)
			acknowledge(trial, channel, message);
		else if (number % 2 == 0)
			(void)trial_note(trial, fsps_message_reject(channel, message, "never"));
		else
			(void)trial_note(trial, fsps_message_nack(channel, message,
								  number == 1 ? 1500 : 0, "later"));
		fsps_message_unref(message);
	}
	fsps_channel_close(channel);
	fsps_bus_close(bus);
}

/* Messages that are kept are as good after their channel is closed. */
static void run_keep(struct trial *trial)
{
	fsps_message *kept[TRIAL_QUEUED] = {NULL};
	fsps_bus *bus = fault_bus();
	fsps_channel *channel = open_keep(trial, bus, true, FSPS_AT_LEAST_ONCE);
	fsps_message *message;

	ck_assert_ptr_nonnull(channel);
	trial_watch(trial);
	for (unsigned i = 0; i < TRIAL_QUEUED && (message = take(trial, channel)) != NULL; i++) {
		(void)trial_note(trial, fsps_message_keep(message, &kept[i]));
		acknowledge(trial, channel, message);
		fsps_message_unref(message);
	}
	fsps_channel_close(channel);
	for (unsigned i = 0; i < TRIAL_QUEUED; i++) {
		if (kept[i] != NULL)
			(void)trial_number_of(kept[i]);
		fsps_message_unref(kept[i]);
	}
	fsps_bus_close(bus);
}

static void run_take_once(struct trial *trial)
{
	fsps_bus *bus = fault_bus();
	fsps_channel *channel;
	fsps_message *message;

	trial_watch(trial);
	channel = open_keep(trial, bus, false, FSPS_AT_MOST_ONCE);
	while (channel != NULL && (message = take(trial, channel)) != NULL) {
		trial->done[trial_number_of(message)]++;
		fsps_message_unref(message);
	}
	fsps_channel_close(channel);
	fsps_bus_close(bus);
}

static int handle(fsps_message *message, void *userdata)
{
	struct trial *trial = userdata;

	trial->done[trial_number_of(message)]++;
	return FSPS_CONTINUE;
}

static void run_subscribe(struct trial *trial)
{
	fsps_bus *bus = fault_bus();
	fsps_channel *channel = open_keep(trial, bus, true, FSPS_AT_LEAST_ONCE);

	ck_assert_ptr_nonnull(channel);
	trial_watch(trial);
	(void)trial_note(trial, fsps_subscribe(channel, handle, trial, 0));
	fsps_channel_close(channel);
	fsps_bus_close(bus);
}

/* A live channel from its beginning to its end, which takes what is published meanwhile. */
static void run_live(struct trial *trial)
{
	struct fsps_channel_stats stats = {.size = sizeof stats};
	struct publishing at = open_publisher(trial);
	fsps_channel *channel = NULL;
	fsps_message *message = NULL;

	(void)trial_note(trial, fsps_channel_open(at.bus, FAULT_TOPIC, NULL, &channel));
	for (unsigned i = TRIAL_QUEUED; i < TRIAL_QUEUED + 4; i++)
		trial_note_publish(trial, i,
				   fsps_publish(at.publisher, FAULT_TOPIC, NULL, trial_payload(i),
						strlen(trial_payload(i)), at.receipt));
	if (channel != NULL) {
		(void)trial_note(trial, fsps_channel_fd(channel));
		(void)trial_note(trial, fsps_channel_backlog(channel));
		for (unsigned i = 0; i < 4; i++) {
			if (trial_note(trial, fsps_channel_receive(channel, 0, &message)) > 0)
				(void)trial_number_of(message);
			fsps_message_unref(message);
			message = NULL;
		}
		fsps_channel_wake(channel);
		(void)trial_note(trial, fsps_channel_get_stats(channel, &stats));
	}
	fsps_channel_close(channel);
	close_publisher(&at);
}

/* ---- from outside ---- */

static void run_create(struct trial *trial)
{
	fsps_bus *bus = fault_bus();

	trial_watch(trial);
	(void)trial_note(trial, fsps_bus_create_home(bus));
	(void)trial_note(trial, fsps_durable_create(bus, FAULT_TOPIC, "made"));
	fsps_bus_close(bus);
}

static void run_remove(struct trial *trial)
{
	fsps_bus *bus = fault_bus();

	trial_watch(trial);
	(void)trial_note(trial, fsps_durable_remove(bus, TRIAL_KEEP, 0));
	fsps_bus_close(bus);
}

static void run_purge(struct trial *trial)
{
	fsps_bus *bus = fault_bus();

	trial_watch(trial);
	(void)trial_note(trial, fsps_channel_purge(bus, TRIAL_KEEP));
	fsps_bus_close(bus);
}

static int look_at_waiting(const struct fsps_waiting *waiting, void *userdata)
{
	(void)userdata;
	if (waiting->message != NULL)
		(void)trial_number_of(waiting->message);
	return 0;
}

static int look_at_channel(const struct fsps_channel_info *info, void *userdata)
{
	(void)userdata;
	fault_assert(info->pattern != NULL, "a channel without a pattern");
	return 0;
}

static void run_look(struct trial *trial)
{
	fsps_bus *bus = fault_bus();

	trial_watch(trial);
	(void)trial_note(trial, fsps_bus_list(bus, look_at_channel, NULL));
	(void)trial_note(trial, fsps_channel_peek(bus, TRIAL_KEEP, look_at_waiting, NULL));
	fsps_bus_close(bus);
}

/* Both are set to what they are. */
static void run_limits(struct trial *trial)
{
	struct fsps_limits limits = {.size = sizeof limits};
	fsps_bus *bus = fault_bus();

	trial_watch(trial);
	if (trial_note(trial, fsps_channel_get_limits(bus, TRIAL_KEEP, &limits)) >= 0)
		(void)trial_note(trial, fsps_channel_set_limits(bus, TRIAL_KEEP, &limits));
	fsps_bus_close(bus);
}

static void run_home(struct trial *trial)
{
	struct fsps_home_info info = {.size = sizeof info};
	fsps_bus *bus = fault_bus();

	trial_watch(trial);
	(void)trial_note(trial, fsps_home_look(bus, &info));
	(void)trial_note(trial, fsps_home_init(bus, NULL));
	fsps_bus_close(bus);
}

/* ---- dead letters ---- */

enum { LETTERS = 2 };

struct letters {
	char names[LETTERS][128];
	unsigned count;
};

static int note_letter(const struct fsps_dead_letter *letter, void *userdata)
{
	struct letters *letters = userdata;

	if (letters->count < LETTERS)
		snprintf(letters->names[letters->count++], sizeof letters->names[0], "%s",
			 letter->file_name);
	return 0;
}

static void each_letter(struct trial *trial,
			int (*call)(fsps_bus *bus, const char *channel, const char *name))
{
	struct letters letters = {.count = 0};
	fsps_bus *bus = fault_bus();

	trial_watch(trial);
	(void)trial_note(trial, fsps_dead_list(bus, TRIAL_KEEP, note_letter, &letters));
	for (unsigned i = 0; i < letters.count; i++)
		(void)trial_note(trial, call(bus, TRIAL_KEEP, letters.names[i]));
	fsps_bus_close(bus);
}

static void run_replay(struct trial *trial)
{
	each_letter(trial, fsps_dead_replay);
}

static void run_discard(struct trial *trial)
{
	each_letter(trial, fsps_dead_discard);
}

const struct trial_scenario trial_calls[] = {
	{.name = "fsps_publish", .run = run_publish, .codes = publish_codes, .adds = 5},
	{.name = "fsps_publish, waiting and synced",
	 .run = run_publish_waiting,
	 .codes = publish_codes,
	 .adds = 2},
	{.name = "fsps_publish_batch", .run = run_batch, .codes = publish_codes, .adds = 5},
	{.name = "fsps_publish_prepared", .run = run_prepared, .codes = publish_codes, .adds = 5},
	{.name = "fsps_reserve", .run = run_reserve, .codes = publish_codes, .adds = 5},
	{.name = "fsps_publish, dropping",
	 .run = run_publish,
	 .codes = publish_codes,
	 .effects = TRIAL_DROPS,
	 .adds = 5},
	{.name = "fsps_publisher_matched", .run = run_who_listens, .codes = publish_codes},
	{.name = "fsps_message_ack",
	 .run = run_take,
	 .codes = take_codes,
	 .effects = TRIAL_TAKES,
	 .takes = 5},
	{.name = "fsps_message_nack",
	 .run = run_settle,
	 .codes = take_codes,
	 .effects = TRIAL_TAKES},
	{.name = "fsps_message_keep",
	 .run = run_keep,
	 .codes = take_codes,
	 .effects = TRIAL_TAKES,
	 .takes = 5},
	{.name = "fsps_channel_fetch, at most once",
	 .run = run_take_once,
	 .codes = take_codes,
	 .effects = TRIAL_TAKES | TRIAL_ONCE,
	 .takes = 5},
	{.name = "fsps_subscribe",
	 .run = run_subscribe,
	 .codes = take_codes,
	 .effects = TRIAL_TAKES,
	 .takes = 5},
	{.name = "fsps_channel_receive", .run = run_live, .effects = TRIAL_LIVE, .adds = 4},
	{.name = "fsps_durable_create",
	 .run = run_create,
	 .codes = open_codes,
	 .effects = TRIAL_MAKES},
	{.name = "fsps_durable_remove",
	 .run = run_remove,
	 .codes = outside_codes,
	 .effects = TRIAL_REMOVES},
	{.name = "fsps_channel_purge",
	 .run = run_purge,
	 .codes = outside_codes,
	 .effects = TRIAL_PURGES},
	{.name = "fsps_channel_peek", .run = run_look, .codes = outside_codes},
	{.name = "fsps_channel_set_limits", .run = run_limits, .codes = outside_codes},
	{.name = "fsps_home_init", .run = run_home, .codes = outside_codes},
	{.name = "fsps_dead_replay",
	 .run = run_replay,
	 .codes = outside_codes,
	 .effects = TRIAL_LETTERS},
	{.name = "fsps_dead_discard",
	 .run = run_discard,
	 .codes = outside_codes,
	 .effects = TRIAL_LETTERS | TRIAL_DISCARDS},
	{0},
};
