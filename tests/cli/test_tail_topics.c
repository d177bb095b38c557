/* SPDX-License-Identifier: MIT */
/* What pubsub-tail counts for each topic: sums, rates, an order, bounded memory. */
#include "tail/topics.h"

#include <stdio.h>
#include <stdlib.h>

#include "cli/capture.h"
#include "cli/number.h"
#include "unit/check_main.h"

static struct tail_topics topics;

static void set_up(void)
{
	tail_topics_init(&topics);
}

static void tear_down(void)
{
	tail_topics_deinit(&topics);
}

/* A message came at that time, with a payload of so many bytes. */
static struct tail_topic *note(const char *name, size_t len, int64_t now_ms)
{
	static const char payload[100];
	fsps_message *message = message_of(1, 1, name, "{}", payload, len);
	struct tail_topic *topic =
		tail_topics_note(&topics, message, now_ms * CLI_NS_PER_MS, CLI_NS_PER_S);

	ck_assert_ptr_nonnull(topic);
	fsps_message_unref(message);
	return topic;
}

static double rate_of(const struct tail_topic *topic)
{
	return tail_topic_rate(topic, CLI_NS_PER_S);
}

START_TEST(messages_and_bytes_are_counted_by_topic_and_all_in_all)
{
	const struct tail_topic *a = note("a", 10, 0);
	const struct tail_topic *b = note("b", 1, 0);

	ck_assert_ptr_eq(note("a", 0, 0), a);
	ck_assert_str_eq(a->name, "a");
	ck_assert_uint_eq(a->all.messages, 2);
	ck_assert_uint_eq(a->all.bytes, 10);
	ck_assert_uint_eq(b->all.messages, 1);
	ck_assert_uint_eq(topics.all.messages, 3);
	ck_assert_uint_eq(topics.all.bytes, 11);
	ck_assert_uint_eq(topics.count, 2);
}
END_TEST

START_TEST(a_rate_is_over_the_last_interval)
{
	const int64_t start_ms = 5000;
	const struct tail_topic *topic = note("a", 0, start_ms);

	ck_assert_double_eq(rate_of(topic), 1);
	note("a", 0, start_ms);
	note("a", 0, start_ms + 999);
	ck_assert_double_eq(rate_of(topic), 3);
	note("a", 0, start_ms + 1000);
	ck_assert_double_eq(rate_of(topic), 4);
	/* A quarter of the interval before is over. */
	note("a", 0, start_ms + 1250);
	ck_assert_double_eq(rate_of(topic), 2 + 0.75 * 3);
	/* Nothing came in a whole interval. */
	note("a", 0, start_ms + 3500);
	ck_assert_double_eq(rate_of(topic), 1);
}
END_TEST

START_TEST(most_news_come_first_then_most_messages_then_names)
{
	static const char *const expected[] = {"news", "many", "few-a", "few-b"};
	struct tail_slot *sorted;

	note("few-b", 0, 0);
	note("many", 0, 0);
	note("many", 0, 0);
	note("few-a", 0, 0);
	tail_topics_mark(&topics);
	note("news", 0, 0);
	sorted = tail_topics_sorted(&topics);
	ck_assert_ptr_nonnull(sorted);
	for (size_t i = 0; i < sizeof expected / sizeof *expected; i++)
		ck_assert_str_eq(sorted[i].topic->name, expected[i]);
	free(sorted);
	tail_topics_unmark(&topics);
	sorted = tail_topics_sorted(&topics);
	ck_assert_str_eq(sorted[0].topic->name, "many");
	free(sorted);
}
END_TEST

START_TEST(topics_beyond_the_limit_are_counted_as_one)
{
	const int more = 3;
	struct tail_topic *others = NULL;
	char name[32];

	for (int i = 0; i < TAIL_TOPICS_MAX + more; i++) {
		snprintf(name, sizeof name, "t.%d", i);
		others = note(name, 1, 0);
	}
	ck_assert_str_eq(others->name, "(others)");
	ck_assert_uint_eq(others->all.messages, more);
	ck_assert_uint_eq(topics.count, TAIL_TOPICS_MAX + 1);
	ck_assert_uint_eq(note("t.0", 1, 0)->all.messages, 2);
	ck_assert_uint_eq(topics.all.messages, TAIL_TOPICS_MAX + more + 1);
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("cli tail topics");
	TCase *tcase = tcase_create("topics");

	tcase_add_checked_fixture(tcase, set_up, tear_down);
	tcase_add_test(tcase, messages_and_bytes_are_counted_by_topic_and_all_in_all);
	tcase_add_test(tcase, a_rate_is_over_the_last_interval);
	tcase_add_test(tcase, most_news_come_first_then_most_messages_then_names);
	tcase_add_test(tcase, topics_beyond_the_limit_are_counted_as_one);
	suite_add_tcase(suite, tcase);
	return suite;
}

int main(void)
{
	return check_main(make_suite());
}
