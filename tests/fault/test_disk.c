/* SPDX-License-Identifier: MIT */
/*
 * Real exhaustion, up to the very edge: homes on small file systems, without space, without inodes,
 * read-only, and with a channel on another mount; and what the option sync asks of a disk, where
 * this machine has one. Needs a private mount namespace.
 */
#include "fault/fault.h"

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
#include "store/names.h"
#include "unit/check_main.h"

/* ---- mounts ---- */

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

/* The home is a file system of its own. */
static void mount_home(const char *options)
{
	ck_assert_int_eq(mkdir(fault_home(), 0700), 0);
	ck_assert_int_eq(mount("none", fault_home(), "tmpfs", 0, options), 0);
	ck_assert_int_eq(chmod(fault_home(), 0700), 0);
}

static void unmount_home(void)
{
	ck_assert_int_eq(umount2(fault_home(), MNT_DETACH), 0);
}

static struct statfs look_at_home(void)
{
	struct statfs status;

	ck_assert_int_eq(statfs(fault_home(), &status), 0);
	return status;
}

/* ---- no space ---- */

static void path_in_home(char *to, size_t size, const char *name)
{
	snprintf(to, size, "%s/%s", fault_home(), name);
}

/* Takes all but so many bytes of the home's space. */
static void fill_space(uint64_t bytes_left)
{
	char path[400];
	int fd;
	struct statfs status;

	path_in_home(path, sizeof path, "filler");
	fd = open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
	ck_assert_int_ge(fd, 0);
	status = look_at_home();
	ck_assert_int_eq(fallocate(fd, 0, 0,
				   (off_t)(status.f_bfree * (uint64_t)status.f_bsize - bytes_left)),
			 0);
	close(fd);
	ck_assert_uint_eq(look_at_home().f_bfree * (uint64_t)status.f_bsize, bytes_left);
}

static void free_space(void)
{
	char path[400];

	path_in_home(path, sizeof path, "filler");
	ck_assert_int_eq(unlink(path), 0);
}

START_TEST(without_space_a_publish_says_so_and_readers_go_on)
{
	struct fault_channels channels;
	fsps_publisher *publisher;
	fsps_receipt *receipt = NULL;

	fault_use_files();
	mount_home("size=1m");
	fault_channels_open(&channels, 2);
	publisher = fault_publisher(channels.bus);
	ck_assert_int_eq(fsps_receipt_new(&receipt), FSPS_OK);
	for (unsigned i = 0; i < 3; i++)
		ck_assert_int_eq(fault_publish(publisher, i, NULL), 2);
	fill_space(0);
	ck_assert_int_eq(fault_publish(publisher, 3, receipt), FSPS_ERR_NO_SPACE);
	ck_assert_int_eq(fsps_receipt_reached(receipt), 0);
	for (unsigned c = 0; c < 2; c++) {
		fault_let_second_pass(channels.list[c]);
		for (int i = 0; i < 3; i++)
			ck_assert_int_eq(fault_fetch(channels.list[c]), i);
		ck_assert_int_eq(fault_fetch(channels.list[c]), -1);
	}
	/* What they read made room. */
	ck_assert_int_eq(fault_publish(publisher, 4, receipt), 2);
	ck_assert_int_eq(fault_fetch(channels.list[0]), 4);
	fsps_receipt_free(receipt);
	fsps_publisher_close(publisher);
	fault_channels_close(&channels);
	unmount_home();
}
END_TEST

START_TEST(space_that_ends_in_the_middle_of_a_message_leaves_nothing_of_it)
{
	enum { BYTES = 300000, LEFT = 81920 };
	char *payload = calloc(1, BYTES);
	struct fault_channels channels;
	fsps_publisher *publisher;
	struct statfs status;

	fault_use_files();
	mount_home("size=1m");
	fault_channels_open(&channels, 2);
	publisher = fault_publisher(channels.bus);
	ck_assert_int_eq(fault_publish(publisher, 0, NULL), 2);
	fill_space(LEFT);
	ck_assert_int_eq(fsps_publish(publisher, FAULT_TOPIC, NULL, payload, BYTES, NULL),
			 FSPS_ERR_NO_SPACE);
	status = look_at_home();
	ck_assert_uint_eq(status.f_bfree * (uint64_t)status.f_bsize, LEFT);
	ck_assert_int_eq(fault_publish(publisher, 1, NULL), 2);
	for (unsigned c = 0; c < 2; c++) {
		ck_assert_int_eq(fault_fetch(channels.list[c]), 0);
		ck_assert_int_eq(fault_fetch(channels.list[c]), 1);
		ck_assert_int_eq(fault_fetch(channels.list[c]), -1);
	}
	free(payload);
	fsps_publisher_close(publisher);
	fault_channels_close(&channels);
	unmount_home();
}
END_TEST

START_TEST(without_space_a_channel_is_not_opened_and_leaves_nothing)
{
	struct fault_channels channels;
	fsps_channel *channel = NULL;

	mount_home("size=1m");
	fault_channels_open(&channels, 1);
	fill_space(0);
	ck_assert_int_eq(fsps_channel_open(channels.bus, FAULT_TOPIC, NULL, &channel),
			 FSPS_ERR_NO_SPACE);
	free_space();
	fault_expect_clean(1, 1);
	fault_channels_close(&channels);
	unmount_home();
}
END_TEST

/* Frees the space when the publisher waits for the third time. */
static unsigned waits;

static int free_at_third_wait(const char *call, size_t *length)
{
	(void)length;
	if (strcmp(call, "poll") == 0 && ++waits == 3)
		free_space();
	return 0;
}

START_TEST(a_publisher_that_may_wait_goes_on_once_there_is_space)
{
	const struct fsps_publisher_options patient = {.size = sizeof patient,
						       .wait_ms = FSPS_FOREVER};
	const struct fsps_publisher_options hasty = {.size = sizeof hasty, .wait_ms = 20};
	struct fault_channels channels;
	fsps_publisher *publisher = NULL;

	mount_home("size=1m");
	fault_channels_open(&channels, 2);
	fill_space(0);
	ck_assert_int_eq(fsps_publisher_open(channels.bus, &hasty, &publisher), FSPS_OK);
	ck_assert_int_eq(fault_publish(publisher, 0, NULL), FSPS_ERR_TIMEOUT);
	fsps_publisher_close(publisher);
	ck_assert_int_eq(fsps_publisher_open(channels.bus, &patient, &publisher), FSPS_OK);
	fsi_sys_intercept = free_at_third_wait;
	ck_assert_int_eq(fault_publish(publisher, 1, NULL), 2);
	fsi_sys_intercept = NULL;
	ck_assert_uint_eq(waits, 3);
	ck_assert_int_eq(fault_fetch(channels.list[0]), 1);
	ck_assert_int_eq(fault_fetch(channels.list[0]), -1);
	fsps_publisher_close(publisher);
	fault_channels_close(&channels);
	unmount_home();
}
END_TEST

/* ---- no inodes ---- */

/* Leaves so many free inodes. */
static void fill_inodes(uint64_t left)
{
	char name[400];

	for (unsigned i = 0; look_at_home().f_ffree > left; i++) {
		int fd;

		snprintf(name, sizeof name, "%s/filler-%u", fault_home(), i);
		fd = open(name, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
		ck_assert_int_ge(fd, 0);
		close(fd);
	}
	ck_assert_uint_eq(look_at_home().f_ffree, left);
}

static bool is_refusing(const fsps_receipt *receipt, const char *channel)
{
	for (int i = 0; i < fsps_receipt_refused(receipt); i++) {
		const char *name = NULL;
		int code = 0;

		ck_assert_int_eq(fsps_receipt_refusal(receipt, i, &name, &code), FSPS_OK);
		ck_assert_int_eq(code, FSPS_ERR_NO_SPACE);
		if (strcmp(name, channel) == 0)
			return true;
	}
	return false;
}

/* With so many inodes free, that many channels get it: the file itself takes one and its first
 * name none. A segment has that name in tmp, which takes one, too. */
static void publish_with_inodes(int inodes)
{
	int links = fault_is_fast() ? inodes - 2 : inodes;
	bool has_file = fault_is_fast() ? links >= 0 : links > 0;
	struct fault_channels channels;
	fsps_publisher *publisher;
	fsps_receipt *receipt = NULL;
	int r;

	mount_home("nr_inodes=64");
	fault_channels_open(&channels, 5);
	publisher = fault_publisher(channels.bus);
	ck_assert_int_eq(fsps_receipt_new(&receipt), FSPS_OK);
	fill_inodes((uint64_t)inodes);
	r = fault_publish(publisher, 0, receipt);
	links = links < 0 ? 0 : links > 5 ? 5 : links;
	ck_assert_int_eq(r, !has_file ? FSPS_ERR_NO_SPACE : links < 5 ? FSPS_ERR_REFUSED : 5);
	ck_assert_int_eq(fsps_receipt_reached(receipt), links);
	ck_assert_int_eq(fsps_receipt_refused(receipt), has_file ? 5 - links : 0);
	for (unsigned i = 0; i < channels.count && has_file; i++) {
		fsps_channel *channel = channels.list[i];
		bool refused = is_refusing(receipt, fsps_channel_name(channel));

		ck_assert_int_eq(fault_fetch(channel), refused ? -1 : 0);
	}
	fsps_receipt_free(receipt);
	fsps_publisher_close(publisher);
	fault_channels_close(&channels);
	unmount_home();
}

START_TEST(without_inodes_for_all_links_the_receipt_names_who_got_none)
{
	publish_with_inodes(_i);
}
END_TEST

START_TEST(without_inodes_readers_go_on_and_set_aside)
{
	struct fault_channels channels;
	fsps_publisher *publisher;
	char path[700];
	int fd;

	mount_home("nr_inodes=64");
	fault_channels_open(&channels, 1);
	publisher = fault_publisher(channels.bus);
	ck_assert_int_eq(fault_publish(publisher, 0, NULL), 1);
	snprintf(path, sizeof path, "%s/%s/1", fault_home(), fsps_channel_name(channels.list[0]));
	fd = open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
	ck_assert_int_eq(write(fd, "no message", 10), 10);
	close(fd);
	fill_inodes(0);
	fault_let_second_pass(channels.list[0]);
	ck_assert_int_eq(fault_fetch(channels.list[0]), 0);
	ck_assert_int_eq(fault_fetch(channels.list[0]), -1);
	ck_assert_uint_eq(fault_count_names(fsps_channel_name(channels.list[0]), FSI_PREFIX_DEAD),
			  1);
	fsps_publisher_close(publisher);
	fault_channels_close(&channels);
	unmount_home();
}
END_TEST

/* ---- read-only, and another mount ---- */

static int see_one(const struct fsps_channel_info *info, void *userdata)
{
	ck_assert_str_eq(info->pattern, FAULT_TOPIC);
	(*(int *)userdata)++;
	return 0;
}

static fsps_bus *open_bus_at(const char *path)
{
	const struct fsps_bus_options options = {.size = sizeof options, .home = path};
	fsps_bus *bus = NULL;

	ck_assert_int_eq(fsps_bus_open(&options, &bus), FSPS_OK);
	return bus;
}

/* Its channel is alive on the mount that may be written to; we see the other one. */
START_TEST(in_a_read_only_home_publishing_and_subscribing_say_so)
{
	struct fault_channels channels;
	fsps_channel *channel = NULL;
	fsps_publisher *publisher;
	char other[400];
	int seen = 0;
	fsps_bus *bus;

	mount_home("size=1m");
	fault_channels_open(&channels, 1);
	snprintf(other, sizeof other, "%s-read-only", fault_home());
	ck_assert_int_eq(mkdir(other, 0700), 0);
	ck_assert_int_eq(mount(fault_home(), other, NULL, MS_BIND, NULL), 0);
	ck_assert_int_eq(mount(NULL, other, NULL, MS_REMOUNT | MS_BIND | MS_RDONLY, NULL), 0);
	bus = open_bus_at(other);
	publisher = fault_publisher(bus);
	ck_assert_int_eq(fault_publish(publisher, 0, NULL), FSPS_ERR_READ_ONLY);
	ck_assert_int_eq(fsps_channel_open(bus, FAULT_TOPIC, NULL, &channel), FSPS_ERR_READ_ONLY);
	ck_assert_int_eq(fsps_bus_list(bus, see_one, &seen), 1);
	ck_assert_int_eq(seen, 1);
	fsps_publisher_close(publisher);
	fsps_bus_close(bus);
	ck_assert_int_eq(umount2(other, MNT_DETACH), 0);
	ck_assert_int_eq(fault_fetch(channels.list[0]), -1);
	fault_channels_close(&channels);
	unmount_home();
}
END_TEST

START_TEST(a_channel_on_another_mount_gets_a_copy)
{
	struct fault_channels channels;
	fsps_publisher *publisher;
	char path[700];

	mount_home("size=1m");
	fault_channels_open(&channels, 2);
	snprintf(path, sizeof path, "%s/%s", fault_home(), fsps_channel_name(channels.list[0]));
	ck_assert_int_eq(mount(path, path, NULL, MS_BIND, NULL), 0);
	publisher = fault_publisher(channels.bus);
	ck_assert_int_eq(fault_publish(publisher, 0, NULL), 2);
	for (unsigned i = 0; i < 2; i++) {
		ck_assert_int_eq(fault_fetch(channels.list[i]), 0);
		ck_assert_int_eq(fault_fetch(channels.list[i]), -1);
	}
	fsps_publisher_close(publisher);
	for (unsigned i = 0; i < 2; i++)
		ck_assert_int_eq(fault_fetch(channels.list[i]), -1);
	ck_assert_int_eq(umount2(path, MNT_DETACH), 0);
	fault_expect_clean(2, 1);
	fault_channels_close(&channels);
	unmount_home();
}
END_TEST

/* ---- a disk ---- */

/* A directory of the test's own on a disk; false: there is none. */
static bool make_on_disk(char *path, size_t size)
{
	const char *disk = fault_find_disk();

	if (disk == NULL)
		return false;
	snprintf(path, size, "%s/fsps-fault-XXXXXX", disk);
	return mkdtemp(path) != NULL;
}

static bool has_disk(void)
{
	char path[400];

	return make_on_disk(path, sizeof path) && rmdir(path) == 0;
}

/* The home lies in that directory. */
static void bind_home(const char *path)
{
	ck_assert_int_eq(mkdir(fault_home(), 0700), 0);
	ck_assert_int_eq(mount(path, fault_home(), NULL, MS_BIND, NULL), 0);
}

static unsigned count_syncs(fsps_publisher *publisher, unsigned number)
{
	struct fault_plan plan = {.kind = FAULT_NONE, .only = "fsync"};

	fault_plan_start(&plan);
	ck_assert_int_eq(fault_publish(publisher, number, NULL), 2);
	fault_plan_stop();
	return plan.calls;
}

static void expect_syncs(unsigned count)
{
	const struct fsps_publisher_options options = {.size = sizeof options, .sync = 1};
	struct fault_channels channels;
	fsps_publisher *publisher = NULL;

	fault_channels_open(&channels, 2);
	ck_assert_int_eq(fsps_publisher_open(channels.bus, &options, &publisher), FSPS_OK);
	for (int i = 0; i < 5; i++) {
		ck_assert_uint_eq(count_syncs(publisher, (unsigned)i), count);
		for (unsigned c = 0; c < 2; c++)
			ck_assert_int_eq(fault_fetch(channels.list[c]), i);
	}
	fsps_publisher_close(publisher);
	fault_channels_close(&channels);
}

START_TEST(on_a_disk_the_file_and_each_directory_are_written_through)
{
	char path[400];

	ck_assert(make_on_disk(path, sizeof path));
	bind_home(path);
	expect_syncs(3);
	unmount_home();
	fault_remove_tree(path);
}
END_TEST

START_TEST(in_memory_nothing_is_written_through)
{
	mount_home("size=1m");
	expect_syncs(0);
	unmount_home();
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("disk");
	TCase *space = fault_case(suite, "space");
	TCase *inodes = fault_case(suite, "inodes");
	TCase *mounts = fault_case(suite, "mounts");
	TCase *sync = fault_case(suite, "sync");

	tcase_add_test(space, without_space_a_publish_says_so_and_readers_go_on);
	tcase_add_test(space, space_that_ends_in_the_middle_of_a_message_leaves_nothing_of_it);
	tcase_add_test(space, without_space_a_channel_is_not_opened_and_leaves_nothing);
	tcase_add_test(space, a_publisher_that_may_wait_goes_on_once_there_is_space);
	tcase_add_loop_test(inodes, without_inodes_for_all_links_the_receipt_names_who_got_none, 0,
			    8);
	tcase_add_test(inodes, without_inodes_readers_go_on_and_set_aside);
	tcase_add_test(mounts, in_a_read_only_home_publishing_and_subscribing_say_so);
	tcase_add_test(mounts, a_channel_on_another_mount_gets_a_copy);
	tcase_add_test(sync, in_memory_nothing_is_written_through);
	if (has_disk())
		tcase_add_test(sync, on_a_disk_the_file_and_each_directory_are_written_through);
	else
		printf("# no directory for temporary files is on a disk: one test less\n");
	return suite;
}

int main(void)
{
	if (!fault_unshare(CLONE_NEWNS) || !may_mount()) {
		printf("1..0 # SKIP no private mount namespace can be made here (%s)\n",
		       strerror(errno));
		return EXIT_SUCCESS;
	}
	return setenv("PUBSUB_WATERMARK", "100", 1) == 0 ? check_main(make_suite()) : EXIT_FAILURE;
}
