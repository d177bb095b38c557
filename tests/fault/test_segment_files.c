/* SPDX-License-Identifier: MIT */
/*
 * What lies under a segment's name and is none that may be believed: cut, sparse, of odd length, no
 * file at all, somebody else's, or too many of them.
 */
#include "fault/segment_craft.h"

#include <stdlib.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "unit/check_main.h"

/* ---- files ---- */

/* A frame that ends with a file whose length is no multiple of eight: behind it there is not even a
 * page. */
START_TEST(a_segment_of_an_odd_length_is_not_read_beyond_its_end)
{
	struct crafted crafted = craft(8192 - (size_t)_i);
	size_t rest = crafted.length - crafted.frames[3];

	craft_u64(&crafted, crafted.frames[3],
		  craft_word(CRAFT_GENERATION, (uint32_t)(rest - CRAFT_FRAME_AT_BODY - 1)));
	show(&crafted);
	expect_texts("");
	ck_assert_uint_eq(set_aside(), 1);
	expect_going_on();
}
END_TEST

/* What has no memory is not read: on a full file system that would be a SIGBUS. */
START_TEST(frames_behind_what_has_memory_are_not_read)
{
	struct crafted crafted = craft(8192);
	struct stat status;
	char path[800];
	int fd;

	craft_u64(&crafted, CRAFT_AT_BYTES, 1 << 20);
	craft_u64(&crafted, CRAFT_AT_ALLOCATED, 8192);
	craft_u64(&crafted, crafted.frames[1], craft_word(CRAFT_GENERATION, 500000));
	fd = craft_put(&crafted, channel, CRAFT_NAME);
	ck_assert_int_eq(ftruncate(fd, 1 << 20), 0);
	craft_ring(channel);
	expect_texts("one ");
	ck_assert_uint_eq(set_aside(), 1);
	craft_path(channel, ".d-segment-0-5000", path, sizeof path);
	ck_assert_int_eq(stat(path, &status), 0);
	ck_assert_int_le(status.st_blocks * 512, 16384);
	close(fd);
	expect_going_on();
}
END_TEST

START_TEST(a_sparse_segment_is_set_aside)
{
	struct crafted crafted = craft(CRAFT_BYTES);
	int fd;

	craft_u64(&crafted, CRAFT_AT_BYTES, UINT64_C(1) << 32);
	craft_u64(&crafted, CRAFT_AT_ALLOCATED, UINT64_C(1) << 32);
	fd = craft_put(&crafted, channel, CRAFT_NAME);
	ck_assert_int_eq(ftruncate(fd, INT64_C(1) << 32), 0);
	craft_ring(channel);
	expect_texts("");
	ck_assert_uint_eq(set_aside(), 1);
	close(fd);
	expect_going_on();
}
END_TEST

START_TEST(a_segment_that_was_cut_before_it_is_read_is_set_aside)
{
	static const off_t lengths[] = {0, 1, 63, 64, 71, 72, 100, 4096, CRAFT_BYTES - 1};
	struct crafted crafted = craft(CRAFT_BYTES);
	int fd = craft_put(&crafted, channel, CRAFT_NAME);

	ck_assert_int_eq(ftruncate(fd, lengths[_i]), 0);
	craft_ring(channel);
	expect_texts("");
	ck_assert_uint_eq(set_aside(), 1);
	close(fd);
	expect_going_on();
}
END_TEST

START_TEST(a_segment_that_is_cut_while_it_is_read_is_set_aside)
{
	struct crafted crafted = craft(CRAFT_BYTES);
	int fd;

	craft_u64(&crafted, crafted.frames[2], 0);
	fd = craft_put(&crafted, channel, CRAFT_NAME);
	craft_ring(channel);
	expect_texts("one two ");
	ck_assert_int_eq(ftruncate(fd, 4096), 0);
	fault_let_second_pass(channel);
	expect_texts("");
	ck_assert_uint_eq(set_aside(), 1);
	close(fd);
	expect_going_on();
}
END_TEST

/* ---- no files at all ---- */

static void plant_fifo(const char *path)
{
	ck_assert_int_eq(mkfifo(path, 0600), 0);
}

static void plant_directory(const char *path)
{
	ck_assert_int_eq(mkdir(path, 0700), 0);
}

static void plant_symlink(const char *path)
{
	ck_assert_int_eq(symlink("/etc/passwd", path), 0);
}

static void plant_socket(const char *path)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	char directory[800];

	/* Its path is too long for an address. */
	craft_path(channel, "", directory, sizeof directory);
	ck_assert_int_eq(chdir(directory), 0);
	strcpy(address.sun_path, path + strlen(directory));
	ck_assert_int_eq(bind(fd, (struct sockaddr *)&address, sizeof address), 0);
	ck_assert_int_eq(chdir("/"), 0);
	close(fd);
}

static void plant_writable(const char *path)
{
	struct crafted crafted = craft(CRAFT_BYTES);

	close(craft_put(&crafted, channel, CRAFT_NAME));
	ck_assert_int_eq(chmod(path, 0666), 0);
}

static void plant_foreign(const char *path)
{
	struct crafted crafted = craft(CRAFT_BYTES);

	close(craft_put(&crafted, channel, CRAFT_NAME));
	/* Only root can give a file away; for others it is one that may be written to. */
	if (chown(path, 54321, 54321) != 0)
		ck_assert_int_eq(chmod(path, 0622), 0);
}

static void (*const planters[])(const char *path) = {plant_fifo,   plant_directory, plant_symlink,
						     plant_socket, plant_writable,  plant_foreign};

START_TEST(what_is_no_segment_of_ours_is_set_aside)
{
	char path[800];

	craft_path(channel, CRAFT_NAME, path, sizeof path);
	planters[_i](path);
	/* Half of them are rung for, half are found. */
	if (_i % 2 == 0)
		craft_ring(channel);
	else
		fault_let_scan(channel);
	expect_texts("");
	ck_assert_uint_eq(set_aside(), 1);
	expect_going_on();
}
END_TEST

/* ---- names ---- */

START_TEST(ten_thousand_names_of_segments_that_are_none_keep_nobody)
{
	char path[800];
	char name[64];

	for (unsigned i = 1; i <= 10000; i++) {
		snprintf(name, sizeof name, ".s-%u-64", i);
		craft_path(channel, name, path, sizeof path);
		close(open(path, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0600));
	}
	fault_let_scan(channel);
	for (int tries = 0; fault_count_names(fsps_channel_name(channel), ".s-") > 0; tries++) {
		ck_assert_int_lt(tries, 100);
		expect_texts("");
	}
	ck_assert_uint_eq(set_aside(), 10000);
	ck_assert_uint_le(fault_count_names(fsps_channel_name(channel), ".d-"), 64);
	expect_going_on();
}
END_TEST

static const char *const odd_names[] = {
	".s-5000-65", ".s-5000-63",    ".s-5000-8",
	".s-5001-64", ".s-5000-16392", ".s-5000-9007199254740984",
};

START_TEST(a_whole_segment_under_another_name_is_set_aside)
{
	struct crafted crafted = craft(CRAFT_BYTES);

	close(craft_put(&crafted, channel, odd_names[_i]));
	fault_let_scan(channel);
	expect_texts("");
	ck_assert_uint_eq(set_aside(), 1);
	expect_going_on();
}
END_TEST

static const char *const no_names[] = {".s-",         ".s-5000",       ".s-05000-64",
				       ".s-5000-064", ".s-5000-64-64", ".s-x-64"};

START_TEST(names_that_are_no_segments_are_left_alone)
{
	struct crafted crafted = craft(CRAFT_BYTES);
	char path[800];

	close(craft_put(&crafted, channel, no_names[_i]));
	fault_let_scan(channel);
	expect_texts("");
	ck_assert_uint_eq(set_aside(), 0);
	craft_path(channel, no_names[_i], path, sizeof path);
	ck_assert_int_eq(unlink(path), 0);
	expect_going_on();
}
END_TEST

/* ---- descriptors ---- */

/* More segments than the process may have open: a reader that comes late reads all, in order. */
START_TEST(more_segments_than_descriptors_are_read_all_the_same)
{
	enum { COUNT = 60, LENGTH = 60000 };
	static unsigned char payload[LENGTH];
	fsps_publisher *publisher = open_fast_publisher();
	const struct rlimit limits = {.rlim_cur = 40, .rlim_max = 40};

	for (unsigned i = 0; i < COUNT; i++) {
		payload[0] = (unsigned char)i;
		ck_assert_int_eq(fsps_publish(publisher, FAULT_TOPIC, NULL, payload, LENGTH, NULL),
				 1);
		/* Each has one of its own. */
		fsps_publisher_close(publisher);
		publisher = open_fast_publisher();
	}
	fsps_publisher_close(publisher);
	ck_assert_uint_eq(fault_count_names(fsps_channel_name(channel), ".s-"), COUNT);
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &limits), 0);
	for (unsigned i = 0; i < COUNT; i++) {
		fsps_message *message = NULL;
		int r = fsps_channel_fetch(channel, &message);

		ck_assert_msg(r == 1, "message %u: %d %s", i, r, fsps_last_error()->text);
		fsps_message_unref(message);
	}
	expect_texts("");
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("segment_files");
	TCase *tcase = fault_case(suite, "segment_files");

	tcase_add_checked_fixture(tcase, set_up, tear_down);
	tcase_add_loop_test(tcase, a_segment_of_an_odd_length_is_not_read_beyond_its_end, 1, 8);
	tcase_add_test(tcase, frames_behind_what_has_memory_are_not_read);
	tcase_add_test(tcase, a_sparse_segment_is_set_aside);
	tcase_add_loop_test(tcase, a_segment_that_was_cut_before_it_is_read_is_set_aside, 0, 9);
	tcase_add_test(tcase, a_segment_that_is_cut_while_it_is_read_is_set_aside);
	tcase_add_loop_test(tcase, what_is_no_segment_of_ours_is_set_aside, 0, COUNT_OF(planters));
	tcase_add_test(tcase, ten_thousand_names_of_segments_that_are_none_keep_nobody);
	tcase_add_loop_test(tcase, a_whole_segment_under_another_name_is_set_aside, 0,
			    COUNT_OF(odd_names));
	tcase_add_loop_test(tcase, names_that_are_no_segments_are_left_alone, 0,
			    COUNT_OF(no_names));
	tcase_add_test(tcase, more_segments_than_descriptors_are_read_all_the_same);
	return check_main(suite);
}
