/* SPDX-License-Identifier: MIT */
/* The inbox of a durable channel, a rule at a time; what dies or fails is in test_inbox.c. */
#include "fault/inbox.h"

#include <signal.h>
#include <sys/wait.h>

#include "unit/check_main.h"

static struct stage stage;

static void set_up(void)
{
	stage_set(&stage);
	ck_assert_int_eq(stage_hold(&stage), 0);
}

/* ---- moving ---- */

START_TEST(what_rings_is_moved_as_it_rang)
{
	static const unsigned order[] = {2, 0, 1};

	set_up();
	for (unsigned i = 0; i < 3; i++)
		ck_assert(stage_publish(order[i], true));
	ck_assert_int_eq(stage_move(&stage, false), 0);
	ck_assert_uint_eq(stage.told_count, 3);
	for (unsigned i = 0; i < 3; i++)
		ck_assert_uint_eq(stage.told[i], STAGE_ID + order[i]);
	stage_clear(&stage);
}
END_TEST

START_TEST(what_does_not_ring_is_found_by_a_scan)
{
	set_up();
	ck_assert(stage_publish(0, false));
	ck_assert_int_eq(stage_move(&stage, false), 0);
	ck_assert_uint_eq(stage.told_count, 0);
	ck_assert_int_eq(stage_move(&stage, true), 0);
	ck_assert_uint_eq(stage.told_count, 1);
	ck_assert_uint_eq(stage.told[0], 0);
	stage_clear(&stage);
	fault_expect_clean(0, 0);
}
END_TEST

/* A record of 0, or bytes that are no whole record. */
START_TEST(a_bell_that_says_look_makes_it_scan)
{
	static const char zeros[8];
	ssize_t length = _i == 0 ? 8 : 3;

	set_up();
	ck_assert(stage_publish(0, false));
	ck_assert_int_eq(write(stage.inbox.bell_fd, zeros, (size_t)length), length);
	ck_assert_int_eq(stage_move(&stage, false), 0);
	ck_assert_uint_eq(stage.told_count, 1);
	stage_clear(&stage);
}
END_TEST

START_TEST(a_ring_for_what_is_not_there_is_no_matter)
{
	set_up();
	ck_assert(stage_ring(stage.inbox.name, STAGE_ID + 7));
	ck_assert(stage_publish(0, true));
	ck_assert_int_eq(stage_move(&stage, false), 0);
	ck_assert_uint_eq(stage.told_count, 1);
	ck_assert_uint_eq(stage.told[0], STAGE_ID);
	stage_clear(&stage);
}
END_TEST

START_TEST(where_the_name_is_taken_it_gets_another)
{
	set_up();
	ck_assert(stage_link(FAULT_TOPIC "_jobs", 0, STAGE_ID + 1));
	ck_assert(stage_publish(1, true));
	ck_assert_int_eq(stage_move(&stage, false), 0);
	ck_assert_uint_eq(stage.told_count, 1);
	ck_assert_uint_eq(stage.told[0], 0);
	ck_assert_uint_eq(fault_count_names(FAULT_TOPIC "_jobs", FSI_PREFIX_TAKEN), 1);
	fsi_inbox_close(&stage.inbox, stage.home, stage.channel_fd);
	stage_expect(2);
	stage_clear(&stage);
}
END_TEST

START_TEST(nothing_but_ids_is_moved)
{
	static const char *const names[] = {"007",    "+5", "x", ".c", "9007199254740992",
					    ".m-a-1", "0"};
	char path[700];

	set_up();
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		stage_path(path, sizeof path, stage.inbox.name, names[i]);
		stage_write(path, 0);
	}
	ck_assert_int_eq(stage_move(&stage, true), 0);
	ck_assert_uint_eq(stage.told_count, 0);
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		stage_path(path, sizeof path, stage.inbox.name, names[i]);
		ck_assert_int_eq(access(path, F_OK), 0);
	}
	stage_clear(&stage);
}
END_TEST

/* Whatever it is: that is the reader's to judge, as of all that lies in the channel. */
START_TEST(what_bears_an_id_is_moved_as_it_is)
{
	char path[700];
	struct stat status;

	set_up();
	stage_path(path, sizeof path, stage.inbox.name, "11");
	ck_assert_int_eq(symlink("/etc/passwd", path), 0);
	stage_path(path, sizeof path, stage.inbox.name, "12");
	ck_assert_int_eq(mkfifo(path, 0600), 0);
	stage_path(path, sizeof path, stage.inbox.name, "13");
	ck_assert_int_eq(mkdir(path, 0700), 0);
	ck_assert_int_eq(stage_move(&stage, true), 0);
	ck_assert_int_eq(fstatat(stage.channel_fd, "11", &status, AT_SYMLINK_NOFOLLOW), 0);
	ck_assert(S_ISLNK(status.st_mode));
	ck_assert_int_eq(fstatat(stage.channel_fd, "12", &status, AT_SYMLINK_NOFOLLOW), 0);
	ck_assert(S_ISFIFO(status.st_mode));
	ck_assert_int_eq(fstatat(stage.channel_fd, "13", &status, AT_SYMLINK_NOFOLLOW), 0);
	ck_assert(S_ISDIR(status.st_mode));
	stage_clear(&stage);
}
END_TEST

START_TEST(one_call_moves_a_bounded_number)
{
	set_up();
	for (unsigned i = 0; i < 2500; i++)
		ck_assert(stage_publish(i, false));
	ck_assert_int_eq(stage_move(&stage, true), 1);
	ck_assert_int_eq(stage_move(&stage, true), 1);
	ck_assert_int_eq(stage_move(&stage, true), 0);
	ck_assert_uint_eq(stage.told_count, 3);
	fsi_inbox_close(&stage.inbox, stage.home, stage.channel_fd);
	stage_expect(2500);
	stage_clear(&stage);
}
END_TEST

/* ---- holding ---- */

START_TEST(who_may_publish_to_its_channel_may_to_it_and_its_holder_may_not_list_it)
{
	static const struct {
		mode_t channel;
		mode_t inbox;
		mode_t queue;
	} modes[] = {{0700, 0300, 0600}, {03730, 03330, 0620}, {01733, 01333, 0622}};
	struct stat status;
	char path[600];

	stage_set(&stage);
	ck_assert_int_eq(fchmod(stage.channel_fd, modes[_i].channel), 0);
	(void)umask(_i == 0 ? 0777 : 0);
	ck_assert_int_eq(stage_hold(&stage), 0);
	(void)umask(022);
	ck_assert_int_eq(fstat(stage.inbox.directory_fd, &status), 0);
	ck_assert_uint_eq(status.st_mode & 07777, modes[_i].inbox);
	stage_path(path, sizeof path, stage.inbox.name, FSI_NAME_QUEUE);
	ck_assert_int_eq(stat(path, &status), 0);
	ck_assert_uint_eq(status.st_mode & 07777, modes[_i].queue);
	stage_clear(&stage);
}
END_TEST

START_TEST(an_inbox_that_is_held_is_left_alone)
{
	uint64_t budget = 1000;

	set_up();
	ck_assert(stage_publish(0, true));
	ck_assert_int_eq(fsi_inbox_adopt(stage.home, stage.inbox.name, &budget), FSI_INBOX_LEFT);
	stage_sweep(&stage);
	ck_assert_uint_eq(fault_count_names(".", STAGE_INBOX "_"), 1);
	ck_assert_uint_eq(durable_count_files(&stage.durable), 0);
	ck_assert_int_eq(stage_move(&stage, true), 0);
	ck_assert_uint_eq(durable_count_files(&stage.durable), 1);
	stage_clear(&stage);
}
END_TEST

START_TEST(there_is_one_at_a_time)
{
	struct fsi_inbox other;

	set_up();
	fsi_inbox_init(&other);
	ck_assert_int_eq(fsi_inbox_open(&other, stage.home, FAULT_TOPIC, "jobs"), FSPS_ERR_BUSY);
	ck_assert_int_eq(other.directory_fd, -1);
	ck_assert_int_eq(fsi_inbox_open(&other, stage.home, FAULT_TOPIC, "other"), 0);
	fsi_inbox_close(&other, stage.home, stage.channel_fd);
	fsi_inbox_close(&stage.inbox, stage.home, stage.channel_fd);
	ck_assert_int_eq(stage_hold(&stage), 0);
	stage_clear(&stage);
}
END_TEST

START_TEST(who_holds_next_takes_over_what_was_left)
{
	set_up();
	ck_assert(stage_publish(0, true));
	stage_die(&stage);
	/* Its process is not waited for yet: formix-pubsub takes it for alive. */
	ck_assert(stage_publish(1, true));
	ck_assert_int_eq(stage_hold(&stage), 0);
	ck_assert_uint_eq(durable_count_files(&stage.durable), 2);
	ck_assert_uint_eq(fault_count_names(".", STAGE_INBOX), 1);
	fsi_inbox_close(&stage.inbox, stage.home, stage.channel_fd);
	stage_expect(2);
	stage_clear(&stage);
}
END_TEST

START_TEST(names_that_are_too_long_have_no_inbox)
{
	struct fsi_inbox inbox;
	char pattern[201];
	char name[64];

	set_up();
	fsi_inbox_init(&inbox);
	memset(pattern, 'a', 200);
	pattern[200] = '\0';
	memset(name, 'b', 50);
	name[50] = '\0';
	ck_assert_int_eq(fsi_inbox_open(&inbox, stage.home, pattern, name), FSPS_ERR_PATTERN);
	ck_assert_int_eq(inbox.directory_fd, -1);
	stage_clear(&stage);
}
END_TEST

/* ---- what may be gone ---- */

static void remove_queue(void)
{
	ck_assert_int_eq(unlinkat(stage.inbox.directory_fd, FSI_NAME_QUEUE, 0), 0);
}

static void rename_inbox(void)
{
	ck_assert_int_eq(
		renameat(stage.home->fd, stage.inbox.name, stage.home->fd, STAGE_INBOX "-1"), 0);
}

START_TEST(one_that_is_not_found_any_more_is_given_up_for_another)
{
	set_up();
	ck_assert(stage_publish(0, false));
	if (_i == 0)
		remove_queue();
	else
		rename_inbox();
	/* A visitor in between takes it for left, as far as it can see. */
	if (_i == 0)
		stage_sweep(&stage);
	ck_assert_int_eq(stage_move(&stage, true), FSPS_ERR_GONE);
	fsi_inbox_close(&stage.inbox, stage.home, stage.channel_fd);
	ck_assert_int_eq(stage_hold(&stage), 0);
	ck_assert(stage_publish(1, true));
	ck_assert_int_eq(stage_move(&stage, true), 0);
	fsi_inbox_close(&stage.inbox, stage.home, stage.channel_fd);
	stage_sweep(&stage);
	stage_expect(2);
	stage_clear(&stage);
}
END_TEST

START_TEST(without_its_channel_it_goes_with_all_that_is_in_it)
{
	set_up();
	ck_assert(stage_publish(0, true));
	durable_remove(&stage.durable);
	if (_i == 0) {
		fsi_inbox_close(&stage.inbox, stage.home, stage.channel_fd);
	} else {
		stage_die(&stage);
		stage_sweep(&stage);
	}
	ck_assert_uint_eq(fault_count_names(".", STAGE_INBOX), 0);
	ck_assert_uint_eq(fault_count_names(".", FSI_PREFIX_REMOVING), 0);
	close(stage.channel_fd);
	fsi_home_unref(stage.home);
}
END_TEST

START_TEST(what_can_be_neither_moved_nor_removed_keeps_nothing_else)
{
	char path[700];

	set_up();
	/* A full directory that may not be written to, as another user's. */
	stage_path(path, sizeof path, stage.inbox.name, "123");
	ck_assert_int_eq(mkdir(path, 0700), 0);
	strcat(path, "/x");
	ck_assert_int_eq(mkdir(path, 0700), 0);
	stage_path(path, sizeof path, stage.inbox.name, "123");
	ck_assert_int_eq(chmod(path, 0500), 0);
	ck_assert(stage_publish(0, false));
	if (_i == 0) {
		ck_assert_int_eq(stage_move(&stage, true), 0);
		fsi_inbox_close(&stage.inbox, stage.home, stage.channel_fd);
	} else {
		stage_die(&stage);
		stage_sweep(&stage);
	}
	ck_assert_uint_eq(durable_count_files(&stage.durable), 1);
	ck_assert_uint_eq(fault_count_names(".", STAGE_INBOX), 0);
	ck_assert_uint_eq(fault_count_names(".", FSI_PREFIX_REMOVING), 1);
	stage_clear(&stage);
}
END_TEST

START_TEST(who_reads_is_told_to_look)
{
	unsigned char record[8];
	int reader;

	set_up();
	reader = open(stage.durable.queue, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	ck_assert_int_ge(reader, 0);
	ck_assert(stage_publish(0, true));
	if (_i == 0) {
		fsi_inbox_close(&stage.inbox, stage.home, stage.channel_fd);
	} else {
		stage_die(&stage);
		stage_sweep(&stage);
	}
	ck_assert_int_eq(read(reader, record, sizeof record), sizeof record);
	ck_assert_uint_eq(fsi_get_u64(record), 0);
	close(reader);
	stage_clear(&stage);
}
END_TEST

/* ---- forks ---- */

static void say(int fd)
{
	ck_assert_int_eq(write(fd, "!", 1), 1);
}

/* A holder with a child that lives on, which tells of itself and waits for the pipe to close. */
static void hold_and_fork(int told, int wait)
{
	static struct stage own;
	char byte;

	own = (struct stage){.home = stage_open_home()};
	fsi_inbox_init(&own.inbox);
	ck_assert_int_eq(stage_hold(&own), 0);
	ck_assert(stage_publish(0, true));
	if (fork() == 0) {
		fsi_inbox_forget(&own.inbox);
		/* Without an inbox it does nothing. */
		fsi_inbox_close(&own.inbox, own.home, -1);
		say(told);
		_exit(read(wait, &byte, 1) < 0);
	}
	for (;;)
		pause();
}

START_TEST(a_forked_child_does_not_keep_it)
{
	int told[2];
	int wait[2];
	char byte;
	pid_t holder;

	stage_set(&stage);
	ck_assert_int_eq(pipe2(told, O_CLOEXEC), 0);
	ck_assert_int_eq(pipe2(wait, O_CLOEXEC), 0);
	holder = fork();
	ck_assert_int_ge(holder, 0);
	if (holder == 0) {
		close(wait[1]);
		hold_and_fork(told[1], wait[0]);
	}
	ck_assert_int_eq(read(told[0], &byte, 1), 1);
	ck_assert_uint_eq(fault_count_names(".", STAGE_INBOX "_"), 1);
	ck_assert_int_eq(kill(holder, SIGKILL), 0);
	ck_assert_int_eq(waitpid(holder, NULL, 0), holder);
	stage_sweep(&stage);
	stage_expect(1);
	for (int i = 0; i < 2; i++) {
		close(told[i]);
		close(wait[i]);
	}
	stage_clear(&stage);
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("inbox_rules");
	TCase *moving = fault_case(suite, "moving");
	TCase *holding = fault_case(suite, "holding");
	TCase *gone = fault_case(suite, "gone");

	tcase_add_test(moving, what_rings_is_moved_as_it_rang);
	tcase_add_test(moving, what_does_not_ring_is_found_by_a_scan);
	tcase_add_loop_test(moving, a_bell_that_says_look_makes_it_scan, 0, 2);
	tcase_add_test(moving, a_ring_for_what_is_not_there_is_no_matter);
	tcase_add_test(moving, where_the_name_is_taken_it_gets_another);
	tcase_add_test(moving, nothing_but_ids_is_moved);
	tcase_add_test(moving, what_bears_an_id_is_moved_as_it_is);
	tcase_add_test(moving, one_call_moves_a_bounded_number);
	tcase_add_loop_test(holding,
			    who_may_publish_to_its_channel_may_to_it_and_its_holder_may_not_list_it,
			    0, 3);
	tcase_add_test(holding, an_inbox_that_is_held_is_left_alone);
	tcase_add_test(holding, there_is_one_at_a_time);
	tcase_add_test(holding, who_holds_next_takes_over_what_was_left);
	tcase_add_test(holding, names_that_are_too_long_have_no_inbox);
	tcase_add_test(holding, a_forked_child_does_not_keep_it);
	tcase_add_loop_test(gone, one_that_is_not_found_any_more_is_given_up_for_another, 0, 2);
	tcase_add_loop_test(gone, without_its_channel_it_goes_with_all_that_is_in_it, 0, 2);
	tcase_add_loop_test(gone, what_can_be_neither_moved_nor_removed_keeps_nothing_else, 0, 2);
	tcase_add_loop_test(gone, who_reads_is_told_to_look, 0, 2);
	return suite;
}

int main(void)
{
	return check_main(make_suite());
}
