/* SPDX-License-Identifier: MIT */
/*
 * Each of twelve errnos at every kernel call of publish: once, and from that call on.
 *
 * The answer must be a success or a documented code, and true: what publish says to have reached
 * has the message, whole and once. Nothing is left behind, neither descriptors nor files, and the
 * next publish, without a fault, reaches all.
 */
#include "fault/fault.h"

#include <errno.h>
#include <string.h>

#include "unit/check_main.h"

/* What it documents besides what an errno becomes. */
static const int publish_codes[] = {FSPS_ERR_REFUSED, FSPS_ERR_UNSAFE_HOME, 0};

/* A missing file is a truth of its own: the library believes that what ENOENT is said of is gone,
 * a living owner's lock file too. */
static bool may_be_believed(const struct fault_plan *plan)
{
	return plan->error == ENOENT;
}

/* So it is with a file that we may not open: it is another user's. */
static bool may_be_foreign(const struct fault_plan *plan)
{
	return plan->error == EACCES || plan->error == EROFS;
}

/* How many channels have message 0; none has it twice, or anything else. */
static unsigned arrived(const struct fault_channels *channels)
{
	unsigned channels_with = 0;

	for (unsigned i = 0; i < channels->count; i++) {
		fsps_message *message = NULL;
		unsigned count = 0;

		fault_let_second_pass(channels->list[i]);
		while (fsps_channel_fetch(channels->list[i], &message) == 1) {
			ck_assert_uint_eq(fault_number_of(message), 0);
			fsps_message_unref(message);
			count++;
		}
		ck_assert_uint_le(count, 1);
		channels_with += count;
	}
	return channels_with;
}

static void check_answer(int r, const fsps_receipt *receipt, unsigned channels_with)
{
	fault_expect_documented(r, publish_codes, "publish");
	ck_assert_int_eq(fsps_receipt_reached(receipt), (int)channels_with);
	ck_assert_int_eq(fsps_receipt_matched(receipt),
			 fsps_receipt_reached(receipt) + fsps_receipt_refused(receipt));
	if (r >= 0)
		ck_assert_int_eq(r, (int)channels_with);
	else if (r == FSPS_ERR_REFUSED)
		ck_assert_int_gt(fsps_receipt_refused(receipt), 0);
	else
		ck_assert_uint_eq(channels_with, 0);
	for (int i = 0; i < fsps_receipt_refused(receipt); i++) {
		int code = 0;

		ck_assert_int_eq(fsps_receipt_refusal(receipt, i, NULL, &code), FSPS_OK);
		ck_assert_int_lt(code, 0);
		ck_assert_int_ne(code, FSPS_ERR_REFUSED);
	}
}

/* One message under the fault, one more without it, on the same publisher. */
static void publish_under(struct fault_plan *plan, struct fault_channels *channels)
{
	unsigned descriptors = fault_count_descriptors();
	fsps_bus *bus = fault_bus();
	fsps_publisher *publisher = fault_publisher(bus);
	fsps_receipt *receipt = NULL;
	int r;

	ck_assert_int_eq(fsps_receipt_new(&receipt), FSPS_OK);
	fault_plan_start(plan);
	r = fault_publish(publisher, 0, receipt);
	fault_plan_stop();
	fault_expect_documented(r, publish_codes, "publish");
	check_answer(r, receipt, arrived(channels));
	r = fault_publish(publisher, 0, receipt);
	ck_assert_msg(r == (int)fault_count_living(channels), "after %s at call %u (%s): %d of %u",
		      strerror(plan->error), plan->at, plan->names[plan->at], r, channels->count);
	check_answer(r, receipt, arrived(channels));
	fsps_receipt_free(receipt);
	fsps_publisher_close(publisher);
	fsps_bus_close(bus);
	/* Readers let a segment go once they have seen its end. */
	ck_assert_uint_eq(arrived(channels), 0);
	ck_assert_uint_eq(fault_count_descriptors(), descriptors);
}

static void publish_under_all(int test, unsigned count)
{
	struct fault_plan plan = fault_errno_plan(test % FAULT_ERRNO_TESTS);
	struct fault_channels channels;
	unsigned calls = 0;
	bool more = true;

	fault_set_nameless(test < FAULT_ERRNO_TESTS);
	fault_channels_open(&channels, count);
	while (more) {
		fault_age_home();
		publish_under(&plan, &channels);
		if (fault_count_living(&channels) < count) {
			ck_assert(may_be_believed(&plan));
			fault_channels_close(&channels);
			fault_channels_open(&channels, count);
		}
		calls = plan.calls;
		more = fault_plan_next(&plan);
	}
	fault_visit();
	fault_expect_clean(count, 1);
	fault_channels_close(&channels);
	ck_assert_uint_ge(calls, 12 + 6 * count);
}

START_TEST(publish_to_1_channel_under_a_fault)
{
	publish_under_all(_i, 1);
}
END_TEST

START_TEST(publish_to_2_channels_under_a_fault)
{
	publish_under_all(_i, 2);
}
END_TEST

START_TEST(publish_to_5_channels_under_a_fault)
{
	publish_under_all(_i, 5);
}
END_TEST

/* One that a full bell does not stop must not become one that it does. */
START_TEST(a_channel_that_could_not_be_looked_at_once_is_known_for_what_it_is_later)
{
	struct fault_plan plan = fault_errno_plan(2 * _i);
	bool more = true;

	plan.only = "openat";
	while (more) {
		struct fault_scene scene;

		fault_scene_set(&scene, 1);
		fault_plan_start(&plan);
		(void)fault_publish(scene.publisher, 0, NULL);
		fault_plan_stop();
		ck_assert_int_eq(fault_publish(scene.publisher, 0, NULL),
				 (int)fault_count_living(&scene.channels));
		fault_fill_bell(scene.channels.list[0]);
		if (!may_be_believed(&plan) && !may_be_foreign(&plan))
			ck_assert_int_eq(fault_publish(scene.publisher, 0, NULL), 1);
		fault_scene_clear(&scene);
		more = fault_plan_next(&plan);
	}
	ck_assert_uint_ge(plan.at, 4);
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("errno-publish");
	TCase *publish = fault_case(suite, "publish");

	/* With nameless files and without. */
	tcase_add_loop_test(publish, publish_to_1_channel_under_a_fault, 0, 2 * FAULT_ERRNO_TESTS);
	tcase_add_loop_test(publish, publish_to_2_channels_under_a_fault, 0, 2 * FAULT_ERRNO_TESTS);
	tcase_add_loop_test(publish, publish_to_5_channels_under_a_fault, 0, 2 * FAULT_ERRNO_TESTS);
	tcase_add_loop_test(
		publish, a_channel_that_could_not_be_looked_at_once_is_known_for_what_it_is_later,
		0, FAULT_ERRNO_TESTS / 2);
	return suite;
}

int main(void)
{
	return check_main(make_suite());
}
