/* SPDX-License-Identifier: MIT */
/*
 * What others do in a home that they may write to: symlinks in the place of channels, names that
 * they know beforehand, files that can't be opened, bells that never stop. None of it may lead
 * out of the home, change a file of ours, or keep a subscriber from his messages.
 */
#include "fault/fault.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/sys.h"
#include "fault/plain.h"
#include "publish/publisher.h"
#include "store/names.h"
#include "subscribe/channel.h"
#include "unit/check_main.h"

/* Another user: whoever that is on this machine, he owns nothing of ours. */
enum { OTHER = 54321 };

/* A home of everybody's. */
static void share_home(void)
{
	ck_assert_int_eq(mkdir(fault_home(), 0700), 0);
	ck_assert_int_eq(chmod(fault_home(), 01777), 0);
}

static void path_in_channel(fsps_channel *channel, const char *name, char *to, size_t size)
{
	snprintf(to, size, "%s/%s/%s", fault_home(), fsps_channel_name(channel), name);
}

/* Puts an empty file into a channel. Returns it, open. */
static int plant_file(fsps_channel *channel, const char *name)
{
	char path[800];
	int fd;

	path_in_channel(channel, name, path, sizeof path);
	fd = open(path, O_CREAT | O_EXCL | O_RDWR | O_CLOEXEC, 0644);
	ck_assert_int_ge(fd, 0);
	return fd;
}

static void plant_directory(fsps_channel *channel, const char *name)
{
	char path[800];

	path_in_channel(channel, name, path, sizeof path);
	ck_assert_int_eq(mkdir(path, 0700), 0);
}

/* ---- a symlink in a channel's place ---- */

/* A channel of another user's, and a directory outside of the home. */
struct swap {
	struct plain channel;
	char outside[400];
};

static void set_swap(struct swap *swap, unsigned number)
{
	plain_make(&swap->channel, number);
	ck_assert_int_eq(chown(swap->channel.path, OTHER, OTHER), 0);
	ck_assert_int_eq(chown(swap->channel.queue, OTHER, OTHER), 0);
	snprintf(swap->outside, sizeof swap->outside, "%s-outside", fault_home());
	ck_assert_int_eq(mkdir(swap->outside, 0700), 0);
}

static void clear_swap(struct swap *swap)
{
	plain_leave(&swap->channel);
	(void)unlink(swap->channel.path);
	fault_remove_tree(swap->channel.path);
	ck_assert_msg(rmdir(swap->outside) == 0, "outside of the home: %s", strerror(errno));
}

static void lead_outside(void *userdata)
{
	struct swap *swap = userdata;
	char away[500];

	snprintf(away, sizeof away, "%s-away", swap->channel.path);
	ck_assert_int_eq(rename(swap->channel.path, away), 0);
	ck_assert_int_eq(symlink(swap->outside, swap->channel.path), 0);
}

/* Publishes while the channel becomes a symlink right before the k-th call. */
static void publish_swapped(struct fault_poke *poke, bool nameless, bool warm)
{
	fsps_bus *bus = fault_bus();
	fsps_publisher *publisher = fault_publisher(bus);
	struct swap swap;

	set_swap(&swap, poke->at);
	poke->userdata = &swap;
	publisher->staged.named_only = !nameless;
	if (warm)
		ck_assert_int_eq(fsps_publisher_matched(publisher, FAULT_TOPIC), 1);
	fault_poke_start(poke);
	ck_assert_int_ge(fault_publish(publisher, 0, NULL), 0);
	fault_poke_stop();
	clear_swap(&swap);
	fsps_publisher_close(publisher);
	fsps_bus_close(bus);
}

START_TEST(a_symlink_in_a_channels_place_leads_no_message_out_of_the_home)
{
	struct fault_poke poke = {.act = lead_outside};

	share_home();
	do
		publish_swapped(&poke, (_i & 1) == 0, (_i & 2) != 0);
	while (fault_poke_acted(&poke) && ++poke.at > 0);
	ck_assert_uint_gt(poke.at, 5);
}
END_TEST

/* ---- names that are known beforehand ---- */

START_TEST(a_directory_as_a_message_and_its_dead_letters_name_taken_stop_nobody)
{
	struct fault_scene scene;
	fsps_channel *channel;

	fault_scene_set(&scene, 1);
	channel = scene.channels.list[0];
	plant_directory(channel, "5");
	plant_directory(channel, "5/full");
	close(plant_file(channel, FSI_PREFIX_DEAD "type-0-5"));
	ck_assert_int_eq(fault_publish(scene.publisher, 0, NULL), 1);
	fault_let_scan(channel);
	ck_assert_int_eq(fault_fetch_now(channel), 0);
	ck_assert_int_eq(fault_fetch_now(channel), -1);
	fault_scene_clear(&scene);
}
END_TEST

/* A bell that is made anew, with the names that were seen while one was. */
struct mending {
	fsps_channel *channel;
	char secret[400];
	char seen[8][FSI_NAME_BYTES];
	unsigned count;
};

static bool is_old(const char *name)
{
	return strcmp(name, ".") == 0 || strcmp(name, "..") == 0 ||
	       strcmp(name, FSI_NAME_CONTROL) == 0;
}

static void note_names(void *userdata)
{
	struct mending *mending = userdata;
	struct dirent *entry;
	char path[800];
	DIR *names;

	path_in_channel(mending->channel, "", path, sizeof path);
	names = opendir(path);
	ck_assert_ptr_nonnull(names);
	while (mending->count < 8 && (entry = readdir(names)) != NULL)
		if (!is_old(entry->d_name))
			snprintf(mending->seen[mending->count++], FSI_NAME_BYTES, "%s",
				 entry->d_name);
	closedir(names);
}

/* Each name that was seen leads to the secret file now. */
static void plant_symlinks(const struct mending *mending)
{
	char path[800];

	for (unsigned i = 0; i < mending->count; i++) {
		path_in_channel(mending->channel, mending->seen[i], path, sizeof path);
		ck_assert_int_eq(symlink(mending->secret, path), 0);
	}
}

static void make_secret(struct mending *mending)
{
	int fd;

	snprintf(mending->secret, sizeof mending->secret, "%s-secret", fault_home());
	fd = open(mending->secret, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0400);
	ck_assert_int_ge(fd, 0);
	close(fd);
}

static void expect_secret(const struct mending *mending)
{
	struct stat status;

	ck_assert_int_eq(stat(mending->secret, &status), 0);
	ck_assert_uint_eq(status.st_mode & 07777, 0400);
}

static void mend_bell(struct mending *mending)
{
	char queue[800];

	path_in_channel(mending->channel, FSI_NAME_QUEUE, queue, sizeof queue);
	ck_assert_int_eq(unlink(queue), 0);
	plant_symlinks(mending);
	fault_let_second_pass(mending->channel);
	ck_assert_int_eq(fault_fetch(mending->channel), -1);
	expect_secret(mending);
	ck_assert_int_eq(access(queue, F_OK), 0);
}

START_TEST(a_symlink_that_waits_for_a_new_queue_changes_no_files_mode)
{
	struct mending mending = {.count = 0};
	struct fault_poke poke = {.act = note_names, .userdata = &mending, .only = "fchmodat"};
	fsps_bus *bus = fault_bus();

	mending.channel = fault_channel(bus, FAULT_TOPIC);
	make_secret(&mending);
	fault_poke_start(&poke);
	mend_bell(&mending);
	fault_poke_stop();
	ck_assert_uint_eq(mending.count, 1);
	mend_bell(&mending);
	ck_assert_int_eq(unlink(mending.secret), 0);
	fsps_channel_close(mending.channel);
	fsps_bus_close(bus);
}
END_TEST

/* ---- a file that can't be opened ---- */

START_TEST(a_file_under_a_lease_stops_nobody)
{
	struct fault_scene scene;
	fsps_channel *channel;
	int leased;

	fault_scene_set(&scene, 1);
	channel = scene.channels.list[0];
	leased = plant_file(channel, "7");
	ck_assert_ptr_ne(signal(SIGIO, SIG_IGN), SIG_ERR);
	ck_assert_int_eq(fcntl(leased, F_SETLEASE, F_WRLCK), 0);
	ck_assert_int_eq(fault_publish(scene.publisher, 0, NULL), 1);
	fault_let_scan(channel);
	ck_assert_int_eq(fault_fetch_now(channel), 0);
	close(leased);
	fault_scene_clear(&scene);
}
END_TEST

/* ---- a bell that never stops ---- */

enum { TIMEOUT_MS = 200, ENOUGH_MS = 2000, FLOOD_MS = 4000 };

/* An interceptor takes no argument. */
static struct {
	int bell;
	uint64_t first_id;
	uint64_t until_ms;
} flood;

/* The bell rings again whenever somebody reads it or asks what is ready; not for ever, so that a
 * test can fail. */
static int ring_before_looks(const char *call, size_t *length)
{
	unsigned char records[FSI_PENDING_RINGS][8] = {{0}};

	(void)length;
	if ((strcmp(call, "read") != 0 && strcmp(call, "epoll_wait") != 0) ||
	    fsi_sys_monotonic_ms() > flood.until_ms)
		return 0;
	for (unsigned i = 0; flood.first_id != 0 && i < FSI_PENDING_RINGS; i++) {
		records[i][6] = (unsigned char)(flood.first_id + i / 256);
		records[i][7] = (unsigned char)i;
	}
	(void)!write(flood.bell, records, sizeof records);
	return 0;
}

/* Rings of messages that are not there, or that ask to look. */
START_TEST(rings_without_end_do_not_keep_a_subscriber_beyond_his_timeout)
{
	fsps_bus *bus = fault_bus();
	fsps_channel *channel = fault_channel(bus, FAULT_TOPIC);
	fsps_message *message = NULL;
	uint64_t start_ms = fsi_sys_monotonic_ms();

	flood.bell = channel->bell_fd;
	flood.first_id = (uint64_t)_i;
	flood.until_ms = start_ms + FLOOD_MS;
	fsi_sys_intercept = ring_before_looks;
	ck_assert_int_eq(fsps_channel_receive(channel, TIMEOUT_MS, &message), 0);
	fsi_sys_intercept = NULL;
	ck_assert_uint_lt(fsi_sys_monotonic_ms() - start_ms, ENOUGH_MS);
	fsps_channel_close(channel);
	fsps_bus_close(bus);
}
END_TEST

/* ---- a dead channel of another user's ---- */

enum {
	PUBLISHES = 100,
	READINGS_MAX = 50,
	/* Who can't read its control block waits some seconds before it is dead. */
	GRACE_US = 60 * 1000000,
};

static bool become_other(void)
{
	return setgroups(0, NULL) == 0 && setresgid(OTHER, OTHER, OTHER) == 0 &&
	       setresuid(OTHER, OTHER, OTHER) == 0;
}

/* How often a directory is read in so many publishes; a few times it may be, once a second. */
static int publish_as_other(void)
{
	struct fault_plan plan = {.kind = FAULT_NONE, .only = "getdents"};
	fsps_publisher *publisher;

	if (!become_other())
		return 1;
	fsi_sys_clock_step_us = GRACE_US;
	publisher = fault_publisher(fault_bus());
	for (unsigned i = 0; i < 3; i++)
		if (fault_publish(publisher, i, NULL) != 0)
			return 2;
	fault_plan_start(&plan);
	for (unsigned i = 0; i < PUBLISHES; i++)
		if (fault_publish(publisher, i, NULL) != 0)
			return 3;
	fault_plan_stop();
	return plan.calls < READINGS_MAX ? 0 : 4;
}

/* The directory that the home is in lets others through. */
static void open_way_to_home(void)
{
	char path[400];

	snprintf(path, sizeof path, "%s/..", fault_home());
	ck_assert_int_eq(chmod(path, 0711), 0);
}

START_TEST(a_dead_channel_that_is_anothers_does_not_cost_every_publish_a_reading)
{
	pid_t child;
	int status;

	share_home();
	open_way_to_home();
	(void)fault_make_dead_subscriber(1);
	fault_age_home();
	child = fork();
	ck_assert_int_ge(child, 0);
	if (child == 0)
		_exit(publish_as_other());
	ck_assert_int_eq(waitpid(child, &status, 0), child);
	ck_assert_int_eq(status, 0);
	ck_assert_uint_eq(fault_count_names(".", FAULT_TOPIC), 1);
}
END_TEST

/* ---- a umask ---- */

static mode_t mode_of_next(fsps_publisher *publisher, fsps_channel *channel)
{
	char name[FAULT_NAME_BYTES];
	struct stat status;
	char path[800];

	ck_assert_int_eq(fault_publish(publisher, 0, NULL), 1);
	(void)fsi_id_format(name, publisher->receipt.id);
	path_in_channel(channel, name, path, sizeof path);
	ck_assert_int_eq(stat(path, &status), 0);
	return status.st_mode & 07777;
}

START_TEST(a_umask_that_changes_hides_no_message_in_a_shared_home)
{
	struct fault_scene scene;

	fault_use_files();
	share_home();
	fault_scene_set(&scene, 1);
	(void)umask(022);
	ck_assert_uint_eq(mode_of_next(scene.publisher, scene.channels.list[0]), 0644);
	(void)umask(077);
	ck_assert_uint_eq(mode_of_next(scene.publisher, scene.channels.list[0]), 0644);
	fault_scene_clear(&scene);
}
END_TEST

/* Those in which there has to be another user. */
static void add_of_others(Suite *suite)
{
	tcase_add_loop_test(fault_case(suite, "symlinks"),
			    a_symlink_in_a_channels_place_leads_no_message_out_of_the_home, 0, 4);
	tcase_add_test(fault_case(suite, "dead"),
		       a_dead_channel_that_is_anothers_does_not_cost_every_publish_a_reading);
}

static Suite *make_suite(void)
{
	Suite *suite = suite_create("neighbours");
	TCase *names = fault_case(suite, "names");
	TCase *files = fault_case(suite, "files");

	tcase_add_test(names, a_directory_as_a_message_and_its_dead_letters_name_taken_stop_nobody);
	tcase_add_test(names, a_symlink_that_waits_for_a_new_queue_changes_no_files_mode);
	tcase_add_test(files, a_file_under_a_lease_stops_nobody);
	tcase_add_test(files, a_umask_that_changes_hides_no_message_in_a_shared_home);
	tcase_add_loop_test(fault_case(suite, "bells"),
			    rings_without_end_do_not_keep_a_subscriber_beyond_his_timeout, 0, 2);
	if (geteuid() == 0)
		add_of_others(suite);
	return suite;
}

int main(void)
{
	if (geteuid() != 0) {
		printf("# left out: symlinks and dead, as only root can make another user's "
		       "channel\n");
		/* Before check forks. */
		(void)fflush(stdout);
	}
	return check_main(make_suite());
}
