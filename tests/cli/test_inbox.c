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

static void open_inbox(const char **patterns, size_t count)
{
	ck_assert_int_eq(subscribe_inbox_open(&fixture.inbox, fixture.bus, patterns, count, NULL),
			 0);
}

/* Takes all that is handed out; the payloads, one after another. */
static const char *take_all(void)
{
	static char all[256];
	fsps_message *message = NULL;

	all[0] = '\0';
	while (subscribe_inbox_next(&fixture.inbox, &message) == 1) {
		strcat(all, fsps_message_payload(message, NULL));
		fsps_message_unref(message);
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

	open_inbox(patterns, 3);
	publish("middle", "dropped");
	ck_assert_int_eq(fsps_bus_add_deliver_hook(fixture.bus, publish_to_both, NULL), FSPS_OK);
	ck_assert_str_eq(take_all(), "12");
}
END_TEST

START_TEST(messages_of_several_channels_come_in_their_order)
{
	const char *patterns[] = {"c", "b", "a"};

	open_inbox(patterns, 3);
	for (const char *payload = "0\0001\0002\0003\0004\0005\0"; *payload != '\0'; payload += 2) {
		const char topic[] = {(char)('a' + (*payload - '0') % 3), '\0'};

		publish(topic, payload);
	}
	ck_assert_str_eq(take_all(), "012345");
}
END_TEST

START_TEST(a_message_of_overlapping_patterns_comes_once)
{
	const char *patterns[] = {"a.b", "a.=", "+"};

	open_inbox(patterns, 3);
	publish("a.b", "1");
	publish("a.c", "2");
	publish("x", "3");
	ck_assert_str_eq(take_all(), "123");
}
END_TEST

START_TEST(draining_hands_out_what_waits_and_nothing_later)
{
	const char *patterns[] = {"a", "+"};

	open_inbox(patterns, 2);
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

	open_inbox(patterns, 1);
	ck_assert_int_eq(subscribe_inbox_drain(&fixture.inbox), 0);
	ck_assert_str_eq(take_all(), "");
	ck_assert_int_eq(subscribe_inbox_drained(&fixture.inbox), 1);
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("cli inbox");
	TCase *tcase = tcase_create("inbox");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, what_comes_while_channels_are_looked_at_keeps_its_order);
	tcase_add_test(tcase, messages_of_several_channels_come_in_their_order);
	tcase_add_test(tcase, a_message_of_overlapping_patterns_comes_once);
	tcase_add_test(tcase, draining_hands_out_what_waits_and_nothing_later);
	tcase_add_test(tcase, nothing_to_drain_is_drained_at_once);
	suite_add_tcase(suite, tcase);
	return suite;
}

int main(void)
{
	return check_main(make_suite());
}
