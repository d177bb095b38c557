/* SPDX-License-Identifier: MIT */
/*
 * Frames in a segment: what is written is read, whatever its length and wherever the segment ends;
 * what was not committed as a frame never passes for one.
 */
#include "unit/check_main.h"
#include "unit/segment_place.h"

enum { LEAST = FSI_MESSAGE_FIXED_BYTES };

/* Lets the reader find the segment ended, and gives it back. */
static void seal_and_finish(struct fsi_segment *segment, struct fsi_view *view)
{
	fsi_segment_seal(&place.pool, segment);
	ck_assert_int_eq(fsi_view_look(view), FSI_VIEW_ENDED);
	place_finish(segment, view);
}

/* ---- round trips ---- */

START_TEST(frames_of_any_length_and_padding_come_as_they_were_written)
{
	struct fsi_segment *segment = place_take_linked(FSI_SEGMENT_BYTES_LEAST);
	struct fsi_view *view = place_open(segment);

	for (unsigned i = 1; i <= 4000; i++) {
		size_t length = LEAST + i % 131;
		size_t padding = i % (FSI_FRAME_PADDING_MAX + 1);

		if (!fsi_segment_fits(segment, fsi_frame_bytes(padding + length))) {
			seal_and_finish(segment, view);
			segment = place_take_linked(FSI_SEGMENT_BYTES_LEAST);
			view = place_open(segment);
		}
		ck_assert_int_eq(fsi_view_look(view), FSI_VIEW_EMPTY);
		place_commit(segment, padding, length, i, (unsigned char)i);
		place_expect(view, length, i, (unsigned char)i);
	}
	seal_and_finish(segment, view);
}
END_TEST

START_TEST(every_frame_begins_at_a_multiple_of_eight)
{
	for (size_t length = 0; length < 300; length++) {
		ck_assert_uint_eq(fsi_frame_bytes(length) % FSI_FRAME_ALIGNMENT, 0);
		/* The body and its NUL have room, and less than 8 bytes are lost. */
		ck_assert_uint_gt(fsi_frame_bytes(length), sizeof(struct fsi_frame) + length);
		ck_assert_uint_le(fsi_frame_bytes(length),
				  sizeof(struct fsi_frame) + length + FSI_FRAME_ALIGNMENT);
	}
}
END_TEST

START_TEST(frames_are_counted_from_the_readers_place_on)
{
	struct fsi_segment *segment = place_take_linked(FSI_SEGMENT_BYTES_LEAST);
	struct fsi_view *view = place_open(segment);
	uint64_t first_us = 1;

	ck_assert_uint_eq(fsi_view_count(view, &first_us), 0);
	ck_assert_uint_eq(first_us, 0);
	for (unsigned i = 1; i <= 5; i++)
		place_commit(segment, i % 3, LEAST + i, i, 1);
	ck_assert_uint_eq(fsi_view_count(view, &first_us), 5);
	ck_assert_uint_eq(first_us, UINT64_C(0x0101010101010101));
	place_expect(view, LEAST + 1, 1, 1);
	place_expect(view, LEAST + 2, 2, 1);
	ck_assert_uint_eq(fsi_view_count(view, &first_us), 3);
	for (unsigned i = 3; i <= 5; i++)
		place_expect(view, LEAST + i, i, 1);
	seal_and_finish(segment, view);
}
END_TEST

START_TEST(a_reader_begins_at_the_place_that_its_link_names)
{
	struct fsi_segment *segment = place_take(FSI_SEGMENT_BYTES_LEAST);
	struct fsi_view *view;
	size_t offset;

	place_commit(segment, 0, LEAST, 1, 1);
	offset = segment->at;
	place_link(segment, offset);
	place_commit(segment, 3, LEAST + 9, 2, 2);
	view = place_open_at(segment, offset);
	place_expect(view, LEAST + 9, 2, 2);
	seal_and_finish(segment, view);
}
END_TEST

/* ---- the end ---- */

/* Writes frames until exactly so many bytes are left. Returns how many there are. */
static unsigned fill_but(struct fsi_segment *segment, size_t rest)
{
	unsigned count = 0;

	for (size_t left; (left = segment->bytes - segment->at) > rest;) {
		size_t frame = left - rest;

		/* Two more at least have room then. */
		if (frame > 2 * fsi_frame_bytes(1000))
			frame = fsi_frame_bytes(1000);
		place_commit(segment, 0, frame - sizeof(struct fsi_frame) - 1, ++count, 0xff);
	}
	ck_assert_uint_eq(segment->bytes - segment->at, rest);
	return count;
}

static void pass_all(struct fsi_view *view, unsigned count)
{
	for (unsigned i = 1; i <= count; i++) {
		ck_assert_int_eq(fsi_view_look(view), FSI_VIEW_FRAME);
		ck_assert_uint_eq(view->head_id, i);
		fsi_view_advance(view);
	}
}

START_TEST(a_segment_that_is_full_to_its_last_byte_ends_without_a_mark)
{
	struct fsi_segment *segment = place_take_linked(FSI_SEGMENT_BYTES_LEAST);
	struct fsi_view *view = place_open(segment);

	pass_all(view, fill_but(segment, 0));
	ck_assert_int_eq(fsi_view_look(view), FSI_VIEW_ENDED);
	seal_and_finish(segment, view);
}
END_TEST

START_TEST(a_segment_with_some_bytes_left_ends_with_a_mark)
{
	struct fsi_segment *segment = place_take_linked(FSI_SEGMENT_BYTES_LEAST);
	struct fsi_view *view = place_open(segment);

	pass_all(view, fill_but(segment, (size_t)_i * 8));
	ck_assert_int_eq(fsi_view_look(view), FSI_VIEW_EMPTY);
	seal_and_finish(segment, view);
}
END_TEST

START_TEST(a_segment_whose_publisher_is_dead_ends_at_its_last_frame)
{
	struct fsi_segment *segment = place_take_linked(FSI_SEGMENT_BYTES_LEAST);
	struct fsi_view *view = place_open(segment);

	place_commit(segment, 0, LEAST, 1, 1);
	view->orphaned = true;
	place_expect(view, LEAST, 1, 1);
	seal_and_finish(segment, view);
}
END_TEST

/* ---- checksums ---- */

/* Writes three frames of 100 bytes, and lets a bit of the second's body flip. */
static struct fsi_segment *write_and_flip(bool checksums, unsigned bit)
{
	struct fsi_segment *segment;
	unsigned char *body;

	place.pool.checksums = checksums;
	segment = place_take_linked(FSI_SEGMENT_BYTES_LEAST);
	place_commit(segment, 0, 100, 1, 1);
	body = fsi_segment_body(segment, 5);
	place_commit(segment, 5, 100, 2, 2);
	place_commit(segment, 0, 100, 3, 3);
	body[bit / 8] ^= (unsigned char)(1u << bit % 8);
	return segment;
}

START_TEST(with_checksums_a_flipped_bit_breaks_the_segment_there)
{
	struct fsi_segment *segment = write_and_flip(true, (unsigned)_i);
	struct fsi_view *view = place_open(segment);

	place_expect(view, 100, 1, 1);
	ck_assert_int_eq(fsi_view_look(view), FSI_VIEW_BROKEN);
	ck_assert_int_eq(fsi_view_look(view), FSI_VIEW_BROKEN);
	place_finish(segment, view);
	fsi_segment_seal(&place.pool, segment);
}
END_TEST

START_TEST(with_checksums_whole_frames_are_whole)
{
	struct fsi_segment *segment;
	struct fsi_view *view;

	place.pool.checksums = true;
	segment = place_take_linked(FSI_SEGMENT_BYTES_LEAST);
	view = place_open(segment);
	for (unsigned i = 1; i <= 200; i++) {
		place_commit(segment, i % 8, LEAST + i, i, (unsigned char)i);
		place_expect(view, LEAST + i, i, (unsigned char)i);
	}
	seal_and_finish(segment, view);
}
END_TEST

/* On a file system that does not survive a crash nobody pays for them. */
START_TEST(in_memory_frames_have_no_checksums)
{
	struct fsi_segment *segment = write_and_flip(false, 8);
	struct fsi_view *view = place_open(segment);

	for (unsigned i = 1; i <= 3; i++) {
		ck_assert_int_eq(fsi_view_look(view), FSI_VIEW_FRAME);
		ck_assert_uint_eq(view->head_id, i);
		fsi_view_advance(view);
	}
	seal_and_finish(segment, view);
}
END_TEST

/* ---- used again ---- */

/* What an earlier use may have left at every place where a word may be looked for. */
struct remains {
	const char *what;
	uint64_t word;
	/* The generation that it has from the segment, counted from the one that writes it; 0: as
	 * it stands. */
	unsigned generations_on;
};

static const struct remains remains[] = {
	{"small integers", 40, 0},
	{"a length that fits", 100, 0},
	{"a commit word of the use before", 40, 1},
	{"a commit word of the next use", 40, 2},
	{"all ones", UINT64_MAX, 0},
};

static void fill_with(struct fsi_segment *segment, const struct remains *what)
{
	uint64_t word = what->word;

	if (what->generations_on > 0)
		word |= (uint64_t)(segment->generation + what->generations_on - 1) << 32;
	for (size_t at = FSI_SEGMENT_START; at + 8 <= segment->bytes; at += 8)
		memcpy(segment->map + at, &word, 8);
}

/* The payload of one large frame is such words; then a short frame lies over its beginning, and
 * after each one there is nothing behind it. */
START_TEST(what_an_earlier_use_left_never_passes_for_a_frame)
{
	for (unsigned shift = 0; shift < 16; shift++) {
		struct fsi_segment *segment = place_take_linked(FSI_SEGMENT_BYTES_LEAST);
		struct fsi_view *view = place_open(segment);
		ino_t inode = segment->inode;

		fill_with(segment, &remains[_i]);
		fsi_segment_commit(segment, 0,
				   segment->bytes - segment->at - sizeof(struct fsi_frame) - 1, 7);
		place_finish(segment, view);
		fsi_segment_seal(&place.pool, segment);
		segment = place_take_linked(FSI_SEGMENT_BYTES_LEAST);
		ck_assert_uint_eq(segment->inode, inode);
		view = place_open(segment);
		ck_assert_int_eq(fsi_view_look(view), FSI_VIEW_EMPTY);
		for (unsigned i = 1; i <= 50; i++) {
			place_commit(segment, i % 8, LEAST + shift + i, i, 9);
			place_expect(view, LEAST + shift + i, i, 9);
			ck_assert_int_eq(fsi_view_look(view), FSI_VIEW_EMPTY);
		}
		seal_and_finish(segment, view);
	}
}
END_TEST

/* The next frame's word lies within what a payload built in place had before it was cut short. */
START_TEST(what_a_payload_left_behind_its_end_never_passes_for_a_frame)
{
	struct fsi_segment *segment = place_take_linked(FSI_SEGMENT_BYTES_LEAST);
	struct fsi_view *view = place_open(segment);

	for (unsigned i = 1; i <= 60; i++) {
		uint64_t word = fsi_frame_commit_word(segment->generation, 40);

		for (size_t at = segment->at + 8; at + 8 <= segment->at + 800; at += 8)
			memcpy(segment->map + at, &word, 8);
		place_commit(segment, 0, LEAST + i, i, 5);
		place_expect(view, LEAST + i, i, 5);
		ck_assert_int_eq(fsi_view_look(view), FSI_VIEW_EMPTY);
	}
	seal_and_finish(segment, view);
}
END_TEST

START_TEST(after_the_last_generation_comes_the_first)
{
	struct fsi_segment *segment = place_take(FSI_SEGMENT_BYTES_LEAST);
	struct fsi_view *view;

	segment->generation = UINT32_MAX;
	fsi_segment_seal(&place.pool, segment);
	segment = place_take_linked(FSI_SEGMENT_BYTES_LEAST);
	ck_assert_uint_eq(segment->generation, 1);
	view = place_open(segment);
	place_commit(segment, 0, LEAST, 1, 1);
	place_expect(view, LEAST, 1, 1);
	seal_and_finish(segment, view);
}
END_TEST

/* A reader that had opened the old link must not take the new use for what it came for. */
START_TEST(a_link_of_an_earlier_use_is_refused)
{
	struct fsi_segment *segment = place_take_linked(FSI_SEGMENT_BYTES_LEAST);
	uint64_t old_key = segment->key;
	char old_name[FSI_NAME_BYTES];
	struct fsi_view *view = NULL;
	char name[FSI_NAME_BYTES];

	fsi_segment_name_format(old_name, segment->key, FSI_SEGMENT_START);
	ck_assert_int_eq(unlinkat(place.channel_fd, old_name, 0), 0);
	fsi_segment_seal(&place.pool, segment);
	segment = place_take_linked(FSI_SEGMENT_BYTES_LEAST);
	ck_assert_uint_ne(segment->key, old_key);
	fsi_segment_name_format(name, segment->key, FSI_SEGMENT_START);
	ck_assert_int_eq(renameat(place.channel_fd, name, place.channel_fd, old_name), 0);
	ck_assert_int_eq(
		fsi_view_open(place.channel_fd, old_key, FSI_SEGMENT_START, &place.mappings, &view),
		FSI_VIEW_REFUSED);
	fsi_segment_seal(&place.pool, segment);
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("segment");
	TCase *tcase = tcase_create("segment");

	suite_add_tcase(suite, tcase);
	tcase_add_checked_fixture(tcase, place_set_up, place_tear_down);
	tcase_set_timeout(tcase, 60);
	tcase_add_test(tcase, frames_of_any_length_and_padding_come_as_they_were_written);
	tcase_add_test(tcase, every_frame_begins_at_a_multiple_of_eight);
	tcase_add_test(tcase, frames_are_counted_from_the_readers_place_on);
	tcase_add_test(tcase, a_reader_begins_at_the_place_that_its_link_names);
	tcase_add_test(tcase, a_segment_that_is_full_to_its_last_byte_ends_without_a_mark);
	tcase_add_loop_test(tcase, a_segment_with_some_bytes_left_ends_with_a_mark, 1, 5);
	tcase_add_test(tcase, a_segment_whose_publisher_is_dead_ends_at_its_last_frame);
	tcase_add_loop_test(tcase, with_checksums_a_flipped_bit_breaks_the_segment_there, 0, 100);
	tcase_add_test(tcase, with_checksums_whole_frames_are_whole);
	tcase_add_test(tcase, in_memory_frames_have_no_checksums);
	tcase_add_loop_test(tcase, what_an_earlier_use_left_never_passes_for_a_frame, 0,
			    (int)(sizeof remains / sizeof remains[0]));
	tcase_add_test(tcase, what_a_payload_left_behind_its_end_never_passes_for_a_frame);
	tcase_add_test(tcase, after_the_last_generation_comes_the_first);
	tcase_add_test(tcase, a_link_of_an_earlier_use_is_refused);
	return suite;
}

int main(void)
{
	return check_main(make_suite());
}
