/* SPDX-License-Identifier: MIT */
/* Hooks through the public API: where a message is published and where it is delivered. */
#include <stdio.h>
#include <string.h>

#include "api/fixture.h"
#include "unit/check_main.h"

enum { HOOKS_MAX = 8 };

/* Hooks take their userdata as they find it, so these are no literals. */
static char first[] = "first";
static char second[] = "second";
static char third[] = "third";
static char spam[] = "spam";

static fsps_bus *bus;
static fsps_publisher *publisher;
static fsps_channel *channel;

static void set_up(void)
{
	bus = fixture_open_bus();
	publisher = fixture_open_publisher(bus);
	channel = fixture_subscribe(bus, "a");
}

static void tear_down(void)
{
	fsps_channel_close(channel);
	fsps_publisher_close(publisher);
	fsps_bus_close(bus);
}

/* What a publish hook saw, in order: "B" and "A" for the stages. */
struct seen {
	char stages[16];
	int before_answer;
	int after_result;
	int after_reached;
	uint64_t after_id;
	int hook_number;
};

static int record(const struct fsps_publish_event *event, void *userdata)
{
	struct seen *seen = userdata;
	bool before = event->stage == FSPS_PUBLISH_BEFORE;

	ck_assert_uint_eq(event->size, sizeof *event);
	ck_assert_str_eq(event->topic, "a");
	ck_assert_uint_eq(event->payload_len, 4);
	ck_assert_int_eq(memcmp(event->payload, "text", 4), 0);
	ck_assert((event->headers != NULL) == before);
	ck_assert((event->receipt == NULL) == before);
	strcat(seen->stages, before ? "B" : "A");
	if (before)
		return seen->before_answer;
	seen->after_result = event->result;
	seen->after_reached = fsps_receipt_reached(event->receipt);
	seen->after_id = fsps_receipt_id(event->receipt);
	return -1;
}

static int add_header(const struct fsps_publish_event *event, void *userdata)
{
	if (event->stage == FSPS_PUBLISH_BEFORE)
		ck_assert_int_eq(fsps_headers_set_string(event->headers, userdata, "hooked"),
				 FSPS_OK);
	return 0;
}

static int drop_text(const fsps_message *message, const char *channel_name, void *userdata)
{
	ck_assert_str_eq(channel_name, fsps_channel_name(channel));
	return strcmp(fsps_message_payload(message, NULL), userdata) == 0;
}

static int count_delivered(const fsps_message *message, const char *channel_name, void *userdata)
{
	ck_assert_ptr_nonnull(message);
	ck_assert_ptr_nonnull(channel_name);
	++*(int *)userdata;
	return 0;
}

/* ---- publishing ---- */

START_TEST(a_publish_hook_sees_both_stages)
{
	struct seen seen = {.stages = ""};

	ck_assert_int_eq(fsps_bus_add_publish_hook(bus, record, &seen), FSPS_OK);
	ck_assert_int_eq(fixture_publish(publisher, "a", "text"), 1);
	ck_assert_str_eq(seen.stages, "BA");
	ck_assert_int_eq(seen.after_result, 1);
	ck_assert_int_eq(seen.after_reached, 1);
	ck_assert_uint_ne(seen.after_id, 0);
	fixture_expect(channel, "text");
}
END_TEST

START_TEST(a_publish_hook_may_refuse)
{
	struct seen seen = {.before_answer = -5};

	ck_assert_int_eq(fsps_bus_add_publish_hook(bus, record, &seen), FSPS_OK);
	ck_assert_int_eq(fixture_publish(publisher, "a", "text"), FSPS_ERR_HOOK);
	ck_assert_int_eq(fsps_last_error()->code, FSPS_ERR_HOOK);
	ck_assert_str_eq(seen.stages, "BA");
	ck_assert_int_eq(seen.after_result, FSPS_ERR_HOOK);
	ck_assert_uint_eq(seen.after_id, 0);
	fixture_expect_nothing(channel);
	/* A positive answer is no refusal. */
	seen.before_answer = 5;
	ck_assert_int_eq(fixture_publish(publisher, "a", "text"), 1);
}
END_TEST

START_TEST(publish_hooks_may_add_headers_and_the_publishers_stay_as_they_are)
{
	fsps_headers *headers = NULL;
	fsps_message *message;

	ck_assert_int_eq(fsps_headers_new(&headers), FSPS_OK);
	ck_assert_int_eq(fsps_headers_set_int(headers, "k", 1), FSPS_OK);
	ck_assert_int_eq(fsps_bus_add_publish_hook(bus, add_header, first), FSPS_OK);
	ck_assert_int_eq(fsps_bus_add_publish_hook(bus, add_header, second), FSPS_OK);
	ck_assert_int_eq(fsps_publish(publisher, "a", headers, "x", 1, NULL), 1);
	ck_assert_uint_eq(fsps_headers_count(headers), 1);
	message = fixture_receive(channel);
	ck_assert_uint_eq(fsps_headers_count(fsps_message_headers(message)), 3);
	ck_assert_str_eq(fsps_headers_get_string(fsps_message_headers(message), "first"), "hooked");
	ck_assert_str_eq(fsps_headers_get_string(fsps_message_headers(message), "second"),
			 "hooked");
	fsps_message_unref(message);
	fsps_headers_free(headers);
	/* Without headers of the publisher's, too. */
	ck_assert_int_eq(fixture_publish(publisher, "a", "y"), 1);
	message = fixture_receive(channel);
	ck_assert_uint_eq(fsps_headers_count(fsps_message_headers(message)), 2);
	fsps_message_unref(message);
}
END_TEST

static int note_order(const struct fsps_publish_event *event, void *userdata)
{
	static char order[8];
	size_t used = strlen(order);

	if (event->stage == FSPS_PUBLISH_BEFORE) {
		order[used] = *(const char *)userdata;
		order[used + 1] = '\0';
		return 0;
	}
	ck_assert_str_eq(order, "fst");
	return 0;
}

START_TEST(publish_hooks_run_in_the_order_of_their_adding)
{
	ck_assert_int_eq(fsps_bus_add_publish_hook(bus, note_order, first), FSPS_OK);
	ck_assert_int_eq(fsps_bus_add_publish_hook(bus, note_order, second), FSPS_OK);
	ck_assert_int_eq(fsps_bus_add_publish_hook(bus, note_order, third), FSPS_OK);
	ck_assert_int_eq(fixture_publish(publisher, "a", "x"), 1);
}
END_TEST

static int publish_elsewhere(const struct fsps_publish_event *event, void *userdata)
{
	if (event->stage == FSPS_PUBLISH_AFTER && strcmp(event->payload, "first") == 0)
		ck_assert_int_eq(fixture_publish(userdata, "a", "from the hook"), 1);
	return 0;
}

START_TEST(a_publish_hook_may_publish_through_another_publisher)
{
	fsps_publisher *other = fixture_open_publisher(bus);

	ck_assert_int_eq(fsps_bus_add_publish_hook(bus, publish_elsewhere, other), FSPS_OK);
	ck_assert_int_eq(fixture_publish(publisher, "a", "first"), 1);
	fixture_expect(channel, "first");
	fixture_expect(channel, "from the hook");
	fsps_publisher_close(other);
}
END_TEST

/* ---- delivery ---- */

START_TEST(a_delivery_hook_may_drop_a_message_which_is_counted)
{
	ck_assert_int_eq(fsps_bus_add_deliver_hook(bus, drop_text, spam), FSPS_OK);
	ck_assert_int_eq(fixture_publish(publisher, "a", "spam"), 1);
	ck_assert_int_eq(fixture_publish(publisher, "a", "ham"), 1);
	ck_assert_int_eq(fixture_publish(publisher, "a", "spam"), 1);
	fixture_expect(channel, "ham");
	fixture_expect_nothing(channel);
	ck_assert_uint_eq(fixture_stats(channel).dropped, 2);
	ck_assert_uint_eq(fixture_stats(channel).delivered, 1);
	ck_assert_uint_eq(fixture_stats(channel).set_aside, 0);
}
END_TEST

START_TEST(a_message_that_one_delivery_hook_dropped_the_next_does_not_see)
{
	int delivered = 0;

	ck_assert_int_eq(fsps_bus_add_deliver_hook(bus, drop_text, spam), FSPS_OK);
	ck_assert_int_eq(fsps_bus_add_deliver_hook(bus, count_delivered, &delivered), FSPS_OK);
	ck_assert_int_eq(fixture_publish(publisher, "a", "spam"), 1);
	ck_assert_int_eq(fixture_publish(publisher, "a", "ham"), 1);
	fixture_expect(channel, "ham");
	ck_assert_int_eq(delivered, 1);
}
END_TEST

/* ---- adding and removing ---- */

START_TEST(there_are_eight_hooks_of_a_kind_at_most)
{
	struct seen seen[HOOKS_MAX + 1] = {0};
	int delivered[HOOKS_MAX + 1] = {0};

	for (int i = 0; i < HOOKS_MAX; i++) {
		ck_assert_int_eq(fsps_bus_add_publish_hook(bus, record, &seen[i]), FSPS_OK);
		ck_assert_int_eq(fsps_bus_add_deliver_hook(bus, count_delivered, &delivered[i]),
				 FSPS_OK);
	}
	ck_assert_int_eq(fsps_bus_add_publish_hook(bus, record, &seen[HOOKS_MAX]), FSPS_ERR_LIMIT);
	ck_assert_int_eq(fsps_bus_add_deliver_hook(bus, count_delivered, &delivered[HOOKS_MAX]),
			 FSPS_ERR_LIMIT);
	ck_assert_int_eq(fixture_publish(publisher, "a", "text"), 1);
	fixture_expect(channel, "text");
	for (int i = 0; i < HOOKS_MAX; i++) {
		ck_assert_str_eq(seen[i].stages, "BA");
		ck_assert_int_eq(delivered[i], 1);
	}
	ck_assert_str_eq(seen[HOOKS_MAX].stages, "");
	ck_assert_int_eq(delivered[HOOKS_MAX], 0);
	/* One that goes makes room. */
	ck_assert_int_eq(fsps_bus_remove_publish_hook(bus, record, &seen[3]), 1);
	ck_assert_int_eq(fsps_bus_add_publish_hook(bus, record, &seen[HOOKS_MAX]), FSPS_OK);
}
END_TEST

START_TEST(a_hook_that_was_removed_is_not_called)
{
	struct seen seen[2] = {0};
	int delivered = 0;

	ck_assert_int_eq(fsps_bus_add_publish_hook(bus, record, &seen[0]), FSPS_OK);
	ck_assert_int_eq(fsps_bus_add_publish_hook(bus, record, &seen[1]), FSPS_OK);
	ck_assert_int_eq(fsps_bus_add_deliver_hook(bus, count_delivered, &delivered), FSPS_OK);
	ck_assert_int_eq(fsps_bus_remove_publish_hook(bus, record, &seen[0]), 1);
	ck_assert_int_eq(fsps_bus_remove_publish_hook(bus, record, &seen[0]), 0);
	ck_assert_int_eq(fsps_bus_remove_deliver_hook(bus, count_delivered, NULL), 0);
	ck_assert_int_eq(fsps_bus_remove_deliver_hook(bus, count_delivered, &delivered), 1);
	ck_assert_int_eq(fixture_publish(publisher, "a", "text"), 1);
	fixture_expect(channel, "text");
	ck_assert_str_eq(seen[0].stages, "");
	ck_assert_str_eq(seen[1].stages, "BA");
	ck_assert_int_eq(delivered, 0);
}
END_TEST

START_TEST(null_is_no_hook)
{
	ck_assert_int_eq(fsps_bus_add_publish_hook(NULL, record, NULL), FSPS_ERR_ARGUMENT);
	ck_assert_int_eq(fsps_bus_add_publish_hook(bus, NULL, NULL), FSPS_ERR_ARGUMENT);
	ck_assert_int_eq(fsps_bus_add_deliver_hook(NULL, drop_text, NULL), FSPS_ERR_ARGUMENT);
	ck_assert_int_eq(fsps_bus_add_deliver_hook(bus, NULL, NULL), FSPS_ERR_ARGUMENT);
	ck_assert_int_eq(fsps_bus_remove_publish_hook(NULL, record, NULL), FSPS_ERR_ARGUMENT);
	ck_assert_int_eq(fsps_bus_remove_publish_hook(bus, NULL, NULL), FSPS_ERR_ARGUMENT);
	ck_assert_int_eq(fsps_bus_remove_deliver_hook(NULL, drop_text, NULL), FSPS_ERR_ARGUMENT);
	ck_assert_int_eq(fsps_bus_remove_deliver_hook(bus, NULL, NULL), FSPS_ERR_ARGUMENT);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("hooks");
	TCase *tcase = fixture_tcase(suite, "hooks");

	tcase_add_checked_fixture(tcase, set_up, tear_down);
	tcase_add_test(tcase, a_publish_hook_sees_both_stages);
	tcase_add_test(tcase, a_publish_hook_may_refuse);
	tcase_add_test(tcase, publish_hooks_may_add_headers_and_the_publishers_stay_as_they_are);
	tcase_add_test(tcase, publish_hooks_run_in_the_order_of_their_adding);
	tcase_add_test(tcase, a_publish_hook_may_publish_through_another_publisher);
	tcase_add_test(tcase, a_delivery_hook_may_drop_a_message_which_is_counted);
	tcase_add_test(tcase, a_message_that_one_delivery_hook_dropped_the_next_does_not_see);
	tcase_add_test(tcase, there_are_eight_hooks_of_a_kind_at_most);
	tcase_add_test(tcase, a_hook_that_was_removed_is_not_called);
	tcase_add_test(tcase, null_is_no_hook);
	return check_main(suite);
}
