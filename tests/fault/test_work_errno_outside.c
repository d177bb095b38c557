/* SPDX-License-Identifier: MIT */
/*
 * Each of twelve errnos at every kernel call of what is done with a durable channel from outside:
 * making, purging and removing it, replaying and discarding its dead letters.
 *
 * The answer is a success or a documented code, and says what became of the messages.
 */
#include <stdio.h>

#include "fault/work_errno.h"
#include "store/names.h"
#include "unit/check_main.h"

/* What each function documents besides what an errno becomes. */
static const int create_codes[] = {FSPS_ERR_UNSAFE_HOME, FSPS_ERR_NO_HOME, FSPS_ERR_GONE,
				   FSPS_ERR_BUSY, 0};
static const int remove_codes[] = {FSPS_ERR_NOT_FOUND, FSPS_ERR_BUSY, 0};
static const int dead_codes[] = {FSPS_ERR_NOT_FOUND, 0};

/* ---- the channel ---- */

static int create(fsps_bus *bus)
{
	return fsps_durable_create(bus, FAULT_TOPIC, WORK_NAME);
}

static int remove_channel(fsps_bus *bus)
{
	return fsps_durable_remove(bus, WORK_CHANNEL, 0);
}

static int purge(fsps_bus *bus)
{
	return (int)fsps_channel_purge(bus, WORK_CHANNEL);
}

/* Calls it on a bus of its own. Returns its answer. */
static int call_under(struct fault_plan *plan, int (*call)(fsps_bus *), const int *codes,
		      const char *what)
{
	unsigned descriptors = fault_count_descriptors();
	fsps_bus *bus = fault_bus();
	int r;

	fault_plan_start(plan);
	r = call(bus);
	fault_plan_stop();
	fault_expect_documented(r, codes, what);
	fsps_bus_close(bus);
	ck_assert_uint_eq(fault_count_descriptors(), descriptors);
	return r;
}

START_TEST(creating_a_channel_under_a_fault)
{
	struct fault_plan plan = fault_errno_plan(_i % FAULT_ERRNO_TESTS);
	unsigned calls = 0;
	bool more = true;

	fault_set_nameless(_i < FAULT_ERRNO_TESTS);
	while (more) {
		const struct work_book nothing = {.closing = true};

		fault_remove_tree(fault_home());
		(void)call_under(&plan, create, create_codes, "durable_create");
		calls = plan.calls;
		more = work_errno_next(&plan);
		work_publish();
		work_check(&nothing, false, WORK_NO_REPEATS);
		work_errno_expect_clean(&plan);
	}
	ck_assert_uint_ge(calls, 30);
}
END_TEST

static bool channel_exists(void)
{
	return fault_count_names(".", WORK_CHANNEL) > 0;
}

START_TEST(removing_a_channel_under_a_fault)
{
	struct fault_plan plan = fault_errno_plan(_i);
	unsigned calls = 0;
	bool more = true;

	while (more) {
		int r;

		work_publish();
		r = call_under(&plan, remove_channel, remove_codes, "durable_remove");
		calls = plan.calls;
		more = work_errno_next(&plan);
		if (channel_exists()) {
			ck_assert(r < 0 || work_errno_is_lie(&plan));
			work_remove();
		}
		fault_visit();
		fault_expect_clean(0, 0);
	}
	ck_assert_uint_ge(calls, 20);
}
END_TEST

/* Each message that it says to have removed is gone, and no other. */
START_TEST(purging_under_a_fault)
{
	struct fault_plan plan = fault_errno_plan(_i);
	unsigned calls = 0;
	bool more = true;

	while (more) {
		struct work_book again = {.closing = true};
		unsigned left = 0;
		int r;

		work_publish();
		r = call_under(&plan, purge, remove_codes, "channel_purge");
		calls = plan.calls;
		more = work_errno_next(&plan);
		work_recover(&again, false);
		for (unsigned i = 0; i < WORK_MESSAGES; i++) {
			ck_assert_uint_le(again.entries[i].handed_out, 1);
			left += again.entries[i].handed_out;
		}
		if (r >= 0 && !work_errno_is_lie(&plan))
			ck_assert_uint_eq(left, WORK_MESSAGES - (unsigned)r);
		work_errno_expect_clean(&plan);
	}
	ck_assert_uint_ge(calls, 20);
}
END_TEST

/* ---- dead letters ---- */

/* The channel's only one; a call takes no other argument. */
static char letter_name[FSI_NAME_BYTES];

static int note_name(const struct fsps_dead_letter *letter, void *userdata)
{
	(void)userdata;
	snprintf(letter_name, sizeof letter_name, "%s", letter->file_name);
	return 0;
}

static void make_letter(void)
{
	fsps_bus *bus = fault_bus();
	fsps_channel *channel = work_attach(bus, false, FSPS_AT_LEAST_ONCE);
	fsps_publisher *publisher = fault_publisher(bus);
	fsps_message *message = NULL;

	ck_assert_int_eq(fault_publish(publisher, 0, NULL), 1);
	fsps_publisher_close(publisher);
	fault_let_second_pass(channel);
	ck_assert_int_eq(fsps_channel_fetch(channel, &message), 1);
	ck_assert_int_eq(fsps_message_reject(channel, message, "never"), FSPS_OK);
	fsps_message_unref(message);
	fsps_channel_close(channel);
	ck_assert_int_eq(fsps_dead_list(bus, WORK_CHANNEL, note_name, NULL), 1);
	fsps_bus_close(bus);
}

static int replay_letter(fsps_bus *bus)
{
	return fsps_dead_replay(bus, WORK_CHANNEL, letter_name);
}

static int discard_letter(fsps_bus *bus)
{
	return fsps_dead_discard(bus, WORK_CHANNEL, letter_name);
}

static unsigned handle_letter_everywhere(int test, int (*call)(fsps_bus *), bool replayed)
{
	struct fault_plan plan = fault_errno_plan(test);
	unsigned calls = 0;
	bool more = true;

	while (more) {
		struct work_book again = {.closing = true};
		unsigned letters[WORK_MESSAGES] = {0};
		int r;

		make_letter();
		r = call_under(&plan, call, dead_codes, "dead letter");
		calls = plan.calls;
		more = work_errno_next(&plan);
		work_recover(&again, false);
		work_collect_dead(letters);
		ck_assert_uint_eq(letters[0], r < 0);
		ck_assert_uint_eq(again.entries[0].handed_out, r == 0 && replayed);
		work_errno_expect_clean(&plan);
	}
	return calls;
}

START_TEST(replaying_under_a_fault)
{
	ck_assert_uint_ge(handle_letter_everywhere(_i, replay_letter, true), 10);
}
END_TEST

START_TEST(discarding_under_a_fault)
{
	ck_assert_uint_ge(handle_letter_everywhere(_i, discard_letter, false), 8);
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("work-errno-outside");
	TCase *life = fault_case(suite, "life");
	TCase *outside = fault_case(suite, "outside");

	/* With nameless files and without. */
	tcase_add_loop_test(life, creating_a_channel_under_a_fault, 0, 2 * FAULT_ERRNO_TESTS);
	tcase_add_loop_test(life, removing_a_channel_under_a_fault, 0, FAULT_ERRNO_TESTS);
	tcase_add_loop_test(outside, purging_under_a_fault, 0, FAULT_ERRNO_TESTS);
	tcase_add_loop_test(outside, replaying_under_a_fault, 0, FAULT_ERRNO_TESTS);
	tcase_add_loop_test(outside, discarding_under_a_fault, 0, FAULT_ERRNO_TESTS);
	return suite;
}

int main(void)
{
	return check_main(make_suite());
}
