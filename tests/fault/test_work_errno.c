/* SPDX-License-Identifier: MIT */
/*
 * Each of twelve errnos at every kernel call of what a durable channel's reader does: once, and
 * from that call on.
 *
 * The answer is a success or a documented code, after which the call may be made again. Nothing is
 * lost, nothing is left behind, neither descriptors nor files, and nothing comes twice but what
 * lies in segments, where their links could not be renamed at the end or are said to be gone.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/sys.h"
#include "fault/work_errno.h"
#include "store/names.h"
#include "stream/format.h"
#include "subscribe/channel.h"
#include "unit/check_main.h"

/* What each function documents besides what an errno becomes. */
static const int open_codes[] = {FSPS_ERR_UNSAFE_HOME, FSPS_ERR_NO_HOME, FSPS_ERR_GONE,
				 FSPS_ERR_BUSY,        FSPS_ERR_CORRUPT, 0};
static const int fetch_codes[] = {FSPS_ERR_GONE, 0};
static const int settle_codes[] = {FSPS_ERR_EXPIRED, 0};

/* ---- a reader ---- */

enum phase { ATTACHING, WORKING, CLOSING, PHASES };

/* Tries of a fetch that fails. */
enum { TRIES = 4 };

struct stage {
	struct fault_plan *plan;
	enum phase phase;
	bool shared;
	struct work_book book;
	/* Settled in vain. */
	fsps_message *failed[WORK_MESSAGES];
	unsigned failed_count;
};

static void begin(struct stage *stage, enum phase phase)
{
	if (stage->phase == phase)
		fault_plan_start(stage->plan);
}

static fsps_channel *attach(struct stage *stage, fsps_bus *bus)
{
	const struct fsps_channel_options options = work_options(stage->shared, FSPS_AT_LEAST_ONCE);
	fsps_channel *channel = NULL;
	int r;

	begin(stage, ATTACHING);
	r = fsps_channel_open(bus, FAULT_TOPIC, &options, &channel);
	fault_plan_stop();
	fault_expect_documented(r, open_codes, "channel_open");
	ck_assert_int_eq(channel != NULL, r == FSPS_OK);
	return r < 0 ? work_attach(bus, stage->shared, FSPS_AT_LEAST_ONCE) : channel;
}

/* Returns what the settling answers. */
static int settle(struct work_entry *entry, unsigned number, fsps_channel *channel,
		  fsps_message *message)
{
	int r = 0;

	switch (entry->handed_out > 1 ? WORK_ACK : (enum work_way)(number % WORK_WAYS)) {
	case WORK_NACK:
		entry->nacked = true;
		return fsps_message_nack(channel, message, 0, "not now");
	case WORK_REJECT:
		entry->reject_begun = true;
		r = fsps_message_reject(channel, message, "never");
		entry->rejected = r == FSPS_OK;
		return r;
	case WORK_EXTEND:
		r = fsps_message_extend(channel, message, 60000);
		return r < 0 ? r : fsps_message_extend(channel, message, 0);
	case WORK_LEAVE:
		return 0;
	case WORK_ACK:
	case WORK_WAYS:
		break;
	}
	entry->ack_begun = true;
	r = fsps_message_ack(channel, message);
	entry->acked |= r == FSPS_OK;
	return r;
}

static void settle_or_keep(struct stage *stage, fsps_channel *channel, fsps_message *message)
{
	unsigned number = fault_number_of(message);
	int r = settle(&stage->book.entries[number], number, channel, message);

	fault_expect_documented(r, settle_codes, "settling");
	if (r < 0 && r != FSPS_ERR_EXPIRED)
		stage->failed[stage->failed_count++] = message;
	else
		fsps_message_unref(message);
}

static void note(struct stage *stage, const fsps_message *message)
{
	struct work_entry *entry = &stage->book.entries[fault_number_of(message)];

	entry->handed_out++;
	if (fsps_message_attempt(message) > entry->attempt)
		entry->attempt = fsps_message_attempt(message);
}

static void work_under(struct stage *stage, fsps_channel *channel)
{
	unsigned failures = 0;
	int r = 1;

	fault_let_second_pass(channel);
	begin(stage, WORKING);
	while (r != 0 && failures < TRIES && stage->failed_count < WORK_MESSAGES) {
		fsps_message *message = NULL;

		r = fsps_channel_fetch(channel, &message);
		fault_expect_documented(r, fetch_codes, "fetch");
		failures += r < 0;
		if (r != 1)
			continue;
		note(stage, message);
		settle_or_keep(stage, channel, message);
	}
	fault_plan_stop();
}

/* A call that failed may be made again. */
static void settle_failed(struct stage *stage, fsps_channel *channel)
{
	for (unsigned i = 0; i < stage->failed_count; i++) {
		unsigned number = fault_number_of(stage->failed[i]);
		struct work_entry *entry = &stage->book.entries[number];
		int r = settle(entry, number, channel, stage->failed[i]);

		fault_assert(r >= 0, "settling once more: %s", fsps_last_error()->text);
		fsps_message_unref(stage->failed[i]);
	}
	stage->failed_count = 0;
}

static void close_under(struct stage *stage, fsps_channel *channel)
{
	stage->book.closing = true;
	begin(stage, CLOSING);
	fsps_channel_close(channel);
	fault_plan_stop();
}

/* A segment is given its name back by hand: from its beginning, as nobody knows the place. */
static void revive_segment(const struct fsps_dead_letter *letter)
{
	char dead[600];
	char revived[600];

	snprintf(dead, sizeof dead, "%s/" WORK_CHANNEL "/%s", fault_home(), letter->file_name);
	snprintf(revived, sizeof revived, "%s/" WORK_CHANNEL "/" FSI_PREFIX_SEGMENT "%llu-%d",
		 fault_home(), (unsigned long long)letter->id, (int)FSI_SEGMENT_START);
	ck_assert_int_eq(rename(dead, revived), 0);
}

static int revive(const struct fsps_dead_letter *letter, void *userdata)
{
	if (strcmp(letter->reason, "segment") == 0)
		revive_segment(letter);
	else if (strcmp(letter->reason, "forbidden") == 0)
		ck_assert_int_eq(
			fsps_dead_replay(userdata, letter->channel_name, letter->file_name),
			FSPS_OK);
	return 0;
}

/* What is said to be forbidden was set aside, for somebody who knows better. */
static void revive_forbidden(void)
{
	fsps_bus *bus = fault_bus();

	ck_assert_int_ge(fsps_dead_list(bus, WORK_CHANNEL, revive, bus), 0);
	fsps_bus_close(bus);
}

/* At the end nobody comes back to a link that could not be renamed. */
static bool may_repeat(const struct stage *stage)
{
	return work_errno_is_lie(stage->plan) || stage->plan->error == EACCES ||
	       stage->phase == CLOSING;
}

static void run(struct stage *stage)
{
	unsigned descriptors = fault_count_descriptors();
	fsps_bus *bus = fault_bus();
	fsps_channel *channel = attach(stage, bus);

	work_under(stage, channel);
	settle_failed(stage, channel);
	close_under(stage, channel);
	fsps_bus_close(bus);
	ck_assert_uint_eq(fault_count_descriptors(), descriptors);
	if (stage->plan->error == EACCES)
		revive_forbidden();
	work_check(&stage->book, stage->shared,
		   may_repeat(stage) ? WORK_FRAMES_ONCE_MORE : WORK_NO_REPEATS);
}

/* Returns how many calls there are. */
static unsigned run_plan(struct fault_plan *plan, enum phase phase, bool shared)
{
	unsigned calls = 0;
	bool more = true;

	while (more) {
		struct stage stage = {.plan = plan, .phase = phase, .shared = shared};

		work_publish();
		run(&stage);
		work_errno_expect_clean(plan);
		calls = plan->calls;
		more = work_errno_next(plan);
	}
	return calls;
}

static unsigned run_everywhere(int test, enum phase phase)
{
	struct fault_plan plan = fault_errno_plan(test % FAULT_ERRNO_TESTS);

	return run_plan(&plan, phase, test >= FAULT_ERRNO_TESTS);
}

START_TEST(attaching_under_a_fault)
{
	ck_assert_uint_ge(run_everywhere(_i, ATTACHING), 30);
}
END_TEST

START_TEST(working_under_a_fault)
{
	ck_assert_uint_ge(run_everywhere(_i, WORKING), 30);
}
END_TEST

/* The same again, for each of the calls that settle alone. */
START_TEST(a_settling_that_failed_is_made_again)
{
	static const char *const calls[] = {"unlinkat", "renameat2"};
	struct fault_plan plan = {.kind = FAULT_ONCE, .error = EIO, .only = calls[_i % 2]};

	ck_assert_uint_ge(run_plan(&plan, WORKING, _i >= 2), 2);
}
END_TEST

START_TEST(closing_under_a_fault)
{
	ck_assert_uint_ge(run_everywhere(_i, CLOSING), 10);
}
END_TEST

/* ---- short writes ---- */

static unsigned shortened;

/* A bell's record goes in whole or not at all. */
static int shorten(const char *call, size_t *length)
{
	enum { PIECE = 7, RECORD = 8 };

	if (strcmp(call, "write") == 0 && length != NULL && *length > RECORD) {
		*length = PIECE;
		shortened++;
	}
	return 0;
}

/* What is given back of a segment, what is rejected of it, and notes. */
START_TEST(what_is_written_in_pieces_is_whole)
{
	struct work_book book = {.closing = false};
	bool shared = _i == 1;
	fsps_channel *channel;
	fsps_bus *bus;

	work_publish();
	bus = fault_bus();
	fsi_sys_intercept = shorten;
	channel = work_attach(bus, shared, FSPS_AT_LEAST_ONCE);
	work_do_all(&book, channel);
	fsi_sys_intercept = NULL;
	book.closing = true;
	fsps_channel_close(channel);
	fsps_bus_close(bus);
	ck_assert_uint_ge(shortened, 100);
	work_check(&book, shared, WORK_NO_REPEATS);
	work_expect_clean();
}
END_TEST

/* ---- taking over ---- */

static void make_dead_worker(bool shared)
{
	struct work_book book = {.closing = true};
	fsps_bus *bus = fault_bus();
	fsps_channel *channel = work_attach(bus, shared, FSPS_AT_LEAST_ONCE);
	fsps_message *message;

	while ((message = work_take(&book, channel)) != NULL)
		fsps_message_unref(message);
	work_abandon(channel);
	fsps_bus_close(bus);
}

/* Attaches, which sweeps the home, and looks for a first message. */
static void take_over_under(struct fault_plan *plan, bool shared)
{
	const struct fsps_channel_options options = work_options(shared, FSPS_AT_LEAST_ONCE);
	unsigned descriptors = fault_count_descriptors();
	fsps_channel *channel = NULL;
	fsps_message *message = NULL;
	fsps_bus *bus = fault_bus();
	int r;

	fault_plan_start(plan);
	r = fsps_channel_open(bus, FAULT_TOPIC, &options, &channel);
	fault_expect_documented(r, open_codes, "channel_open");
	if (r == FSPS_OK) {
		r = fsps_channel_fetch(channel, &message);
		fault_expect_documented(r, fetch_codes, "fetch");
		fsps_message_unref(message);
	}
	fault_plan_stop();
	fsps_channel_close(channel);
	fsps_bus_close(bus);
	ck_assert_uint_eq(fault_count_descriptors(), descriptors);
}

START_TEST(taking_over_under_a_fault)
{
	struct fault_plan plan = fault_errno_plan(_i % FAULT_ERRNO_TESTS);
	bool shared = _i >= FAULT_ERRNO_TESTS;
	unsigned calls = 0;
	bool more = true;

	while (more) {
		struct work_book again = {.closing = true};

		work_publish();
		make_dead_worker(shared);
		fault_let_sweep();
		take_over_under(&plan, shared);
		if (plan.error == EACCES)
			revive_forbidden();
		work_recover(&again, shared);
		for (unsigned i = 0; i < WORK_MESSAGES; i++) {
			fault_assert(again.entries[i].handed_out >= 1, "message %u is lost", i);
			fault_assert(again.entries[i].handed_out == 1 || work_errno_is_lie(&plan),
				     "message %u comes twice", i);
		}
		work_errno_expect_clean(&plan);
		calls = plan.calls;
		more = work_errno_next(&plan);
	}
	ck_assert_uint_ge(calls, 40);
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("work-errno");
	TCase *reader = fault_case(suite, "reader");
	TCase *failures = fault_case(suite, "failures");
	TCase *pieces = fault_case(suite, "pieces");
	TCase *over = fault_case(suite, "take-over");

	/* Alone, and of a group. */
	tcase_add_loop_test(reader, attaching_under_a_fault, 0, 2 * FAULT_ERRNO_TESTS);
	tcase_add_loop_test(reader, working_under_a_fault, 0, 2 * FAULT_ERRNO_TESTS);
	tcase_add_loop_test(reader, closing_under_a_fault, 0, 2 * FAULT_ERRNO_TESTS);
	tcase_add_loop_test(failures, a_settling_that_failed_is_made_again, 0, 4);
	tcase_add_loop_test(pieces, what_is_written_in_pieces_is_whole, 0, 2);
	tcase_add_loop_test(over, taking_over_under_a_fault, 0, 2 * FAULT_ERRNO_TESTS);
	return suite;
}

int main(void)
{
	return check_main(make_suite());
}
