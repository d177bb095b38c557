/* SPDX-License-Identifier: MIT */
/*
 * Segments with headers and frames that are broken or hostile: a reader takes what is good before
 * it, sets it aside, and goes on with all others.
 */
#include "fault/segment_craft.h"

#include "unit/check_main.h"

START_TEST(a_whole_segment_made_by_hand_is_read)
{
	struct crafted crafted = craft(CRAFT_BYTES);

	show(&crafted);
	expect_texts("one two three ");
	ck_assert_uint_eq(set_aside(), 0);
	expect_going_on();
}
END_TEST

/* ---- headers ---- */

static const struct {
	const char *what;
	size_t at;
	uint64_t value;
	size_t size;
} headers[] = {
	{"magic", 0, 0, 4},
	{"magic of a message", 0, 0x47534d50, 4},
	{"version 0", CRAFT_AT_VERSION, 0, 4},
	{"version 2", CRAFT_AT_VERSION, 2, 4},
	{"version 255", CRAFT_AT_VERSION, 255, 4},
	{"another key", CRAFT_AT_KEY, CRAFT_KEY + 1, 8},
	{"no key", CRAFT_AT_KEY, 0, 8},
	{"no generation", CRAFT_AT_GENERATION, 0, 4},
	{"longer than it is", CRAFT_AT_BYTES, CRAFT_BYTES + 8, 8},
	{"shorter than it is", CRAFT_AT_BYTES, CRAFT_BYTES - 8, 8},
	{"no length", CRAFT_AT_BYTES, 0, 8},
	{"the longest", CRAFT_AT_BYTES, UINT64_MAX, 8},
	{"more memory than length", CRAFT_AT_ALLOCATED, CRAFT_BYTES + 4096, 8},
	{"the most memory", CRAFT_AT_ALLOCATED, UINT64_MAX, 8},
	{"no memory", CRAFT_AT_ALLOCATED, 0, 8},
	{"memory that ends in the header", CRAFT_AT_ALLOCATED, 56, 8},
	{"no member", CRAFT_AT_MEMBER, 0, 8},
	{"a member that is none", CRAFT_AT_MEMBER, UINT64_C(0x2f2e2e2f2e2e2f41), 8},
	{"a member without end", CRAFT_AT_MEMBER + 12, 0x41, 1},
};

START_TEST(a_segment_with_a_wrong_header_is_set_aside)
{
	struct crafted crafted = craft(CRAFT_BYTES);

	memcpy(crafted.bytes + headers[_i].at, &headers[_i].value, headers[_i].size);
	show(&crafted);
	expect_texts("");
	ck_assert_msg(set_aside() == 1, "%s", headers[_i].what);
	expect_going_on();
}
END_TEST

/* ---- frames ---- */

static const struct {
	const char *what;
	uint64_t word;
} words[] = {
	{"of another generation", UINT64_C(2) << 32 | 60},
	{"of the next generation", UINT64_C(4) << 32 | 60},
	{"of no generation", 60},
	{"all ones", UINT64_MAX},
	{"no length", UINT64_C(3) << 32},
	{"shorter than a message", UINT64_C(3) << 32 | 32},
	{"almost the largest length", UINT64_C(3) << 32 | 0xfffffffe},
	{"half of the largest length", UINT64_C(3) << 32 | 0x7fffffff},
	{"as long as the segment", UINT64_C(3) << 32 | CRAFT_BYTES},
};

START_TEST(a_commit_word_that_is_wrong_ends_the_segment_there)
{
	struct crafted crafted = craft(CRAFT_BYTES);

	craft_u64(&crafted, crafted.frames[1], words[_i].word);
	show(&crafted);
	expect_texts("one ");
	ck_assert_msg(set_aside() == 1, "%s", words[_i].what);
	expect_going_on();
}
END_TEST

/* Lengths on both sides of the last that fits: the body, its NUL. */
START_TEST(a_frame_may_end_with_the_segment_and_not_behind_it)
{
	struct crafted crafted = craft(CRAFT_BYTES);
	size_t most = CRAFT_BYTES - crafted.frames[1] - CRAFT_FRAME_AT_BODY - 1;

	craft_u64(&crafted, crafted.frames[1],
		  craft_word(CRAFT_GENERATION, (uint32_t)(most + (size_t)_i)));
	show(&crafted);
	/* The one that fits is no message: too long for what it says. */
	expect_texts("one ");
	ck_assert_uint_eq(set_aside(), 1);
	expect_going_on();
}
END_TEST

START_TEST(padding_that_is_none_ends_the_segment_there)
{
	static const uint32_t paddings[] = {8, 60, 1000, UINT32_MAX, UINT32_C(0x80000000)};
	struct crafted crafted = craft(CRAFT_BYTES);

	craft_u32(&crafted, crafted.frames[1] + CRAFT_FRAME_AT_PADDING, paddings[_i]);
	show(&crafted);
	expect_texts("one ");
	ck_assert_uint_eq(set_aside(), 1);
	expect_going_on();
}
END_TEST

static const struct {
	const char *what;
	size_t at;
	unsigned char byte;
} scribbles[] = {
	{"magic", 0, 'X'},
	{"version", 4, 2},
	{"an ID that is none", 5, 0xff},
	{"length of the topic", 21, 0x80},
	{"topic", 25, ' '},
	{"another topic", 25, 'X'},
	{"length of the headers", 25 + sizeof FAULT_TOPIC - 1, 1},
	{"length of the payload", 25 + sizeof FAULT_TOPIC - 1 + 7, 9},
};

START_TEST(a_frame_that_is_no_message_for_here_is_passed_over_alone)
{
	struct crafted crafted = craft(CRAFT_BYTES);

	crafted.bytes[crafted.frames[1] + CRAFT_FRAME_AT_BODY + scribbles[_i].at] =
		scribbles[_i].byte;
	show(&crafted);
	/* By its ID it may come last, or only once its publisher is known to be dead. */
	fault_let_second_pass(channel);
	expect_texts("one three ");
	ck_assert_msg(set_aside() == 1, "%s", scribbles[_i].what);
	expect_going_on();
}
END_TEST

START_TEST(a_segment_of_a_dead_publisher_ends_at_its_last_whole_frame)
{
	struct crafted crafted = craft(CRAFT_BYTES);

	/* The third was not committed. */
	craft_u64(&crafted, crafted.frames[2], 0);
	show(&crafted);
	expect_texts("one two ");
	fault_let_second_pass(channel);
	expect_texts("");
	ck_assert_uint_eq(set_aside(), 0);
	expect_going_on();
}
END_TEST

/* As many frames that are no messages as fit, each as short as can be. */
START_TEST(a_segment_of_nothing_but_garbage_keeps_nobody)
{
	struct crafted crafted = craft(4 << 20);
	fsps_publisher *publisher;

	for (size_t at = crafted.frames[3]; at + 64 <= crafted.length; at += 64)
		craft_u64(&crafted, at, craft_word(CRAFT_GENERATION, 33));
	show(&crafted);
	publisher = open_fast_publisher();
	ck_assert_int_eq(fault_publish(publisher, 0, NULL), 1);
	for (int tries = 0, found = 0; !found; tries++) {
		fsps_message *message = NULL;

		ck_assert_int_lt(tries, 10000);
		if (fsps_channel_fetch(channel, &message) == 1)
			found = strcmp(fsps_message_payload(message, NULL), "one") != 0 &&
				strcmp(fsps_message_payload(message, NULL), "two") != 0 &&
				strcmp(fsps_message_payload(message, NULL), "three") != 0;
		fsps_message_unref(message);
	}
	fsps_publisher_close(publisher);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("segment");
	TCase *tcase = fault_case(suite, "segment");

	tcase_add_checked_fixture(tcase, set_up, tear_down);
	tcase_add_test(tcase, a_whole_segment_made_by_hand_is_read);
	tcase_add_loop_test(tcase, a_segment_with_a_wrong_header_is_set_aside, 0,
			    COUNT_OF(headers));
	tcase_add_loop_test(tcase, a_commit_word_that_is_wrong_ends_the_segment_there, 0,
			    COUNT_OF(words));
	tcase_add_loop_test(tcase, a_frame_may_end_with_the_segment_and_not_behind_it, 0, 3);
	tcase_add_loop_test(tcase, padding_that_is_none_ends_the_segment_there, 0, 5);
	tcase_add_loop_test(tcase, a_frame_that_is_no_message_for_here_is_passed_over_alone, 0,
			    COUNT_OF(scribbles));
	tcase_add_test(tcase, a_segment_of_a_dead_publisher_ends_at_its_last_whole_frame);
	tcase_add_test(tcase, a_segment_of_nothing_but_garbage_keeps_nobody);
	return check_main(suite);
}
