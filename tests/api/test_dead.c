/* SPDX-License-Identifier: MIT */
/* Dead letters through the public API: listed with what is known of them, replayed, discarded. */
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>

#include "api/work_files.h"
#include "unit/check_main.h"

enum { SEEN_MAX = 16 };

/* What a listing showed; strings are copied, as they are only lent. */
struct listing {
	int count;
	int end_after;
	struct fsps_dead_letter letter[SEEN_MAX];
	char channel[SEEN_MAX][64];
	char file[SEEN_MAX][64];
	char reason[SEEN_MAX][32];
	char error[SEEN_MAX][FSPS_ERROR_TEXT_MAX + 2];
	/* "" for what is no message. */
	char payload[SEEN_MAX][64];
};

static fsps_bus *bus;
static fsps_channel *channel;
/* Its name. */
static const char *name;
static struct listing listing;

static void set_up(void)
{
	bus = fixture_open_bus();
	channel = fixture_subscribe(bus, "a");
	name = fsps_channel_name(channel);
}

static void tear_down(void)
{
	fsps_channel_close(channel);
	fsps_bus_close(bus);
}

static int note(const struct fsps_dead_letter *letter, void *userdata)
{
	struct listing *seen = userdata;
	int i = seen->count++;

	ck_assert_int_lt(i, SEEN_MAX);
	ck_assert_uint_eq(letter->size, sizeof *letter);
	seen->letter[i] = *letter;
	snprintf(seen->channel[i], sizeof seen->channel[0], "%s", letter->channel_name);
	snprintf(seen->file[i], sizeof seen->file[0], "%s", letter->file_name);
	snprintf(seen->reason[i], sizeof seen->reason[0], "%s", letter->reason);
	snprintf(seen->error[i], sizeof seen->error[0], "%s", letter->error);
	if (letter->message != NULL)
		snprintf(seen->payload[i], sizeof seen->payload[0], "%s",
			 (const char *)fsps_message_payload(letter->message, NULL));
	return seen->count == seen->end_after;
}

/* Lists into `listing`; channel_name NULL: of all channels. */
static int list(const char *channel_name)
{
	memset(&listing, 0, sizeof listing);
	ck_assert_int_eq(fsps_dead_list(bus, channel_name, note, &listing), listing.count);
	return listing.count;
}

static bool is_there(const char *file)
{
	return fixture_exists(fixture_path("%s/%s", name, file));
}

static void put_note(const char *file, const char *text)
{
	fixture_write(fixture_path("%s/%s", name, file), text, strlen(text));
}

static uint64_t now_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

/* ---- arguments ---- */

START_TEST(null_is_an_argument_error)
{
	ck_assert_int_eq(fsps_dead_list(NULL, name, note, NULL), FSPS_ERR_ARGUMENT);
	ck_assert_int_eq(fsps_dead_list(bus, name, NULL, NULL), FSPS_ERR_ARGUMENT);
	ck_assert_int_eq(fsps_dead_replay(NULL, name, ".d-failed-5-7"), FSPS_ERR_ARGUMENT);
	ck_assert_int_eq(fsps_dead_replay(bus, NULL, ".d-failed-5-7"), FSPS_ERR_ARGUMENT);
	ck_assert_int_eq(fsps_dead_replay(bus, name, NULL), FSPS_ERR_ARGUMENT);
	ck_assert_int_eq(fsps_dead_discard(NULL, name, ".d-failed-5-7"), FSPS_ERR_ARGUMENT);
	ck_assert_int_eq(fsps_dead_discard(bus, NULL, ".d-failed-5-7"), FSPS_ERR_ARGUMENT);
	ck_assert_int_eq(fsps_dead_discard(bus, name, NULL), FSPS_ERR_ARGUMENT);
}
END_TEST

START_TEST(what_is_no_dead_letters_name_is_an_argument_error_and_stays)
{
	static const char *const names[] = {
		"",
		"7",
		"queue",
		".c",
		".e-failed-5-7",
		".r-1-1-7",
		".k-" WORK_MEMBER "-1-1-7",
		".d-failed-5-0",
		".d-failed-5-7/",
		".d-../x-5-7",
		"../.d-failed-5-7",
		"./.d-failed-5-7",
	};

	work_put(name, ".d-failed-5-7", 7, "a", "dead");
	work_put(name, "7", 7, "a", "waits");
	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
		ck_assert_int_eq(fsps_dead_replay(bus, name, names[i]), FSPS_ERR_ARGUMENT);
		ck_assert_int_eq(fsps_dead_discard(bus, name, names[i]), FSPS_ERR_ARGUMENT);
	}
	ck_assert(is_there(".d-failed-5-7"));
	ck_assert(is_there("7"));
	ck_assert(is_there("queue"));
	ck_assert(is_there(".c"));
}
END_TEST

START_TEST(what_is_no_channels_name_is_an_argument_error)
{
	static const char *const names[] = {"", ".", "..", "tmp", "a_b_c", "../a_x", "a_x/"};

	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
		ck_assert_int_eq(fsps_dead_list(bus, names[i], note, &listing), FSPS_ERR_ARGUMENT);
		ck_assert_int_eq(fsps_dead_replay(bus, names[i], ".d-x-1-1"), FSPS_ERR_ARGUMENT);
		ck_assert_int_eq(fsps_dead_discard(bus, names[i], ".d-x-1-1"), FSPS_ERR_ARGUMENT);
	}
	ck_assert_int_eq(listing.count, 0);
}
END_TEST

START_TEST(a_channel_or_a_letter_that_is_missing_is_not_found)
{
	ck_assert_int_eq(fsps_dead_list(bus, "a_x", note, &listing), FSPS_ERR_NOT_FOUND);
	ck_assert_int_eq(fsps_dead_replay(bus, "a_x", ".d-failed-5-7"), FSPS_ERR_NOT_FOUND);
	ck_assert_int_eq(fsps_dead_discard(bus, "a_x", ".d-failed-5-7"), FSPS_ERR_NOT_FOUND);
	ck_assert_int_eq(fsps_dead_replay(bus, name, ".d-failed-5-7"), FSPS_ERR_NOT_FOUND);
	ck_assert_int_eq(fsps_dead_replay(bus, name, ".d-segment-0-7"), FSPS_ERR_NOT_FOUND);
	ck_assert_int_eq(fsps_dead_discard(bus, name, ".d-failed-5-7"), FSPS_ERR_NOT_FOUND);
}
END_TEST

START_TEST(a_home_that_is_missing_has_no_dead_letters_and_is_not_made)
{
	fsps_channel_close(channel);
	channel = NULL;
	fixture_remove(fixture_home);
	ck_assert_int_eq(list(NULL), 0);
	ck_assert(!fixture_exists(fixture_home));
	ck_assert_int_eq(fsps_dead_replay(bus, "a_x", ".d-failed-5-7"), FSPS_ERR_NOT_FOUND);
}
END_TEST

/* ---- listing ---- */

START_TEST(letters_come_by_id_with_all_that_is_known)
{
	uint64_t before_us = now_us();
	struct stat status;

	work_put(name, ".d-rejected-1-100", 100, "a", "second");
	work_put(name, ".d-failed-5-20", 20, "a", "first");
	work_put(name, "30", 30, "a", "waits");
	put_note(".e-failed-5-20", "exit status 3\nboom");
	/* Of no letter, and of another attempt. */
	put_note(".e-failed-5-21", "nobody's");
	put_note(".e-failed-4-20", "another's");
	ck_assert_int_eq(list(name), 2);
	ck_assert_str_eq(listing.channel[0], name);
	ck_assert_str_eq(listing.file[0], ".d-failed-5-20");
	ck_assert_str_eq(listing.reason[0], "failed");
	ck_assert_uint_eq(listing.letter[0].attempts, 5);
	ck_assert_uint_eq(listing.letter[0].id, 20);
	ck_assert_str_eq(listing.payload[0], "first");
	ck_assert_str_eq(listing.error[0], "exit status 3\nboom");
	ck_assert_int_eq(lstat(fixture_path("%s/.d-failed-5-20", name), &status), 0);
	ck_assert_uint_eq(listing.letter[0].bytes, (uint64_t)status.st_size);
	ck_assert_str_eq(listing.file[1], ".d-rejected-1-100");
	ck_assert_str_eq(listing.error[1], "");
	for (int i = 0; i < 2; i++) {
		/* A file's time may be a tick of the kernel's clock behind. */
		ck_assert_uint_ge(listing.letter[i].time_us, before_us - 20000);
		ck_assert_uint_le(listing.letter[i].time_us, now_us());
	}
}
END_TEST

START_TEST(those_of_all_channels_come_channel_by_channel)
{
	fsps_channel *other = fixture_subscribe(bus, "b");

	(void)work_durable(bus, "zz");
	work_put(fsps_channel_name(other), ".d-failed-5-1", 1, "b", "of a live one");
	work_put("a_zz", ".d-failed-5-2", 2, "a", "of a durable one");
	work_put(name, ".d-failed-5-3", 3, "a", "of another");
	ck_assert_int_eq(mkdir(fixture_path("a_nochannel"), 0700), 0);
	work_put("a_nochannel", ".d-failed-5-4", 4, "a", "of none");
	ck_assert_int_eq(list(NULL), 3);
	for (int i = 1; i < 3; i++)
		ck_assert_int_lt(strcmp(listing.channel[i - 1], listing.channel[i]), 0);
	ck_assert_str_eq(listing.payload[2], "of a live one");
	ck_assert_int_eq(list("a_zz"), 1);
	ck_assert_str_eq(listing.payload[0], "of a durable one");
	fsps_channel_close(other);
}
END_TEST

START_TEST(the_callback_may_end_the_listing)
{
	(void)work_durable(bus, "zz");
	work_put(name, ".d-failed-5-1", 1, "a", "one");
	work_put(name, ".d-failed-5-2", 2, "a", "two");
	work_put("a_zz", ".d-failed-5-3", 3, "a", "three");
	listing.end_after = 1;
	ck_assert_int_eq(fsps_dead_list(bus, NULL, note, &listing), 1);
}
END_TEST

START_TEST(what_is_no_message_has_none)
{
	fixture_write(fixture_path("%s/.d-corrupt-0-1", name), "no message", 10);
	ck_assert_int_eq(mkdir(fixture_path("%s/.d-type-0-2", name), 0700), 0);
	ck_assert_int_eq(symlink("queue", fixture_path("%s/.d-type-0-3", name)), 0);
	ck_assert_int_eq(mkfifo(fixture_path("%s/.d-type-0-4", name), 0600), 0);
	work_put(name, ".d-topic-0-5", 5, "not.for.here", "a message all the same");
	ck_assert_int_eq(list(name), 5);
	for (int i = 0; i < 4; i++)
		ck_assert_ptr_null(listing.letter[i].message);
	ck_assert_uint_eq(listing.letter[0].bytes, 10);
	ck_assert_str_eq(listing.payload[4], "a message all the same");
}
END_TEST

START_TEST(a_note_is_read_up_to_its_limit_and_only_if_it_is_a_file)
{
	char text[FSPS_ERROR_TEXT_MAX + 100];

	memset(text, 'x', sizeof text);
	for (uint64_t id = 1; id <= 4; id++) {
		char file[64];

		snprintf(file, sizeof file, ".d-failed-5-%d", (int)id);
		work_put(name, file, id, "a", "dead");
	}
	fixture_write(fixture_path("%s/.e-failed-5-1", name), text, sizeof text);
	fixture_write(fixture_path("%s/.e-failed-5-2", name), "ends\0here", 9);
	fixture_write(fixture_path("elsewhere"), "secret", 6);
	ck_assert_int_eq(symlink("../elsewhere", fixture_path("%s/.e-failed-5-3", name)), 0);
	ck_assert_int_eq(mkfifo(fixture_path("%s/.e-failed-5-4", name), 0600), 0);
	ck_assert_int_eq(list(name), 4);
	ck_assert_uint_eq(strlen(listing.error[0]), FSPS_ERROR_TEXT_MAX);
	ck_assert_str_eq(listing.error[1], "ends");
	ck_assert_str_eq(listing.error[2], "");
	ck_assert_str_eq(listing.error[3], "");
}
END_TEST

START_TEST(what_a_reader_sets_aside_is_listed)
{
	fixture_write(fixture_path("%s/5", name), "not much of a message at all, but long enough",
		      44);
	fixture_expect_nothing(channel);
	ck_assert_int_eq(list(name), 1);
	ck_assert_str_eq(listing.reason[0], "corrupt");
	ck_assert_uint_eq(listing.letter[0].id, 5);
	ck_assert_uint_eq(listing.letter[0].attempts, 0);
}
END_TEST

/* ---- replay ---- */

/* The next message must be there, without a look at what was not rung for. */
static void expect_at_once(const char *text)
{
	fsps_message *message = NULL;

	ck_assert_int_eq(fsps_channel_fetch(channel, &message), 1);
	ck_assert_str_eq(fsps_message_payload(message, NULL), text);
	fsps_message_unref(message);
}

START_TEST(a_replayed_letter_is_delivered_as_it_was)
{
	fsps_message *message;
	int64_t number = 0;

	work_put(name, ".d-failed-5-7", 7, "a", "again");
	put_note(".e-failed-5-7", "boom");
	/* After this nothing but a ring makes the reader look before its next period. */
	fixture_expect_nothing(channel);
	ck_assert_int_eq(fsps_dead_replay(bus, name, ".d-failed-5-7"), FSPS_OK);
	ck_assert(is_there("7"));
	ck_assert(!is_there(".d-failed-5-7"));
	ck_assert(!is_there(".e-failed-5-7"));
	ck_assert(fixture_readable(fsps_channel_fd(channel), 0));
	ck_assert_int_eq(fsps_channel_fetch(channel, &message), 1);
	ck_assert_uint_eq(fsps_message_id(message), 7);
	ck_assert_str_eq(fsps_message_payload(message, NULL), "again");
	ck_assert_uint_eq(fsps_message_timestamp_us(message), UINT64_C(1700000000000000));
	ck_assert_int_eq(fsps_headers_get_int(fsps_message_headers(message), "k", &number),
			 FSPS_OK);
	ck_assert_int_eq(number, 1);
	fsps_message_unref(message);
	ck_assert_int_eq(fsps_dead_replay(bus, name, ".d-failed-5-7"), FSPS_ERR_NOT_FOUND);
}
END_TEST

START_TEST(a_letter_whose_id_is_taken_by_now_is_replayed_beside_it)
{
	work_put(name, ".d-failed-5-7", 7, "a", "replayed");
	fixture_expect_nothing(channel);
	work_put(name, "7", 7, "a", "there before");
	ck_assert_int_eq(fsps_dead_replay(bus, name, ".d-failed-5-7"), FSPS_OK);
	ck_assert_uint_eq(fixture_count(fixture_path("%s", name), ".m-"), 1);
	ck_assert_uint_eq(fixture_count(fixture_path("%s", name), ".d-"), 0);
	ck_assert(fixture_readable(fsps_channel_fd(channel), 0));
	expect_at_once("there before");
	expect_at_once("replayed");
	fixture_expect_nothing(channel);
}
END_TEST

START_TEST(a_letter_that_is_no_message_is_set_aside_again)
{
	fixture_write(fixture_path("%s/.d-corrupt-0-7", name), "no message", 10);
	fixture_expect_nothing(channel);
	ck_assert_int_eq(fsps_dead_replay(bus, name, ".d-corrupt-0-7"), FSPS_OK);
	fixture_expect_nothing(channel);
	ck_assert(is_there(".d-corrupt-0-7"));
	ck_assert(!is_there("7"));
}
END_TEST

START_TEST(a_segment_can_not_be_replayed_but_discarded)
{
	fixture_write(fixture_path("%s/.d-segment-0-7", name), "frames", 6);
	ck_assert_int_eq(fsps_dead_replay(bus, name, ".d-segment-0-7"), FSPS_ERR_CORRUPT);
	ck_assert(is_there(".d-segment-0-7"));
	ck_assert_int_eq(fsps_dead_discard(bus, name, ".d-segment-0-7"), FSPS_OK);
	ck_assert(!is_there(".d-segment-0-7"));
}
END_TEST

START_TEST(a_letter_of_a_channel_that_nobody_reads_waits_once_replayed)
{
	struct fsps_channel_options options = {.size = sizeof options, .durable = "x"};
	const char *durable = work_durable(bus, "x");
	fsps_channel *reader = NULL;
	fsps_message *message;

	work_put(durable, ".d-failed-5-7", 7, "a", "again");
	ck_assert_int_eq(fsps_dead_replay(bus, durable, ".d-failed-5-7"), FSPS_OK);
	ck_assert_int_eq(list(durable), 0);
	ck_assert_int_eq(fsps_channel_open(bus, "a", &options, &reader), FSPS_OK);
	message = fixture_receive(reader);
	ck_assert_uint_eq(fsps_message_id(message), 7);
	ck_assert_uint_eq(fsps_message_attempt(message), 1);
	ck_assert_int_eq(fsps_message_ack(reader, message), FSPS_OK);
	fsps_message_unref(message);
	fsps_channel_close(reader);
}
END_TEST

static int replay(const struct fsps_dead_letter *letter, void *userdata)
{
	(void)userdata;
	ck_assert_int_eq(fsps_dead_replay(bus, letter->channel_name, letter->file_name), FSPS_OK);
	return 0;
}

START_TEST(the_callback_may_replay_what_it_is_shown)
{
	work_put(name, ".d-failed-5-1", 1, "a", "one");
	work_put(name, ".d-died-5-2", 2, "a", "two");
	ck_assert_int_eq(fsps_dead_list(bus, NULL, replay, NULL), 2);
	fixture_expect(channel, "one");
	fixture_expect(channel, "two");
	ck_assert_int_eq(list(NULL), 0);
}
END_TEST

/* ---- discard ---- */

START_TEST(a_discarded_letter_is_gone_with_its_note_and_nothing_else)
{
	work_put(name, ".d-failed-5-7", 7, "a", "one");
	work_put(name, ".d-failed-5-8", 8, "a", "other");
	put_note(".e-failed-5-7", "boom");
	put_note(".e-failed-5-8", "bang");
	ck_assert_int_eq(fsps_dead_discard(bus, name, ".d-failed-5-7"), FSPS_OK);
	ck_assert(!is_there(".d-failed-5-7"));
	ck_assert(!is_there(".e-failed-5-7"));
	ck_assert(is_there(".d-failed-5-8"));
	ck_assert(is_there(".e-failed-5-8"));
	ck_assert_int_eq(fsps_dead_discard(bus, name, ".d-failed-5-7"), FSPS_ERR_NOT_FOUND);
}
END_TEST

START_TEST(a_letter_of_any_type_can_be_discarded)
{
	fixture_write(fixture_path("elsewhere"), "kept", 4);
	ck_assert_int_eq(mkdir(fixture_path("%s/.d-type-0-1", name), 0700), 0);
	ck_assert_int_eq(mkdir(fixture_path("%s/.d-type-0-2", name), 0700), 0);
	fixture_write(fixture_path("%s/.d-type-0-2/file", name), "", 0);
	ck_assert_int_eq(symlink("../elsewhere", fixture_path("%s/.d-type-0-3", name)), 0);
	ck_assert_int_eq(mkfifo(fixture_path("%s/.d-type-0-4", name), 0600), 0);
	ck_assert_int_eq(fsps_dead_discard(bus, name, ".d-type-0-1"), FSPS_OK);
	ck_assert_int_eq(fsps_dead_discard(bus, name, ".d-type-0-2"), FSPS_OK);
	ck_assert_int_eq(fsps_dead_discard(bus, name, ".d-type-0-3"), FSPS_OK);
	ck_assert_int_eq(fsps_dead_discard(bus, name, ".d-type-0-4"), FSPS_OK);
	ck_assert_uint_eq(fixture_count(fixture_path("%s", name), ".d-"), 0);
	ck_assert_uint_eq(fixture_count(fixture_home, ".x-"), 0);
	ck_assert(fixture_exists(fixture_path("elsewhere")));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("dead letters");
	TCase *tcase = fixture_tcase(suite, "dead letters");

	tcase_add_checked_fixture(tcase, set_up, tear_down);
	tcase_add_test(tcase, null_is_an_argument_error);
	tcase_add_test(tcase, what_is_no_dead_letters_name_is_an_argument_error_and_stays);
	tcase_add_test(tcase, what_is_no_channels_name_is_an_argument_error);
	tcase_add_test(tcase, a_channel_or_a_letter_that_is_missing_is_not_found);
	tcase_add_test(tcase, a_home_that_is_missing_has_no_dead_letters_and_is_not_made);
	tcase_add_test(tcase, letters_come_by_id_with_all_that_is_known);
	tcase_add_test(tcase, those_of_all_channels_come_channel_by_channel);
	tcase_add_test(tcase, the_callback_may_end_the_listing);
	tcase_add_test(tcase, what_is_no_message_has_none);
	tcase_add_test(tcase, a_note_is_read_up_to_its_limit_and_only_if_it_is_a_file);
	tcase_add_test(tcase, what_a_reader_sets_aside_is_listed);
	tcase_add_test(tcase, a_replayed_letter_is_delivered_as_it_was);
	tcase_add_test(tcase, a_letter_whose_id_is_taken_by_now_is_replayed_beside_it);
	tcase_add_test(tcase, a_letter_that_is_no_message_is_set_aside_again);
	tcase_add_test(tcase, a_segment_can_not_be_replayed_but_discarded);
	tcase_add_test(tcase, a_letter_of_a_channel_that_nobody_reads_waits_once_replayed);
	tcase_add_test(tcase, the_callback_may_replay_what_it_is_shown);
	tcase_add_test(tcase, a_discarded_letter_is_gone_with_its_note_and_nothing_else);
	tcase_add_test(tcase, a_letter_of_any_type_can_be_discarded);
	return check_main(suite);
}
