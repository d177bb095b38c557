/* SPDX-License-Identifier: MIT */
/*
 * Which segments are used again, and when their memory is given back; and what a reader keeps
 * mapped. A segment in use by anybody is never handed out again.
 */
#include <errno.h>

#include "base/sys.h"
#include "unit/check_main.h"
#include "unit/segment_place.h"

enum { LEAST = FSI_MESSAGE_FIXED_BYTES, SMALL = FSI_SEGMENT_BYTES_LEAST };

static void segment_name(const struct fsi_segment *segment, char *to)
{
	fsi_member_name_format(to, FSI_NAME_BYTES, FSI_PREFIX_SEGMENT, place.home->member.id,
			       segment->number);
}

/* The channel's link goes, by whoever's hand. */
static void unlink_link(uint64_t key)
{
	char name[FSI_NAME_BYTES];

	fsi_segment_name_format(name, key, FSI_SEGMENT_START);
	ck_assert_int_eq(unlinkat(place.channel_fd, name, 0), 0);
}

/* Takes the next one, which must be, or must not be, that file. */
static void expect_next(ino_t inode, bool same)
{
	struct fsi_segment *next = place_take(SMALL);

	ck_assert_int_eq(next->inode == inode, same);
	fsi_segment_seal(&place.pool, next);
}

/* The next one is not that file, and is not kept either. */
static void expect_other(ino_t inode)
{
	struct fsi_segment *next = place_take(SMALL);

	ck_assert(next->inode != inode);
	fsi_segment_abandon(&place.pool, next);
}

/* ---- the watermark ---- */

/* Opened again, it is the publisher's still. What is used again takes nothing. */
START_TEST(a_pool_asks_the_watermark_for_what_is_new_and_for_nothing_else)
{
	struct fsi_watermark watermark = {.percent = 99};
	uint64_t left;

	fsi_segment_pool_close(&place.pool);
	place.pool.watermark = &watermark;
	ck_assert_int_eq(fsi_segment_pool_open(&place.pool, place.home), 0);
	fsi_segment_seal(&place.pool, place_take(SMALL));
	ck_assert_uint_ne(watermark.looked_ms, 0);
	left = watermark.bytes_left;
	fsi_segment_seal(&place.pool, place_take(SMALL));
	ck_assert_uint_eq(watermark.bytes_left, left);
	fsi_segment_pool_clear(&place.pool);
}
END_TEST

/* ---- used again ---- */

START_TEST(a_segment_is_used_again_once_no_channel_has_it)
{
	struct fsi_segment *segment = place_take_linked(SMALL);
	ino_t inode = segment->inode;
	uint64_t key = segment->key;

	fsi_segment_seal(&place.pool, segment);
	expect_other(inode);
	unlink_link(key);
	expect_next(inode, true);
}
END_TEST

START_TEST(a_segment_is_not_used_again_while_a_reader_has_it)
{
	struct fsi_segment *segment = place_take_linked(SMALL);
	struct fsi_view *view = place_open(segment);
	ino_t inode = segment->inode;

	unlink_link(segment->key);
	fsi_segment_seal(&place.pool, segment);
	expect_other(inode);
	fsi_view_close(view, &place.mappings);
	expect_next(inode, true);
}
END_TEST

START_TEST(a_segment_is_not_used_again_while_one_of_its_messages_is_held)
{
	struct fsi_segment *segment = place_take_linked(SMALL);
	struct fsi_view *view = place_open(segment);
	struct fsi_bytes_owner *owners[2];
	ino_t inode = segment->inode;

	owners[0] = fsi_view_lend(view);
	owners[1] = fsi_view_lend(view);
	owners[0]->give_back(owners[0]);
	unlink_link(segment->key);
	fsi_segment_seal(&place.pool, segment);
	fsi_view_close(view, &place.mappings);
	expect_other(inode);
	owners[1]->give_back(owners[1]);
	expect_next(inode, true);
}
END_TEST

START_TEST(a_segment_with_another_link_anywhere_is_not_used_again)
{
	struct fsi_segment *segment = place_take(SMALL);
	ino_t inode = segment->inode;
	char name[FSI_NAME_BYTES];

	segment_name(segment, name);
	ck_assert_int_eq(linkat(place.pool.directory_fd, name, place.channel_fd, "kept", 0), 0);
	fsi_segment_seal(&place.pool, segment);
	expect_other(inode);
	ck_assert_int_eq(unlinkat(place.channel_fd, "kept", 0), 0);
	expect_next(inode, true);
}
END_TEST

START_TEST(of_those_that_are_free_the_newest_is_used_again)
{
	struct fsi_segment *first = place_take(SMALL);
	struct fsi_segment *second = place_take(SMALL);
	struct fsi_segment *third = place_take_linked(SMALL);
	ino_t inode = second->inode;

	fsi_segment_seal(&place.pool, first);
	fsi_segment_seal(&place.pool, second);
	fsi_segment_seal(&place.pool, third);
	expect_next(inode, true);
}
END_TEST

START_TEST(a_segment_that_is_far_too_large_is_left_for_others)
{
	struct fsi_segment *segment = place_take(FSI_SEGMENT_BYTES_MOST);
	ino_t inode = segment->inode;

	fsi_segment_seal(&place.pool, segment);
	expect_other(inode);
	segment = place_take(FSI_SEGMENT_BYTES_MOST);
	ck_assert_uint_eq(segment->inode, inode);
	fsi_segment_seal(&place.pool, segment);
}
END_TEST

START_TEST(readers_are_behind_by_two_segments_at_least)
{
	struct fsi_segment *segment = place_take(SMALL);

	fsi_segment_seal(&place.pool, place_take_linked(SMALL));
	ck_assert(!fsi_segment_pool_is_behind(&place.pool, 1));
	fsi_segment_seal(&place.pool, place_take_linked(SMALL));
	ck_assert(fsi_segment_pool_is_behind(&place.pool, 2 * SMALL));
	ck_assert(!fsi_segment_pool_is_behind(&place.pool, 2 * SMALL + 1));
	fsi_segment_seal(&place.pool, segment);
	ck_assert(!fsi_segment_pool_is_behind(&place.pool, 1));
}
END_TEST

START_TEST(a_segment_whose_name_is_lost_is_not_used_again)
{
	struct fsi_segment *segment = place_take(SMALL);
	ino_t inode = segment->inode;
	char name[FSI_NAME_BYTES];

	segment_name(segment, name);
	ck_assert_int_eq(unlinkat(place.pool.directory_fd, name, 0), 0);
	fsi_segment_seal(&place.pool, segment);
	expect_next(inode, false);
	ck_assert_uint_eq(place.pool.kept_count, 1);
}
END_TEST

START_TEST(another_file_under_a_segments_name_is_left_alone)
{
	struct fsi_segment *segment = place_take(SMALL);
	char name[FSI_NAME_BYTES];
	struct stat status;
	int fd;

	segment_name(segment, name);
	ck_assert_int_eq(unlinkat(place.pool.directory_fd, name, 0), 0);
	fd = openat(place.pool.directory_fd, name, O_CREAT | O_EXCL | O_RDWR | O_CLOEXEC, 0600);
	ck_assert_int_ge(fd, 0);
	close(fd);
	fsi_segment_seal(&place.pool, segment);
	expect_next(segment->inode, false);
	fsi_segment_pool_clear(&place.pool);
	ck_assert_int_eq(fstatat(place.pool.directory_fd, name, &status, 0), 0);
	ck_assert_int_eq(status.st_size, 0);
}
END_TEST

START_TEST(a_segment_that_was_cut_is_not_used_again)
{
	struct fsi_segment *segment = place_take(SMALL);
	ino_t inode = segment->inode;

	fsi_segment_seal(&place.pool, segment);
	ck_assert_int_eq(ftruncate(segment->fd, 4096), 0);
	ck_assert(fsi_segment_is_cut(segment));
	expect_next(inode, false);
	ck_assert_uint_eq(place_count_names(), 1);
}
END_TEST

START_TEST(a_segment_that_is_too_small_makes_way_for_a_larger_one)
{
	struct fsi_segment *segment = place_take(SMALL);

	fsi_segment_seal(&place.pool, segment);
	segment = place_take(FSI_SEGMENT_BYTES_MOST);
	ck_assert_uint_eq(segment->bytes, FSI_SEGMENT_BYTES_MOST);
	ck_assert_uint_eq(place_count_names(), 1);
	fsi_segment_seal(&place.pool, segment);
}
END_TEST

START_TEST(a_segment_has_room_for_a_frame_larger_than_was_wished_for)
{
	static const size_t frames[] = {64, 60000, 65472, 65473, 1 << 20, 3000001};

	for (size_t i = 0; i < sizeof frames / sizeof frames[0]; i++) {
		struct fsi_segment *segment = NULL;

		ck_assert_int_eq(fsi_segment_take(&place.pool, frames[i], SMALL, &segment), 0);
		ck_assert(fsi_segment_fits(segment, frames[i]));
		ck_assert_uint_eq(segment->bytes % 4096, 0);
		ck_assert_uint_ge(place_memory_of(segment), segment->bytes);
		fsi_segment_seal(&place.pool, segment);
	}
}
END_TEST

START_TEST(no_more_sealed_segments_are_kept_than_promised)
{
	struct fsi_segment *segment = NULL;

	for (int i = 0; i < FSI_SEGMENTS_KEPT_MAX + 10; i++) {
		segment = place_take_linked(4096);
		fsi_segment_seal(&place.pool, segment);
	}
	ck_assert_uint_eq(place.pool.kept_count, FSI_SEGMENTS_KEPT_MAX);
	ck_assert_uint_eq(place_count_names(), FSI_SEGMENTS_KEPT_MAX);
	ck_assert_uint_eq(fsi_segment_links(segment), 2);
}
END_TEST

START_TEST(no_more_bytes_of_sealed_segments_are_kept_than_promised)
{
	enum { BYTES = 8 << 20 };

	for (int i = 0; i < FSI_SEGMENTS_KEPT_BYTES / BYTES + 3; i++)
		fsi_segment_seal(&place.pool, place_take_linked(BYTES));
	ck_assert_uint_eq(place.pool.kept_count, FSI_SEGMENTS_KEPT_BYTES / BYTES);
	ck_assert_uint_eq(place_count_names(), FSI_SEGMENTS_KEPT_BYTES / BYTES);
}
END_TEST

START_TEST(a_few_sealed_segments_are_kept_however_large)
{
	for (int i = 0; i < FSI_SEGMENTS_KEPT_LEAST + 1; i++)
		fsi_segment_seal(&place.pool, place_take_linked(FSI_SEGMENTS_KEPT_BYTES / 2));
	ck_assert_uint_eq(place.pool.kept_count, FSI_SEGMENTS_KEPT_LEAST);
}
END_TEST

/* ---- given back ---- */

START_TEST(only_what_is_free_and_was_sealed_long_ago_is_given_back)
{
	struct fsi_segment *free_one = place_take(SMALL);
	struct fsi_segment *linked = place_take_linked(SMALL);
	struct fsi_segment *fresh = place_take(SMALL);

	fsi_segment_seal(&place.pool, free_one);
	fsi_segment_seal(&place.pool, linked);
	fsi_segment_seal(&place.pool, fresh);
	free_one->sealed_ms -= 5000;
	linked->sealed_ms -= 5000;
	fsi_segment_pool_trim(&place.pool, 4000);
	ck_assert_uint_eq(place.pool.kept_count, 2);
	ck_assert_ptr_eq(place.pool.kept[0], linked);
	ck_assert_ptr_eq(place.pool.kept[1], fresh);
	ck_assert_uint_eq(place_count_names(), 2);
}
END_TEST

START_TEST(closing_a_pool_leaves_no_name_and_takes_nothing_from_readers)
{
	struct fsi_segment *segment = place_take_linked(SMALL);
	struct fsi_view *view = place_open(segment);

	place_commit(segment, 0, LEAST, 1, 1);
	fsi_segment_seal(&place.pool, segment);
	fsi_segment_pool_close(&place.pool);
	ck_assert_uint_eq(place_count_names(), 0);
	place_expect(view, LEAST, 1, 1);
	ck_assert_int_eq(fsi_view_look(view), FSI_VIEW_ENDED);
	fsi_view_close(view, &place.mappings);
}
END_TEST

START_TEST(what_was_never_written_is_given_back_and_never_read)
{
	struct fsi_segment *segment = place_take_linked(FSI_SEGMENT_BYTES_MOST);
	struct fsi_view *view;
	uint64_t first_us;

	ck_assert_uint_ge(place_memory_of(segment), FSI_SEGMENT_BYTES_MOST);
	for (unsigned i = 1; i <= 20; i++)
		place_commit(segment, 0, 1000, i, 1);
	fsi_segment_seal(&place.pool, segment);
	ck_assert_uint_le(place_memory_of(segment), 32 << 10);
	/* A page of a hole that is read gets memory. */
	view = place_open(segment);
	ck_assert_uint_eq(fsi_view_count(view, &first_us), 20);
	for (unsigned i = 1; i <= 20; i++)
		place_expect(view, 1000, i, 1);
	ck_assert_int_eq(fsi_view_look(view), FSI_VIEW_ENDED);
	ck_assert_uint_le(place_memory_of(segment), 32 << 10);
	place_finish(segment, view);
}
END_TEST

START_TEST(what_was_given_back_has_memory_again_before_it_is_used)
{
	struct fsi_segment *segment = place_take(FSI_SEGMENT_BYTES_MOST);
	ino_t inode = segment->inode;

	fsi_segment_seal(&place.pool, segment);
	ck_assert_uint_lt(place_memory_of(segment), 32 << 10);
	segment = place_take(FSI_SEGMENT_BYTES_MOST);
	ck_assert_uint_eq(segment->inode, inode);
	ck_assert_uint_ge(place_memory_of(segment), FSI_SEGMENT_BYTES_MOST);
	fsi_segment_seal(&place.pool, segment);
}
END_TEST

/* ---- mappings that a reader keeps ---- */

START_TEST(a_kept_mapping_of_a_segment_shows_its_next_use)
{
	struct fsi_segment *segment = place_take_linked(SMALL);
	struct fsi_view *view = place_open(segment);
	const unsigned char *map = view->mapping.map;

	place_commit(segment, 0, LEAST, 1, 1);
	place_expect(view, LEAST, 1, 1);
	place_finish(segment, view);
	ck_assert_uint_eq(place.mappings.count, 1);
	fsi_segment_seal(&place.pool, segment);
	segment = place_take_linked(SMALL);
	view = place_open(segment);
	ck_assert_ptr_eq(view->mapping.map, map);
	ck_assert_uint_eq(place.mappings.count, 0);
	place_commit(segment, 0, LEAST + 1, 2, 2);
	place_expect(view, LEAST + 1, 2, 2);
	place_finish(segment, view);
	fsi_segment_seal(&place.pool, segment);
}
END_TEST

/* The kernel gives a file's number to another one once it is gone: here that is written down. */
START_TEST(a_kept_mapping_of_a_file_that_is_gone_is_not_taken_for_another_of_its_number)
{
	struct fsi_segment *gone = place_take_linked(SMALL);
	struct fsi_view *view = place_open(gone);
	struct fsi_segment *segment;

	place_commit(gone, 0, LEAST, 1, 1);
	place_finish(gone, view);
	ck_assert_uint_eq(place.mappings.count, 1);
	segment = place_take_linked(SMALL);
	place.mappings.kept[0].inode = segment->inode;
	place_commit(segment, 0, LEAST, 2, 2);
	view = place_open(segment);
	place_expect(view, LEAST, 2, 2);
	ck_assert_uint_eq(place.mappings.count, 0);
	place_finish(segment, view);
	fsi_segment_seal(&place.pool, segment);
	fsi_segment_seal(&place.pool, gone);
}
END_TEST

START_TEST(no_more_mappings_are_kept_than_promised)
{
	struct fsi_segment *segments[FSI_MAPPINGS_MAX + 5];
	enum { COUNT = sizeof segments / sizeof segments[0] };

	for (int i = 0; i < COUNT; i++) {
		segments[i] = place_take_linked(4096);
		place_finish(segments[i], place_open(segments[i]));
		ck_assert_uint_le(place.mappings.count, FSI_MAPPINGS_MAX);
	}
	ck_assert_uint_eq(place.mappings.count, FSI_MAPPINGS_MAX);
	for (int i = 0; i < COUNT; i++)
		fsi_segment_seal(&place.pool, segments[i]);
}
END_TEST

START_TEST(a_mapping_with_messages_lent_is_not_kept)
{
	struct fsi_segment *segment = place_take_linked(SMALL);
	struct fsi_view *view = place_open(segment);
	struct fsi_bytes_owner *owner = fsi_view_lend(view);

	place_finish(segment, view);
	ck_assert_uint_eq(place.mappings.count, 0);
	owner->give_back(owner);
	fsi_segment_seal(&place.pool, segment);
}
END_TEST

static void add_tests_of_reuse(TCase *tcase)
{
	tcase_add_test(tcase, a_segment_is_used_again_once_no_channel_has_it);
	tcase_add_test(tcase, a_segment_is_not_used_again_while_a_reader_has_it);
	tcase_add_test(tcase, a_segment_is_not_used_again_while_one_of_its_messages_is_held);
	tcase_add_test(tcase, a_segment_with_another_link_anywhere_is_not_used_again);
	tcase_add_test(tcase, of_those_that_are_free_the_newest_is_used_again);
	tcase_add_test(tcase, a_segment_that_is_far_too_large_is_left_for_others);
	tcase_add_test(tcase, readers_are_behind_by_two_segments_at_least);
	tcase_add_test(tcase, a_segment_whose_name_is_lost_is_not_used_again);
	tcase_add_test(tcase, another_file_under_a_segments_name_is_left_alone);
	tcase_add_test(tcase, a_segment_that_was_cut_is_not_used_again);
	tcase_add_test(tcase, a_segment_that_is_too_small_makes_way_for_a_larger_one);
	tcase_add_test(tcase, a_segment_has_room_for_a_frame_larger_than_was_wished_for);
	tcase_add_test(tcase, no_more_sealed_segments_are_kept_than_promised);
	tcase_add_test(tcase, no_more_bytes_of_sealed_segments_are_kept_than_promised);
	tcase_add_test(tcase, a_few_sealed_segments_are_kept_however_large);
}

static Suite *make_suite(void)
{
	Suite *suite = suite_create("segment_pool");
	TCase *tcase = tcase_create("segment_pool");

	suite_add_tcase(suite, tcase);
	tcase_add_checked_fixture(tcase, place_set_up, place_tear_down);
	tcase_add_test(tcase, a_pool_asks_the_watermark_for_what_is_new_and_for_nothing_else);
	add_tests_of_reuse(tcase);
	tcase_add_test(tcase, only_what_is_free_and_was_sealed_long_ago_is_given_back);
	tcase_add_test(tcase, closing_a_pool_leaves_no_name_and_takes_nothing_from_readers);
	tcase_add_test(tcase, what_was_never_written_is_given_back_and_never_read);
	tcase_add_test(tcase, what_was_given_back_has_memory_again_before_it_is_used);
	tcase_add_test(tcase, a_kept_mapping_of_a_segment_shows_its_next_use);
	tcase_add_test(
		tcase,
		a_kept_mapping_of_a_file_that_is_gone_is_not_taken_for_another_of_its_number);
	tcase_add_test(tcase, no_more_mappings_are_kept_than_promised);
	tcase_add_test(tcase, a_mapping_with_messages_lent_is_not_kept);
	return suite;
}

int main(void)
{
	return check_main(make_suite());
}
