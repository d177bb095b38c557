/* SPDX-License-Identifier: MIT */
/*
 * SIGKILL at any moment: what a publisher saw acknowledged is delivered, whole, once and in order,
 * to every channel that survives; what the dead leave behind is cleared by whoever comes by.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "api/fixture.h"
#include "proc/process.h"
#include "unit/check_main.h"

enum { BODY_WORDS = 300 };

/* A message that shows when it is torn: each word says its round and number. */
struct load {
	uint32_t words[BODY_WORDS];
};

static void fill(struct load *load, uint32_t round, uint32_t number)
{
	load->words[0] = round;
	for (uint32_t i = 1; i < BODY_WORDS; i++)
		load->words[i] = number * 31 + i;
}

static void expect_whole(const struct load *load, uint32_t round, uint32_t number)
{
	struct load expected;

	fill(&expected, round, number);
	ck_assert_mem_eq(load, &expected, sizeof expected);
}

/* ---- publishers that are killed ---- */

/* Publishes until it is killed, and says each number once its publish has returned. */
static void publish_until_killed(const struct process_ends *ends, void *userdata)
{
	const uint32_t *round = userdata;
	fsps_bus *bus = fixture_open_bus();
	fsps_publisher *publisher = fixture_open_publisher(bus);
	struct load load;

	for (uint32_t number = 0;; number++) {
		fill(&load, *round, number);
		ck_assert_int_eq(fsps_publish(publisher, "k", NULL, &load, sizeof load, NULL), 2);
		process_say(ends, &number, sizeof number);
	}
}

/* Kills a publisher after it told of `acknowledged` numbers; answers how many it told of until
 * it was dead. */
static uint32_t run_and_kill(uint32_t round, uint32_t acknowledged)
{
	struct process publisher = process_start(publish_until_killed, &round);
	uint32_t number = 0;

	for (uint32_t i = 0; i < acknowledged; i++) {
		ck_assert(process_read(&publisher, &number, sizeof number));
		ck_assert_uint_eq(number, i);
	}
	ck_assert_int_eq(kill(publisher.pid, SIGKILL), 0);
	while (process_read(&publisher, &number, sizeof number))
		acknowledged = number + 1;
	process_join_killed(&publisher);
	return acknowledged;
}

/* Rings without a message, so that the reader looks now and not when its clock says so. */
static void ring_look(const fsps_channel *channel)
{
	int fd = open(fixture_path("%s/queue", fsps_channel_name(channel)),
		      O_WRONLY | O_NONBLOCK | O_CLOEXEC);
	uint64_t look = 0;

	/* One that is full says it, too. */
	ck_assert(write(fd, &look, sizeof look) == (ssize_t)sizeof look || errno == EAGAIN);
	close(fd);
}

/* What came of one round: all that were acknowledged, and at most one more. */
static void expect_round(fsps_channel *channel, uint32_t round, uint32_t acknowledged)
{
	uint32_t number = 0;

	ring_look(channel);
	while (number < acknowledged || fsps_channel_backlog(channel) > 0) {
		fsps_message *message = fixture_receive(channel);
		size_t length;
		const void *payload = fsps_message_payload(message, &length);

		ck_assert_uint_eq(length, sizeof(struct load));
		expect_whole(payload, round, number);
		number++;
		fsps_message_unref(message);
	}
	ck_assert_uint_ge(number, acknowledged);
	ck_assert_uint_le(number, acknowledged + 1);
}

/* Lets a channel's reader come by, as it does once a second, until at most `left` names in the
 * home's directory begin with prefix. */
static void expect_cleared(fsps_channel *visitor, const char *directory, const char *prefix,
			   size_t left)
{
	int64_t end_ms = fixture_now_ms() + FIXTURE_PATIENCE_MS;

	while (fixture_count(fixture_path("%s", directory), prefix) > left) {
		fsps_message *message = NULL;

		ck_assert_msg(fixture_now_ms() < end_ms, "%s/%s... stays", directory, prefix);
		ck_assert_int_ge(fsps_channel_receive(visitor, 100, &message), 0);
		fsps_message_unref(message);
	}
}

/* Nothing of the dead is left: only the visitor's channel and lock file, and what may wait. */
static void expect_all_cleared(fsps_channel *visitor)
{
	expect_cleared(visitor, ".", "k_", 0);
	expect_cleared(visitor, ".", ".n-", 0);
	expect_cleared(visitor, ".", ".x-", 0);
	expect_cleared(visitor, "tmp", "", 0);
	/* The last to go. */
	expect_cleared(visitor, ".fsps", "w-", 1);
}

START_TEST(what_a_killed_publisher_saw_acknowledged_is_delivered)
{
	enum { ROUNDS = 40 };
	fsps_bus *bus = fixture_open_bus();
	fsps_channel *channels[2] = {fixture_subscribe(bus, "k"), fixture_subscribe(bus, "+")};

	for (uint32_t round = 0; round < ROUNDS; round++) {
		uint32_t acknowledged = run_and_kill(round, 1 + round * 7 % 50);

		expect_round(channels[0], round, acknowledged);
		expect_round(channels[1], round, acknowledged);
	}
	ck_assert_uint_eq(fixture_stats(channels[0]).set_aside, 0);
	ck_assert_uint_eq(fixture_stats(channels[1]).set_aside, 0);
	fsps_channel_close(channels[0]);
	expect_all_cleared(channels[1]);
	fsps_channel_close(channels[1]);
	fsps_bus_close(bus);
	ck_assert_uint_eq(fixture_count(fixture_path(".fsps"), "w-"), 0);
}
END_TEST

/* ---- subscribers that are killed ---- */

static void subscribe_until_killed(const struct process_ends *ends, void *userdata)
{
	fsps_bus *bus = fixture_open_bus();
	fsps_channel *channel = fixture_subscribe(bus, "k");

	(void)userdata;
	process_say_ready(ends);
	for (;;)
		fsps_message_unref(fixture_receive(channel));
}

/* Publishes; answers how many it reached. A channel whose reader is dead may be full before that
 * is noticed: it refuses, and the others do not. */
static int publish_to_some(fsps_publisher *publisher, const struct load *load,
			   fsps_receipt *receipt)
{
	int r = fsps_publish(publisher, "k", NULL, load, sizeof *load, receipt);
	int code = FSPS_OK;

	if (r != FSPS_ERR_REFUSED)
		return r;
	ck_assert_int_eq(fsps_receipt_matched(receipt), 2);
	ck_assert_int_eq(fsps_receipt_refused(receipt), 1);
	ck_assert_int_eq(fsps_receipt_refusal(receipt, 0, NULL, &code), FSPS_OK);
	ck_assert_int_eq(code, FSPS_ERR_FULL);
	/* It is still counted as there. */
	return fsps_receipt_reached(receipt) + 1;
}

/* Publishes, reading along, kills the subscriber in the middle, and goes on until it is noticed.
 * Answers the next number. */
static uint32_t publish_through_a_kill(fsps_publisher *publisher, fsps_channel *survivor,
				       struct process *subscriber, uint32_t number)
{
	uint32_t kill_at = number + 37;
	fsps_receipt *receipt = NULL;
	struct load load;
	int reached = 2;

	ck_assert_int_eq(fsps_receipt_new(&receipt), FSPS_OK);
	for (; reached > 1; number++) {
		fsps_message *message;

		if (number == kill_at)
			ck_assert_int_eq(kill(subscriber->pid, SIGKILL), 0);
		fill(&load, 0, number);
		reached = publish_to_some(publisher, &load, receipt);
		ck_assert_int_ge(reached, 1);
		message = fixture_receive(survivor);
		expect_whole(fsps_message_payload(message, NULL), 0, number);
		fsps_message_unref(message);
	}
	ck_assert_uint_gt(number, kill_at);
	fsps_receipt_free(receipt);
	process_join_killed(subscriber);
	return number;
}

START_TEST(a_killed_subscriber_is_cleared_and_the_others_lose_nothing)
{
	enum { ROUNDS = 3 };
	fsps_bus *bus = fixture_open_bus();
	fsps_publisher *publisher = fixture_open_publisher(bus);
	fsps_channel *channel = fixture_subscribe(bus, "+");
	uint32_t number = 0;

	for (int round = 0; round < ROUNDS; round++) {
		struct process subscriber = process_start(subscribe_until_killed, NULL);

		process_await_ready(&subscriber);
		number = publish_through_a_kill(publisher, channel, &subscriber, number);
		ck_assert_uint_eq(fixture_count(fixture_home, "k_"), 0);
	}
	fixture_expect_nothing(channel);
	fsps_publisher_close(publisher);
	expect_all_cleared(channel);
	fsps_channel_close(channel);
	fsps_bus_close(bus);
}
END_TEST

START_TEST(a_dead_subscribers_backlog_is_cleared_however_large)
{
	enum { COUNT = 5000 };
	struct process subscriber = process_start(subscribe_until_killed, NULL);
	fsps_bus *bus = fixture_open_bus();
	fsps_publisher *publisher = fixture_open_publisher(bus);
	fsps_channel *channel;

	process_await_ready(&subscriber);
	process_stop(&subscriber);
	for (int i = 0; i < COUNT; i++)
		ck_assert_int_eq(fixture_publish(publisher, "k", "x"), 1);
	process_kill(&subscriber);
	/* It would keep segments to use them again. */
	fsps_publisher_close(publisher);
	channel = fixture_subscribe(bus, "+");
	expect_all_cleared(channel);
	fsps_channel_close(channel);
	fsps_bus_close(bus);
}
END_TEST

/* ---- those that come and go ---- */

static void come_and_go(const struct process_ends *ends, void *userdata)
{
	(void)userdata;
	process_say_ready(ends);
	for (;;) {
		fsps_bus *bus = fixture_open_bus();
		fsps_channel *channel = fixture_subscribe(bus, "k");

		fsps_channel_close(channel);
		fsps_bus_close(bus);
	}
}

START_TEST(killed_while_it_makes_or_removes_a_channel_it_leaves_nothing_for_long)
{
	enum { ROUNDS = 30 };
	fsps_bus *bus = fixture_open_bus();
	fsps_publisher *publisher = fixture_open_publisher(bus);
	fsps_channel *channel = fixture_subscribe(bus, "+");

	for (int round = 0; round < ROUNDS; round++) {
		struct process process = process_start(come_and_go, NULL);

		process_await_ready(&process);
		/* Some more or less of its life: as long as so many publishes take. */
		for (int i = 0; i < 5 + round * 13 % 100; i++)
			ck_assert_int_ge(fixture_publish(publisher, "k", "x"), 1);
		process_kill(&process);
	}
	fsps_publisher_close(publisher);
	expect_all_cleared(channel);
	fsps_channel_close(channel);
	fsps_bus_close(bus);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("kill");
	TCase *tcase = fixture_tcase(suite, "kill");

	tcase_add_test(tcase, what_a_killed_publisher_saw_acknowledged_is_delivered);
	tcase_add_test(tcase, a_killed_subscriber_is_cleared_and_the_others_lose_nothing);
	tcase_add_test(tcase, a_dead_subscribers_backlog_is_cleared_however_large);
	tcase_add_test(tcase,
		       killed_while_it_makes_or_removes_a_channel_it_leaves_nothing_for_long);
	return check_main(suite);
}
