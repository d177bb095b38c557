/* SPDX-License-Identifier: MIT */
/* Several channels as one stream: the order of a publisher, each message once, draining. */
#include "subscribe/inbox.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "unit/check_main.h"

static struct {
	char home[64];
	fsps_bus *bus;
	fsps_publisher *publisher;
	struct subscribe_inbox inbox;
} fixture;

static void publish(const char *topic, const char *payload)
{
	int reached = fsps_publish(fixture.publisher, topic, NULL, payload, strlen(payload), NULL);

	ck_assert_int_ge(reached, 1);
}

static void setup(void)
{
	struct fsps_bus_options options = {.size = sizeof options, .home = fixture.home};

	strcpy(fixture.home, "/tmp/fsps-inbox-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(fixture.home));
	ck_assert_int_eq(fsps_bus_open(&options, &fixture.bus), FSPS_OK);
	ck_assert_int_eq(fsps_publisher_open(fixture.bus, NULL, &fixture.publisher), FSPS_OK);
}

static void teardown(void)
{
	char command[128];

	subscribe_inbox_close(&fixture.inbox);
	fsps_publisher_close(fixture.publisher);
	fsps_bus_close(fixture.bus);
	snprintf(command, sizeof command, "rm -r %s", fixture.home);
	ck_assert_int_eq(system(command), 0);
}

struct count {
	enum fsps_waiting_state state;
	int64_t count;
};

static int see_waiting(const struct fsps_waiting *waiting, void *userdata)
{
	struct count *count = userdata;

	count->count += waiting->state == count->state;
	return 0;
}

static void open_inbox_with(const char **patterns, size_t count,
			    const struct subscribe_inbox_options *options)
{
	ck_assert_int_eq(
		subscribe_inbox_open(&fixture.inbox, fixture.bus, patterns, count, options), 0);
}

/* What each test of order is made with. */
static const size_t held_maxima[] = {1, 2, SUBSCRIBE_HELD_MAX};
enum { HELD_MAXIMA = sizeof held_maxima / sizeof held_maxima[0] };

static void open_inbox(const char **patterns, size_t count, size_t held_max)
{
	const struct subscribe_inbox_options live = {.channel.size = sizeof live.channel,
						     .held_max = held_max};

	open_inbox_with(patterns, count, &live);
}

static void open_durable(const char **patterns, size_t count, bool in_turns)
{
	const struct subscribe_inbox_options durable = {.channel.size = sizeof durable.channel,
							.channel.durable = "x",
							.channel.delivery = FSPS_AT_LEAST_ONCE,
							.in_turns = in_turns,
							.held_max = in_turns ? 0 : 2};

	open_inbox_with(patterns, count, &durable);
}

/* Messages that wait in a channel of the fixture, of one state. */
static int64_t count_state(const char *channel, enum fsps_waiting_state state)
{
	struct count count = {.state = state};

	ck_assert_int_ge(fsps_channel_peek(fixture.bus, channel, see_waiting, &count), 0);
	return count.count;
}

/* Takes all that is handed out and acknowledges it; the payloads, one after another. */
static const char *take_all(void)
{
	static char all[256];
	struct subscribe_delivery delivery = {0};

	all[0] = '\0';
	while (subscribe_inbox_next(&fixture.inbox, &delivery) == 1) {
		strcat(all, fsps_message_payload(delivery.message, NULL));
		if (fixture.inbox.options.channel.delivery == FSPS_AT_LEAST_ONCE)
			ck_assert_int_eq(fsps_message_ack(delivery.channel, delivery.message),
					 FSPS_OK);
		subscribe_delivery_deinit(&delivery);
	}
	return all;
}

/* Called after the first channel was found empty and before the last one is looked at: publishes
 * to both, and drops the message that it is called for. */
static int publish_to_both(const fsps_message *message, const char *channel, void *userdata)
{
	(void)channel;
	(void)userdata;
	if (strcmp(fsps_message_topic(message), "middle") != 0)
		return 0;
	publish("first", "1");
	publish("last", "2");
	return 1;
}

START_TEST(what_comes_while_channels_are_looked_at_keeps_its_order)
{
	const char *patterns[] = {"first", "middle", "last"};

	open_inbox(patterns, 3, held_maxima[_i]);
	publish("middle", "dropped");
	ck_assert_int_eq(fsps_bus_add_deliver_hook(fixture.bus, publish_to_both, NULL), FSPS_OK);
	ck_assert_str_eq(take_all(), "12");
}
END_TEST

START_TEST(messages_of_several_channels_come_in_their_order)
{
	const char *patterns[] = {"c", "b", "a"};

	open_inbox(patterns, 3, held_maxima[_i]);
	for (const char *payload = "0\0001\0002\0003\0004\0005\0"; *payload != '\0'; payload += 2) {
		const char topic[] = {(char)('a' + (*payload - '0') % 3), '\0'};

		publish(topic, payload);
	}
	ck_assert_str_eq(take_all(), "012345");
}
END_TEST

/* A sequence that is the same in each run, and looks like none. */
static unsigned any(unsigned below)
{
	static uint32_t state = 1;

	state = state * 1664525 + 1013904223;
	return (state >> 16) % below;
}

START_TEST(order_holds_whenever_messages_come_and_are_taken)
{
	const char *patterns[] = {"a", "+", "b.=", "c"};
	const char *topics[] = {"a", "b.x", "c", "d"};
	unsigned published = 0;
	unsigned taken = 0;

	open_inbox(patterns, 4, held_maxima[_i]);
	while (taken < 5000) {
		struct subscribe_delivery delivery = {0};
		char number[16];

		for (unsigned burst = any(8); burst > 0 && published < 5000; burst--) {
			snprintf(number, sizeof number, "%u", published++);
			publish(topics[any(4)], number);
		}
		for (unsigned burst = any(9); burst > 0; burst--) {
			if (subscribe_inbox_next(&fixture.inbox, &delivery) == 0) {
				ck_assert_uint_eq(taken, published);
				break;
			}
			snprintf(number, sizeof number, "%u", taken++);
			ck_assert_str_eq(fsps_message_payload(delivery.message, NULL), number);
			subscribe_delivery_deinit(&delivery);
		}
	}
}
END_TEST

START_TEST(what_is_held_of_a_durable_channel_is_given_back)
{
	const char *patterns[] = {"a", "b"};
	struct subscribe_delivery delivery = {0};

	open_durable(patterns, 2, false);
	for (const char *payload = "1\0002\0003\0004\0"; *payload != '\0'; payload += 2)
		publish("a", payload);
	ck_assert_int_eq(subscribe_inbox_next(&fixture.inbox, &delivery), 1);
	ck_assert_int_eq(fsps_message_ack(delivery.channel, delivery.message), FSPS_OK);
	subscribe_delivery_deinit(&delivery);
	ck_assert_uint_eq(fixture.inbox.held_count, 1);
	subscribe_inbox_close(&fixture.inbox);
	open_durable(patterns, 2, false);
	ck_assert_str_eq(take_all(), "234");
}
END_TEST

START_TEST(a_message_of_overlapping_patterns_comes_once)
{
	const char *patterns[] = {"a.b", "a.=", "+"};

	open_inbox(patterns, 3, held_maxima[_i]);
	publish("a.b", "1");
	publish("a.c", "2");
	publish("x", "3");
	ck_assert_str_eq(take_all(), "123");
}
END_TEST

START_TEST(draining_hands_out_what_waits_and_nothing_later)
{
	const char *patterns[] = {"a", "+"};

	open_inbox(patterns, 2, held_maxima[_i]);
	publish("a", "1");
	publish("b", "2");
	ck_assert_int_eq(subscribe_inbox_drain(&fixture.inbox), 0);
	publish("a", "late");
	publish("b", "late");
	ck_assert_str_eq(take_all(), "12");
	ck_assert_int_eq(subscribe_inbox_drained(&fixture.inbox), 1);
}
END_TEST

START_TEST(nothing_to_drain_is_drained_at_once)
{
	const char *patterns[] = {"a"};

	open_inbox(patterns, 1, 1);
	ck_assert_int_eq(subscribe_inbox_drain(&fixture.inbox), 0);
	ck_assert_str_eq(take_all(), "");
	ck_assert_int_eq(subscribe_inbox_drained(&fixture.inbox), 1);
}
END_TEST

START_TEST(what_a_durable_channel_skips_is_acknowledged_there)
{
	const char *patterns[] = {"a.b", "+"};

	open_durable(patterns, 2, false);
	publish("a.b", "1");
	publish("c", "2");
	ck_assert_str_eq(take_all(), "12");
	subscribe_inbox_close(&fixture.inbox);
	ck_assert_int_eq(count_state("+_x", FSPS_WAITING), 0);
	ck_assert_int_eq(count_state("+_x", FSPS_DELAYED), 0);
}
END_TEST

START_TEST(what_an_older_durable_channel_alone_has_is_not_skipped)
{
	const char *patterns[] = {"a.b", "+"};

	ck_assert_int_eq(fsps_durable_create(fixture.bus, "+", "x"), 1);
	publish("a.b", "1");
	open_durable(patterns, 2, false);
	publish("a.b", "2");
	ck_assert_str_eq(take_all(), "12");
}
END_TEST

START_TEST(an_inbox_in_turns_holds_no_message)
{
	const char *patterns[] = {"a", "b"};
	struct subscribe_delivery delivery = {0};

	open_durable(patterns, 2, true);
	publish("a", "1");
	publish("a", "2");
	publish("b", "3");
	ck_assert_int_eq(subscribe_inbox_next(&fixture.inbox, &delivery), 1);
	ck_assert_int_eq(fsps_message_ack(delivery.channel, delivery.message), FSPS_OK);
	subscribe_delivery_deinit(&delivery);
	subscribe_inbox_close(&fixture.inbox);
	/* What is held comes back as a delayed one. */
	ck_assert_int_eq(count_state("a_x", FSPS_WAITING), 1);
	ck_assert_int_eq(count_state("b_x", FSPS_WAITING), 1);
}
END_TEST

START_TEST(an_inbox_in_turns_takes_from_each_channel)
{
	const char *patterns[] = {"a", "b"};

	open_durable(patterns, 2, true);
	publish("a", "1");
	publish("a", "2");
	publish("b", "3");
	ck_assert_str_eq(take_all(), "132");
}
END_TEST

START_TEST(draining_counts_what_a_reader_before_gave_back)
{
	const char *patterns[] = {"a"};
	struct subscribe_delivery delivery = {0};

	open_durable(patterns, 1, true);
	publish("a", "1");
	ck_assert_int_eq(subscribe_inbox_next(&fixture.inbox, &delivery), 1);
	subscribe_delivery_deinit(&delivery);
	subscribe_inbox_close(&fixture.inbox);
	open_durable(patterns, 1, true);
	ck_assert_int_eq(subscribe_inbox_drain(&fixture.inbox), 0);
	ck_assert_str_eq(take_all(), "1");
	ck_assert_int_eq(subscribe_inbox_drained(&fixture.inbox), 1);
}
END_TEST

START_TEST(while_retries_are_awaited_a_drained_inbox_hands_out_what_comes)
{
	const char *patterns[] = {"a"};
	struct subscribe_delivery delivery = {0};

	open_durable(patterns, 1, true);
	publish("a", "1");
	ck_assert_int_eq(subscribe_inbox_drain(&fixture.inbox), 0);
	ck_assert_int_eq(subscribe_inbox_next(&fixture.inbox, &delivery), 1);
	ck_assert(!delivery.is_late);
	ck_assert_int_eq(fsps_message_nack(delivery.channel, delivery.message, 0, NULL), FSPS_OK);
	subscribe_delivery_deinit(&delivery);
	ck_assert_int_eq(subscribe_inbox_next(&fixture.inbox, &delivery), 0);
	fixture.inbox.awaits_retries = true;
	ck_assert_int_eq(subscribe_inbox_next(&fixture.inbox, &delivery), 1);
	ck_assert(delivery.is_late);
	ck_assert_uint_eq(fsps_message_attempt(delivery.message), 2);
	subscribe_delivery_deinit(&delivery);
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("cli inbox");
	TCase *tcase = tcase_create("inbox");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_loop_test(tcase, what_comes_while_channels_are_looked_at_keeps_its_order, 0,
			    HELD_MAXIMA);
	tcase_add_loop_test(tcase, messages_of_several_channels_come_in_their_order, 0,
			    HELD_MAXIMA);
	tcase_add_loop_test(tcase, order_holds_whenever_messages_come_and_are_taken, 0,
			    HELD_MAXIMA);
	tcase_add_test(tcase, what_is_held_of_a_durable_channel_is_given_back);
	tcase_add_loop_test(tcase, a_message_of_overlapping_patterns_comes_once, 0, HELD_MAXIMA);
	tcase_add_loop_test(tcase, draining_hands_out_what_waits_and_nothing_later, 0, HELD_MAXIMA);
	tcase_add_test(tcase, nothing_to_drain_is_drained_at_once);
	tcase_add_test(tcase, what_a_durable_channel_skips_is_acknowledged_there);
	tcase_add_test(tcase, what_an_older_durable_channel_alone_has_is_not_skipped);
	tcase_add_test(tcase, an_inbox_in_turns_holds_no_message);
	tcase_add_test(tcase, an_inbox_in_turns_takes_from_each_channel);
	tcase_add_test(tcase, draining_counts_what_a_reader_before_gave_back);
	tcase_add_test(tcase, while_retries_are_awaited_a_drained_inbox_hands_out_what_comes);
	suite_add_tcase(suite, tcase);
	return suite;
}

int main(void)
{
	return check_main(make_suite());
}
