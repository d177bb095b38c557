/* SPDX-License-Identifier: MIT */
/*
 * Writes that take less than they were given, and links that file systems refuse: a message stays
 * whole, or nobody gets it.
 */
#include "fault/fault.h"

#include <errno.h>
#include <string.h>

#include "base/sys.h"
#include "subscribe/channel.h"
#include "unit/check_main.h"

/* ---- short writes ---- */

/* How the writes of messages go. */
enum shortening { ONE_BYTE, HALF, HALF_THEN_FULL };

static struct {
	enum shortening how;
	unsigned calls;
} writes;

static int shorten(const char *call, size_t *length)
{
	if (strcmp(call, "writev") != 0)
		return 0;
	writes.calls++;
	if (writes.how == HALF_THEN_FULL && writes.calls > 1)
		return ENOSPC;
	*length = writes.how == ONE_BYTE ? 1 : (*length + 1) / 2;
	return 0;
}

static void publish_shortened(struct fault_channels *channels, int expected)
{
	fsps_publisher *publisher = fault_publisher(channels->bus);
	int r;

	writes.calls = 0;
	fsi_sys_intercept = shorten;
	r = fault_publish(publisher, 0, NULL);
	fsi_sys_intercept = NULL;
	ck_assert_int_eq(r, expected);
	for (unsigned i = 0; i < channels->count; i++) {
		unsigned counts[1];

		fault_drain(channels->list[i], 1, counts);
		ck_assert_uint_eq(counts[0], expected > 0 ? 1 : 0);
	}
	fsps_publisher_close(publisher);
}

static void publish_under_short_writes(enum shortening how, int expected)
{
	struct fault_channels channels;

	fault_use_files();
	writes.how = how;
	fault_channels_open(&channels, 2);
	publish_shortened(&channels, expected);
	fault_expect_clean(2, 1);
	fault_channels_close(&channels);
}

START_TEST(a_message_written_byte_by_byte_is_whole)
{
	publish_under_short_writes(ONE_BYTE, 2);
	ck_assert_uint_gt(writes.calls, 2000);
}
END_TEST

START_TEST(a_message_written_by_halves_is_whole)
{
	publish_under_short_writes(HALF, 2);
	ck_assert_uint_gt(writes.calls, 8);
}
END_TEST

START_TEST(no_space_after_half_of_a_message_reaches_nobody_and_leaves_nothing)
{
	publish_under_short_writes(HALF_THEN_FULL, FSPS_ERR_NO_SPACE);
	ck_assert_uint_eq(writes.calls, 2);
}
END_TEST

/* ---- refused links ---- */

static int refused_with;
static unsigned refusals;

/* Refuses every link of a file that some other call has made, not that of a copy: those come in
 * turn. */
static int refuse_every_other_link(const char *call, size_t *length)
{
	(void)length;
	if (strcmp(call, "linkat") != 0)
		return 0;
	return refusals++ % 2 == 0 ? refused_with : 0;
}

/* Another mount, too many links, or a file that we may not link. */
static const int refused_by[] = {EXDEV, EMLINK, EPERM};

START_TEST(where_a_file_cannot_be_linked_the_channel_gets_a_copy)
{
	struct fault_channels channels;
	fsps_publisher *publisher;
	unsigned counts[1];
	int r;

	fault_use_files();
	refused_with = refused_by[_i];
	refusals = 0;
	fault_channels_open(&channels, 5);
	publisher = fault_publisher(channels.bus);
	fsi_sys_intercept = refuse_every_other_link;
	r = fault_publish(publisher, 0, NULL);
	fsi_sys_intercept = NULL;
	ck_assert_int_eq(r, 5);
	ck_assert_uint_eq(refusals, 10);
	for (unsigned i = 0; i < channels.count; i++) {
		fault_drain(channels.list[i], 1, counts);
		ck_assert_uint_eq(counts[0], 1);
	}
	fsps_publisher_close(publisher);
	fault_expect_clean(5, 1);
	fault_channels_close(&channels);
}
END_TEST

/* Which link of a first publish to five channels is that into the first of them: before come those
 * of a segment, or of nothing, into tmp and of a member's lock file, one call each or two. */
static unsigned find_first_link(void)
{
	struct fault_scene scene;
	struct fault_plan plan = {.kind = FAULT_NONE, .only = "linkat"};

	fault_scene_set(&scene, 5);
	fault_plan_start(&plan);
	ck_assert_int_eq(fault_publish(scene.publisher, 0, NULL), 5);
	fault_plan_stop();
	fault_scene_clear(&scene);
	ck_assert_uint_ge(plan.calls, 5);
	return plan.calls - 5;
}

static unsigned first_link;

/* Refuses all links of a segment into channels; its own name it gets, and then files theirs. */
static int refuse_five_links(const char *call, size_t *length)
{
	(void)length;
	if (strcmp(call, "linkat") != 0)
		return 0;
	refusals++;
	return refusals > first_link && refusals <= first_link + 5 ? refused_with : 0;
}

START_TEST(where_a_segment_cannot_be_linked_the_channels_get_files)
{
	struct fault_scene scene;
	unsigned counts[2];
	unsigned links;

	fault_use_segments();
	first_link = find_first_link();
	refused_with = refused_by[_i];
	refusals = 0;
	fault_scene_set(&scene, 5);
	fsi_sys_intercept = refuse_five_links;
	ck_assert_int_eq(fault_publish(scene.publisher, 0, NULL), 5);
	links = refusals;
	/* And so it stays: none is tried with a segment again. */
	ck_assert_int_eq(fault_publish(scene.publisher, 1, NULL), 5);
	fsi_sys_intercept = NULL;
	ck_assert_uint_gt(links, first_link + 5);
	ck_assert_uint_eq(refusals - links, links - first_link - 5);
	for (unsigned i = 0; i < 5; i++) {
		fault_drain(scene.channels.list[i], 2, counts);
		ck_assert_uint_eq(counts[0], 1);
		ck_assert_uint_eq(counts[1], 1);
		ck_assert_uint_eq(scene.channels.list[i]->from_segments, 0);
	}
	fault_scene_clear(&scene);
	fault_expect_clean(0, 0);
}
END_TEST

/* More than the first segment holds, and less than two; sooner than the home is looked at again. */
enum { TO_SECOND_SEGMENT = 40 };

static void publish_into_two_segments(struct fault_plan *plan)
{
	struct fault_scene scene;
	unsigned counts[TO_SECOND_SEGMENT];

	fault_scene_set(&scene, 5);
	ck_assert_int_eq(fault_publish(scene.publisher, 0, NULL), 5);
	fault_plan_start(plan);
	for (unsigned i = 1; i < TO_SECOND_SEGMENT; i++)
		ck_assert_int_eq(fault_publish(scene.publisher, i, NULL), 5);
	fault_plan_stop();
	for (unsigned c = 0; c < 5; c++) {
		fault_drain(scene.channels.list[c], TO_SECOND_SEGMENT, counts);
		for (unsigned i = 0; i < TO_SECOND_SEGMENT; i++)
			ck_assert_uint_eq(counts[i], 1);
	}
	fault_scene_clear(&scene);
}

/* Who has looked just before looks again. */
START_TEST(a_channel_that_was_thought_gone_gets_the_segment)
{
	struct fault_plan count = {.kind = FAULT_NONE, .only = "linkat"};
	struct fault_plan plan = {.kind = FAULT_ONCE, .error = ENOTDIR, .only = "linkat"};

	fault_use_segments();
	publish_into_two_segments(&count);
	plan.at = count.calls - 5 + (unsigned)_i;
	publish_into_two_segments(&plan);
	ck_assert(fault_plan_struck(&plan));
}
END_TEST

START_TEST(a_channel_that_was_thought_gone_is_found_again)
{
	struct fault_scene scene;
	struct fault_plan plan = {.kind = FAULT_ONCE, .at = 2, .error = ENOTDIR, .only = "linkat"};

	fault_use_files();
	fault_scene_set(&scene, 5);
	fault_age_home();
	ck_assert_int_eq(fault_publish(scene.publisher, 0, NULL), 5);
	fault_plan_start(&plan);
	ck_assert_int_eq(fault_publish(scene.publisher, 1, NULL), 4);
	fault_plan_stop();
	ck_assert_int_eq(fault_publish(scene.publisher, 2, NULL), 5);
	fault_scene_clear(&scene);
}
END_TEST

static unsigned no_space_at;

/* A channel that did not get the segment is tried once more, after the others were told. */
static int no_space_for_one(const char *call, size_t *length)
{
	unsigned number = refusals;

	(void)length;
	if (strcmp(call, "linkat") != 0)
		return 0;
	refusals++;
	return number == no_space_at || number == first_link + 5 ? ENOSPC : 0;
}

static void publish_without_space_for(struct fault_scene *scene, unsigned channel, bool fast,
				      fsps_receipt *receipt)
{
	struct fault_plan plan = {
		.kind = FAULT_ONCE, .at = channel, .error = ENOSPC, .only = "linkat"};

	if (fast) {
		refusals = 0;
		no_space_at = first_link + channel;
		fsi_sys_intercept = no_space_for_one;
	} else {
		fault_plan_start(&plan);
	}
	ck_assert_int_eq(fault_publish(scene->publisher, 0, receipt), FSPS_ERR_REFUSED);
	fault_plan_stop();
}

START_TEST(a_receipt_names_the_channel_whose_link_failed)
{
	struct fault_scene scene;
	fsps_receipt *receipt = NULL;
	const char *refusing = NULL;
	int code = 0;

	if (_i < 5)
		fault_use_files();
	else
		fault_use_segments();
	first_link = find_first_link();
	fault_scene_set(&scene, 5);
	ck_assert_int_eq(fsps_receipt_new(&receipt), FSPS_OK);
	publish_without_space_for(&scene, (unsigned)_i % 5, _i >= 5, receipt);
	ck_assert_int_eq(fsps_receipt_matched(receipt), 5);
	ck_assert_int_eq(fsps_receipt_reached(receipt), 4);
	ck_assert_int_eq(fsps_receipt_refused(receipt), 1);
	ck_assert_int_eq(fsps_receipt_refusal(receipt, 0, &refusing, &code), FSPS_OK);
	ck_assert_int_eq(code, FSPS_ERR_NO_SPACE);
	for (unsigned i = 0; i < 5; i++) {
		fsps_channel *channel = scene.channels.list[i];
		bool refused = strcmp(fsps_channel_name(channel), refusing) == 0;

		ck_assert_int_eq(fault_fetch(channel), refused ? -1 : 0);
	}
	fsps_receipt_free(receipt);
	fault_scene_clear(&scene);
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("write");
	TCase *shortened = fault_case(suite, "shortened");
	TCase *links = fault_case(suite, "links");

	tcase_add_test(shortened, a_message_written_byte_by_byte_is_whole);
	tcase_add_test(shortened, a_message_written_by_halves_is_whole);
	tcase_add_test(shortened,
		       no_space_after_half_of_a_message_reaches_nobody_and_leaves_nothing);
	tcase_add_loop_test(links, where_a_file_cannot_be_linked_the_channel_gets_a_copy, 0, 3);
	tcase_add_test(links, a_channel_that_was_thought_gone_is_found_again);
	tcase_add_loop_test(links, where_a_segment_cannot_be_linked_the_channels_get_files, 0, 3);
	tcase_add_loop_test(links, a_channel_that_was_thought_gone_gets_the_segment, 0, 5);
	tcase_add_loop_test(links, a_receipt_names_the_channel_whose_link_failed, 0, 10);
	return suite;
}

int main(void)
{
	return check_main(make_suite());
}
