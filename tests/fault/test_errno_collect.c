/* SPDX-License-Identifier: MIT */
/*
 * Each of twelve errnos at every kernel call of a publish to a durable channel that nobody reads
 * and to a live one, with and without the option sync: once, and from that call on.
 *
 * What the publish says to have reached has the message, once; what refused has not, unless its
 * directory could not be written through. The next publish, without a fault, reaches both.
 */
#include <dirent.h>
#include <errno.h>
#include <string.h>

#include "fault/durable.h"
#include "publish/publisher.h"
#include "unit/check_main.h"

static const int publish_codes[] = {FSPS_ERR_REFUSED, FSPS_ERR_UNSAFE_HOME, 0};

struct stage {
	struct durable durable;
	struct fault_channels channels;
	bool sync;
};

/* ---- what arrived ---- */

static void count(unsigned number, void *userdata)
{
	ck_assert_uint_le(number, 1);
	(*(unsigned *)userdata)++;
}

/* How many messages the durable channel has, which are taken out. */
static unsigned take_durable(const struct stage *stage)
{
	unsigned found = 0;
	char path[800];
	DIR *names;
	struct dirent *entry;

	fault_each_message(stage->durable.name, count, &found);
	names = opendir(stage->durable.path);
	ck_assert_ptr_nonnull(names);
	while ((entry = readdir(names)) != NULL) {
		if (strcmp(entry->d_name, "queue") == 0 || strcmp(entry->d_name, ".c") == 0)
			continue;
		snprintf(path, sizeof path, "%s/%s", stage->durable.path, entry->d_name);
		(void)unlink(path);
	}
	closedir(names);
	return found;
}

static unsigned take_live(const struct stage *stage)
{
	fsps_channel *channel = stage->channels.list[0];
	fsps_message *message = NULL;
	unsigned found = 0;

	fault_let_second_pass(channel);
	/* It may be gone. */
	while (fsps_channel_fetch(channel, &message) == 1) {
		count(fault_number_of(message), &found);
		fsps_message_unref(message);
	}
	return found;
}

/* The code with which a channel refused; 0: it did not. */
static int refusal_of(const fsps_receipt *receipt, const char *channel)
{
	for (int i = 0; i < fsps_receipt_refused(receipt); i++) {
		const char *name = NULL;
		int code = 0;

		ck_assert_int_eq(fsps_receipt_refusal(receipt, i, &name, &code), FSPS_OK);
		if (strcmp(name, channel) == 0)
			return code;
	}
	return 0;
}

/* Whether a channel that has so many more messages counts among those that were reached. */
static int reached(const fsps_receipt *receipt, const char *channel, unsigned messages)
{
	int code = refusal_of(receipt, channel);

	ck_assert_uint_le(messages, 1);
	if (code == 0)
		return (int)messages;
	ck_assert_msg(messages == 0 || code == FSPS_ERR_IO, "%s refused with %s and has it",
		      channel, fsps_error_name(code));
	return 0;
}

/* ---- one publish ---- */

static fsps_publisher *open_publisher(const struct stage *stage, fsps_bus *bus)
{
	const struct fsps_publisher_options options = {.size = sizeof options, .sync = stage->sync};
	fsps_publisher *publisher = NULL;

	ck_assert_int_eq(fsps_publisher_open(bus, &options, &publisher), FSPS_OK);
	/* Now it knows its home, which is in memory, and is told that it is not. */
	ck_assert_int_eq(fsps_publish(publisher, "nobody", NULL, "", 0, NULL), 0);
	publisher->staged.sync = stage->sync;
	return publisher;
}

static void check(const struct stage *stage, int r, const fsps_receipt *receipt)
{
	fault_expect_documented(r, publish_codes, "publish");
	ck_assert_int_eq(fsps_receipt_matched(receipt),
			 fsps_receipt_reached(receipt) + fsps_receipt_refused(receipt));
	if (r >= 0)
		ck_assert_int_eq(r, fsps_receipt_reached(receipt));
	else if (r != FSPS_ERR_REFUSED)
		ck_assert_int_eq(fsps_receipt_reached(receipt), 0);
	ck_assert_int_eq(reached(receipt, stage->durable.name, take_durable(stage)) +
				 reached(receipt, fsps_channel_name(stage->channels.list[0]),
					 take_live(stage)),
			 fsps_receipt_reached(receipt));
}

static void publish_under(struct stage *stage, struct fault_plan *plan)
{
	fsps_bus *bus = fault_bus();
	fsps_publisher *publisher = open_publisher(stage, bus);
	fsps_receipt *receipt = NULL;
	int r;

	ck_assert_int_eq(fsps_receipt_new(&receipt), FSPS_OK);
	fault_plan_start(plan);
	r = fault_publish(publisher, 0, receipt);
	fault_plan_stop();
	check(stage, r, receipt);
	/* A fan's segment lost its link when what is in the channel was taken out. */
	fault_let_publisher_second_pass(publisher);
	fault_let_publisher_look(publisher);
	r = fault_publish(publisher, 1, receipt);
	ck_assert_msg(r == 1 + (int)fault_count_living(&stage->channels),
		      "after %s at call %u (%s): %d, %s", strerror(plan->error), plan->at,
		      plan->names[plan->at], r, fsps_last_error()->text);
	check(stage, r, receipt);
	fsps_receipt_free(receipt);
	fsps_publisher_close(publisher);
	fsps_bus_close(bus);
	/* Readers let a segment go once they have seen its end. */
	ck_assert_uint_eq(take_live(stage), 0);
}

static void publish_under_all(int test, bool sync)
{
	struct fault_plan plan = fault_errno_plan(test % FAULT_ERRNO_TESTS);
	struct stage stage = {.sync = sync};
	bool more = true;

	fault_set_nameless(test < FAULT_ERRNO_TESTS);
	fault_channels_open(&stage.channels, 1);
	durable_make(&stage.durable);
	while (more) {
		fault_age_home();
		publish_under(&stage, &plan);
		/* A missing lock file is a truth of its own; but a durable channel has none. */
		if (fault_count_living(&stage.channels) == 0) {
			ck_assert_int_eq(plan.error, ENOENT);
			fault_channels_close(&stage.channels);
			fault_channels_open(&stage.channels, 1);
		}
		more = fault_plan_next(&plan);
	}
	ck_assert_uint_ge(plan.calls, 12);
	fault_visit();
	durable_remove(&stage.durable);
	fault_expect_clean(1, 1);
	fault_channels_close(&stage.channels);
}

START_TEST(publish_under_a_fault)
{
	publish_under_all(_i, false);
}
END_TEST

START_TEST(publish_and_write_through_under_a_fault)
{
	publish_under_all(_i, true);
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("errno-collect");
	TCase *publish = fault_case(suite, "publish");

	/* With nameless files and without. */
	tcase_add_loop_test(publish, publish_under_a_fault, 0, 2 * FAULT_ERRNO_TESTS);
	tcase_add_loop_test(publish, publish_and_write_through_under_a_fault, 0,
			    2 * FAULT_ERRNO_TESTS);
	return suite;
}

int main(void)
{
	return check_main(make_suite());
}
