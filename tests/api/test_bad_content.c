/* SPDX-License-Identifier: MIT */
/*
 * Files in a channel that are no message: each is set aside under a name that says why, counted,
 * and stops nobody: the good message behind it still comes.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "api/fixture.h"
#include "api/pmsg.h"
#include "unit/check_main.h"

enum { BAD_ID = 1000, ROOM = 4096 };

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

static const char *path_of(uint64_t id)
{
	return fixture_path("%s/%llu", fsps_channel_name(channel), (unsigned long long)id);
}

static const char *dead_letter(const char *reason, uint64_t id)
{
	return fixture_path("%s/.d-%s-0-%llu", fsps_channel_name(channel), reason,
			    (unsigned long long)id);
}

/* The file of BAD_ID is set aside for that reason, and the channel goes on. */
static void expect_set_aside(const char *reason)
{
	fsps_message *message = NULL;

	ck_assert_int_eq(fixture_publish(publisher, "a", "good"), 1);
	fixture_expect(channel, "good");
	ck_assert_int_eq(fsps_channel_fetch(channel, &message), 0);
	ck_assert_msg(fixture_exists(dead_letter(reason, BAD_ID)), "it is %s",
		      fixture_find(fixture_path("%s", fsps_channel_name(channel)), ".d-"));
	ck_assert(!fixture_exists(path_of(BAD_ID)));
	ck_assert_uint_eq(fixture_stats(channel).set_aside, 1);
	ck_assert_uint_eq(fixture_stats(channel).delivered, 1);
}

/* ---- one field that is wrong ---- */

static const struct {
	const char *reason;
	const char *topic;
	const char *headers;
} fields[] = {
	{"topic", "b", "{}"},
	{"topic", "aa", "{}"},
	{"topic", "=", "{}"},
	{"topic", "+", "{}"},
	{"topic", "a/b", "{}"},
	{"topic", "", "{}"},
	{"headers", "a", "{\"k\": {}}"},
	{"headers", "a", "{\"k\": [1]}"},
	{"headers", "a", "{\"k\": 1, \"k\": 2}"},
	{"headers", "a", "{\"k\": NaN}"},
	{"headers", "a", "{\"k\": Infinity}"},
	{"headers", "a", "{\"k\": 1e999}"},
	{"headers", "a", "{\"k\": 9223372036854775808}"},
	{"headers", "a", "{\"k\": \"\\ud800\"}"},
	{"headers", "a", "{\"a\\u0000b\": 1}"},
	{"headers", "a", "{\"k\": \"\xff\"}"},
	{"headers", "a", "{\"k\": 1"},
	{"headers", "a", "{} {}"},
	{"headers", "a", "[]"},
	{"headers", "a", "1"},
	{"headers", "a", "{'k': 1}"},
};

START_TEST(a_message_with_a_wrong_topic_or_headers_is_set_aside)
{
	unsigned char bytes[ROOM];
	size_t length = pmsg_build(bytes, BAD_ID, fields[_i].topic, fields[_i].headers, "payload");

	fixture_write(path_of(BAD_ID), bytes, length);
	expect_set_aside(fields[_i].reason);
}
END_TEST

/* Four bytes or one that are overwritten in a good message of topic "a", headers "{}". */
static const struct {
	const char *reason;
	size_t at;
	size_t length;
	unsigned char bytes[4];
} patches[] = {
	{"corrupt", 0, 4, {'P', 'M', 'S', 'H'}},
	{"corrupt", 0, 4, {0, 0, 0, 0}},
	{"version", PMSG_AT_VERSION, 1, {0}},
	{"version", PMSG_AT_VERSION, 1, {2}},
	{"version", PMSG_AT_VERSION, 1, {255}},
	{"id", PMSG_AT_ID + 7, 1, {1}},
	{"id", PMSG_AT_ID, 1, {0x80}},
	/* The topic's length, ... */
	{"corrupt", 21, 4, {0, 0, 0, 200}},
	{"corrupt", 21, 4, {0xff, 0xff, 0xff, 0xff}},
	{"corrupt", 21, 4, {0x7f, 0xff, 0xff, 0xff}},
	/* ... the headers' ... */
	{"corrupt", 26, 4, {0, 0, 0, 200}},
	{"corrupt", 26, 4, {0xff, 0xff, 0xff, 0xff}},
	{"corrupt", 26, 4, {0xff, 0xff, 0xff, 0xe0}},
	/* ... and the payload's. */
	{"corrupt", 32, 4, {0, 0, 0, 0}},
	{"corrupt", 32, 4, {0, 0, 0, 6}},
	{"corrupt", 32, 4, {0, 0, 0, 8}},
	{"corrupt", 32, 4, {0xff, 0xff, 0xff, 0xff}},
};

START_TEST(a_message_with_a_wrong_byte_in_its_frame_is_set_aside)
{
	unsigned char bytes[ROOM];
	size_t length = pmsg_build(bytes, BAD_ID, "a", "{}", "payload");

	memcpy(bytes + patches[_i].at, patches[_i].bytes, patches[_i].length);
	fixture_write(path_of(BAD_ID), bytes, length);
	expect_set_aside(patches[_i].reason);
}
END_TEST

START_TEST(bytes_behind_a_message_make_it_corrupt)
{
	unsigned char bytes[ROOM];
	size_t length = pmsg_build(bytes, BAD_ID, "a", "{}", "payload");

	bytes[length] = 0;
	fixture_write(path_of(BAD_ID), bytes, length + 1);
	expect_set_aside("corrupt");
}
END_TEST

/* ---- sizes ---- */

START_TEST(a_message_cut_at_any_byte_is_set_aside)
{
	unsigned char bytes[ROOM];
	size_t length = pmsg_build(bytes, BAD_ID, "a", "{}", "payload");
	int64_t end_ms = fixture_now_ms() + FIXTURE_PATIENCE_MS;

	for (size_t cut = 0; cut < length; cut++) {
		pmsg_put_u64(bytes, PMSG_AT_ID, BAD_ID + cut);
		fixture_write(path_of(BAD_ID + cut), bytes, cut);
	}
	while (fixture_stats(channel).set_aside < length && fixture_now_ms() < end_ms)
		fixture_expect_nothing(channel);
	ck_assert_uint_eq(fixture_stats(channel).set_aside, length);
	for (size_t cut = 0; cut < length; cut++)
		ck_assert(fixture_exists(dead_letter("corrupt", BAD_ID + cut)));
	ck_assert_int_eq(fsps_channel_backlog(channel), 0);
}
END_TEST

START_TEST(a_huge_sparse_file_is_set_aside_unread)
{
	int fd = open(path_of(BAD_ID), O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0600);

	ck_assert_int_eq(ftruncate(fd, 512 << 20), 0);
	close(fd);
	expect_set_aside("size");
}
END_TEST

START_TEST(a_message_over_the_buses_limit_is_set_aside)
{
	struct fsps_bus_options options = {
		.size = sizeof options, .home = fixture_home, .message_bytes_max = 100};
	fsps_channel *outer = channel;
	fsps_bus *small = NULL;
	char payload[101] = "";

	memset(payload, 'x', 100);
	ck_assert_int_eq(fsps_bus_open(&options, &small), FSPS_OK);
	channel = fixture_subscribe(small, "a");
	ck_assert_int_eq(fixture_publish(publisher, "a", payload), 2);
	ck_assert_int_eq(fixture_publish(publisher, "a", "small"), 2);
	fixture_expect(channel, "small");
	ck_assert_uint_eq(fixture_stats(channel).set_aside, 1);
	/* One in a segment is only passed over: it has no file that could be kept. */
	ck_assert_uint_eq(
		fixture_count(fixture_path("%s", fsps_channel_name(channel)), ".d-size-0-"),
		fixture_lane() == FIXTURE_LANE_FAST ? 0 : 1);
	ck_assert_uint_eq(fixture_count(fixture_path("%s", fsps_channel_name(channel)), ".d-"),
			  fixture_lane() == FIXTURE_LANE_FAST ? 0 : 1);
	fsps_channel_close(channel);
	fsps_bus_close(small);
	channel = outer;
	fixture_expect(channel, payload);
}
END_TEST

/* ---- bits ---- */

START_TEST(any_flipped_bit_is_either_seen_or_harmless)
{
	unsigned char bytes[ROOM];
	size_t length = pmsg_build(bytes, BAD_ID, "a", "{\"k\": 1}", "p");
	uint64_t id = BAD_ID;
	uint64_t delivered = 0;
	fsps_message *message = NULL;

	for (size_t bit = 0; bit < length * 8; bit++, id++) {
		pmsg_put_u64(bytes, PMSG_AT_ID, id);
		bytes[bit / 8] ^= (unsigned char)(1 << bit % 8);
		fixture_write(path_of(id), bytes, length);
		bytes[bit / 8] ^= (unsigned char)(1 << bit % 8);
	}
	while (fsps_channel_backlog(channel) > 0) {
		int r = fsps_channel_receive(channel, 100, &message);

		ck_assert_int_ge(r, 0);
		if (r == 0)
			continue;
		/* What passes differs in time, header or payload, and in nothing else. */
		ck_assert_str_eq(fsps_message_topic(message), "a");
		ck_assert_uint_le(fsps_headers_count(fsps_message_headers(message)), 1);
		delivered++;
		fsps_message_unref(message);
	}
	ck_assert_uint_eq(fixture_stats(channel).delivered, delivered);
	ck_assert_uint_eq(delivered + fixture_stats(channel).set_aside, length * 8);
	/* Magic, version, ID and three lengths let nothing pass. */
	ck_assert_uint_ge(fixture_stats(channel).set_aside, (4 + 1 + 8 + 3 * 4) * 8);
	ck_assert_uint_ge(delivered, 8 * 8);
}
END_TEST

/* ---- the sender ---- */

START_TEST(a_file_that_others_may_write_to_has_no_sender)
{
	unsigned char bytes[ROOM];
	size_t length = pmsg_build(bytes, BAD_ID, "a", "{}", "payload");
	fsps_message *message;

	fixture_write(path_of(BAD_ID), bytes, length);
	ck_assert_int_eq(chmod(path_of(BAD_ID), 0662), 0);
	message = fixture_receive(channel);
	ck_assert_uint_eq(fsps_message_sender_uid(message), UINT32_MAX);
	fsps_message_unref(message);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("bad content");
	TCase *tcase = fixture_tcase(suite, "content");

	tcase_add_checked_fixture(tcase, set_up, tear_down);
	tcase_add_loop_test(tcase, a_message_with_a_wrong_topic_or_headers_is_set_aside, 0,
			    sizeof fields / sizeof fields[0]);
	tcase_add_loop_test(tcase, a_message_with_a_wrong_byte_in_its_frame_is_set_aside, 0,
			    sizeof patches / sizeof patches[0]);
	tcase_add_test(tcase, bytes_behind_a_message_make_it_corrupt);
	tcase_add_test(tcase, a_message_cut_at_any_byte_is_set_aside);
	tcase_add_test(tcase, a_huge_sparse_file_is_set_aside_unread);
	tcase_add_test(tcase, a_message_over_the_buses_limit_is_set_aside);
	tcase_add_test(tcase, any_flipped_bit_is_either_seen_or_harmless);
	tcase_add_test(tcase, a_file_that_others_may_write_to_has_no_sender);
	return check_main(suite);
}
