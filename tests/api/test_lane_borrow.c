/* SPDX-License-Identifier: MIT */
/*
 * Messages that borrow their bytes from a segment: these stay as they are until the message is
 * given back, whatever becomes of the segment, the channel and the publisher meanwhile.
 */
#include <stdio.h>

#include "api/lane_stage.h"
#include "unit/check_main.h"

enum { LENGTH = 500, HELD = 64 };

/* Publishes and takes one, which is borrowed. */
static fsps_message *take(uint32_t number)
{
	fsps_message *message;

	ck_assert_int_eq(lane_publish(publisher, "a", number, LENGTH, NULL), 1);
	message = fixture_receive(channel);
	ck_assert_int_eq(fsps_message_is_borrowed(message), 1);
	return message;
}

/* All bytes of a message are still its own: topic, headers, payload. */
static void expect_unchanged(const fsps_message *message, uint32_t number)
{
	ck_assert_uint_eq(lane_number_of(message), number);
	ck_assert_str_eq(fsps_message_topic(message), "a");
	ck_assert_uint_gt(fsps_message_id(message), 0);
}

START_TEST(a_message_of_a_file_is_not_borrowed_and_one_of_a_segment_is)
{
	fsps_publisher *by_file;
	fsps_message *message;

	lane_force("plain");
	by_file = fixture_open_publisher(bus);
	ck_assert_int_eq(lane_publish(by_file, "a", 0, LENGTH, NULL), 1);
	message = fixture_receive(channel);
	ck_assert_int_eq(fsps_message_is_borrowed(message), 0);
	fsps_message_unref(message);
	fsps_message_unref(take(1));
	ck_assert_int_eq(fsps_message_is_borrowed(NULL), 0);
	fsps_publisher_close(by_file);
}
END_TEST

START_TEST(held_messages_stay_as_they_are_while_segments_are_used_again)
{
	fsps_message *held[HELD];

	for (uint32_t i = 0; i < HELD; i++) {
		held[i] = take(i);
		/* More than a segment, so that each is from another one. */
		for (uint32_t k = 0; k < 200; k++)
			fsps_message_unref(take(1000 + k));
	}
	for (uint32_t i = 0; i < HELD; i++) {
		expect_unchanged(held[i], i);
		fsps_message_unref(held[i]);
	}
}
END_TEST

START_TEST(a_held_message_outlives_its_channel)
{
	fsps_message *message = take(1);

	fsps_channel_close(channel);
	channel = fixture_subscribe(bus, "a");
	for (uint32_t k = 0; k < 1000; k++)
		fsps_message_unref(take(1000 + k));
	expect_unchanged(message, 1);
	fsps_message_unref(message);
}
END_TEST

START_TEST(a_held_message_outlives_its_publisher)
{
	fsps_message *message = take(1);

	fsps_publisher_close(publisher);
	publisher = lane_open_publisher(bus);
	for (uint32_t k = 0; k < 1000; k++)
		fsps_message_unref(take(1000 + k));
	expect_unchanged(message, 1);
	fsps_message_unref(message);
}
END_TEST

START_TEST(a_held_message_outlives_publisher_channel_and_bus)
{
	fsps_message *message = take(1);

	tear_down();
	fixture_remove(fixture_home);
	set_up();
	fsps_message_unref(take(2));
	expect_unchanged(message, 1);
	fsps_message_unref(message);
}
END_TEST

START_TEST(each_reference_keeps_it)
{
	fsps_message *message = take(1);

	ck_assert_ptr_eq(fsps_message_ref(message), message);
	fsps_message_unref(message);
	for (uint32_t k = 0; k < 1000; k++)
		fsps_message_unref(take(1000 + k));
	expect_unchanged(message, 1);
	fsps_message_unref(message);
}
END_TEST

START_TEST(a_message_that_is_kept_no_longer_borrows)
{
	fsps_message *message = take(1);
	fsps_message *kept = NULL;

	ck_assert_int_eq(fsps_message_keep(message, &kept), FSPS_OK);
	ck_assert_ptr_ne(kept, message);
	ck_assert_int_eq(fsps_message_is_borrowed(kept), 0);
	ck_assert_uint_eq(fsps_message_id(kept), fsps_message_id(message));
	ck_assert_uint_eq(fsps_message_sender_uid(kept), fsps_message_sender_uid(message));
	fsps_message_unref(message);
	expect_unchanged(kept, 1);
	/* Once more is only another reference. */
	ck_assert_int_eq(fsps_message_keep(kept, &message), FSPS_OK);
	ck_assert_ptr_eq(message, kept);
	fsps_message_unref(message);
	fsps_message_unref(kept);
	ck_assert_int_eq(fsps_message_keep(NULL, &message), FSPS_ERR_ARGUMENT);
}
END_TEST

/* What is given back is used again: a reader that holds nothing makes nobody make new ones. */
START_TEST(a_publisher_needs_few_segments_for_a_reader_that_keeps_up)
{
	for (uint32_t i = 0; i < 20000; i++) {
		fsps_message_unref(take(i));
		if (i % 1000 == 999)
			ck_assert_uint_le(fixture_count(fixture_path("tmp"), ".s-"), 4);
	}
	ck_assert_uint_eq(lane_segments(channel), 1);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("lane_borrow");
	TCase *tcase = fixture_tcase(suite, "lane_borrow");

	tcase_add_checked_fixture(tcase, set_up, tear_down);
	tcase_add_test(tcase, a_message_of_a_file_is_not_borrowed_and_one_of_a_segment_is);
	tcase_add_test(tcase, held_messages_stay_as_they_are_while_segments_are_used_again);
	tcase_add_test(tcase, a_held_message_outlives_its_channel);
	tcase_add_test(tcase, a_held_message_outlives_its_publisher);
	tcase_add_test(tcase, a_held_message_outlives_publisher_channel_and_bus);
	tcase_add_test(tcase, each_reference_keeps_it);
	tcase_add_test(tcase, a_message_that_is_kept_no_longer_borrows);
	tcase_add_test(tcase, a_publisher_needs_few_segments_for_a_reader_that_keeps_up);
	return check_main(suite);
}
