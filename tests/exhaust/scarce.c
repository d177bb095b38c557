/* SPDX-License-Identifier: MIT */
/* Implements scarce.h. */
#include "exhaust/scarce.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fault/fault.h"

#define TOPIC "fault.test"

static const char *const patterns[SCARCE_CHANNELS] = {TOPIC, "+"};
static const char *const names[SCARCE_CHANNELS] = {"jobs", "all"};
static const char *const channels[SCARCE_CHANNELS] = {TOPIC "_jobs", "+_all"};

/* Messages that are there before: files, then frames. */
enum { BEFORE = 8 };

static struct scarce_book *book;

/* ---- what may be answered ---- */

/* What a call answers that finds something scarce. */
static bool is_shortage(int64_t r)
{
	return r == FSPS_ERR_NO_SPACE || r == FSPS_ERR_LIMIT || r == FSPS_ERR_NO_MEMORY ||
	       r == FSPS_ERR_TOO_LARGE || r == FSPS_ERR_REFUSED;
}

static void wrong(const char *what, int64_t r)
{
	if (book->wrong[0] == '\0')
		snprintf(book->wrong, sizeof book->wrong, "%s answers %lld %s: %s", what,
			 (long long)r, r < 0 ? fsps_error_name((int)r) : "",
			 r < 0 ? fsps_last_error()->text : "");
}

/* Counts an answer; one that is neither a success nor a shortage is wrong. Returns whether it is a
 * success. */
static bool told(const char *what, int64_t r)
{
	if (r >= 0) {
		book->done++;
		return true;
	}
	book->refused++;
	if (!is_shortage(r))
		wrong(what, r);
	else if (fsps_last_error()->code != r || fsps_last_error()->text[0] == '\0')
		wrong("the last error after it", r);
	return false;
}

/* ---- publishing ---- */

static unsigned channel_bit(const char *name)
{
	for (unsigned i = 0; i < SCARCE_CHANNELS; i++)
		if (strcmp(name, channels[i]) == 0)
			return 1u << i;
	return 0;
}

/* Which of the durable channels have a message, by a publish's answer and its receipt. */
static unsigned reached(int r, const fsps_receipt *receipt)
{
	unsigned all = r > 0 || r == FSPS_ERR_REFUSED ? (1u << SCARCE_CHANNELS) - 1 : 0;

	for (int i = 0; i < fsps_receipt_refused(receipt); i++) {
		const char *name = NULL;
		int code = 0;

		(void)fsps_receipt_refusal(receipt, i, &name, &code);
		all &= ~channel_bit(name);
		if (!is_shortage(code))
			wrong("a refusal", code);
	}
	return all;
}

static void note(unsigned number, int r, const fsps_receipt *receipt)
{
	if (told("publish", r) && r < SCARCE_CHANNELS)
		wrong("publish", r);
	book->reached[number] = reached(r, receipt);
}

static void publish(fsps_publisher *publisher, unsigned number, fsps_receipt *receipt)
{
	static char body[BODY_BYTES];
	size_t length = body_fill(number, body);

	book->begun = number + 1;
	note(number, fsps_publish(publisher, TOPIC, NULL, body, length, receipt), receipt);
}

static void publish_batch(fsps_publisher *publisher, unsigned first, fsps_receipt *receipt)
{
	enum { BATCH = 4 };
	static char bodies[BATCH][BODY_BYTES];
	struct fsps_outgoing batch[BATCH] = {{.topic = NULL}};
	int r;

	for (unsigned i = 0; i < BATCH; i++)
		batch[i] = (struct fsps_outgoing){.topic = TOPIC,
						  .payload = bodies[i],
						  .payload_len = body_fill(first + i, bodies[i])};
	book->begun = first + BATCH;
	r = fsps_publish_batch(publisher, batch, BATCH, receipt);
	for (int i = 0; i < r && i < BATCH; i++)
		book->reached[first + (unsigned)i] = (1u << SCARCE_CHANNELS) - 1;
	/* The receipt is that of the first that did not come through. */
	if (r < BATCH)
		note(first + (r > 0 ? (unsigned)r : 0), r > 0 ? fsps_last_error()->code : r,
		     receipt);
	else
		(void)told("batch", r);
}

static void publish_reserved(fsps_publisher *publisher, unsigned number, fsps_receipt *receipt)
{
	static char body[BODY_BYTES];
	size_t length = body_fill(number, body);
	void *payload = NULL;

	book->begun = number + 1;
	if (!told("reserve", fsps_reserve(publisher, TOPIC, NULL, length, &payload)))
		return;
	memcpy(payload, body, length);
	note(number, fsps_commit(publisher, length, receipt), receipt);
}

/* Publishes from a number on; returns the next. */
static unsigned publish_all(fsps_bus *bus, int sync, unsigned number)
{
	const struct fsps_publisher_options options = {.size = sizeof options, .sync = sync};
	fsps_publisher *publisher = NULL;
	fsps_receipt *receipt = NULL;

	if (told("publisher", fsps_publisher_open(bus, &options, &publisher)) &&
	    told("receipt", fsps_receipt_new(&receipt))) {
		for (unsigned i = 0; i < 4; i++)
			publish(publisher, number++, receipt);
		publish_batch(publisher, number, receipt);
		number += 4;
		publish_reserved(publisher, number++, receipt);
	}
	fsps_receipt_free(receipt);
	fsps_publisher_close(publisher);
	return number;
}

/* ---- consuming ---- */

static struct fsps_channel_options attach_options(unsigned which)
{
	return (struct fsps_channel_options){.size = sizeof(struct fsps_channel_options),
					     .durable = names[which]};
}

/* Of three, one is acknowledged, one comes once more, and one is a dead letter. A frame that can't
 * be made one is acknowledged. */
static int settle(fsps_channel *channel, fsps_message *message, unsigned number)
{
	int r = FSPS_ERR_NO_SPACE;

	if (number % 3 == 1 && fsps_message_attempt(message) == 1)
		return fsps_message_nack(channel, message, 0, "not now");
	if (number % 3 == 2)
		r = fsps_message_reject(channel, message, "never");
	book->rejected[number] |= r == FSPS_OK;
	if (r == FSPS_OK || (number % 3 == 2 && !is_shortage(r)))
		return r;
	book->ack_begun[number] = true;
	r = fsps_message_ack(channel, message);
	book->acked[number] |= r == FSPS_OK;
	return r;
}

/* Takes what it gets; whether it got to the end of it. */
static bool consume(fsps_channel *channel, unsigned *ret_count)
{
	fsps_message *message = NULL;
	int r;

	*ret_count = 0;
	while ((r = fsps_channel_fetch(channel, &message)) == 1) {
		bool settled = told("settle", settle(channel, message, body_number_of(message)));

		fsps_message_unref(message);
		++*ret_count;
		if (!settled)
			return false;
	}
	return told("fetch", r);
}

static void subscribe(fsps_bus *bus)
{
	fsps_channel *channel = NULL;
	fsps_message *message = NULL;
	unsigned count = 0;
	int r = fsps_channel_open(bus, "fault.=", NULL, &channel);

	if (told("subscribe", r)) {
		while ((r = fsps_channel_fetch(channel, &message)) == 1) {
			(void)body_number_of(message);
			fsps_message_unref(message);
			count++;
		}
		(void)told("fetch live", r);
		if (count != 0)
			wrong("a new channel", count);
	}
	fsps_channel_close(channel);
}

/* ---- the rest ---- */

static int look_at_channel(const struct fsps_channel_info *info, void *userdata)
{
	(void)info;
	(void)userdata;
	return 0;
}

static int look_at_message(const struct fsps_waiting *waiting, void *userdata)
{
	(void)userdata;
	if (waiting->message != NULL)
		(void)body_number_of(waiting->message);
	return 0;
}

static char letter[256];

static int note_letter(const struct fsps_dead_letter *dead, void *userdata)
{
	(void)userdata;
	if (strcmp(dead->reason, "rejected") != 0)
		return 0;
	snprintf(letter, sizeof letter, "%s", dead->file_name);
	return 1;
}

/* Replays a dead letter, which then is one that waits. */
static void replay(fsps_bus *bus)
{
	letter[0] = '\0';
	if (!told("dead list", fsps_dead_list(bus, channels[0], note_letter, NULL)) ||
	    letter[0] == '\0')
		return;
	(void)told("replay", fsps_dead_replay(bus, channels[0], letter));
}

static void manage(fsps_bus *bus)
{
	int made = fsps_durable_create(bus, "other", "new");

	(void)told("list", fsps_bus_list(bus, look_at_channel, NULL));
	(void)told("peek", fsps_channel_peek(bus, channels[1], look_at_message, NULL));
	replay(bus);
	if (told("create", made)) {
		(void)told("purge", fsps_channel_purge(bus, "other_new"));
		(void)told("remove", fsps_durable_remove(bus, "other_new", 0));
	}
}

/* As one of a group, segments are made into files. */
static void attach_other(fsps_bus *bus, bool shared)
{
	struct fsps_channel_options options = attach_options(1);
	fsps_channel *channel = NULL;
	fsps_message *message = NULL;

	options.shared = shared;

	if (told("attach", fsps_channel_open(bus, patterns[1], &options, &channel)) &&
	    told("fetch", fsps_channel_fetch(channel, &message)) && message != NULL)
		(void)told("nack", fsps_message_nack(channel, message, 0, NULL));
	fsps_message_unref(message);
	fsps_channel_close(channel);
}

/* ---- the process ---- */

static void live_with(const struct scarcity *scarcity, unsigned level, fsps_bus *bus,
		      fsps_channel *channel)
{
	unsigned refused = book->refused;
	unsigned count = 0;
	fsps_bus *other = NULL;

	if (!scarcity->begin(level)) {
		wrong("the scarcity", level);
		return;
	}
	if ((!consume(channel, &count) || book->refused != refused) && scarcity->consumers_go_on)
		wrong("a consumer in want", count);
	if (count < BEFORE && scarcity->consumers_go_on)
		wrong("a consumer in want of messages", count);
	if (told("bus",
		 fsps_bus_open(&(struct fsps_bus_options){.size = sizeof(struct fsps_bus_options),
							  .home = fault_home()},
			       &other))) {
		unsigned next = publish_all(other, 0, BEFORE);

		(void)publish_all(other, 1, next);
		subscribe(other);
		manage(other);
		attach_other(other, level % 2 == 1);
	}
	fsps_bus_close(other);
	(void)consume(channel, &count);
	fsps_channel_close(channel);
	fsps_bus_close(bus);
	if (scarcity->end != NULL)
		scarcity->end();
}

static int live(const struct scarcity *scarcity, unsigned level)
{
	const struct fsps_channel_options options = attach_options(0);
	unsigned descriptors = fault_count_descriptors();
	fsps_channel *channel = NULL;
	fsps_bus *bus = fault_bus();
	unsigned left;

	if (fsps_channel_open(bus, patterns[0], &options, &channel) != FSPS_OK)
		return 2;
	live_with(scarcity, level, bus, channel);
	left = fault_count_descriptors();
	if (left != descriptors)
		wrong("descriptors", (int64_t)left - descriptors);
	return 0;
}

/* ---- before and after ---- */

static void prepare(void)
{
	static char body[BODY_BYTES];
	fsps_bus *bus = fault_bus();
	fsps_publisher *publisher;

	memset(book, 0, sizeof *book);
	for (unsigned i = 0; i < SCARCE_CHANNELS; i++)
		ck_assert_int_ge(fsps_durable_create(bus, patterns[i], names[i]), 0);
	publisher = fault_publisher(bus);
	for (unsigned i = 0; i < BEFORE; i++) {
		size_t length = body_fill(i, body);

		ck_assert_int_eq(fsps_publish(publisher, TOPIC, NULL, body, length, NULL),
				 SCARCE_CHANNELS);
		book->reached[i] = (1u << SCARCE_CHANNELS) - 1;
	}
	book->begun = BEFORE;
	fsps_publisher_close(publisher);
	fsps_bus_close(bus);
}

static void drain(fsps_bus *bus, unsigned which, unsigned *counts)
{
	const struct fsps_channel_options options = attach_options(which);
	fsps_channel *channel = NULL;
	fsps_message *message = NULL;

	ck_assert_int_eq(fsps_channel_open(bus, patterns[which], &options, &channel), FSPS_OK);
	for (int second = 0; second < 3; second++) {
		fault_let_second_pass(channel);
		while (fsps_channel_fetch(channel, &message) == 1) {
			counts[body_number_of(message)]++;
			ck_assert_int_eq(fsps_message_ack(channel, message), FSPS_OK);
			fsps_message_unref(message);
		}
	}
	fsps_channel_close(channel);
}

struct letters {
	fsps_bus *bus;
	unsigned *counts;
};

static int take_letter(const struct fsps_dead_letter *dead, void *userdata)
{
	struct letters *letters = userdata;

	ck_assert_str_eq(dead->reason, "rejected");
	letters->counts[body_number_of(dead->message)]++;
	ck_assert_int_eq(fsps_dead_discard(letters->bus, dead->channel_name, dead->file_name),
			 FSPS_OK);
	return 0;
}

/* What the channel must have is there once, and nothing else. */
static void check_channel(fsps_bus *bus, unsigned which, unsigned level)
{
	unsigned counts[BODY_NUMBERS] = {0};
	struct letters letters = {.bus = bus, .counts = counts};

	drain(bus, which, counts);
	ck_assert_int_ge(fsps_dead_list(bus, channels[which], take_letter, &letters), 0);
	for (unsigned i = 0; i < BODY_NUMBERS; i++) {
		bool has = (book->reached[i] & 1u << which) != 0;

		if (which == 0 && book->ack_begun[i] && !book->acked[i])
			continue;
		if (which == 0 && book->acked[i])
			has = false;
		fault_assert(counts[i] == has, "level %u, channel %s: message %u is there %u times",
			     level, channels[which], i, counts[i]);
	}
}

static void check(unsigned level)
{
	fsps_bus *bus = fault_bus();

	for (unsigned i = 0; i < SCARCE_CHANNELS; i++)
		check_channel(bus, i, level);
	fsps_bus_close(bus);
	fault_visit();
	fault_expect_clean(SCARCE_CHANNELS, 0);
}

static void *share(size_t size)
{
	void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	ck_assert_ptr_ne(memory, MAP_FAILED);
	return memory;
}

bool scarce_run(const struct scarcity *scarcity, unsigned level, struct scarce_figures *figures)
{
	int status = 0;
	pid_t child;

	if (book == NULL)
		book = share(sizeof *book);
	prepare();
	child = fork();
	ck_assert_int_ge(child, 0);
	if (child == 0)
		_exit(live(scarcity, level));
	ck_assert_int_eq(waitpid(child, &status, 0), child);
	if (scarcity->release != NULL)
		scarcity->release();
	fault_assert(!WIFSIGNALED(status), "level %u: killed by signal %d", level,
		     WTERMSIG(status));
	fault_assert(WEXITSTATUS(status) == 0, "level %u: ended with %d", level,
		     WEXITSTATUS(status));
	fault_assert(book->wrong[0] == '\0', "level %u: %s", level, book->wrong);
	check(level);
	figures->levels++;
	figures->done += book->done;
	figures->refused += book->refused;
	for (unsigned i = 0; i < BODY_NUMBERS; i++)
		figures->reached += (unsigned)__builtin_popcount(book->reached[i]);
	return book->refused == 0;
}

void scarce_run_all(const struct scarcity *scarcity, const char *name, unsigned level_max)
{
	enum { ENOUGH = 3 };
	struct scarce_figures figures = {0};
	unsigned in_a_row = 0;

	for (unsigned level = 0; in_a_row < ENOUGH; level++) {
		ck_assert_msg(level <= level_max, "%s: never enough", name);
		in_a_row = scarce_run(scarcity, level, &figures) ? in_a_row + 1 : 0;
	}
	ck_assert_uint_gt(figures.refused, 0);
	dprintf(STDOUT_FILENO, "# %s: %u levels, %u calls done, %u refused, %u messages accepted\n",
		name, figures.levels, figures.done, figures.refused, figures.reached);
}
