/* SPDX-License-Identifier: MIT */
/*
 * Attacks by hand on a shared home, by a member of a group's home and by a stranger in a public
 * one: on what lies in a channel, on locks and counters, on who a sender is, and by being a bad
 * neighbour. What the API lets each user do stands in test_matrix.c; rubbish, lures and tampering
 * in a home of root's in test_public.c.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>

#include "api/pmsg.h"
#include "proc/shared.h"
#include "unit/check_main.h"

/* Who attacks in which home. */
static const struct threat {
	int profile;
	enum shared_user attacker;
} threats[] = {
	{FSPS_PROFILE_GROUP, SHARED_MEMBER},
	{FSPS_PROFILE_PUBLIC, SHARED_STRANGER},
};

enum { THREATS = sizeof threats / sizeof threats[0] };

/* What an attack knows; names as root sees them, for none of them may be listed. */
struct attack {
	const struct threat *threat;
	const struct shared_names *names;
	char message[64];
	char member[64];
};

/* ---- in a channel, and beside it ---- */

static int open_and_close(const char *path, int flags)
{
	int fd = open(path, flags | O_CLOEXEC | O_NONBLOCK);

	if (fd >= 0)
		close(fd);
	return fd < 0 ? -1 : 0;
}

static int list_names(const char *path)
{
	DIR *directory = opendir(path);

	if (directory != NULL)
		(void)closedir(directory);
	return directory == NULL ? -1 : 0;
}

static int make_directory_over(const char *path)
{
	return mkdir(path, 0777);
}

static int open_to_read(const char *path)
{
	return open_and_close(path, O_RDONLY);
}

static int open_to_write(const char *path)
{
	return open_and_close(path, O_WRONLY);
}

static int open_for_both(const char *path)
{
	return open_and_close(path, O_RDWR);
}

static int cut(const char *path)
{
	return truncate(path, 0);
}

static int change_mode(const char *path)
{
	return chmod(path, 0777);
}

static int take_away(const char *path)
{
	return rename(path, fixture_path("taken"));
}

static int replace(const char *path)
{
	char ours[2 * FIXTURE_PATH_BYTES];

	static int made;

	snprintf(ours, sizeof ours, "%s", fixture_path("ours-%d-%d", (int)geteuid(), made++));
	fixture_write(ours, "x", 1);
	return rename(ours, path);
}

enum place { CHANNEL, MESSAGE, QUEUE, CONTROL, STATE, STAGING, COUNTER, MEMBER_LOCK };

static const char *path_of(const struct attack *attack, enum place place)
{
	const char *channel = attack->names->open;

	switch (place) {
	case CHANNEL:
		return fixture_path("%s", channel);
	case MESSAGE:
		return fixture_path("%s/%s", channel, attack->message);
	case QUEUE:
		return fixture_path("%s/queue", channel);
	case CONTROL:
		return fixture_path("%s/.c", channel);
	case STATE:
		return fixture_path(".fsps");
	case STAGING:
		return fixture_path("tmp");
	case COUNTER:
		return fixture_path(".fsps/seq");
	case MEMBER_LOCK:
	default:
		return fixture_path(".fsps/%s", attack->member);
	}
}

/* Each must fail; a sticky directory says EPERM of what is another's, a mode EACCES. */
static const struct attempt {
	const char *what;
	int (*run)(const char *path);
	enum place place;
	int error;
} attempts[] = {
	{"list a channel", list_names, CHANNEL, EACCES},
	{"widen a channel", change_mode, CHANNEL, EPERM},
	{"take a channel", take_away, CHANNEL, EPERM},
	{"remove a channel", rmdir, CHANNEL, EPERM},
	{"take a message", take_away, MESSAGE, EPERM},
	{"remove a message", unlink, MESSAGE, EPERM},
	{"replace a message", replace, MESSAGE, EPERM},
	{"write into a message", open_to_write, MESSAGE, EACCES},
	{"cut a message", cut, MESSAGE, EACCES},
	{"widen a message", change_mode, MESSAGE, EPERM},
	{"read the bell", open_to_read, QUEUE, EACCES},
	{"read and write the bell", open_for_both, QUEUE, EACCES},
	{"remove the bell", unlink, QUEUE, EPERM},
	{"replace the bell", replace, QUEUE, EPERM},
	{"read the control block", open_to_read, CONTROL, EACCES},
	{"map the control block", open_for_both, CONTROL, EACCES},
	{"write the control block", open_to_write, CONTROL, EACCES},
	{"cut the control block", cut, CONTROL, EACCES},
	{"remove the control block", unlink, CONTROL, EPERM},
	{"replace the control block", replace, CONTROL, EPERM},
	{"make a control block", make_directory_over, CONTROL, EEXIST},
	{"widen the state", change_mode, STATE, EPERM},
	{"take the state", take_away, STATE, EPERM},
	{"take the staging", take_away, STAGING, EPERM},
	{"map the counter", open_for_both, COUNTER, EACCES},
	{"read the counter", open_to_read, COUNTER, EACCES},
	{"remove the counter", unlink, COUNTER, EPERM},
	{"replace the counter", replace, COUNTER, EPERM},
	/* To open is to be able to lock. */
	{"open a member's lock to read", open_to_read, MEMBER_LOCK, EACCES},
	{"open a member's lock to write", open_to_write, MEMBER_LOCK, EACCES},
	{"remove a member's lock", unlink, MEMBER_LOCK, EPERM},
	{"replace a member's lock", replace, MEMBER_LOCK, EPERM},
};

static void try_all(const struct process_ends *ends, void *userdata)
{
	const struct attack *attack = userdata;

	(void)ends;
	shared_become(attack->threat->attacker);
	for (size_t i = 0; i < sizeof attempts / sizeof attempts[0]; i++) {
		int r = attempts[i].run(path_of(attack, attempts[i].place));

		ck_assert_msg(r == -1, "%s: could be done", attempts[i].what);
		ck_assert_msg(errno == attempts[i].error, "%s: %m", attempts[i].what);
	}
}

static void prepare(struct attack *attack, const struct threat *threat,
		    const struct shared_names *names)
{
	*attack = (struct attack){.threat = threat, .names = names};
	snprintf(attack->member, sizeof attack->member, "%s",
		 fixture_find(fixture_path(".fsps"), "w-"));
}

static void publish_as(enum shared_user user, const char *topic, int expected);

START_TEST(of_what_lies_there_nothing_is_to_be_had)
{
	const struct threat *threat = &threats[_i];
	struct shared_names names;
	struct process host = shared_start(threat->profile, &names);
	struct process attacker;
	struct attack attack;

	publish_as(SHARED_OWNER, "open", 1);
	prepare(&attack, threat, &names);
	/* One in a file; of segments there is no more to be had. */
	snprintf(attack.message, sizeof attack.message, "%s",
		 fixture_find(fixture_path("%s", names.open), "1"));
	attacker = process_start(try_all, &attack);
	process_join(&attacker);
	shared_end(&host);
}
END_TEST

/* ---- publishing and receiving by command ---- */

struct publishing {
	enum shared_user user;
	const char *topic;
	int expected;
};

static void publish_files(const struct process_ends *ends, void *userdata)
{
	const struct publishing *publishing = userdata;
	fsps_publisher *publisher;
	fsps_bus *bus;
	int r;

	(void)ends;
	shared_become(publishing->user);
	bus = fixture_open_bus();
	publisher = fixture_open_file_publisher(bus);
	r = fixture_publish(publisher, publishing->topic, "true");
	ck_assert_msg(r == publishing->expected, "%d: %s", r, fsps_last_error()->text);
	fsps_publisher_close(publisher);
	fsps_bus_close(bus);
}

static void publish_as(enum shared_user user, const char *topic, int expected)
{
	struct publishing publishing = {.user = user, .topic = topic, .expected = expected};
	struct process process = process_start(publish_files, &publishing);

	process_join(&process);
}

struct heard {
	uint32_t sender;
	char text[28];
};

/* Makes the home and tells of one message of "open" at each word. */
static void listen_in(const struct process_ends *ends, void *userdata)
{
	const struct fsps_home_options options = {
		.size = sizeof options,
		.profile = *(const int *)userdata,
		.gid = *(const int *)userdata == FSPS_PROFILE_GROUP ? GROUP : 0};
	struct shared_names names = {.open = ""};
	fsps_channel *channel;
	fsps_bus *bus;

	shared_become(SHARED_OWNER);
	bus = fixture_open_bus();
	ck_assert_int_eq(fsps_home_init(bus, &options), 0);
	channel = shared_subscribe(bus, "open", 0);
	strcpy(names.open, fsps_channel_name(channel));
	process_say(ends, &names, sizeof names);
	while (process_hear(ends)) {
		fsps_message *message = fixture_receive(channel);
		struct heard heard = {.sender = fsps_message_sender_uid(message)};

		strncpy(heard.text, fsps_message_payload(message, NULL), sizeof heard.text - 1);
		process_say(ends, &heard, sizeof heard);
		fsps_message_unref(message);
	}
	fsps_channel_close(channel);
	fsps_bus_close(bus);
}

static struct process start_listener(int profile, struct shared_names *ret_names)
{
	struct process listener;

	user_make_home(ALICE, 0700);
	listener = process_start(listen_in, &profile);
	ck_assert(process_read(&listener, ret_names, sizeof *ret_names));
	return listener;
}

static void expect_heard(const struct process *listener, const char *text, uint32_t sender)
{
	struct heard heard;

	process_tell(listener);
	ck_assert(process_read(listener, &heard, sizeof heard));
	ck_assert_str_eq(heard.text, text);
	ck_assert_uint_eq(heard.sender, sender);
}

/* ---- who sent it ---- */

START_TEST(the_sender_of_a_message_is_whoever_wrote_it)
{
	const struct threat *threat = &threats[_i];
	struct shared_names names;
	struct process listener = start_listener(threat->profile, &names);

	publish_as(threat->attacker, "open", 1);
	expect_heard(&listener, "true", shared_identities[threat->attacker].uid);
	publish_as(SHARED_OWNER, "open", 1);
	expect_heard(&listener, "true", ALICE);
	shared_end(&listener);
}
END_TEST

/* Drops a message of his own making, as a file of that mode. */
static void drop(const char *channel, uint64_t id, const char *topic, mode_t mode)
{
	unsigned char bytes[256];
	size_t length = pmsg_build(bytes, id, topic, "{}", "forged");
	const char *path = fixture_path("%s/%llu", channel, (unsigned long long)id);

	fixture_write(path, bytes, length);
	ck_assert_int_eq(chmod(path, mode), 0);
}

static void forge(const struct process_ends *ends, void *userdata)
{
	const struct attack *attack = userdata;
	const char *channel = attack->names->open;

	(void)ends;
	shared_become(attack->threat->attacker);
	drop(channel, 1, "open", 0666);
	drop(channel, 2, "open", 0644);
	drop(channel, 3, "other", 0644);
	drop(channel, 4, "open", 0664);
}

/* Anybody could have written into what others may write to. His own name he may sign with. */
START_TEST(nobody_forges_a_sender)
{
	const struct threat *threat = &threats[_i];
	struct shared_names names;
	struct process listener = start_listener(threat->profile, &names);
	struct attack attack = {.threat = threat, .names = &names};
	struct process attacker = process_start(forge, &attack);

	process_join(&attacker);
	expect_heard(&listener, "forged", UINT32_MAX);
	expect_heard(&listener, "forged", shared_identities[threat->attacker].uid);
	expect_heard(&listener, "forged", UINT32_MAX);
	/* Not for a channel like this. */
	ck_assert_uint_eq(fixture_count(fixture_path("%s", names.open), ".d-topic-0-3"), 1);
	shared_end(&listener);
}
END_TEST

static bool links_are_protected(void)
{
	char setting = '0';
	int fd = open("/proc/sys/fs/protected_hardlinks", O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return false;
	if (read(fd, &setting, 1) != 1)
		setting = '0';
	close(fd);
	return setting == '1';
}

/* Receives a message of the owner's in a channel of his own, and passes the file on. */
static void pass_on(const struct process_ends *ends, void *userdata)
{
	const struct attack *attack = userdata;
	char from[2 * FIXTURE_PATH_BYTES];
	fsps_channel *bait;
	fsps_bus *bus;

	shared_become(attack->threat->attacker);
	bus = fixture_open_bus();
	bait = fixture_subscribe(bus, "bait");
	process_say_ready(ends);
	ck_assert(process_hear(ends));
	snprintf(from, sizeof from, "%s",
		 fixture_path("%s/%s", fsps_channel_name(bait),
			      fixture_find(fixture_path("%s", fsps_channel_name(bait)), "1")));
	if (links_are_protected()) {
		ck_assert_int_eq(link(from, fixture_path("%s/7", attack->names->open)), -1);
		ck_assert_int_eq(errno, EPERM);
	}
	/* In his own channel he may rename. */
	ck_assert_int_eq(rename(from, fixture_path("%s/7", attack->names->open)), 0);
	fsps_channel_close(bait);
	fsps_bus_close(bus);
}

START_TEST(a_true_message_that_was_meant_for_others_is_not_taken_for_one)
{
	const struct threat *threat = &threats[_i];
	struct shared_names names;
	struct process listener = start_listener(threat->profile, &names);
	struct attack attack = {.threat = threat, .names = &names};
	struct process attacker = process_start(pass_on, &attack);

	process_await_ready(&attacker);
	publish_as(SHARED_OWNER, "bait", 1);
	process_tell(&attacker);
	process_join(&attacker);
	publish_as(SHARED_OWNER, "open", 1);
	expect_heard(&listener, "true", ALICE);
	ck_assert_uint_eq(fixture_count(fixture_path("%s", names.open), ".d-"), 1);
	shared_end(&listener);
}
END_TEST

/* ---- locks ---- */

/* A process that holds a bell open, for otherwise nobody may open it for writing, lets him lock it.
 */
static void lock_the_bell(const struct process_ends *ends, void *userdata)
{
	const struct attack *attack = userdata;
	int fd;

	shared_become(attack->threat->attacker);
	fd = open(fixture_path(SHARED_JOBS "/queue"), O_WRONLY | O_NONBLOCK | O_CLOEXEC);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(flock(fd, LOCK_EX | LOCK_NB), 0);
	process_say_ready(ends);
	(void)process_hear(ends);
	close(fd);
}

static void read_jobs(const struct process_ends *ends, void *userdata)
{
	const struct fsps_channel_options options = {.size = sizeof options, .durable = "mail"};
	fsps_channel *channel = NULL;
	fsps_bus *bus;

	(void)userdata;
	shared_become(SHARED_OWNER);
	bus = fixture_open_bus();
	ck_assert_int_eq(fsps_channel_open(bus, "jobs", &options, &channel), FSPS_OK);
	process_say_ready(ends);
	(void)process_hear(ends);
	fsps_channel_close(channel);
	fsps_bus_close(bus);
}

START_TEST(a_lock_on_the_bell_keeps_no_inbox_away)
{
	const struct threat *threat = &threats[_i];
	struct shared_names names;
	struct process host = shared_start(threat->profile, &names);
	struct attack attack = {.threat = threat, .names = &names};
	int bell = open(fixture_path(SHARED_JOBS "/queue"), O_RDWR | O_NONBLOCK | O_CLOEXEC);
	struct process attacker = process_start(lock_the_bell, &attack);
	struct process reader;

	process_await_ready(&attacker);
	reader = process_start(read_jobs, NULL);
	process_await_ready(&reader);
	ck_assert_uint_eq(fixture_count(fixture_home, SHARED_JOBS ".in_"), 1);
	shared_end(&reader);
	shared_end(&attacker);
	close(bell);
	shared_end(&host);
}
END_TEST

int main(void)
{
	Suite *suite;
	TCase *tcase;

	if (user_skipped())
		return EXIT_SUCCESS;
	suite = suite_create("threats");
	tcase = fixture_tcase(suite, "threats");
	tcase_add_loop_test(tcase, of_what_lies_there_nothing_is_to_be_had, 0, THREATS);
	tcase_add_loop_test(tcase, the_sender_of_a_message_is_whoever_wrote_it, 0, THREATS);
	tcase_add_loop_test(tcase, nobody_forges_a_sender, 0, THREATS);
	tcase_add_loop_test(tcase, a_true_message_that_was_meant_for_others_is_not_taken_for_one, 0,
			    THREATS);
	tcase_add_loop_test(tcase, a_lock_on_the_bell_keeps_no_inbox_away, 0, THREATS);
	return check_main(suite);
}
