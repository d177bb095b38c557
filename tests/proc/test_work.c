/* SPDX-License-Identifier: MIT */
/*
 * Work shared by processes that are killed and paused in the midst of it: each message is handled
 * by somebody, and again only where that is documented. Who is killed says what it does before and
 * after it does it, so that what it had done is known to the last byte.
 */
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "api/work.h"
#include "proc/process.h"
#include "unit/check_main.h"

enum {
	WORKERS = 4,
	MESSAGES_MAX = 20000,
	/* Acknowledgements of a segment that a kill may undo, and how many segments a reader may be
	 * at. */
	UNSAVED_MAX = 64,
	SEGMENTS_MAX = 2,
};

/* What a worker says of a message. */
enum say { TAKEN = 't', ASKED = 'q', ACKNOWLEDGED = 'a', CLOSED = 'c' };

struct word {
	uint32_t what;
	uint32_t number;
};

/*
 * What is checked by those who are killed at any moment. Not by check's own means: these write to a
 * file that all processes of a test share, and who is killed in the midst of that spoils it.
 */
static void must(bool is_so)
{
	if (!is_so)
		_exit(EXIT_FAILURE);
}

static void say(const struct process_ends *ends, enum say what, uint32_t number)
{
	const struct word word = {.what = what, .number = number};

	must(write(ends->out_fd, &word, sizeof word) == (ssize_t)sizeof word);
}

/* ---- the crowd: a publisher, workers, kills ---- */

static void work_until_killed(const struct process_ends *ends, void *userdata)
{
	fsps_bus *bus = fixture_open_bus();
	fsps_channel *channel = work_join(bus);

	(void)userdata;
	for (;;) {
		fsps_message *message = NULL;
		uint32_t number;
		int r = fsps_channel_receive(channel, FSPS_FOREVER, &message);

		must(r >= 0);
		if (r == 0)
			continue;
		number = work_number(message);
		say(ends, TAKEN, number);
		must(fsps_message_ack(channel, message) == FSPS_OK);
		say(ends, ACKNOWLEDGED, number);
		fsps_message_unref(message);
	}
}

struct load {
	unsigned first;
	unsigned count;
};

static void publish_load(const struct process_ends *ends, void *userdata)
{
	const struct load *load = userdata;
	fsps_bus *bus = fixture_open_bus();
	fsps_publisher *publisher = fixture_open_publisher(bus);

	(void)ends;
	work_publish(publisher, load->first, load->count);
	fsps_publisher_close(publisher);
	fsps_bus_close(bus);
}

struct crowd {
	struct process workers[WORKERS];
	unsigned taken[MESSAGES_MAX];
	unsigned acknowledged[MESSAGES_MAX];
	/* How many numbers were acknowledged, and taken more than once. */
	unsigned done;
	unsigned repeats;
	/* Acknowledgements of what had been acknowledged. */
	unsigned doubled;
	unsigned kills;
	uint64_t random;
};

static unsigned below(uint64_t *random, unsigned limit)
{
	*random ^= *random << 13;
	*random ^= *random >> 7;
	*random ^= *random << 17;
	return (unsigned)(*random >> 33) % limit;
}

static void note(struct crowd *crowd, const struct word *word)
{
	ck_assert_uint_lt(word->number, MESSAGES_MAX);
	if (word->what == TAKEN) {
		crowd->repeats += crowd->taken[word->number]++ > 0;
		return;
	}
	ck_assert_uint_eq(word->what, ACKNOWLEDGED);
	crowd->done += crowd->acknowledged[word->number]++ == 0;
	/* Where a worker was killed right after he had made a file of a frame, that is made once
	 * more. */
	crowd->doubled += crowd->acknowledged[word->number] > 1;
	ck_assert_msg(crowd->doubled <= crowd->kills, "%u was acknowledged twice", word->number);
}

/* Listens to whoever has said something. */
static void listen_to_all(struct crowd *crowd)
{
	struct pollfd fds[WORKERS];
	struct word word;

	for (int i = 0; i < WORKERS; i++)
		fds[i] = (struct pollfd){.fd = crowd->workers[i].from_fd, .events = POLLIN};
	ck_assert_msg(poll(fds, WORKERS, FIXTURE_PATIENCE_MS) > 0, "%u are done, nobody works",
		      crowd->done);
	for (int i = 0; i < WORKERS; i++)
		if (fds[i].revents != 0) {
			ck_assert(process_read(&crowd->workers[i], &word, sizeof word));
			note(crowd, &word);
		}
}

/* Kills one and hears all that it has said. */
static void kill_one(struct crowd *crowd, struct process *worker)
{
	struct word word;

	ck_assert_int_eq(kill(worker->pid, SIGKILL), 0);
	while (process_read(worker, &word, sizeof word))
		note(crowd, &word);
	process_join_killed(worker);
	crowd->kills++;
}

/* Has another take its place. */
static void replace_one(struct crowd *crowd)
{
	struct process *worker = &crowd->workers[below(&crowd->random, WORKERS)];

	kill_one(crowd, worker);
	*worker = process_start(work_until_killed, NULL);
}

/* What was killed with a worker, or was not taken yet, is there; then nothing is left. */
static void expect_nothing_lost(struct crowd *crowd, fsps_bus *bus, unsigned published)
{
	fsps_channel *channel = work_open(bus);
	fsps_message *message = NULL;

	while (fsps_channel_receive(channel, 1200, &message) == 1) {
		unsigned number = work_number(message);

		ck_assert_uint_eq(crowd->acknowledged[number], 0);
		crowd->repeats += crowd->taken[number]++ > 0;
		work_ack(channel, message);
	}
	fsps_channel_close(channel);
	for (unsigned i = 0; i < published; i++)
		ck_assert_msg(crowd->taken[i] > 0, "%u was lost", i);
	work_expect_empty(bus);
	ck_assert_int_eq(work_letters(bus).count, 0);
}

static struct crowd crowd;

START_TEST(each_message_is_handled_whoever_is_killed)
{
	enum { MESSAGES = 6000, EVERY = 150 };
	struct load load = {.first = 0, .count = MESSAGES};
	fsps_bus *bus = fixture_open_bus();
	struct process publisher;
	unsigned words = 0;

	crowd.random = UINT64_C(88172645463325252) + (uint64_t)_i;
	ck_assert_int_eq(fsps_durable_create(bus, "a", "w"), 1);
	for (int i = 0; i < WORKERS; i++)
		crowd.workers[i] = process_start(work_until_killed, NULL);
	publisher = process_start(publish_load, &load);
	/* One that is killed between its acknowledgement and saying so did it nevertheless. */
	while (crowd.done + crowd.kills < MESSAGES) {
		listen_to_all(&crowd);
		if (++words % EVERY == 0)
			replace_one(&crowd);
	}
	process_join(&publisher);
	for (int i = 0; i < WORKERS; i++)
		kill_one(&crowd, &crowd.workers[i]);
	expect_nothing_lost(&crowd, bus, MESSAGES);
	/* One message a worker, whom the kill has struck between taking it and being done, and one
	 * that he had just made a file of. */
	ck_assert_uint_le(crowd.repeats, 2 * crowd.kills);
	fsps_bus_close(bus);
}
END_TEST

/* ---- pauses ---- */

/* Takes a message whose deadline is short, says so, and acknowledges it when told to: it must be
 * too late. */
static void be_late(const struct process_ends *ends, void *userdata)
{
	struct fsps_channel_options options = work_options();
	fsps_bus *bus = fixture_open_bus();
	fsps_channel *channel;
	fsps_message *message;

	(void)userdata;
	options.shared = 1;
	options.deadline_ms = 100;
	channel = work_open_with(bus, &options);
	process_say_ready(ends);
	message = work_take(channel, 0, 1);
	process_say_ready(ends);
	process_hear(ends);
	ck_assert_int_eq(fsps_message_ack(channel, message), FSPS_ERR_EXPIRED);
	fsps_message_unref(message);
	/* And goes on with the next. */
	process_say_ready(ends);
	work_do(channel, 1, 1);
	fsps_channel_close(channel);
	fsps_bus_close(bus);
}

START_TEST(who_is_paused_past_the_deadline_acknowledges_too_late)
{
	fsps_bus *bus = fixture_open_bus();
	fsps_publisher *publisher = fixture_open_publisher(bus);
	struct process late = process_start(be_late, NULL);
	fsps_channel *channel;

	process_await_ready(&late);
	work_publish(publisher, 0, 1);
	process_await_ready(&late);
	process_stop(&late);
	channel = work_join(bus);
	work_ack(channel, work_take(channel, 0, 2));
	process_continue(&late);
	process_tell(&late);
	process_await_ready(&late);
	fsps_channel_close(channel);
	work_publish(publisher, 1, 1);
	process_join(&late);
	work_expect_empty(bus);
	fsps_publisher_close(publisher);
	fsps_bus_close(bus);
}
END_TEST

START_TEST(a_paused_reader_alone_keeps_its_channel)
{
	fsps_bus *bus = fixture_open_bus();
	fsps_publisher *publisher = fixture_open_publisher(bus);
	struct process worker = process_start(work_until_killed, NULL);
	struct fsps_channel_options options = work_options();
	fsps_channel *channel = NULL;
	struct word word;

	while (fsps_publisher_matched(publisher, "a") == 0)
		ck_assert_int_ge(fsps_publisher_wait_subscribers(publisher, "a", 1, 1000), 0);
	work_publish(publisher, 0, 1);
	ck_assert(process_read(&worker, &word, sizeof word));
	process_stop(&worker);
	ck_assert_int_eq(work_try(bus, &options, &channel), FSPS_ERR_BUSY);
	process_kill(&worker);
	fsps_channel_close(work_open(bus));
	fsps_publisher_close(publisher);
	fsps_bus_close(bus);
}
END_TEST

/* ---- one reader after the other ---- */

struct session {
	bool shared;
	uint64_t random;
	/* How many messages it asks for before it closes properly. */
	unsigned takes;
};

/* Settles one of those that it has, of which it is done with most. */
static void settle_one(const struct process_ends *ends, fsps_channel *channel,
		       struct session *session, fsps_message **out, unsigned *count)
{
	unsigned place = below(&session->random, *count);
	fsps_message *message = out[place];
	uint32_t number = work_number(message);

	out[place] = out[--*count];
	if (below(&session->random, 8) == 0) {
		must(fsps_message_nack(channel, message, 0, NULL) == FSPS_OK);
		fsps_message_unref(message);
		return;
	}
	say(ends, ASKED, number);
	must(fsps_message_ack(channel, message) == FSPS_OK);
	say(ends, ACKNOWLEDGED, number);
	fsps_message_unref(message);
}

static void read_a_session(const struct process_ends *ends, void *userdata)
{
	enum { OUT_MAX = 40 };
	struct session session = *(const struct session *)userdata;
	struct fsps_channel_options options = work_options();
	fsps_bus *bus = fixture_open_bus();
	fsps_message *out[OUT_MAX];
	fsps_channel *channel;
	unsigned count = 0;

	options.shared = session.shared;
	options.attempts_max = 1000000;
	channel = work_open_with(bus, &options);
	for (unsigned i = 0; i < session.takes; i++) {
		while (count == OUT_MAX || (count > 0 && below(&session.random, 2) == 0))
			settle_one(ends, channel, &session, out, &count);
		if (fsps_channel_fetch(channel, &out[count]) == 1) {
			say(ends, TAKEN, work_number(out[count]));
			count++;
		}
	}
	fsps_channel_close(channel);
	say(ends, CLOSED, 0);
	process_hear(ends);
	work_unref_all(out, count);
	fsps_bus_close(bus);
}

struct history {
	/* Which session this is; counted from 1. */
	unsigned session;
	/* Of each message: it was asked to be acknowledged; it was, in which session (0: none);
	 * that one has closed. */
	bool asked[MESSAGES_MAX];
	unsigned acknowledged[MESSAGES_MAX];
	bool for_good[MESSAGES_MAX];
	/* Repeats of what was acknowledged in a session that was killed. */
	unsigned undone;
	/* Repeats of what was acknowledged for good: where a worker was killed right after he had
	 * made a file of a frame, that is made once more. */
	unsigned doubled;
	unsigned kills;
	unsigned shared_kills;
};

static void note_of_session(struct history *history, const struct word *word)
{
	uint32_t number = word->number;

	ck_assert_uint_lt(number, MESSAGES_MAX);
	switch (word->what) {
	case TAKEN:
		history->doubled += history->for_good[number];
		ck_assert_msg(history->doubled <= history->shared_kills, "%u came again", number);
		history->undone += history->acknowledged[number] != 0;
		history->acknowledged[number] = 0;
		break;
	case ASKED:
		history->asked[number] = true;
		break;
	case ACKNOWLEDGED:
		history->acknowledged[number] = history->session;
		break;
	default:
		break;
	}
}

/* Runs a reader, which is killed after it has said so many words, if it says so many. */
static void run_session(struct history *history, struct session *session, unsigned kill_after)
{
	struct process reader = process_start(read_a_session, session);
	bool closed = false;
	unsigned words = 0;
	struct word word;

	history->session++;
	while (!closed && process_read(&reader, &word, sizeof word)) {
		note_of_session(history, &word);
		closed = word.what == CLOSED;
		if (++words == kill_after)
			(void)kill(reader.pid, SIGKILL);
	}
	if (closed)
		for (unsigned i = 0; i < MESSAGES_MAX; i++)
			history->for_good[i] |= history->acknowledged[i] == history->session;
	process_let_go(&reader);
	if (words < kill_after) {
		process_join(&reader);
		return;
	}
	process_join_killed(&reader);
	history->kills++;
	history->shared_kills += session->shared;
}

static void expect_the_rest(fsps_bus *bus, struct history *history, unsigned published)
{
	struct fsps_channel_options options = work_options();
	fsps_message *message = NULL;
	fsps_channel *channel;

	options.attempts_max = 1000000;
	channel = work_open_with(bus, &options);
	while (fsps_channel_receive(channel, 1200, &message) == 1) {
		const struct word word = {.what = TAKEN, .number = work_number(message)};

		note_of_session(history, &word);
		history->asked[word.number] = true;
		work_ack(channel, message);
	}
	fsps_channel_close(channel);
	for (unsigned i = 0; i < published; i++)
		ck_assert_msg(history->asked[i], "%u was lost", i);
	work_expect_empty(bus);
}

static struct history history;

START_TEST(nothing_is_lost_whichever_reader_is_killed)
{
	enum { SESSIONS = 25, A_SESSION = 120 };
	uint64_t random = UINT64_C(0x2545f4914f6cdd1d) * (uint64_t)(_i + 1);
	fsps_bus *bus = fixture_open_bus();
	fsps_publisher *publisher = fixture_open_publisher(bus);
	unsigned published = 0;

	memset(&history, 0, sizeof history);
	ck_assert_int_eq(fsps_durable_create(bus, "a", "w"), 1);
	for (int i = 0; i < SESSIONS; i++) {
		struct session session = {.shared = below(&random, 4) == 0,
					  .random = random,
					  .takes = 100 + below(&random, 150)};

		work_publish(publisher, published, A_SESSION);
		published += A_SESSION;
		run_session(&history, &session,
			    below(&random, 3) == 0 ? UINT32_MAX : 1 + below(&random, 400));
	}
	expect_the_rest(bus, &history, published);
	ck_assert_uint_gt(history.kills, 0);
	ck_assert_uint_le(history.undone, history.kills * SEGMENTS_MAX * UNSAVED_MAX);
	if (fixture_lane() == FIXTURE_LANE_PLAIN)
		ck_assert_uint_eq(history.undone, 0);
	fsps_publisher_close(publisher);
	fsps_bus_close(bus);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("work");
	TCase *tcase = fixture_tcase(suite, "work");

	tcase_add_loop_test(tcase, each_message_is_handled_whoever_is_killed, 0, 2);
	tcase_add_test(tcase, who_is_paused_past_the_deadline_acknowledges_too_late);
	tcase_add_test(tcase, a_paused_reader_alone_keeps_its_channel);
	tcase_add_loop_test(tcase, nothing_is_lost_whichever_reader_is_killed, 0, 4);
	return check_main(suite);
}
