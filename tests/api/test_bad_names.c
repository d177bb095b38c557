/* SPDX-License-Identifier: MIT */
/*
 * Names in a channel that are no message's, message names on what is no file, records in the bell
 * that mean nothing, and how many dead letters stay.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/un.h>
#include <unistd.h>

#include "api/fixture.h"
#include "api/pmsg.h"
#include "unit/check_main.h"

enum { BAD_ID = 1000, ROOM = 512, DEAD_LETTERS_MAX = 64 };

static fsps_bus *bus;
static fsps_publisher *publisher;
static fsps_channel *channel;

static void set_up(void)
{
	bus = fixture_open_bus();
	publisher = fixture_open_publisher(bus);
	channel = fixture_subscribe(bus, "a");
}

static void tear_down(void)
{
	fsps_channel_close(channel);
	fsps_publisher_close(publisher);
	fsps_bus_close(bus);
}

static const char *path_of(const char *name)
{
	return fixture_path("%s/%s", fsps_channel_name(channel), name);
}

static const char *directory(void)
{
	return fixture_path("%s", fsps_channel_name(channel));
}

static void write_message(const char *name, uint64_t id, const char *payload)
{
	unsigned char bytes[ROOM];

	fixture_write(path_of(name), bytes, pmsg_build(bytes, id, "a", "{}", payload));
}

static void ring(const void *record, size_t length)
{
	int fd = open(path_of("queue"), O_WRONLY | O_NONBLOCK | O_CLOEXEC);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(write(fd, record, length), (ssize_t)length);
	close(fd);
}

static void ring_id(uint64_t id)
{
	unsigned char record[8];

	pmsg_put_u64(record, 0, id);
	ring(record, sizeof record);
}

static void expect_good_after_it(void)
{
	ck_assert_int_eq(fixture_publish(publisher, "a", "good"), 1);
	fixture_expect(channel, "good");
	fixture_expect_nothing(channel);
}

/* ---- names ---- */

static const char *const strange_names[] = {
	"007", "+5", "-5", "0", "00", "5 ", " 5", "5\n", "0x10", "1e3", "5.", "\xd9\xa5",
	/* 2^53, 2^63, 2^64 - 1, 2^64, 2^64 + 5 */
	"9007199254740992", "9223372036854775808", "18446744073709551615", "18446744073709551616",
	"18446744073709551621", ".m-short-5", ".m-abcdefghijkl-05", ".m-abcdefghijkl-",
	".m-abcdefghijk_-5", ".m-5", ".5", "queue5", "message", ".k-5", "(_x_1", "_", "a_b_c"};

START_TEST(a_name_that_is_no_id_is_left_alone)
{
	write_message(strange_names[_i], 5, "strange");
	expect_good_after_it();
	ck_assert(fixture_exists(path_of(strange_names[_i])));
	ck_assert_uint_eq(fixture_stats(channel).set_aside, 0);
	ck_assert_int_eq(fsps_channel_backlog(channel), 0);
}
END_TEST

START_TEST(the_longest_name_is_left_alone)
{
	char name[256];

	memset(name, '1', sizeof name);
	name[255] = '\0';
	write_message(name, 5, "strange");
	expect_good_after_it();
	ck_assert(fixture_exists(path_of(name)));
}
END_TEST

START_TEST(the_lowest_and_the_highest_id_are_messages)
{
	write_message("9007199254740991", (UINT64_C(1) << 53) - 1, "highest");
	write_message("1", 1, "lowest");
	fixture_expect(channel, "lowest");
	fixture_expect(channel, "highest");
	ck_assert_uint_eq(fixture_stats(channel).set_aside, 0);
}
END_TEST

START_TEST(a_message_whose_name_was_taken_comes_in_its_place)
{
	write_message("6", 6, "2");
	write_message(".m-abcdefghijkl-6", 6, "2 or 3");
	write_message(".m-abcdefghijkl-5", 5, "1");
	write_message("7", 7, "4");
	ck_assert_int_eq(fsps_channel_backlog(channel), 4);
	fixture_expect(channel, "1");
	for (int i = 0; i < 2; i++) {
		fsps_message *message = fixture_receive(channel);

		ck_assert_uint_eq(fsps_message_id(message), 6);
		fsps_message_unref(message);
	}
	fixture_expect(channel, "4");
	ck_assert_uint_eq(fixture_stats(channel).set_aside, 0);
}
END_TEST

/* ---- what is no file ---- */

static void make_symlink(const char *path)
{
	unsigned char bytes[ROOM];

	/* Even one that leads to a good message. */
	fixture_write(fixture_path("elsewhere"), bytes,
		      pmsg_build(bytes, BAD_ID, "a", "{}", "linked"));
	ck_assert_int_eq(symlink(fixture_path("elsewhere"), path), 0);
}

static void make_dangling(const char *path)
{
	ck_assert_int_eq(symlink("/nowhere/at/all", path), 0);
}

static void make_fifo(const char *path)
{
	ck_assert_int_eq(mkfifo(path, 0600), 0);
}

static void make_socket(const char *path)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX, .sun_path = "socket"};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	/* A socket's path is short: made in the home, and moved. */
	ck_assert_int_eq(chdir(fixture_home), 0);
	ck_assert_int_eq(bind(fd, (struct sockaddr *)&address, sizeof address), 0);
	ck_assert_int_eq(rename("socket", path), 0);
	close(fd);
}

static void make_directory(const char *path)
{
	ck_assert_int_eq(mkdir(path, 0700), 0);
}

static void make_full_directory(const char *path)
{
	char below[2 * FIXTURE_PATH_BYTES];

	make_directory(path);
	snprintf(below, sizeof below, "%s/below", path);
	fixture_write(below, "", 0);
}

static void make_device(const char *path)
{
	ck_assert_msg(mknod(path, S_IFCHR | 0666, makedev(1, 5)) == 0, "mknod: %m");
}

static const struct {
	const char *name;
	void (*make)(const char *path);
} kinds[] = {
	{"symlink", make_symlink},     {"dangling symlink", make_dangling},
	{"FIFO", make_fifo},           {"socket", make_socket},
	{"directory", make_directory}, {"directory with a file", make_full_directory},
	{"device", make_device},
};

enum { KINDS = sizeof kinds / sizeof kinds[0] };

START_TEST(what_is_no_file_is_set_aside)
{
	kinds[_i].make(path_of("1000"));
	expect_good_after_it();
	ck_assert_msg(fixture_exists(path_of(".d-type-0-1000")), "%s", kinds[_i].name);
	ck_assert(!fixture_exists(path_of("1000")));
	ck_assert_uint_eq(fixture_stats(channel).set_aside, 1);
}
END_TEST

START_TEST(what_is_no_file_is_got_rid_of_when_there_are_enough_dead_letters)
{
	char name[32];

	for (int i = 0; i < DEAD_LETTERS_MAX; i++) {
		snprintf(name, sizeof name, "%d", 1 + i);
		fixture_write(path_of(name), "", 0);
	}
	kinds[_i].make(path_of("1000"));
	expect_good_after_it();
	ck_assert_msg(!fixture_exists(path_of("1000")), "%s", kinds[_i].name);
	ck_assert_uint_eq(fixture_stats(channel).set_aside, DEAD_LETTERS_MAX + 1);
}
END_TEST

START_TEST(a_file_that_we_may_not_read_is_set_aside)
{
	write_message("1000", BAD_ID, "secret");
	ck_assert_int_eq(chmod(path_of("1000"), 0), 0);
	expect_good_after_it();
	ck_assert(fixture_exists(path_of(".d-forbidden-0-1000")));
}
END_TEST

START_TEST(closing_removes_a_channel_with_anything_flat_in_it)
{
	fsps_channel *other = fixture_subscribe(bus, "b");

	make_symlink(fixture_path("%s/1000", fsps_channel_name(other)));
	make_fifo(fixture_path("%s/1001", fsps_channel_name(other)));
	make_directory(fixture_path("%s/1002", fsps_channel_name(other)));
	fsps_channel_close(other);
	ck_assert_uint_eq(fixture_count(fixture_home, "b_"), 0);
	ck_assert_uint_eq(fixture_count(fixture_home, ".x-"), 0);
	/* What the symlink leads to stays. */
	ck_assert(fixture_exists(fixture_path("elsewhere")));
}
END_TEST

START_TEST(closing_enters_no_directory_and_leaves_it_out_of_sight)
{
	fsps_channel *other = fixture_subscribe(bus, "b");
	const char *trash;

	make_full_directory(fixture_path("%s/1000", fsps_channel_name(other)));
	fsps_channel_close(other);
	ck_assert_uint_eq(fixture_count(fixture_home, "b_"), 0);
	trash = fixture_find(fixture_home, ".x-");
	ck_assert(fixture_exists(fixture_path("%s/1000/below", trash)));
}
END_TEST

/* ---- dead letters ---- */

START_TEST(so_many_dead_letters_stay_and_all_are_counted)
{
	enum { COUNT = 100 };
	char name[32];

	for (int i = 0; i < COUNT; i++) {
		snprintf(name, sizeof name, "%d", 1000 + i);
		fixture_write(path_of(name), "no message", 10);
	}
	expect_good_after_it();
	ck_assert_uint_eq(fixture_stats(channel).set_aside, COUNT);
	ck_assert_uint_eq(fixture_count(directory(), ".d-"), DEAD_LETTERS_MAX);
	ck_assert_uint_eq(fixture_count(directory(), "1"), 0);
}
END_TEST

START_TEST(a_dead_letter_of_a_name_that_is_there_is_removed)
{
	for (int i = 0; i < 2; i++) {
		fixture_write(path_of("1000"), "no message", 10);
		ring_id(BAD_ID);
		expect_good_after_it();
	}
	ck_assert_uint_eq(fixture_stats(channel).set_aside, 2);
	ck_assert_uint_eq(fixture_count(directory(), ".d-"), 1);
}
END_TEST

/* ---- the bell ---- */

START_TEST(stray_bytes_in_the_bell_lose_nothing)
{
	fixture_expect_nothing(channel);
	ck_assert_int_eq(fixture_publish(publisher, "a", "1"), 1);
	ring("abc", 3);
	for (int i = 2; i < 1000; i++)
		ck_assert_int_eq(fixture_publish(publisher, "a", "more"), 1);
	fixture_expect(channel, "1");
	for (int i = 2; i < 1000; i++)
		fixture_expect(channel, "more");
	/* Aligned again. */
	expect_good_after_it();
}
END_TEST

START_TEST(records_that_name_no_message_are_passed_over)
{
	fixture_expect_nothing(channel);
	ring_id(12345);
	ring_id(UINT64_MAX);
	ring_id(UINT64_C(1) << 53);
	for (int i = 0; i < 100; i++)
		ring_id(0);
	expect_good_after_it();
	ck_assert_uint_eq(fixture_stats(channel).set_aside, 0);
}
END_TEST

START_TEST(a_message_that_is_rung_for_twice_comes_once)
{
	fixture_expect_nothing(channel);
	write_message("1000", BAD_ID, "once");
	for (int i = 0; i < 5; i++)
		ring_id(BAD_ID);
	ring_id(0);
	fixture_expect(channel, "once");
	expect_good_after_it();
	ck_assert_uint_eq(fixture_stats(channel).delivered, 2);
}
END_TEST

static void add_names(Suite *suite)
{
	TCase *tcase = fixture_tcase(suite, "names");
	/* Devices are root's to make. */
	int kinds_here = geteuid() == 0 ? KINDS : KINDS - 1;

	tcase_add_checked_fixture(tcase, set_up, tear_down);
	tcase_add_loop_test(tcase, a_name_that_is_no_id_is_left_alone, 0,
			    sizeof strange_names / sizeof strange_names[0]);
	tcase_add_test(tcase, the_longest_name_is_left_alone);
	tcase_add_test(tcase, the_lowest_and_the_highest_id_are_messages);
	tcase_add_test(tcase, a_message_whose_name_was_taken_comes_in_its_place);
	tcase_add_loop_test(tcase, what_is_no_file_is_set_aside, 0, kinds_here);
	tcase_add_loop_test(tcase, what_is_no_file_is_got_rid_of_when_there_are_enough_dead_letters,
			    0, kinds_here);
	/* Root may read everything. */
	if (geteuid() != 0)
		tcase_add_test(tcase, a_file_that_we_may_not_read_is_set_aside);
	tcase_add_test(tcase, closing_removes_a_channel_with_anything_flat_in_it);
	tcase_add_test(tcase, closing_enters_no_directory_and_leaves_it_out_of_sight);
}

static void add_dead_letters_and_bell(Suite *suite)
{
	TCase *tcase = fixture_tcase(suite, "dead letters and bell");

	tcase_add_checked_fixture(tcase, set_up, tear_down);
	tcase_add_test(tcase, so_many_dead_letters_stay_and_all_are_counted);
	tcase_add_test(tcase, a_dead_letter_of_a_name_that_is_there_is_removed);
	tcase_add_test(tcase, stray_bytes_in_the_bell_lose_nothing);
	tcase_add_test(tcase, records_that_name_no_message_are_passed_over);
	tcase_add_test(tcase, a_message_that_is_rung_for_twice_comes_once);
}

int main(void)
{
	Suite *suite = suite_create("bad names");

	add_names(suite);
	add_dead_letters_and_bell(suite);
	return check_main(suite);
}
