/* SPDX-License-Identifier: MIT */
/* A channel through the public API: opening, taking messages, what they hold, and its end. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "api/fixture.h"
#include "unit/check_main.h"

static fsps_bus *bus;
static fsps_publisher *publisher;

static void set_up(void)
{
	bus = fixture_open_bus();
	publisher = fixture_open_publisher(bus);
}

static void tear_down(void)
{
	fsps_publisher_close(publisher);
	fsps_bus_close(bus);
}

/* ---- opening and closing ---- */

START_TEST(what_is_no_pattern_is_refused)
{
	static const char *const wrong[] = {"", "a_b", "a/b", "a b", "a*", ".\n", "\xc3\xa4"};
	char longest[FSPS_PATTERN_MAX + 2];
	fsps_channel *channel = NULL;

	for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
		ck_assert_int_eq(fsps_channel_open(bus, wrong[i], NULL, &channel),
				 FSPS_ERR_PATTERN);
	memset(longest, 'p', sizeof longest);
	longest[FSPS_PATTERN_MAX + 1] = '\0';
	ck_assert_int_eq(fsps_channel_open(bus, longest, NULL, &channel), FSPS_ERR_PATTERN);
	ck_assert_ptr_null(channel);
	ck_assert(!fixture_exists(fixture_home));
	longest[FSPS_PATTERN_MAX] = '\0';
	ck_assert_int_eq(fsps_channel_open(bus, longest, NULL, &channel), FSPS_OK);
	fsps_channel_close(channel);
}
END_TEST

START_TEST(null_and_unknown_sizes_are_argument_errors)
{
	struct fsps_channel_options options = {.size = 0};
	struct fsps_channel_stats stats = {.size = 0};
	fsps_channel *channel = NULL;
	fsps_message *message = NULL;

	ck_assert_int_eq(fsps_channel_open(NULL, "a", NULL, &channel), FSPS_ERR_ARGUMENT);
	ck_assert_int_eq(fsps_channel_open(bus, NULL, NULL, &channel), FSPS_ERR_ARGUMENT);
	ck_assert_int_eq(fsps_channel_open(bus, "a", NULL, NULL), FSPS_ERR_ARGUMENT);
	ck_assert_int_eq(fsps_channel_open(bus, "a", &options, &channel), FSPS_ERR_ARGUMENT);
	ck_assert_ptr_null(channel);
	options.size = sizeof options;
	ck_assert_int_eq(fsps_channel_open(bus, "a", &options, &channel), FSPS_OK);
	ck_assert_int_eq(fsps_channel_fetch(NULL, &message), FSPS_ERR_ARGUMENT);
	ck_assert_int_eq(fsps_channel_fetch(channel, NULL), FSPS_ERR_ARGUMENT);
	ck_assert_int_eq(fsps_channel_receive(NULL, 0, &message), FSPS_ERR_ARGUMENT);
	ck_assert_int_eq(fsps_channel_receive(channel, 0, NULL), FSPS_ERR_ARGUMENT);
	ck_assert_int_eq(fsps_channel_receive(channel, -2, &message), FSPS_ERR_ARGUMENT);
	ck_assert_int_eq(fsps_channel_get_stats(channel, NULL), FSPS_ERR_ARGUMENT);
	ck_assert_int_eq(fsps_channel_get_stats(channel, &stats), FSPS_ERR_ARGUMENT);
	ck_assert_int_eq(fsps_channel_get_stats(NULL, &stats), FSPS_ERR_ARGUMENT);
	ck_assert_int_eq(fsps_channel_backlog(NULL), FSPS_ERR_ARGUMENT);
	fsps_channel_wake(NULL);
	fsps_channel_close(NULL);
	fsps_channel_close(channel);
}
END_TEST

/* A program that was built with a later version: it may say more, as long as it asks for nothing
 * that we don't know. */
START_TEST(a_larger_struct_is_taken_if_what_we_do_not_know_is_zero)
{
	struct {
		struct fsps_channel_options known;
		uint64_t later;
	} options = {.known = {.size = sizeof options}};
	struct {
		struct fsps_channel_stats known;
		uint64_t later;
	} stats = {.known = {.size = sizeof stats}, .later = 7};
	fsps_channel *channel = NULL;

	options.later = 1;
	ck_assert_int_eq(fsps_channel_open(bus, "a", &options.known, &channel), FSPS_ERR_ARGUMENT);
	options.later = 0;
	ck_assert_int_eq(fsps_channel_open(bus, "a", &options.known, &channel), FSPS_OK);
	ck_assert_int_eq(fsps_channel_get_stats(channel, &stats.known), FSPS_OK);
	ck_assert_uint_eq(stats.known.size, sizeof stats.known);
	ck_assert_uint_eq(stats.later, 0);
	fsps_channel_close(channel);
}
END_TEST

START_TEST(a_channel_is_a_directory_named_after_pattern_and_process)
{
	fsps_channel *channel = fixture_subscribe(bus, "a.=.+");
	const char *name = fsps_channel_name(channel);
	char tail[32];
	struct stat queue;

	ck_assert_str_eq(fsps_channel_pattern(channel), "a.=.+");
	ck_assert_int_eq(strncmp(name, "a.=.+_", 6), 0);
	snprintf(tail, sizeof tail, "_%ld", (long)getpid());
	ck_assert_uint_eq(strlen(name), 6 + 12 + strlen(tail));
	ck_assert_str_eq(name + 6 + 12, tail);
	ck_assert_int_eq(lstat(fixture_path("%s/queue", name), &queue), 0);
	ck_assert(S_ISFIFO(queue.st_mode));
	ck_assert_uint_eq(fixture_mode(fixture_path("%s/queue", name)), 0600);
	ck_assert(fixture_exists(fixture_path("%s/.c", name)));
	fsps_channel_close(channel);
	ck_assert_uint_eq(fixture_count(fixture_home, "a"), 0);
	ck_assert_uint_eq(fixture_count(fixture_home, ".x"), 0);
}
END_TEST

START_TEST(a_channel_that_is_opened_after_its_lock_file_was_deleted_lives)
{
	fsps_channel *first = fixture_subscribe(bus, "first");
	fsps_channel *channel;
	char name[64];

	snprintf(name, sizeof name, "%s", fixture_find(fixture_path(".fsps"), "w-"));
	ck_assert_int_eq(unlink(fixture_path(".fsps/%s", name)), 0);
	channel = fixture_subscribe(bus, "a");
	ck_assert_int_eq(fixture_publish(publisher, "a", "x"), 1);
	fixture_expect(channel, "x");
	fsps_channel_close(channel);
	fsps_channel_close(first);
}
END_TEST

START_TEST(closing_a_channel_removes_what_waits_in_it)
{
	fsps_channel *channel = fixture_subscribe(bus, "a");

	for (int i = 0; i < 2000; i++)
		ck_assert_int_eq(fixture_publish(publisher, "a", "x"), 1);
	ck_assert_int_eq(fsps_channel_backlog(channel), 2000);
	fsps_channel_close(channel);
	/* What is left is the home's: tmp where there was an intent, and .fsps; and, as long as
	 * their publisher is open, the segments that it uses again. */
	ck_assert_uint_eq(fixture_count(fixture_home, "a_"), 0);
	ck_assert_uint_eq(fixture_count(fixture_home, ".x-"), 0);
	ck_assert_uint_eq(fixture_count(fixture_path("tmp"), ""),
			  fixture_count(fixture_path("tmp"), ".s-"));
	ck_assert_int_eq(fixture_publish(publisher, "a", "x"), 0);
	fsps_publisher_close(publisher);
	publisher = NULL;
	ck_assert_uint_eq(fixture_count(fixture_path("tmp"), ""), 0);
}
END_TEST

START_TEST(the_last_one_to_leave_takes_its_lock_file_along)
{
	fsps_bus *other = fixture_open_bus();
	fsps_channel *channel = fixture_subscribe(other, "a");

	ck_assert_uint_eq(fixture_count(fixture_path(".fsps"), "w-"), 1);
	fsps_channel_close(channel);
	fsps_bus_close(other);
	ck_assert_uint_eq(fixture_count(fixture_path(".fsps"), "w-"), 0);
}
END_TEST

/* Receives until something else than a timeout comes. */
static int receive_any(fsps_channel *channel)
{
	int64_t end_ms = fixture_now_ms() + FIXTURE_PATIENCE_MS;
	fsps_message *message = NULL;
	int r = 0;

	while (r == 0 && fixture_now_ms() < end_ms)
		r = fsps_channel_receive(channel, end_ms - fixture_now_ms(), &message);
	ck_assert((message != NULL) == (r == 1));
	fsps_message_unref(message);
	return r;
}

START_TEST(a_channel_that_was_removed_says_so)
{
	fsps_channel *channel = fixture_subscribe(bus, "a");
	fsps_message *message = NULL;

	/* Once in the middle of its life, ... */
	fixture_expect_nothing(channel);
	fixture_remove(fixture_path("%s", fsps_channel_name(channel)));
	ck_assert_int_eq(receive_any(channel), FSPS_ERR_GONE);
	ck_assert_str_eq(fsps_last_error()->path, fsps_channel_name(channel));
	ck_assert_int_eq(fsps_channel_fetch(channel, &message), FSPS_ERR_GONE);
	ck_assert_int_eq(fsps_channel_backlog(channel), FSPS_ERR_GONE);
	fsps_channel_close(channel);
	/* ... and once before it was ever looked into. */
	channel = fixture_subscribe(bus, "a");
	fixture_remove(fixture_path("%s", fsps_channel_name(channel)));
	ck_assert_int_eq(receive_any(channel), FSPS_ERR_GONE);
	fsps_channel_close(channel);
}
END_TEST

START_TEST(a_queue_that_was_removed_is_made_again)
{
	fsps_channel *channel = fixture_subscribe(bus, "a");
	const char *queue = fixture_path("%s/queue", fsps_channel_name(channel));

	ck_assert_int_eq(fixture_publish(publisher, "a", "1"), 1);
	ck_assert_int_eq(unlink(queue), 0);
	ck_assert_int_eq(fixture_publish(publisher, "a", "2"), 1);
	fixture_expect(channel, "1");
	fixture_expect(channel, "2");
	while (!fixture_exists(fixture_path("%s/queue", fsps_channel_name(channel)))) {
		fsps_message *message = NULL;

		ck_assert_int_eq(fsps_channel_receive(channel, 1500, &message), 0);
	}
	ck_assert_int_eq(fixture_publish(publisher, "a", "3"), 1);
	fixture_expect(channel, "3");
	fsps_channel_close(channel);
}
END_TEST

/* ---- messages ---- */

START_TEST(messages_come_once_and_in_order)
{
	fsps_channel *channel = fixture_subscribe(bus, "a");
	enum { COUNT = 10000 };

	/* More than the bell holds. */
	for (uint32_t i = 0; i < COUNT; i++)
		ck_assert_int_eq(fsps_publish(publisher, "a", NULL, &i, sizeof i, NULL), 1);
	ck_assert_int_eq(fsps_channel_backlog(channel), COUNT);
	for (uint32_t i = 0; i < COUNT; i++) {
		fsps_message *message = fixture_receive(channel);
		size_t length = 0;

		ck_assert_mem_eq(fsps_message_payload(message, &length), &i, sizeof i);
		ck_assert_uint_eq(length, sizeof i);
		fsps_message_unref(message);
	}
	fixture_expect_nothing(channel);
	ck_assert_int_eq(fsps_channel_backlog(channel), 0);
	ck_assert_uint_eq(fixture_stats(channel).delivered, COUNT);
	ck_assert_uint_eq(fixture_stats(channel).set_aside, 0);
	fsps_channel_close(channel);
}
END_TEST

static void set_each_type(fsps_headers *headers)
{
	ck_assert_int_eq(fsps_headers_set_string(headers, "s", "a \"quoted\" \xc3\xa4\n"), 0);
	ck_assert_int_eq(fsps_headers_set_bytes(headers, "nul", "a\0b", 3), 0);
	ck_assert_int_eq(fsps_headers_set_int(headers, "min", INT64_MIN), 0);
	ck_assert_int_eq(fsps_headers_set_int(headers, "max", INT64_MAX), 0);
	ck_assert_int_eq(fsps_headers_set_double(headers, "f", 0.1), 0);
	ck_assert_int_eq(fsps_headers_set_bool(headers, "t", true), 0);
	ck_assert_int_eq(fsps_headers_set_null(headers, "n"), 0);
	ck_assert_int_eq(fsps_headers_set_json(headers, "j", " 1e3 "), 0);
}

START_TEST(headers_of_every_type_arrive_as_they_were_set)
{
	fsps_channel *channel = fixture_subscribe(bus, "a");
	const fsps_headers *received;
	fsps_headers *headers = NULL;
	fsps_message *message;
	struct fsps_header header;
	char *sent_json = NULL;
	char *got_json = NULL;

	ck_assert_int_eq(fsps_headers_new(&headers), FSPS_OK);
	set_each_type(headers);
	ck_assert_int_eq(fsps_publish(publisher, "a", headers, NULL, 0, NULL), 1);
	message = fixture_receive(channel);
	received = fsps_message_headers(message);
	ck_assert_uint_eq(fsps_headers_count(received), fsps_headers_count(headers));
	ck_assert_int_eq(fsps_headers_find(received, "nul", &header), FSPS_OK);
	ck_assert_uint_eq(header.string_len, 3);
	ck_assert_mem_eq(header.string, "a\0b", 4);
	ck_assert_int_eq(fsps_headers_at(received, 6, &header), FSPS_OK);
	ck_assert_str_eq(header.key, "n");
	ck_assert_int_eq(header.type, FSPS_HEADER_NULL);
	ck_assert_int_eq(fsps_headers_to_json(headers, &sent_json, NULL), FSPS_OK);
	ck_assert_int_eq(fsps_headers_to_json(received, &got_json, NULL), FSPS_OK);
	ck_assert_str_eq(sent_json, got_json);
	free(sent_json);
	free(got_json);
	fsps_message_unref(message);
	fsps_headers_free(headers);
	fsps_channel_close(channel);
}
END_TEST

START_TEST(payloads_of_any_size_and_bytes_arrive)
{
	static const size_t sizes[] = {0, 1, 7, 4095, 4096, 65536, 1 << 20, (8 << 20) + 3};
	fsps_channel *channel = fixture_subscribe(bus, "a");
	unsigned char *payload = malloc((8 << 20) + 3);

	for (size_t i = 0; i < (8 << 20) + 3; i++)
		payload[i] = (unsigned char)(i * 7 + i / 256);
	for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
		const unsigned char *got;
		fsps_message *message;
		size_t length;

		ck_assert_int_eq(fsps_publish(publisher, "a", NULL, payload, sizes[i], NULL), 1);
		message = fixture_receive(channel);
		got = fsps_message_payload(message, &length);
		ck_assert_uint_eq(length, sizes[i]);
		ck_assert_int_eq(memcmp(got, payload, length), 0);
		/* The NUL behind it, which does not count. */
		ck_assert_uint_eq(got[length], 0);
		fsps_message_unref(message);
	}
	free(payload);
	fsps_channel_close(channel);
}
END_TEST

START_TEST(a_message_says_who_sent_it_and_when)
{
	fsps_channel *channel = fixture_subscribe(bus, "a");
	fsps_message *message;
	struct timespec now;
	uint64_t now_us;

	clock_gettime(CLOCK_REALTIME, &now);
	now_us = (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
	ck_assert_int_eq(fixture_publish(publisher, "a", "x"), 1);
	message = fixture_receive(channel);
	ck_assert_uint_eq(fsps_message_sender_uid(message), geteuid());
	ck_assert_uint_ge(fsps_message_timestamp_us(message), now_us);
	ck_assert_uint_lt(fsps_message_timestamp_us(message), now_us + 60000000);
	ck_assert_str_eq(fsps_message_topic(message), "a");
	fsps_message_unref(message);
	fsps_channel_close(channel);
}
END_TEST

START_TEST(a_message_outlives_its_channel_and_its_bus)
{
	fsps_bus *other = fixture_open_bus();
	fsps_channel *channel = fixture_subscribe(other, "a");
	fsps_message *message;
	const char *payload;

	ck_assert_int_eq(fixture_publish(publisher, "a", "kept"), 1);
	message = fixture_receive(channel);
	payload = fsps_message_payload(message, NULL);
	ck_assert_ptr_eq(fsps_message_ref(message), message);
	fsps_channel_close(channel);
	fsps_bus_close(other);
	fsps_message_unref(message);
	ck_assert_str_eq(payload, "kept");
	ck_assert_ptr_eq(fsps_message_payload(message, NULL), payload);
	ck_assert_str_eq(fsps_message_topic(message), "a");
	fsps_message_unref(message);
}
END_TEST

START_TEST(a_received_message_can_be_encoded_as_it_stood_in_its_file)
{
	fsps_channel *channel = fixture_subscribe(bus, "a");
	fsps_publisher *files = fixture_open_file_publisher(bus);
	unsigned char in_file[256];
	fsps_message *message;
	char name[64];
	size_t length;
	void *bytes;
	FILE *file;

	ck_assert_int_eq(fixture_publish(files, "a", "x"), 1);
	strcpy(name, fixture_find(fixture_path("%s", fsps_channel_name(channel)), "1"));
	file = fopen(fixture_path("%s/%s", fsps_channel_name(channel), name), "rbe");
	length = fread(in_file, 1, sizeof in_file, file);
	(void)fclose(file);
	message = fixture_receive(channel);
	ck_assert_uint_eq(fsps_message_id(message), strtoull(name, NULL, 10));
	ck_assert_int_eq(fsps_message_encode(message, &bytes, &length), FSPS_OK);
	ck_assert_mem_eq(bytes, in_file, length);
	free(bytes);
	fsps_message_unref(message);
	fsps_publisher_close(files);
	fsps_channel_close(channel);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("channel");
	TCase *opening = fixture_tcase(suite, "opening");
	TCase *messages = fixture_tcase(suite, "messages");

	tcase_add_checked_fixture(opening, set_up, tear_down);
	tcase_add_test(opening, what_is_no_pattern_is_refused);
	tcase_add_test(opening, null_and_unknown_sizes_are_argument_errors);
	tcase_add_test(opening, a_larger_struct_is_taken_if_what_we_do_not_know_is_zero);
	tcase_add_test(opening, a_channel_is_a_directory_named_after_pattern_and_process);
	tcase_add_test(opening, a_channel_that_is_opened_after_its_lock_file_was_deleted_lives);
	tcase_add_test(opening, closing_a_channel_removes_what_waits_in_it);
	tcase_add_test(opening, the_last_one_to_leave_takes_its_lock_file_along);
	tcase_add_test(opening, a_channel_that_was_removed_says_so);
	tcase_add_test(opening, a_queue_that_was_removed_is_made_again);
	tcase_add_checked_fixture(messages, set_up, tear_down);
	tcase_add_test(messages, messages_come_once_and_in_order);
	tcase_add_test(messages, headers_of_every_type_arrive_as_they_were_set);
	tcase_add_test(messages, payloads_of_any_size_and_bytes_arrive);
	tcase_add_test(messages, a_message_says_who_sent_it_and_when);
	tcase_add_test(messages, a_message_outlives_its_channel_and_its_bus);
	tcase_add_test(messages, a_received_message_can_be_encoded_as_it_stood_in_its_file);
	return check_main(suite);
}
