/* SPDX-License-Identifier: MIT */
/* Looking into a channel through the public API: everything is shown, nothing is taken, and nothing
 * that lies there is believed. */
#include <stdlib.h>
#include <sys/stat.h>

#include "api/lane.h"
#include "api/work_files.h"
#include "unit/check_main.h"

enum { SEEN_MAX = 64 };

/* What a look showed; strings are copied, as they are only lent. */
struct look {
	int count;
	int end_after;
	struct fsps_waiting waiting[SEEN_MAX];
	char file[SEEN_MAX][64];
	/* "" for what is no message. */
	char payload[SEEN_MAX][64];
	uint64_t id[SEEN_MAX];
};

static fsps_bus *bus;

static void set_up(void)
{
	bus = fixture_open_bus();
}

static void tear_down(void)
{
	fsps_bus_close(bus);
}

static int note(const struct fsps_waiting *waiting, void *userdata)
{
	struct look *look = userdata;
	int i = look->count++;

	ck_assert_int_lt(i, SEEN_MAX);
	ck_assert_uint_eq(waiting->size, sizeof *waiting);
	look->waiting[i] = *waiting;
	snprintf(look->file[i], sizeof look->file[0], "%s", waiting->file_name);
	if (waiting->message != NULL) {
		look->id[i] = fsps_message_id(waiting->message);
		snprintf(look->payload[i], sizeof look->payload[0], "%s",
			 (const char *)fsps_message_payload(waiting->message, NULL));
	}
	return look->count == look->end_after;
}

static struct look peek(const char *channel)
{
	struct look look = {0};

	ck_assert_int_eq(fsps_channel_peek(bus, channel, note, &look), look.count);
	return look;
}

static void expect(const struct look *look, int i, const char *file, enum fsps_waiting_state state,
		   const char *payload)
{
	ck_assert_int_lt(i, look->count);
	ck_assert_str_eq(look->file[i], file);
	ck_assert_int_eq(look->waiting[i].state, state);
	ck_assert_str_eq(look->payload[i], payload);
}

/* ---- arguments ---- */

START_TEST(null_and_what_is_no_channels_name_are_argument_errors)
{
	static const char *const names[] = {
		"", ".", "..", "tmp", "a", "a_b_c", "a_x/", "../a_x", "/a_x", "a_x/../a_x",
	};
	struct look look = {0};

	ck_assert_int_eq(fsps_channel_peek(NULL, "a_x", note, &look), FSPS_ERR_ARGUMENT);
	ck_assert_int_eq(fsps_channel_peek(bus, NULL, note, &look), FSPS_ERR_ARGUMENT);
	ck_assert_int_eq(fsps_channel_peek(bus, "a_x", NULL, &look), FSPS_ERR_ARGUMENT);
	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
		ck_assert_int_eq(fsps_channel_peek(bus, names[i], note, &look), FSPS_ERR_ARGUMENT);
	ck_assert_int_eq(look.count, 0);
}
END_TEST

START_TEST(a_channel_that_is_missing_is_not_found_and_not_made)
{
	struct look look = {0};

	ck_assert_int_eq(fsps_channel_peek(bus, "a_x", note, &look), FSPS_ERR_NOT_FOUND);
	ck_assert(!fixture_exists(fixture_home));
	ck_assert_int_eq(fsps_bus_create_home(bus), FSPS_OK);
	ck_assert_int_eq(fsps_channel_peek(bus, "a_x", note, &look), FSPS_ERR_NOT_FOUND);
	ck_assert_int_eq(fsps_channel_peek(bus, "a_0123456789ab_1", note, &look),
			 FSPS_ERR_NOT_FOUND);
	ck_assert(!fixture_exists(fixture_path("a_x")));
	ck_assert_int_eq(look.count, 0);
}
END_TEST

START_TEST(what_only_has_a_channels_name_is_not_found)
{
	struct look look = {0};

	ck_assert_int_eq(fsps_bus_create_home(bus), FSPS_OK);
	ck_assert_int_eq(mkdir(fixture_path("a_directory"), 0700), 0);
	fixture_write(fixture_path("a_file"), "", 0);
	ck_assert_int_eq(symlink("/tmp", fixture_path("a_link")), 0);
	ck_assert_int_eq(fsps_channel_peek(bus, "a_directory", note, &look), FSPS_ERR_NOT_FOUND);
	ck_assert_int_eq(fsps_channel_peek(bus, "a_file", note, &look), FSPS_ERR_NOT_FOUND);
	ck_assert_int_eq(fsps_channel_peek(bus, "a_link", note, &look), FSPS_ERR_NOT_FOUND);
	ck_assert_int_eq(look.count, 0);
}
END_TEST

/* ---- files ---- */

START_TEST(an_empty_channel_shows_nothing)
{
	fsps_channel *channel = fixture_subscribe(bus, "a");

	ck_assert_int_eq(peek(fsps_channel_name(channel)).count, 0);
	ck_assert_int_eq(peek(work_durable(bus, "x")).count, 0);
	fsps_channel_close(channel);
}
END_TEST

START_TEST(messages_in_files_come_by_id_and_say_what_became_of_them)
{
	const char *channel = work_durable(bus, "x");
	struct look look;

	work_put(channel, "100", 100, "a", "fresh");
	work_put(channel, ".m-" WORK_MEMBER "-20", 20, "a", "name taken");
	work_put(channel, ".k-" WORK_MEMBER "-1700000000000-3-30", 30, "a", "claimed");
	work_put(channel, ".r-1800000000001-2-9", 9, "a", "delayed");
	work_put(channel, ".d-failed-5-5", 5, "a", "dead");
	fixture_write(fixture_path("%s/.e-failed-5-5", channel), "why", 3);
	look = peek(channel);
	ck_assert_int_eq(look.count, 4);
	expect(&look, 0, ".r-1800000000001-2-9", FSPS_DELAYED, "delayed");
	expect(&look, 1, ".m-" WORK_MEMBER "-20", FSPS_WAITING, "name taken");
	expect(&look, 2, ".k-" WORK_MEMBER "-1700000000000-3-30", FSPS_CLAIMED, "claimed");
	expect(&look, 3, "100", FSPS_WAITING, "fresh");
	ck_assert_uint_eq(look.waiting[0].attempts, 2);
	ck_assert_uint_eq(look.waiting[0].due_us, UINT64_C(1800000000001000));
	ck_assert_uint_eq(look.waiting[1].attempts, 0);
	ck_assert_uint_eq(look.waiting[1].due_us, 0);
	ck_assert_uint_eq(look.waiting[2].attempts, 3);
	ck_assert_uint_eq(look.waiting[2].due_us, UINT64_C(1700000000000000));
	ck_assert_uint_eq(look.waiting[3].attempts, 0);
	ck_assert_uint_eq(look.waiting[3].due_us, 0);
	for (int i = 0; i < look.count; i++)
		ck_assert(fixture_exists(fixture_path("%s/%s", channel, look.file[i])));
}
END_TEST

START_TEST(what_is_no_message_is_shown_without_one_and_stays)
{
	const char *channel = work_durable(bus, "x");
	struct look look;

	work_put(channel, "1", 1, "a", "a message");
	fixture_write(fixture_path("%s/2", channel), "no message", 10);
	work_put(channel, "3", 33, "a", "of another ID");
	work_put(channel, "4", 4, "b", "not for here");
	ck_assert_int_eq(symlink("1", fixture_path("%s/5", channel)), 0);
	ck_assert_int_eq(mkfifo(fixture_path("%s/6", channel), 0600), 0);
	ck_assert_int_eq(mkdir(fixture_path("%s/7", channel), 0700), 0);
	ck_assert_int_eq(truncate(fixture_path("%s/4", channel), 40), 0);
	fixture_write(fixture_path("%s/8", channel), "", 0);
	ck_assert_int_eq(truncate(fixture_path("%s/8", channel), INT64_C(1) << 32), 0);
	work_put(channel, "9", 9, "a", "a message, too");
	look = peek(channel);
	ck_assert_int_eq(look.count, 9);
	ck_assert_str_eq(look.payload[0], "a message");
	for (int i = 1; i < 8; i++)
		ck_assert_ptr_null(look.waiting[i].message);
	ck_assert_str_eq(look.payload[8], "a message, too");
	for (int i = 0; i < look.count; i++)
		ck_assert(fixture_exists(fixture_path("%s/%s", channel, look.file[i])));
	ck_assert_uint_eq(fixture_count(fixture_path("%s", channel), ".d-"), 0);
}
END_TEST

START_TEST(the_callback_may_end_it)
{
	const char *channel = work_durable(bus, "x");
	struct look look = {.end_after = 2};

	work_put(channel, "1", 1, "a", "one");
	work_put(channel, "2", 2, "a", "two");
	work_put(channel, "3", 3, "a", "three");
	ck_assert_int_eq(fsps_channel_peek(bus, channel, note, &look), 2);
	ck_assert_str_eq(look.payload[1], "two");
}
END_TEST

static int keep(const struct fsps_waiting *waiting, void *userdata)
{
	fsps_message **place = userdata;
	fsps_message *copy = NULL;
	void *bytes = NULL;
	size_t length = 0;

	ck_assert_int_eq(fsps_message_encode(waiting->message, &bytes, &length), FSPS_OK);
	ck_assert_int_eq(fsps_message_decode(bytes, length, &copy), FSPS_OK);
	free(bytes);
	*place = copy;
	return 0;
}

START_TEST(a_message_is_shown_whole)
{
	const char *channel = work_durable(bus, "x");
	fsps_message *message = NULL;
	int64_t number = 0;

	work_put(channel, "7", 7, "a", "text");
	ck_assert_int_eq(fsps_channel_peek(bus, channel, keep, &message), 1);
	ck_assert_uint_eq(fsps_message_id(message), 7);
	ck_assert_uint_eq(fsps_message_timestamp_us(message), UINT64_C(1700000000000000));
	ck_assert_str_eq(fsps_message_topic(message), "a");
	ck_assert_int_eq(fsps_headers_get_int(fsps_message_headers(message), "k", &number),
			 FSPS_OK);
	ck_assert_int_eq(number, 1);
	fsps_message_unref(message);
}
END_TEST

struct order {
	uint64_t last;
	uint64_t count;
};

static int check_order(const struct fsps_waiting *waiting, void *userdata)
{
	struct order *order = userdata;
	uint64_t id = strtoull(waiting->file_name, NULL, 10);

	ck_assert_uint_eq(id, order->last + 1);
	order->last = id;
	order->count++;
	return 0;
}

START_TEST(more_files_than_are_remembered_come_by_id_all_the_same)
{
	const char *channel = work_durable(bus, "x");
	/* More than two passes of src/inspect/ordered.h keep. */
	const uint64_t count = 140000;
	struct order order = {0};

	work_put(channel, "1", 1, "a", "text");
	/* Neither up nor down: 7 and the count have no divisor in common but 7. */
	for (uint64_t i = 1; i < count + 1; i++) {
		uint64_t id = i * 11 % (count + 1);

		if (id > 1)
			ck_assert_int_eq(
				link(fixture_path("%s/1", channel),
				     fixture_path("%s/%llu", channel, (unsigned long long)id)),
				0);
	}
	ck_assert_int_eq(fsps_channel_peek(bus, channel, check_order, &order), (int64_t)count);
	ck_assert_uint_eq(order.count, count);
}
END_TEST

/* ---- on both lanes, live and durable ---- */

START_TEST(a_live_channel_shows_what_waits_and_keeps_it)
{
	fsps_channel *channel = fixture_subscribe(bus, "a");
	fsps_publisher *publisher = fixture_open_publisher(bus);
	struct look look;

	for (int i = 0; i < 5; i++)
		ck_assert_int_eq(fixture_publish(publisher, "a", (const char[2]){(char)('0' + i)}),
				 1);
	fixture_expect(channel, "0");
	fixture_expect(channel, "1");
	look = peek(fsps_channel_name(channel));
	ck_assert_int_eq(look.count, 3);
	for (int i = 0; i < 3; i++) {
		ck_assert_int_eq(look.waiting[i].state, FSPS_WAITING);
		ck_assert_uint_eq(look.waiting[i].attempts, 0);
		ck_assert_str_eq(look.payload[i], ((const char[2]){(char)('2' + i)}));
		ck_assert(fixture_exists(
			fixture_path("%s/%s", fsps_channel_name(channel), look.file[i])));
	}
	fixture_expect(channel, "2");
	fixture_expect(channel, "3");
	fixture_expect(channel, "4");
	fixture_expect_nothing(channel);
	fsps_publisher_close(publisher);
	fsps_channel_close(channel);
}
END_TEST

START_TEST(messages_in_segments_come_after_those_in_files)
{
	fsps_channel *channel = fixture_subscribe(bus, "a");
	fsps_publisher *publisher = lane_open_publisher(bus);
	const char *name = fsps_channel_name(channel);
	struct look look;

	for (int i = 0; i < 3; i++)
		ck_assert_int_eq(fixture_publish(publisher, "a", "in a segment"), 1);
	work_put(name, "9007199254740991", UINT64_C(9007199254740991), "a", "in a file");
	look = peek(name);
	ck_assert_int_eq(look.count, 4);
	expect(&look, 0, "9007199254740991", FSPS_WAITING, "in a file");
	for (int i = 1; i < 4; i++) {
		ck_assert_str_eq(look.payload[i], "in a segment");
		ck_assert_int_eq(strncmp(look.file[i], ".s-", 3), 0);
		ck_assert_int_eq(look.waiting[i].state, FSPS_WAITING);
		ck_assert(i == 1 || look.id[i] > look.id[i - 1]);
	}
	fsps_publisher_close(publisher);
	fsps_channel_close(channel);
}
END_TEST

START_TEST(a_frame_that_is_not_for_the_channel_is_shown_without_a_message)
{
	fsps_channel *channel = fixture_subscribe(bus, "b");
	fsps_publisher *publisher = lane_open_publisher(bus);
	const char *durable;
	char segment[64];
	struct look look;

	ck_assert_int_eq(fixture_publish(publisher, "b", "not for a"), 1);
	durable = work_durable(bus, "x");
	snprintf(segment, sizeof segment, "%s",
		 fixture_find(fixture_path("%s", fsps_channel_name(channel)), ".s-"));
	ck_assert_int_eq(link(lane_segment_path(channel), fixture_path("%s/%s", durable, segment)),
			 0);
	look = peek(durable);
	ck_assert_int_eq(look.count, 1);
	expect(&look, 0, segment, FSPS_WAITING, "");
	ck_assert_ptr_null(look.waiting[0].message);
	fsps_publisher_close(publisher);
	fsps_channel_close(channel);
}
END_TEST

START_TEST(a_segment_that_is_met_under_two_names_is_shown_once)
{
	fsps_channel *channel = fixture_subscribe(bus, "a");
	fsps_publisher *publisher = lane_open_publisher(bus);
	char segment[64];
	char *place;

	for (int i = 0; i < 3; i++)
		ck_assert_int_eq(fixture_publish(publisher, "a", "in a segment"), 1);
	/* As if its reader had gone on while the directory was read. */
	snprintf(segment, sizeof segment, "%s",
		 fixture_find(fixture_path("%s", fsps_channel_name(channel)), ".s-"));
	place = strrchr(segment, '-') + 1;
	ck_assert_str_eq(place, "64");
	memcpy(place, "72", 2);
	ck_assert_int_eq(link(lane_segment_path(channel),
			      fixture_path("%s/%s", fsps_channel_name(channel), segment)),
			 0);
	ck_assert_int_eq(peek(fsps_channel_name(channel)).count, 3);
	fsps_publisher_close(publisher);
	fsps_channel_close(channel);
}
END_TEST

START_TEST(a_segment_that_is_none_is_shown_once_without_a_message)
{
	const char *channel = work_durable(bus, "x");
	struct look look;

	fixture_write(fixture_path("%s/.s-5-64", channel), "rubbish", 7);
	ck_assert_int_eq(symlink("queue", fixture_path("%s/.s-6-64", channel)), 0);
	look = peek(channel);
	ck_assert_int_eq(look.count, 2);
	expect(&look, 0, ".s-5-64", FSPS_WAITING, "");
	expect(&look, 1, ".s-6-64", FSPS_WAITING, "");
	ck_assert_ptr_null(look.waiting[0].message);
	ck_assert_ptr_null(look.waiting[1].message);
}
END_TEST

START_TEST(what_a_durable_reader_has_not_settled_is_shown_as_claimed)
{
	const struct fsps_channel_options options = {.size = sizeof options, .durable = "x"};
	fsps_publisher *publisher = fixture_open_publisher(bus);
	const char *name = work_durable(bus, "x");
	fsps_message *messages[2];
	fsps_channel *channel = NULL;
	struct look look;
	int claimed = 0;

	for (int i = 0; i < 5; i++)
		ck_assert_int_eq(fixture_publish(publisher, "a", (const char[2]){(char)('0' + i)}),
				 1);
	ck_assert_int_eq(fsps_channel_open(bus, "a", &options, &channel), FSPS_OK);
	messages[0] = fixture_receive(channel);
	messages[1] = fixture_receive(channel);
	look = peek(name);
	ck_assert_int_eq(look.count, 5);
	for (int i = 0; i < 5; i++) {
		bool is_claimed = look.waiting[i].state == FSPS_CLAIMED;

		ck_assert_uint_eq(look.waiting[i].attempts, is_claimed ? 1 : 0);
		claimed += is_claimed;
	}
	ck_assert_int_eq(claimed, 2);
	for (int i = 0; i < 2; i++) {
		ck_assert_int_eq(fsps_message_ack(channel, messages[i]), FSPS_OK);
		fsps_message_unref(messages[i]);
	}
	fsps_channel_close(channel);
	look = peek(name);
	ck_assert_int_eq(look.count, 3);
	for (int i = 0; i < 3; i++)
		ck_assert_int_eq(look.waiting[i].state, FSPS_WAITING);
	fsps_publisher_close(publisher);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("peek");
	TCase *tcase = fixture_tcase(suite, "peek");

	tcase_add_checked_fixture(tcase, set_up, tear_down);
	tcase_add_test(tcase, null_and_what_is_no_channels_name_are_argument_errors);
	tcase_add_test(tcase, a_channel_that_is_missing_is_not_found_and_not_made);
	tcase_add_test(tcase, what_only_has_a_channels_name_is_not_found);
	tcase_add_test(tcase, an_empty_channel_shows_nothing);
	tcase_add_test(tcase, messages_in_files_come_by_id_and_say_what_became_of_them);
	tcase_add_test(tcase, what_is_no_message_is_shown_without_one_and_stays);
	tcase_add_test(tcase, the_callback_may_end_it);
	tcase_add_test(tcase, a_message_is_shown_whole);
	tcase_add_test(tcase, more_files_than_are_remembered_come_by_id_all_the_same);
	tcase_add_test(tcase, a_live_channel_shows_what_waits_and_keeps_it);
	tcase_add_test(tcase, messages_in_segments_come_after_those_in_files);
	tcase_add_test(tcase, a_frame_that_is_not_for_the_channel_is_shown_without_a_message);
	tcase_add_test(tcase, a_segment_that_is_met_under_two_names_is_shown_once);
	tcase_add_test(tcase, a_segment_that_is_none_is_shown_once_without_a_message);
	tcase_add_test(tcase, what_a_durable_reader_has_not_settled_is_shown_as_claimed);
	return check_main(suite);
}
