/* SPDX-License-Identifier: MIT */
/*
 * Segments that publishers take away from under their reader, what is too old in them, and words of
 * the control block that somebody who was killed left wrong.
 */
#include "base/sys.h"
#include "fault/reader_scene.h"
#include "unit/check_main.h"

/* ---- segments that are taken away ---- */

/* As a publisher does it whose messages are dropped. */
static void take_segments_away(void *userdata)
{
	struct scene *scene = userdata;

	remove_names(".s-");
	atomic_fetch_add(&scene->channel->control->drops, 1);
}

START_TEST(a_segment_that_was_taken_away_is_read_no_further)
{
	struct scene scene;

	scene_set(&scene, scene_deliveries[_i]);
	for (unsigned i = 0; i < FRAMES; i++)
		publish(&scene, i);
	take_number(&scene, 0);
	take_segments_away(&scene);
	take_nothing(&scene);
	ck_assert_uint_eq(set_aside(&scene), 0);
	fsps_publisher_close(scene.publisher);
	scene.publisher = fault_publisher(scene.buses[0]);
	publish(&scene, FRAMES);
	take_number(&scene, FRAMES);
	scene_clear(&scene);
}
END_TEST

START_TEST(what_is_handed_out_of_a_segment_that_was_taken_away_outlives_a_kill)
{
	fsps_message *message;
	struct scene scene;

	scene_set(&scene, FSPS_AT_LEAST_ONCE);
	publish(&scene, 0);
	publish(&scene, 1);
	message = take(&scene);
	take_segments_away(&scene);
	take_nothing(&scene);
	fsps_message_unref(message);
	work_abandon(scene.channel);
	fsps_bus_close(scene.buses[1]);
	scene.buses[1] = open_small_bus();
	attach(&scene, FSPS_AT_LEAST_ONCE);
	fault_let_second_pass(scene.channel);
	take_number(&scene, 0);
	take_nothing(&scene);
	scene_clear(&scene);
}
END_TEST

static unsigned count_places(const struct scene *scene)
{
	unsigned places = 0;

	for (int i = 0; i < FSI_CONTROL_PLACES; i++)
		places += atomic_load(&scene->channel->control->places[i].key) != 0;
	return places;
}

START_TEST(how_far_a_segment_was_read_stands_there_for_who_took_it_away_at_its_end)
{
	struct scene scene;
	struct fault_poke poke = {
		.act = take_segments_away, .userdata = &scene, .only = "unlinkat"};
	int64_t held;

	scene_set(&scene, FSPS_AT_LEAST_ONCE);
	publish(&scene, 0);
	fsps_publisher_close(scene.publisher);
	take_number(&scene, 0);
	held = atomic_load(&scene.channel->control->held_bytes);
	fault_poke_start(&poke);
	take_nothing(&scene);
	fault_poke_stop();
	ck_assert(fault_poke_acted(&poke));
	ck_assert_uint_eq(count_places(&scene), 1);
	/* Who took it away has subtracted it, or is about to. */
	ck_assert_int_eq(atomic_load(&scene.channel->control->held_bytes), held);
	for (int i = 0; i < 2; i++) {
		fault_let_second_pass(scene.channel);
		take_nothing(&scene);
	}
	ck_assert_uint_eq(count_places(&scene), 0);
	scene.publisher = fault_publisher(scene.buses[0]);
	scene_clear(&scene);
}
END_TEST

/* ---- what is too old ---- */

START_TEST(what_expired_is_settled_whatever_becomes_of_its_reader)
{
	struct fsps_channel_stats stats = {.size = sizeof stats};
	struct scene scene;

	scene_set(&scene, scene_deliveries[_i]);
	atomic_store(&scene.channel->control->ttl_ms, 60000);
	for (unsigned i = 0; i < FRAMES; i++)
		publish(&scene, i);
	fsi_sys_clock_step_us = INT64_C(3600000000);
	take_nothing(&scene);
	ck_assert_int_eq(fsps_channel_get_stats(scene.channel, &stats), FSPS_OK);
	ck_assert_uint_eq(stats.expired, FRAMES);
	work_abandon(scene.channel);
	fsps_bus_close(scene.buses[1]);
	scene.buses[1] = open_small_bus();
	attach(&scene, scene_deliveries[_i]);
	take_nothing(&scene);
	ck_assert_int_eq(fsps_channel_get_stats(scene.channel, &stats), FSPS_OK);
	ck_assert_uint_eq(stats.expired, 0);
	ck_assert_uint_eq(atomic_load(&scene.channel->control->expired), FRAMES);
	fsi_sys_clock_step_us = 0;
	scene_clear(&scene);
}
END_TEST

/* ---- words that are wrong ---- */

START_TEST(what_the_killed_had_counted_is_taken_off_when_nothing_waits)
{
	struct fsi_control *control;
	struct scene scene;

	scene_set(&scene, FSPS_AT_LEAST_ONCE);
	control = scene.channel->control;
	atomic_store(&control->held_bytes, 4096 * 100);
	atomic_store(&control->held_messages, 100);
	fault_let_second_pass(scene.channel);
	take_nothing(&scene);
	/* It may be somebody's who is about to link it. */
	ck_assert_int_eq(atomic_load(&control->held_messages), 100);
	scene.channel->doubt.bytes.since_ms -= 5000;
	scene.channel->doubt.messages.since_ms -= 5000;
	fault_let_second_pass(scene.channel);
	take_nothing(&scene);
	ck_assert_int_eq(atomic_load(&control->held_messages), 0);
	ck_assert_int_eq(atomic_load(&control->held_bytes), 0);
	scene_clear(&scene);
}
END_TEST

START_TEST(what_was_read_is_not_taken_off_twice_by_the_next_reader)
{
	struct fsi_control *control;
	struct scene scene;

	scene_set(&scene, FSPS_AT_LEAST_ONCE);
	publish(&scene, 0);
	take_number(&scene, 0);
	take_nothing(&scene);
	ck_assert_int_eq(atomic_load(&scene.channel->control->held_bytes), 0);
	fsps_channel_close(scene.channel);
	attach(&scene, FSPS_AT_LEAST_ONCE);
	control = scene.channel->control;
	ck_assert_int_gt(atomic_load(&control->held_bytes), 0);
	take_nothing(&scene);
	ck_assert_int_eq(atomic_load(&control->held_bytes), 0);
	scene_clear(&scene);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("limit-reader");
	TCase *segments = fault_case(suite, "segments");
	TCase *words = fault_case(suite, "words");

	tcase_add_loop_test(segments, a_segment_that_was_taken_away_is_read_no_further, 0, 2);
	tcase_add_test(segments,
		       what_is_handed_out_of_a_segment_that_was_taken_away_outlives_a_kill);
	tcase_add_test(segments,
		       how_far_a_segment_was_read_stands_there_for_who_took_it_away_at_its_end);
	tcase_add_loop_test(words, what_expired_is_settled_whatever_becomes_of_its_reader, 0, 2);
	tcase_add_test(words, what_the_killed_had_counted_is_taken_off_when_nothing_waits);
	tcase_add_test(words, what_was_read_is_not_taken_off_twice_by_the_next_reader);
	return check_main(suite);
}
