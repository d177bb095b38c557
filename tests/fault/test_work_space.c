/* SPDX-License-Identifier: MIT */
/*
 * Work in a home without any space, or without any inode: who has a durable channel open goes on.
 * All is taken, claimed, acknowledged, given back and set aside as ever, but for what would have to
 * be written: dead letters have no note, and what failed in a segment comes again here instead of
 * from a file of its own. Needs a private mount namespace.
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/sys.h"
#include "fault/work.h"
#include "store/names.h"
#include "subscribe/channel.h"
#include "unit/check_main.h"

/* ---- small homes ---- */

/* What runs out. */
enum lack { OF_SPACE, OF_INODES, LACKS };

static enum lack lack;

/* What is mounted from here on nobody else sees. */
static bool may_mount(void)
{
	char place[] = "/tmp/fsps-fault-XXXXXX";
	bool may = mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0 &&
		   mkdtemp(place) != NULL && mount("none", place, "tmpfs", 0, "size=64k") == 0;

	if (may)
		(void)umount(place);
	(void)rmdir(place);
	return may;
}

static void home_mount(enum lack of)
{
	lack = of;
	ck_assert_int_eq(mkdir(fault_home(), 0700), 0);
	ck_assert_int_eq(mount("none", fault_home(), "tmpfs", 0,
			       of == OF_SPACE ? "size=1m" : "nr_inodes=64"),
			 0);
	ck_assert_int_eq(chmod(fault_home(), 0700), 0);
}

static void home_unmount(void)
{
	ck_assert_int_eq(umount2(fault_home(), MNT_DETACH), 0);
}

static void filler_path(char *to, size_t size, unsigned number)
{
	snprintf(to, size, "%s/filler-%u", fault_home(), number);
}

static int make_filler(unsigned number)
{
	char path[400];

	filler_path(path, sizeof path, number);
	return open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
}

static struct statfs look_at_home(void)
{
	struct statfs status;

	ck_assert_int_eq(statfs(fault_home(), &status), 0);
	return status;
}

static void fill_space(void)
{
	int fd = make_filler(0);
	struct statfs status = look_at_home();

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(fallocate(fd, 0, 0, (off_t)status.f_bfree * (off_t)status.f_bsize), 0);
	close(fd);
	ck_assert_uint_eq(look_at_home().f_bfree, 0);
}

static void fill_inodes(void)
{
	unsigned number = 0;
	int fd;

	while ((fd = make_filler(number++)) >= 0)
		close(fd);
	ck_assert_int_eq(errno, ENOSPC);
	ck_assert_uint_eq(look_at_home().f_ffree, 0);
}

static void home_fill(void)
{
	if (lack == OF_SPACE)
		fill_space();
	else
		fill_inodes();
}

static void home_free(void)
{
	char path[400];

	for (unsigned number = 0;; number++) {
		filler_path(path, sizeof path, number);
		if (unlink(path) != 0)
			break;
	}
	ck_assert_int_eq(errno, ENOENT);
}

/* ---- what is settled ---- */

static bool is_frame(unsigned number)
{
	return number >= fault_count_files(WORK_MESSAGES);
}

/* Notes the attempt, for the number's first handing out or for a second one. */
static void expect_attempt(const fsps_message *message, unsigned number, const unsigned *counts)
{
	ck_assert_msg(fsps_message_attempt(message) == counts[number], "message %u: attempt %u",
		      number, fsps_message_attempt(message));
}

/* Fetches all, and has each settled. What comes again does so at once. */
static void settle_all(fsps_channel *channel, unsigned *counts,
		       void (*settle)(fsps_channel *, fsps_message *, unsigned number,
				      unsigned count))
{
	fsps_message *message = NULL;
	int r;

	while ((r = fsps_channel_fetch(channel, &message)) == 1) {
		unsigned number = fault_number_of(message);

		ck_assert_uint_lt(number, WORK_MESSAGES);
		counts[number]++;
		expect_attempt(message, number, counts);
		settle(channel, message, number, counts[number]);
		fsps_message_unref(message);
	}
	ck_assert_msg(r == 0, "fetch: %s", fsps_last_error()->text);
}

static void expect_all(const unsigned *counts, unsigned times)
{
	for (unsigned i = 0; i < WORK_MESSAGES; i++)
		ck_assert_msg(counts[i] == times, "message %u came %u times", i, counts[i]);
}

static void acknowledge(fsps_channel *channel, fsps_message *message, unsigned number,
			unsigned count)
{
	(void)number;
	(void)count;
	ck_assert_int_eq(fsps_message_extend(channel, message, 60000), FSPS_OK);
	ck_assert_int_eq(fsps_message_ack(channel, message), FSPS_OK);
}

/* ---- readers ---- */

struct reader {
	fsps_bus *bus;
	fsps_channel *channel;
};

static struct reader reader_open(enum lack of, bool shared, int delivery)
{
	struct reader reader;

	home_mount(of);
	work_publish();
	reader.bus = fault_bus();
	reader.channel = work_attach(reader.bus, shared, delivery);
	home_fill();
	return reader;
}

static void reader_close(struct reader *reader)
{
	fsps_channel_close(reader->channel);
	fsps_bus_close(reader->bus);
}

/* Nothing is left but the channel. */
static void expect_empty(void)
{
	const struct work_book nothing = {.closing = true};
	struct work_book again = nothing;

	home_free();
	work_recover(&again, false);
	ck_assert_mem_eq(again.entries, nothing.entries, sizeof nothing.entries);
	work_expect_clean();
	home_unmount();
}

START_TEST(all_is_acknowledged)
{
	bool shared = _i >= LACKS;
	struct reader reader = reader_open((enum lack)(_i % LACKS), shared, FSPS_AT_LEAST_ONCE);
	unsigned counts[WORK_MESSAGES] = {0};

	settle_all(reader.channel, counts, acknowledge);
	/* Each segment ends where its publisher, who is gone, has left it. */
	fault_let_second_pass(reader.channel);
	settle_all(reader.channel, counts, acknowledge);
	expect_all(counts, 1);
	reader_close(&reader);
	expect_empty();
}
END_TEST

static void fail_once(fsps_channel *channel, fsps_message *message, unsigned number, unsigned count)
{
	if (count > 1)
		acknowledge(channel, message, number, count);
	else
		ck_assert_int_eq(fsps_message_nack(channel, message, 0, "not now"), FSPS_OK);
}

START_TEST(what_failed_comes_again)
{
	bool shared = _i >= LACKS;
	struct reader reader = reader_open((enum lack)(_i % LACKS), shared, FSPS_AT_LEAST_ONCE);
	unsigned counts[WORK_MESSAGES] = {0};

	settle_all(reader.channel, counts, fail_once);
	fault_let_second_pass(reader.channel);
	settle_all(reader.channel, counts, fail_once);
	expect_all(counts, 2);
	reader_close(&reader);
	expect_empty();
}
END_TEST

static void fail_later(fsps_channel *channel, fsps_message *message, unsigned number,
		       unsigned count)
{
	(void)number;
	(void)count;
	ck_assert_int_eq(fsps_message_nack(channel, message, 60000, "not now"), FSPS_OK);
}

/* A frame that failed is only in its reader's memory: it must not go with that. */
START_TEST(what_failed_is_for_the_next_reader)
{
	struct reader reader = reader_open((enum lack)_i, false, FSPS_AT_LEAST_ONCE);
	struct work_book again = {.closing = true};
	unsigned counts[WORK_MESSAGES] = {0};

	settle_all(reader.channel, counts, fail_later);
	expect_all(counts, 1);
	reader_close(&reader);
	home_free();
	fsi_sys_clock_step_us = 60 * 1000000;
	work_recover(&again, false);
	for (unsigned i = 0; i < WORK_MESSAGES; i++)
		ck_assert_uint_eq(again.entries[i].handed_out, 1);
	work_expect_clean();
	home_unmount();
}
END_TEST

/* A file is renamed; a frame can't be written out, and says so. */
static void reject(fsps_channel *channel, fsps_message *message, unsigned number, unsigned count)
{
	int r = fsps_message_reject(channel, message, "never");

	if (count > 1 || !is_frame(number)) {
		ck_assert_int_eq(r, FSPS_OK);
		return;
	}
	ck_assert_int_eq(r, FSPS_ERR_NO_SPACE);
	home_free();
	ck_assert_int_eq(fsps_message_reject(channel, message, "never"), FSPS_OK);
	home_fill();
}

static int see_letter(const struct fsps_dead_letter *letter, void *userdata)
{
	unsigned *counts = userdata;
	unsigned number = fault_number_of(letter->message);

	ck_assert_uint_lt(number, WORK_MESSAGES);
	counts[number]++;
	ck_assert_str_eq(letter->reason, "rejected");
	ck_assert_str_eq(letter->error, is_frame(number) ? "never" : "");
	return 0;
}

START_TEST(what_is_rejected_is_a_dead_letter_without_a_note)
{
	struct reader reader = reader_open((enum lack)_i, false, FSPS_AT_LEAST_ONCE);
	unsigned letters[WORK_MESSAGES] = {0};
	unsigned counts[WORK_MESSAGES] = {0};

	settle_all(reader.channel, counts, reject);
	expect_all(counts, 1);
	ck_assert_int_eq(fsps_dead_list(reader.bus, WORK_CHANNEL, see_letter, letters),
			 WORK_MESSAGES);
	expect_all(letters, 1);
	reader_close(&reader);
	home_free();
	home_unmount();
}
END_TEST

static void fail_always(fsps_channel *channel, fsps_message *message, unsigned number,
			unsigned count)
{
	enum { ATTEMPTS = 5, ENOUGH = 8 };
	bool is_dead = !is_frame(number) && count == ATTEMPTS;

	if (count == ENOUGH)
		ck_assert_int_eq(fsps_message_ack(channel, message), FSPS_OK);
	else
		ck_assert_int_eq(fsps_message_nack(channel, message, 0, "not now"), is_dead);
}

/* A frame comes on, as no file can be made of it. */
START_TEST(what_failed_too_often_is_a_dead_letter_or_comes_on)
{
	struct reader reader = reader_open((enum lack)_i, false, FSPS_AT_LEAST_ONCE);
	unsigned counts[WORK_MESSAGES] = {0};

	settle_all(reader.channel, counts, fail_always);
	for (unsigned i = 0; i < WORK_MESSAGES; i++)
		ck_assert_uint_eq(counts[i], is_frame(i) ? 8 : 5);
	ck_assert_uint_eq(fault_count_names(WORK_CHANNEL, FSI_PREFIX_DEAD "failed-5-"),
			  fault_count_files(WORK_MESSAGES));
	reader_close(&reader);
	home_free();
	home_unmount();
}
END_TEST

START_TEST(at_most_once_all_comes_once)
{
	struct reader reader = reader_open((enum lack)_i, false, FSPS_AT_MOST_ONCE);
	struct work_book book = {.closing = true};
	fsps_message *message;

	while ((message = work_take(&book, reader.channel)) != NULL)
		fsps_message_unref(message);
	for (unsigned i = 0; i < WORK_MESSAGES; i++)
		ck_assert_uint_eq(book.entries[i].handed_out, 1);
	reader_close(&reader);
	expect_empty();
}
END_TEST

/* ---- taking over ---- */

/* Who is in the home already attaches, though there is no space for an inbox. */
START_TEST(what_the_dead_had_is_taken_over)
{
	bool shared = _i >= LACKS;
	struct work_book again = {.closing = true};
	struct reader dead;
	struct reader reader;
	fsps_channel *other;

	home_mount((enum lack)(_i % LACKS));
	work_publish();
	dead.bus = fault_bus();
	dead.channel = work_attach(dead.bus, shared, FSPS_AT_LEAST_ONCE);
	reader.bus = fault_bus();
	other = fault_channel(reader.bus, "other");
	home_fill();
	for (unsigned i = 0; i < WORK_MESSAGES; i++)
		fsps_message_unref(work_take(&again, dead.channel));
	work_abandon(dead.channel);
	memset(&again.entries, 0, sizeof again.entries);
	reader.channel = work_attach(reader.bus, shared, FSPS_AT_LEAST_ONCE);
	for (unsigned i = 0; i < WORK_MESSAGES; i++)
		work_acknowledge(&again, reader.channel, work_take(&again, reader.channel));
	for (unsigned i = 0; i < WORK_MESSAGES; i++)
		ck_assert_msg(again.entries[i].acked, "message %u is lost", i);
	ck_assert_ptr_null(work_take(&again, reader.channel));
	fsps_channel_close(other);
	reader_close(&reader);
	fsps_bus_close(dead.bus);
	expect_empty();
}
END_TEST

/* ---- from outside ---- */

static char letter_name[FSI_NAME_BYTES];

static int note_name(const struct fsps_dead_letter *letter, void *userdata)
{
	(void)userdata;
	snprintf(letter_name, sizeof letter_name, "%s", letter->file_name);
	return 1;
}

static void reject_file(fsps_channel *channel, fsps_message *message, unsigned number,
			unsigned count)
{
	if (number == 0)
		ck_assert_int_eq(fsps_message_reject(channel, message, "never"), FSPS_OK);
	else
		acknowledge(channel, message, number, count);
}

START_TEST(dead_letters_are_replayed_and_discarded)
{
	unsigned counts[WORK_MESSAGES] = {0};
	fsps_message *message = NULL;
	struct reader reader;

	fault_use_files();
	reader = reader_open((enum lack)_i, false, FSPS_AT_LEAST_ONCE);
	settle_all(reader.channel, counts, reject_file);
	ck_assert_int_eq(fsps_dead_list(reader.bus, WORK_CHANNEL, note_name, NULL), 1);
	ck_assert_int_eq(fsps_dead_replay(reader.bus, WORK_CHANNEL, letter_name), FSPS_OK);
	ck_assert_int_eq(fsps_channel_fetch(reader.channel, &message), 1);
	ck_assert_uint_eq(fsps_message_attempt(message), 1);
	ck_assert_int_eq(fsps_message_reject(reader.channel, message, "never"), FSPS_OK);
	fsps_message_unref(message);
	ck_assert_int_eq(fsps_dead_discard(reader.bus, WORK_CHANNEL, letter_name), FSPS_OK);
	reader_close(&reader);
	expect_empty();
}
END_TEST

START_TEST(a_channel_is_purged_and_removed)
{
	fsps_bus *bus;

	home_mount((enum lack)_i);
	work_publish();
	home_fill();
	bus = fault_bus();
	ck_assert_int_eq(fsps_channel_purge(bus, WORK_CHANNEL), WORK_MESSAGES);
	ck_assert_int_eq(fsps_durable_remove(bus, WORK_CHANNEL, 0), FSPS_OK);
	fsps_bus_close(bus);
	home_free();
	fault_visit();
	fault_expect_clean(0, 0);
	home_unmount();
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("work-space");
	TCase *readers = fault_case(suite, "readers");
	TCase *over = fault_case(suite, "take-over");
	TCase *outside = fault_case(suite, "outside");

	/* Without space and without inodes; where there are more, alone and of a group. */
	tcase_add_loop_test(readers, all_is_acknowledged, 0, 2 * LACKS);
	tcase_add_loop_test(readers, what_failed_comes_again, 0, 2 * LACKS);
	tcase_add_loop_test(readers, what_failed_is_for_the_next_reader, 0, LACKS);
	tcase_add_loop_test(readers, what_is_rejected_is_a_dead_letter_without_a_note, 0, LACKS);
	tcase_add_loop_test(readers, what_failed_too_often_is_a_dead_letter_or_comes_on, 0, LACKS);
	tcase_add_loop_test(readers, at_most_once_all_comes_once, 0, LACKS);
	tcase_add_loop_test(over, what_the_dead_had_is_taken_over, 0, 2 * LACKS);
	tcase_add_loop_test(outside, dead_letters_are_replayed_and_discarded, 0, LACKS);
	tcase_add_loop_test(outside, a_channel_is_purged_and_removed, 0, LACKS);
	return suite;
}

int main(void)
{
	if (!fault_unshare(CLONE_NEWNS) || !may_mount()) {
		printf("1..0 # SKIP no private mount namespace can be made here (%s)\n",
		       strerror(errno));
		return EXIT_SUCCESS;
	}
	/* Up to the very edge. */
	return setenv("PUBSUB_WATERMARK", "100", 1) == 0 ? check_main(make_suite()) : EXIT_FAILURE;
}
