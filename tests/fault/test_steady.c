/* SPDX-License-Identifier: MIT */
/*
 * What a publisher of many messages does only now and then: its looks at the home, quick ones and
 * thorough ones, and having pages mapped before it writes to them.
 */
#include "base/sys.h"
#include "fault/fault.h"
#include "fault/plain.h"
#include "publish/publisher.h"
#include "unit/check_main.h"

/* Always the same topic and no headers: a message like the last one has least to look at. */
static int publish(fsps_publisher *publisher)
{
	static const unsigned char payload[100];

	return fsps_publish(publisher, FAULT_TOPIC, NULL, payload, sizeof payload, NULL);
}

/* From these on, all goes by segment, and the home's stamp is old enough to be believed. */
static void begin_to_stream(struct fault_scene *scene)
{
	fault_use_segments();
	fault_scene_set(scene, 1);
	for (unsigned i = 0; i < 2; i++) {
		fault_age_home();
		fault_let_publisher_look(scene->publisher);
		ck_assert_int_eq(publish(scene->publisher), 1);
	}
}

/* A millisecond has passed since the last look, and so many since the last thorough one. */
static void let_pass(fsps_publisher *publisher, uint64_t thorough_ms)
{
	publisher->looked_us = 1;
	publisher->thorough_ms = fsi_sys_coarse_ms() - thorough_ms;
}

/* How many calls of that name a message takes. */
static unsigned count_calls(fsps_publisher *publisher, const char *name)
{
	struct fault_plan plan = {.kind = FAULT_NONE, .only = name};

	fault_plan_start(&plan);
	ck_assert_int_eq(publish(publisher), 1);
	fault_plan_stop();
	return plan.calls;
}

/* The same of fstat() right after a look, or a millisecond later: as many as are wanted, as soon as
 * the processor is ours for that long. */
static unsigned count_looks(fsps_publisher *publisher, bool later, unsigned wanted)
{
	enum { TRIES = 1000 };
	unsigned calls = wanted + 1;

	for (int i = 0; i < TRIES && calls != wanted; i++) {
		let_pass(publisher, 0);
		if (!later)
			publisher->looked_us = fsi_sys_realtime_us();
		calls = count_calls(publisher, "fstat");
	}
	return calls;
}

START_TEST(a_look_at_the_home_is_one_call_unless_it_is_time_for_a_thorough_one)
{
	struct fault_scene scene;

	begin_to_stream(&scene);
	ck_assert_uint_eq(count_looks(scene.publisher, true, 1), 1);
	ck_assert_uint_eq(count_looks(scene.publisher, false, 0), 0);
	let_pass(scene.publisher, 10);
	/* The segment's file, too. */
	ck_assert_uint_eq(count_calls(scene.publisher, "fstat"), 2);
	ck_assert_uint_gt(scene.publisher->thorough_ms, fsi_sys_coarse_ms() - 10);
	fault_scene_clear(&scene);
}
END_TEST

START_TEST(a_quick_look_finds_a_channel_that_no_generation_tells_of)
{
	struct fault_scene scene;
	struct plain plain;

	begin_to_stream(&scene);
	plain_make(&plain, 0);
	let_pass(scene.publisher, 0);
	ck_assert_int_eq(publish(scene.publisher), 2);
	plain_leave(&plain);
	fault_scene_clear(&scene);
}
END_TEST

START_TEST(pages_are_mapped_ahead_by_few_calls)
{
	struct fault_plan plan = {.kind = FAULT_NONE, .only = "madvise"};
	struct fault_scene scene;
	const struct fsi_fast *fast;

	begin_to_stream(&scene);
	fast = &scene.publisher->fast;
	ck_assert_uint_eq(fast->count, 1);
	fault_plan_start(&plan);
	/* All but the last page of the first segment. */
	while (fast->fans[0]->segment->at < FSI_SEGMENT_BYTES_LEAST - 4096) {
		const struct fsi_segment *segment = fast->fans[0]->segment;

		ck_assert_int_eq(publish(scene.publisher), 1);
		ck_assert_ptr_eq(fast->fans[0]->segment, segment);
		ck_assert_uint_ge(segment->mapped, segment->at + FSI_SEGMENT_MAP_MARGIN);
	}
	fault_plan_stop();
	/* 1, 2, 4 and 8 pages, behind the first. */
	ck_assert_uint_eq(plan.calls, 4);
	fault_scene_clear(&scene);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("steady");
	TCase *looks = fault_case(suite, "looks");

	tcase_add_test(looks, a_look_at_the_home_is_one_call_unless_it_is_time_for_a_thorough_one);
	tcase_add_test(looks, a_quick_look_finds_a_channel_that_no_generation_tells_of);
	tcase_add_test(fault_case(suite, "pages"), pages_are_mapped_ahead_by_few_calls);
	return check_main(suite);
}
