/* SPDX-License-Identifier: MIT */
/*
 * Publishers with the option sync: what is written through to the disk, and in which order,
 * whichever way a message is published.
 */
#include "fault/sync.h"

#include <string.h>

#include "fault/durable.h"
#include "unit/check_main.h"

START_TEST(the_file_before_its_links_the_directories_before_the_bells)
{
	struct stage stage;

	set(&stage, 3, 0);
	ck_assert_int_eq(fault_publish(stage.publisher, 0, stage.receipt), 3);
	expect_order(" writev fsync linkat fsync write");
	ck_assert_uint_eq(disk.calls, 4);
	ck_assert_uint_eq(count_directories(), 3);
	ck_assert(S_ISREG(disk.files[0].st_mode));
	expect_no_file_twice();
	expect_everywhere(&stage, 0);
	clear(&stage);
}
END_TEST

START_TEST(so_it_is_with_intents)
{
	struct stage stage;

	set(&stage, 2, 0);
	disk.no_nameless = true;
	ck_assert_int_eq(fault_publish(stage.publisher, 0, stage.receipt), 2);
	/* The second: it is a member now. */
	renew(0, 0, 0);
	ck_assert_int_eq(fault_publish(stage.publisher, 1, stage.receipt), 2);
	expect_order(" writev fsync linkat fsync write");
	ck_assert_uint_eq(disk.calls, 3);
	ck_assert_uint_eq(count_directories(), 2);
	for (unsigned i = 0; i < 2; i++) {
		ck_assert_int_eq(fault_fetch_now(stage.channels.list[i]), 0);
		ck_assert_int_eq(fault_fetch_now(stage.channels.list[i]), 1);
	}
	fsi_sys_intercept = NULL;
	fsps_receipt_free(stage.receipt);
	fsps_publisher_close(stage.publisher);
	fsps_bus_close(stage.bus);
	fault_channels_close(&stage.channels);
}
END_TEST

START_TEST(a_copy_is_written_through_before_its_link)
{
	struct stage stage;

	set(&stage, 2, 0);
	disk.link_error = EXDEV;
	ck_assert_int_eq(fault_publish(stage.publisher, 0, stage.receipt), 2);
	expect_order(" writev fsync linkat writev fsync linkat fsync write");
	ck_assert_uint_eq(disk.calls, 4);
	expect_no_file_twice();
	expect_everywhere(&stage, 0);
	clear(&stage);
}
END_TEST

START_TEST(each_message_of_a_batch_is_a_file_that_is_written_through)
{
	struct fsps_outgoing batch[5] = {{.topic = FAULT_TOPIC}};
	struct stage stage;

	for (unsigned i = 0; i < 5; i++)
		batch[i] = (struct fsps_outgoing){
			.topic = FAULT_TOPIC, .payload = "x", .payload_len = 1};
	set(&stage, 1, 0);
	ck_assert_int_eq(fsps_publish_batch(stage.publisher, batch, 5, NULL), 5);
	ck_assert_uint_eq(disk.calls, 10);
	ck_assert_uint_eq(count_directories(), 5);
	for (unsigned i = 0; i < 5; i++) {
		fsps_message *message = NULL;

		ck_assert_int_eq(fsps_channel_fetch(stage.channels.list[0], &message), 1);
		fsps_message_unref(message);
	}
	clear(&stage);
}
END_TEST

START_TEST(what_was_reserved_is_a_file_too)
{
	struct fsps_channel_stats stats = {.size = sizeof stats};
	fsps_message *message = NULL;
	struct stage stage;
	void *payload = NULL;

	set(&stage, 1, 0);
	for (unsigned i = 0; i < 6; i++) {
		ck_assert_int_eq(fsps_reserve(stage.publisher, FAULT_TOPIC, NULL, 1, &payload),
				 FSPS_OK);
		memcpy(payload, "x", 1);
		ck_assert_int_eq(fsps_commit(stage.publisher, 1, NULL), 1);
		ck_assert_int_eq(fsps_channel_fetch(stage.channels.list[0], &message), 1);
		fsps_message_unref(message);
	}
	ck_assert_uint_eq(disk.calls, 12);
	ck_assert_int_eq(fsps_channel_get_stats(stage.channels.list[0], &stats), FSPS_OK);
	ck_assert_uint_eq(stats.from_segments, 0);
	clear(&stage);
}
END_TEST

START_TEST(a_durable_channel_gets_files_that_are_written_through)
{
	struct durable durable;
	struct stage stage;

	set(&stage, 1, 0);
	durable_make(&durable);
	for (unsigned i = 0; i < 6; i++)
		ck_assert_int_eq(fault_publish(stage.publisher, i, stage.receipt), 2);
	ck_assert_uint_eq(disk.calls, 18);
	ck_assert_uint_eq(durable_count_files(&durable), 6);
	durable_expect(&durable, 6);
	durable_remove(&durable);
	for (int i = 0; i < 6; i++)
		ck_assert_int_eq(fault_fetch(stage.channels.list[0]), i);
	clear(&stage);
}
END_TEST

START_TEST(in_a_home_in_memory_nothing_is_written_through)
{
	struct stage stage;

	disk.tells_memory = true;
	set(&stage, 2, 0);
	for (int i = 0; i < 6; i++) {
		ck_assert_int_eq(fault_publish(stage.publisher, (unsigned)i, stage.receipt), 2);
		expect_everywhere(&stage, i);
	}
	ck_assert_uint_eq(disk.calls, 0);
	clear(&stage);
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("sync");
	TCase *order = fault_case(suite, "order");

	tcase_add_test(order, the_file_before_its_links_the_directories_before_the_bells);
	tcase_add_test(order, so_it_is_with_intents);
	tcase_add_test(order, a_copy_is_written_through_before_its_link);
	tcase_add_test(order, each_message_of_a_batch_is_a_file_that_is_written_through);
	tcase_add_test(order, what_was_reserved_is_a_file_too);
	tcase_add_test(order, a_durable_channel_gets_files_that_are_written_through);
	tcase_add_test(order, in_a_home_in_memory_nothing_is_written_through);
	return suite;
}

int main(void)
{
	return check_main(make_suite());
}
