/* SPDX-License-Identifier: MIT */
/*
 * What comes in a reader's way: frames that are no message and can't be set aside for want of
 * space, bytes that somebody changed, names and notes that somebody forged, claims that somebody
 * took, and purges.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/sys.h"
#include "fault/reader_scene.h"
#include "unit/check_main.h"

/* A user who is not trusted. */
enum { STRANGER = 4321 };

/* From now on no file can be made, but for those of another plan's call. */
static struct fault_plan no_space(void)
{
	return (struct fault_plan){
		.kind = FAULT_FROM_THEN_ON, .error = ENOSPC, .only = "open_unnamed"};
}

/* The next look tries all again that had no space. */
static void let_retry_pass(const struct scene *scene)
{
	struct fsi_deliveries *deliveries = &scene->channel->deliveries;

	for (uint32_t i = 0; i < deliveries->capacity; i++)
		if (deliveries->slots[i].state == FSI_DELIVERY_HELD)
			deliveries->slots[i].due_ms = 0;
}

/* ---- what is no message, without space ---- */

/* One that is too large for the reader, between two that are not; all was read. */
static void pass_over_without_space(struct scene *scene, int delivery)
{
	struct fault_plan plan = no_space();

	scene_set(scene, delivery);
	publish(scene, 0);
	publish_large(scene);
	publish(scene, 1);
	fault_plan_start(&plan);
	take_number(scene, 0);
	take_number(scene, 1);
	take_nothing(scene);
	fault_plan_stop();
	ck_assert_uint_eq(set_aside(scene), 1);
	ck_assert_uint_eq(count(".d-"), 0);
}

START_TEST(what_is_no_message_becomes_a_dead_letter_once_there_is_space)
{
	struct scene scene;

	pass_over_without_space(&scene, scene_deliveries[_i]);
	let_retry_pass(&scene);
	take_nothing(&scene);
	ck_assert_uint_eq(count(".d-size-0-"), 1);
	let_retry_pass(&scene);
	take_nothing(&scene);
	ck_assert_uint_eq(count(".d-"), 1);
	scene_clear(&scene);
}
END_TEST

START_TEST(what_is_no_message_becomes_a_dead_letter_when_its_reader_goes)
{
	struct scene scene;

	pass_over_without_space(&scene, scene_deliveries[_i]);
	fsps_channel_close(scene.channel);
	ck_assert_uint_eq(count(".d-size-0-"), 1);
	attach(&scene, scene_deliveries[_i]);
	take_nothing(&scene);
	scene_clear(&scene);
}
END_TEST

START_TEST(what_is_no_message_holds_its_place_until_there_is_space)
{
	struct scene scene;

	pass_over_without_space(&scene, FSPS_AT_LEAST_ONCE);
	work_abandon(scene.channel);
	fsps_bus_close(scene.buses[1]);
	scene.buses[1] = open_small_bus();
	attach(&scene, FSPS_AT_LEAST_ONCE);
	while (fault_fetch(scene.channel) >= 0)
		;
	ck_assert_uint_eq(count(".d-"), 1);
	scene_clear(&scene);
}
END_TEST

/* ---- segments that somebody changed ---- */

/* Writes into the segment: where a message's frame begins, or into its body. */
static void scribble(const struct scene *scene, size_t offset)
{
	static const unsigned char rubbish[8] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff};
	const struct fsi_view *view = scene->channel->lane.sources[0]->views[0];
	char name[FSI_NAME_BYTES];
	char path[FSI_NAME_BYTES + 400];
	int fd;

	fsi_segment_name_format(name, view->key, view->offset);
	channel_path(path, sizeof path, name);
	ck_assert_int_eq(chmod(path, 0600), 0);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(pwrite(fd, rubbish, sizeof rubbish, (off_t)offset), sizeof rubbish);
	close(fd);
}

START_TEST(a_message_whose_bytes_were_changed_while_it_waits_to_come_again_is_set_aside)
{
	struct fault_plan plan = no_space();
	struct scene scene;
	fsps_message *message;
	size_t offset;

	scene_set(&scene, FSPS_AT_LEAST_ONCE);
	publish(&scene, 0);
	publish(&scene, 1);
	message = take(&scene);
	offset = scene.channel->deliveries.slots[0].state == FSI_DELIVERY_FRAME
			 ? scene.channel->deliveries.slots[0].offset
			 : FSI_SEGMENT_START;
	fault_plan_start(&plan);
	ck_assert_int_eq(fsps_message_nack(scene.channel, message, 0, NULL), 0);
	fault_plan_stop();
	fsps_message_unref(message);
	scribble(&scene, offset + (_i == 0 ? 0 : sizeof(struct fsi_frame)));
	take_number(&scene, 1);
	take_nothing(&scene);
	/* Without its frame not even its bytes are there. */
	ck_assert_uint_eq(count(".d-corrupt-"), _i == 0 ? 0 : 1);
	scene_clear(&scene);
}
END_TEST

/* ---- forged names ---- */

static void make_file(const char *name)
{
	char path[FSI_NAME_BYTES + 400];
	int fd;

	channel_path(path, sizeof path, name);
	fd = open(path, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0600);
	ck_assert_int_ge(fd, 0);
	close(fd);
}

START_TEST(a_name_that_the_link_is_to_have_and_somebody_took_is_set_aside)
{
	struct scene scene;
	char name[FSI_NAME_BYTES];
	uint64_t key;
	uint64_t end;

	scene_set(&scene, scene_deliveries[_i]);
	publish(&scene, 0);
	take_number(&scene, 0);
	for (unsigned i = 1; i < FRAMES; i++)
		publish(&scene, i);
	key = scene.channel->lane.sources[0]->views[0]->key;
	end = scene.channel->lane.sources[0]->views[0]->offset + (uint64_t)FRAMES * 2300;
	for (uint64_t at = scene.channel->lane.sources[0]->views[0]->offset + 8; at < end;
	     at += 8) {
		fsi_segment_name_format(name, key, at);
		make_file(name);
	}
	for (unsigned i = 1; i < FRAMES; i++)
		take_number(&scene, i);
	take_nothing(&scene);
	ck_assert_uint_gt(count(".d-segment-"), 0);
	scene_clear(&scene);
}
END_TEST

/* ---- notes ---- */

static int note_error(const struct fsps_dead_letter *letter, void *userdata)
{
	snprintf(userdata, 64, "%s", letter->error);
	return 0;
}

START_TEST(a_note_of_another_user_is_not_believed)
{
	char error[64] = "none";
	char path[FSI_NAME_BYTES + 400];
	struct scene scene;
	FILE *note;

	scene_set(&scene, FSPS_AT_LEAST_ONCE);
	make_file(".d-failed-1-77");
	channel_path(path, sizeof path, ".e-failed-1-77");
	note = fopen(path, "we");
	ck_assert_ptr_nonnull(note);
	ck_assert_int_ge(fputs("forged", note), 0);
	ck_assert_int_eq(fclose(note), 0);
	ck_assert_int_eq(fsps_dead_list(scene.buses[0], WORK_CHANNEL, note_error, error), 1);
	ck_assert_str_eq(error, "forged");
	ck_assert_int_eq(chown(path, STRANGER, STRANGER), 0);
	ck_assert_int_eq(fsps_dead_list(scene.buses[0], WORK_CHANNEL, note_error, error), 1);
	ck_assert_str_eq(error, "");
	scene_clear(&scene);
}
END_TEST

START_TEST(a_directory_that_is_named_as_a_note_is_removed)
{
	char path[FSI_NAME_BYTES + 400];
	struct scene scene;

	scene_set(&scene, FSPS_AT_LEAST_ONCE);
	channel_path(path, sizeof path, ".e-failed-1-77");
	ck_assert_int_eq(mkdir(path, 0700), 0);
	fault_let_second_pass(scene.channel);
	take_nothing(&scene);
	ck_assert_uint_eq(count(".e-"), 0);
	scene_clear(&scene);
}
END_TEST

/* ---- claims ---- */

static void take_one_file(struct scene *scene, fsps_message **ret_message)
{
	scene->buses[0] = fault_bus();
	scene->buses[1] = open_small_bus();
	attach(scene, FSPS_AT_LEAST_ONCE);
	fault_use_files();
	scene->publisher = fault_publisher(scene->buses[0]);
	publish(scene, 0);
	*ret_message = take(scene);
	remove_names(".k-");
}

START_TEST(nobody_is_late_who_settles_nothing)
{
	struct fsps_channel_stats stats = {.size = sizeof stats};
	fsps_message *message;
	struct scene scene;

	take_one_file(&scene, &message);
	scene.channel->workplace.attempts_max = _i == 0 ? 5 : 1;
	for (uint32_t i = 0; i < scene.channel->deliveries.capacity; i++)
		scene.channel->deliveries.slots[i].due_ms = 0;
	fault_let_second_pass(scene.channel);
	take_nothing(&scene);
	ck_assert_int_eq(fsps_channel_get_stats(scene.channel, &stats), FSPS_OK);
	ck_assert_uint_eq(stats.unsettled, 0);
	ck_assert_uint_eq(stats.late, 0);
	ck_assert_uint_eq(stats.dead, 0);
	/* Now he is. */
	ck_assert_int_eq(fsps_message_ack(scene.channel, message), FSPS_ERR_EXPIRED);
	ck_assert_int_eq(fsps_channel_get_stats(scene.channel, &stats), FSPS_OK);
	ck_assert_uint_eq(stats.late, 1);
	fsps_message_unref(message);
	scene_clear(&scene);
}
END_TEST

START_TEST(a_deadline_that_is_moved_by_nothing_is_moved_only_of_what_is_ours)
{
	const struct fsi_delivery *delivery;
	fsps_message *message;
	struct scene scene;

	take_one_file(&scene, &message);
	delivery = &scene.channel->deliveries.slots[0];
	while (delivery->state != FSI_DELIVERY_FILE)
		delivery++;
	for (int i = 0; i < 100; i++) {
		struct fsi_work_name claim = delivery->claim;

		ck_assert_int_eq(fsi_claim_extend(&scene.channel->workplace, &claim,
						  claim.time_ms - fsi_claim_now_ms()),
				 FSI_CLAIM_LOST);
	}
	fsps_message_unref(message);
	scene_clear(&scene);
}
END_TEST

START_TEST(a_time_is_judged_right_whatever_was_once_asked_for)
{
	ck_assert(!fsi_claim_is_due(1000000, 1000, UINT64_MAX));
	ck_assert(!fsi_claim_is_due(UINT64_MAX, 0, UINT64_MAX));
	ck_assert(fsi_claim_is_due(1000000, 1000, 0));
	ck_assert(fsi_claim_is_due(1000, 1000, UINT64_MAX));
}
END_TEST

/* ---- a purge ---- */

/* Somebody who wants to read. */
struct comer {
	fsps_bus *bus;
	fsps_channel *channel;
	int result;
};

static void come(void *userdata)
{
	const struct fsps_channel_options options = work_options(false, FSPS_AT_LEAST_ONCE);
	struct comer *comer = userdata;

	comer->result = fsps_channel_open(comer->bus, FAULT_TOPIC, &options, &comer->channel);
}

START_TEST(who_wants_to_read_gets_in_while_a_purge_goes_on)
{
	struct comer comer = {.channel = NULL};
	struct fault_poke poke = {.act = come, .userdata = &comer, .only = "poll"};
	struct scene scene;

	scene_set(&scene, FSPS_AT_LEAST_ONCE);
	fsps_channel_close(scene.channel);
	scene.channel = NULL;
	comer.bus = scene.buses[1];
	for (unsigned i = 0; i < 8; i++) {
		publish(&scene, i);
		fsps_publisher_close(scene.publisher);
		scene.publisher = fault_publisher(scene.buses[0]);
	}
	fault_poke_start(&poke);
	ck_assert_int_eq(fsps_channel_purge(scene.buses[0], WORK_CHANNEL), FSPS_ERR_BUSY);
	fault_poke_stop();
	ck_assert(fault_poke_acted(&poke));
	ck_assert_int_eq(comer.result, FSPS_OK);
	scene.channel = comer.channel;
	ck_assert_int_ge(fault_fetch(scene.channel), 4);
	scene_clear(&scene);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("hindered");
	TCase *refused = fault_case(suite, "refused");
	TCase *forged = fault_case(suite, "forged");
	TCase *claims = fault_case(suite, "claims");

	tcase_add_loop_test(refused, what_is_no_message_becomes_a_dead_letter_once_there_is_space,
			    0, 2);
	tcase_add_loop_test(refused, what_is_no_message_becomes_a_dead_letter_when_its_reader_goes,
			    0, 2);
	tcase_add_test(refused, what_is_no_message_holds_its_place_until_there_is_space);
	tcase_add_loop_test(
		refused,
		a_message_whose_bytes_were_changed_while_it_waits_to_come_again_is_set_aside, 0, 2);
	tcase_add_loop_test(forged, a_name_that_the_link_is_to_have_and_somebody_took_is_set_aside,
			    0, 2);
	/* Only root can make one. */
	if (geteuid() == 0)
		tcase_add_test(forged, a_note_of_another_user_is_not_believed);
	tcase_add_test(forged, a_directory_that_is_named_as_a_note_is_removed);
	tcase_add_loop_test(claims, nobody_is_late_who_settles_nothing, 0, 2);
	tcase_add_test(claims, a_deadline_that_is_moved_by_nothing_is_moved_only_of_what_is_ours);
	tcase_add_test(claims, a_time_is_judged_right_whatever_was_once_asked_for);
	tcase_add_test(claims, who_wants_to_read_gets_in_while_a_purge_goes_on);
	return check_main(suite);
}
