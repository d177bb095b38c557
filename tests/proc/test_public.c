/* SPDX-License-Identifier: MIT */
/*
 * A public home: root's, 1777. Every user subscribes and publishes; a channel is a drop box, into
 * which others put messages and of which they can't list, take, rename or replace anything; and
 * what they leave in the home to lure others is not followed.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "proc/process.h"
#include "proc/user.h"
#include "unit/check_main.h"

static fsps_bus *bus;
static fsps_publisher *publisher;

static void set_up(void)
{
	user_make_home(0, 01777);
	bus = fixture_open_bus();
	ck_assert_int_eq(fsps_bus_create_home(bus), FSPS_OK);
	publisher = fixture_open_publisher(bus);
}

static void tear_down(void)
{
	fsps_publisher_close(publisher);
	fsps_bus_close(bus);
}

/* ---- Alice subscribes ---- */

/* What she tells of a message. */
struct heard {
	uint32_t sender;
	char text[28];
};

/* Subscribes to "a" and tells her channel's name; then, at each word, of one message more. */
static void alice(const struct process_ends *ends, void *userdata)
{
	char name[256] = "";
	fsps_channel *channel;
	fsps_bus *own;

	(void)userdata;
	user_become(ALICE);
	own = fixture_open_bus();
	channel = fixture_subscribe(own, "a");
	strcpy(name, fsps_channel_name(channel));
	process_say(ends, name, sizeof name);
	while (process_hear(ends)) {
		fsps_message *message = fixture_receive(channel);
		struct heard heard = {.sender = fsps_message_sender_uid(message)};

		strncpy(heard.text, fsps_message_payload(message, NULL), sizeof heard.text - 1);
		process_say(ends, &heard, sizeof heard);
		fsps_message_unref(message);
	}
	fsps_channel_close(channel);
	fsps_bus_close(own);
}

static struct process start_alice(char name[256])
{
	struct process process = process_start(alice, NULL);

	ck_assert(process_read(&process, name, 256));
	return process;
}

static void expect_heard(const struct process *process, uint32_t sender, const char *text)
{
	struct heard heard;

	process_tell(process);
	ck_assert(process_read(process, &heard, sizeof heard));
	ck_assert_uint_eq(heard.sender, sender);
	ck_assert_str_eq(heard.text, text);
}

static void end(struct process *process)
{
	process_let_go(process);
	process_join(process);
}

/* ---- Bob publishes ---- */

static void bob_publishes(const struct process_ends *ends, void *userdata)
{
	fsps_publisher *own_publisher;
	fsps_bus *own;

	(void)ends;
	user_become(BOB);
	own = fixture_open_bus();
	own_publisher = fixture_open_publisher(own);
	for (int i = 0; i < 3; i++)
		ck_assert_int_eq(fixture_publish(own_publisher, "a", "from Bob"),
				 *(const int *)userdata);
	fsps_publisher_close(own_publisher);
	fsps_bus_close(own);
}

static void let_bob_publish(int expected_reach)
{
	struct process bob = process_start(bob_publishes, &expected_reach);

	process_join(&bob);
}

/* In whichever order: there is none between two publishers. */
static void expect_of_each(fsps_channel *channel, int of_root, int of_bob)
{
	while (of_root + of_bob > 0) {
		fsps_message *message = fixture_receive(channel);
		const char *text = fsps_message_payload(message, NULL);

		if (fsps_message_sender_uid(message) == BOB) {
			ck_assert_str_eq(text, "from Bob");
			ck_assert_int_ge(--of_bob, 0);
		} else {
			ck_assert_uint_eq(fsps_message_sender_uid(message), 0);
			ck_assert_str_eq(text, "from root");
			ck_assert_int_ge(--of_root, 0);
		}
		fsps_message_unref(message);
	}
	fixture_expect_nothing(channel);
}

START_TEST(messages_of_all_users_arrive_with_their_sender)
{
	char name[256];
	struct process process = start_alice(name);
	fsps_channel *roots = fixture_subscribe(bus, "+");

	ck_assert_int_eq(fixture_publish(publisher, "a", "from root"), 2);
	expect_heard(&process, 0, "from root");
	let_bob_publish(2);
	for (int i = 0; i < 3; i++)
		expect_heard(&process, BOB, "from Bob");
	expect_of_each(roots, 1, 3);
	end(&process);
	ck_assert_uint_eq(fixture_count(fixture_home, "a_"), 0);
	fsps_channel_close(roots);
}
END_TEST

START_TEST(more_than_another_users_bell_holds_is_refused_and_leaves_nothing)
{
	enum { CAPACITY = 8192 };
	char name[256];
	struct process process = start_alice(name);
	int refused = 0;

	process_stop(&process);
	for (int i = 0; i < CAPACITY + 10; i++) {
		int r = fixture_publish(publisher, "a", "x");

		ck_assert(r == 1 || r == FSPS_ERR_REFUSED);
		refused += r < 0;
	}
	ck_assert_int_eq(refused, 10);
	/* Her messages, bell and control block. */
	ck_assert_uint_eq(fixture_count(fixture_path("%s", name), ""), CAPACITY + 2);
	process_continue(&process);
	expect_heard(&process, 0, "x");
	end(&process);
}
END_TEST

/* ---- what Bob can't do ---- */

static void expect_forbidden(int result)
{
	ck_assert_int_eq(result, -1);
	ck_assert_msg(errno == EACCES || errno == EPERM, "%m");
}

static void bob_tampers(const struct process_ends *ends, void *userdata)
{
	const char *name = userdata;
	char message[32];

	(void)ends;
	/* Its name is not to be had by him; let him have guessed it. */
	strcpy(message, fixture_find(fixture_path("%s", name), "1"));
	user_become(BOB);
	ck_assert_ptr_null(opendir(fixture_path("%s", name)));
	ck_assert_int_eq(errno, EACCES);
	expect_forbidden(unlink(fixture_path("%s/%s", name, message)));
	expect_forbidden(rename(fixture_path("%s/%s", name, message), fixture_path("stolen")));
	expect_forbidden(rename(fixture_path("%s/%s", name, message), fixture_path("%s/5", name)));
	expect_forbidden(open(fixture_path("%s/%s", name, message), O_WRONLY | O_CLOEXEC));
	expect_forbidden(truncate(fixture_path("%s/%s", name, message), 0));
	expect_forbidden(unlink(fixture_path("%s/queue", name)));
	expect_forbidden(open(fixture_path("%s/queue", name), O_RDONLY | O_NONBLOCK | O_CLOEXEC));
	expect_forbidden(open(fixture_path("%s/.c", name), O_RDONLY | O_CLOEXEC));
	expect_forbidden(rename(fixture_path("%s", name), fixture_path("mine")));
	expect_forbidden(rmdir(fixture_path("%s", name)));
	expect_forbidden(
		unlink(fixture_path(".fsps/%s", fixture_find(fixture_path(".fsps"), "w-"))));
	expect_forbidden(rename(fixture_path(".fsps"), fixture_path("gone")));
}

START_TEST(a_channel_is_a_drop_box_to_other_users)
{
	char name[256];
	struct process process = start_alice(name);
	struct process bob;

	ck_assert_int_eq(fixture_publish(publisher, "a", "private"), 1);
	bob = process_start(bob_tampers, name);
	process_join(&bob);
	expect_heard(&process, 0, "private");
	end(&process);
}
END_TEST

static void bob_drops_rubbish(const struct process_ends *ends, void *userdata)
{
	const char *name = userdata;
	int fd;

	(void)ends;
	user_become(BOB);
	fixture_write(fixture_path("%s/5", name), "no message", 10);
	ck_assert_int_eq(symlink("/etc/passwd", fixture_path("%s/6", name)), 0);
	ck_assert_int_eq(mkfifo(fixture_path("%s/7", name), 0666), 0);
	ck_assert_int_eq(mkdir(fixture_path("%s/8", name), 0), 0);
	fd = open(fixture_path("%s/queue", name), O_WRONLY | O_NONBLOCK | O_CLOEXEC);
	while (write(fd, "rubbish", 7) == 7)
		;
	close(fd);
}

START_TEST(rubbish_that_another_user_drops_stops_nobody)
{
	char name[256];
	struct process process = start_alice(name);
	struct process bob = process_start(bob_drops_rubbish, name);

	process_join(&bob);
	for (int i = 0; i < 3; i++) {
		int64_t end_ms = fixture_now_ms() + FIXTURE_PATIENCE_MS;

		/* Full of rubbish it refuses until she has read it. */
		process_tell(&process);
		while (fixture_publish(publisher, "a", "good") != 1)
			ck_assert_int_lt(fixture_now_ms(), end_ms);
		ck_assert(fixture_readable(process.from_fd, FIXTURE_PATIENCE_MS));
		ck_assert(process_read(&process, &(struct heard){0}, sizeof(struct heard)));
	}
	end(&process);
	ck_assert_uint_eq(fixture_count(fixture_home, "a_"), 0);
}
END_TEST

/* ---- lures ---- */

/* A directory of Bob's that looks like a channel; its path. */
static const char *make_lure(void)
{
	const char *path = fixture_path("a_Lure01234567_%ld", (long)getpid());

	ck_assert_int_eq(mkdir(path, 0755), 0);
	ck_assert_int_eq(chmod(path, 0777), 0);
	ck_assert_int_eq(chown(path, BOB, BOB), 0);
	return path;
}

/* Where somebody listens: a FIFO in a directory of root's, open for reading. */
static int make_victim(uid_t owner, const char *path)
{
	int fd;

	ck_assert_int_eq(mkfifo(path, 0600), 0);
	ck_assert_int_eq(chmod(path, 0622), 0);
	ck_assert_int_eq(chown(path, owner, owner), 0);
	fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	ck_assert_int_ge(fd, 0);
	return fd;
}

static void expect_not_lured(int victim_fd)
{
	char byte[1];

	ck_assert_int_eq(fixture_publish(publisher, "a", "x"), 0);
	ck_assert_int_eq(fsps_publisher_matched(publisher, "a"), 0);
	let_bob_publish(0);
	ck_assert_msg(read(victim_fd, byte, sizeof byte) <= 0, "something was rung");
	close(victim_fd);
}

START_TEST(a_queue_that_is_another_users_fifo_is_not_rung)
{
	char queue[2 * FIXTURE_PATH_BYTES];

	snprintf(queue, sizeof queue, "%s/queue", make_lure());
	expect_not_lured(make_victim(ALICE, queue));
}
END_TEST

START_TEST(a_queue_that_is_a_symlink_is_not_followed)
{
	char queue[2 * FIXTURE_PATH_BYTES];
	int victim;

	snprintf(queue, sizeof queue, "%s/queue", make_lure());
	victim = make_victim(BOB, fixture_path("victim"));
	ck_assert_int_eq(symlink(fixture_path("victim"), queue), 0);
	ck_assert_int_eq(lchown(queue, BOB, BOB), 0);
	expect_not_lured(victim);
}
END_TEST

START_TEST(a_queue_that_is_a_file_is_not_written_to)
{
	char queue[2 * FIXTURE_PATH_BYTES];
	struct stat status;

	snprintf(queue, sizeof queue, "%s/queue", make_lure());
	fixture_write(queue, "12345678", 8);
	ck_assert_int_eq(chown(queue, BOB, BOB), 0);
	ck_assert_int_eq(fixture_publish(publisher, "a", "x"), 0);
	ck_assert_int_eq(stat(queue, &status), 0);
	ck_assert_int_eq(status.st_size, 8);
}
END_TEST

START_TEST(a_channel_that_is_a_symlink_is_not_followed)
{
	char name[256];
	struct process process = start_alice(name);
	char lure[256];

	/* With the same channel behind it a message would come twice. */
	snprintf(lure, sizeof lure, "a_Lure01234567_%ld", (long)getpid());
	ck_assert_int_eq(symlink(name, fixture_path("%s", lure)), 0);
	ck_assert_int_eq(lchown(fixture_path("%s", lure), BOB, BOB), 0);
	ck_assert_int_eq(fixture_publish(publisher, "a", "once"), 1);
	expect_heard(&process, 0, "once");
	ck_assert_uint_eq(fixture_count(fixture_path("%s", name), "1"), 0);
	end(&process);
	ck_assert(fixture_exists(fixture_path("%s", lure)));
}
END_TEST

/* ---- the dead ---- */

static int note_alive(const struct fsps_channel_info *info, void *userdata)
{
	*(enum fsps_alive *)userdata = info->alive;
	return 0;
}

static void bob_looks_on(const struct process_ends *ends, void *userdata)
{
	enum fsps_alive alive = FSPS_ALIVE_YES;
	fsps_publisher *own_publisher;
	fsps_channel *channel;
	fsps_bus *own;

	(void)ends;
	user_become(BOB);
	own = fixture_open_bus();
	ck_assert_int_eq(fsps_bus_list(own, note_alive, &alive), 1);
	ck_assert_int_ne(alive, FSPS_ALIVE_YES);
	own_publisher = fixture_open_publisher(own);
	ck_assert_int_eq(fixture_publish(own_publisher, "a", "x"), 0);
	channel = fixture_subscribe(own, "b");
	fixture_expect_nothing(channel);
	ck_assert(fixture_exists(fixture_path("%s", (const char *)userdata)));
	fsps_channel_close(channel);
	fsps_publisher_close(own_publisher);
	fsps_bus_close(own);
}

START_TEST(another_users_dead_channel_gets_nothing_and_is_cleared_by_who_may)
{
	const struct timespec long_ago[2] = {{.tv_sec = 1}, {.tv_sec = 1}};
	char name[256];
	struct process process = start_alice(name);
	struct process bob;

	process_kill(&process);
	/* Who can't see her lock waits until her pid has been gone for a while. */
	ck_assert_int_eq(utimensat(AT_FDCWD, fixture_path("%s", name), long_ago, 0), 0);
	bob = process_start(bob_looks_on, name);
	process_join(&bob);
	ck_assert(fixture_exists(fixture_path("%s", name)));
	/* Root may. */
	ck_assert_int_eq(fixture_publish(publisher, "a", "x"), 0);
	for (int64_t end_ms = fixture_now_ms() + FIXTURE_PATIENCE_MS;
	     fixture_exists(fixture_path("%s", name));) {
		fsps_channel *channel = fixture_subscribe(bus, "b");

		ck_assert_int_lt(fixture_now_ms(), end_ms);
		fsps_channel_close(channel);
	}
}
END_TEST

int main(void)
{
	Suite *suite;
	TCase *tcase;

	if (user_skipped())
		return EXIT_SUCCESS;
	suite = suite_create("public");
	tcase = fixture_tcase(suite, "public");
	tcase_add_checked_fixture(tcase, set_up, tear_down);
	tcase_add_test(tcase, messages_of_all_users_arrive_with_their_sender);
	tcase_add_test(tcase, more_than_another_users_bell_holds_is_refused_and_leaves_nothing);
	tcase_add_test(tcase, a_channel_is_a_drop_box_to_other_users);
	tcase_add_test(tcase, rubbish_that_another_user_drops_stops_nobody);
	tcase_add_test(tcase, a_queue_that_is_another_users_fifo_is_not_rung);
	tcase_add_test(tcase, a_queue_that_is_a_symlink_is_not_followed);
	tcase_add_test(tcase, a_queue_that_is_a_file_is_not_written_to);
	tcase_add_test(tcase, a_channel_that_is_a_symlink_is_not_followed);
	tcase_add_test(tcase, another_users_dead_channel_gets_nothing_and_is_cleared_by_who_may);
	return check_main(suite);
}
