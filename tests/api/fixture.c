/* SPDX-License-Identifier: MIT */
/* Implements fixture.h. */
#include "fixture.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

char fixture_home[FIXTURE_PATH_BYTES];

/* How long a publisher of segments relies on what it saw of the home: FSI_LOOK_PERIOD_US. */
enum { LOOK_PERIOD_US = 1000 };

/* The directory that the homes of a test case lie in; made and removed outside of the tests. */
static char base[FIXTURE_PATH_BYTES / 2];
static unsigned homes_made;
static size_t descriptors_before;

/* ---- set-up and tear-down ---- */

static size_t count_descriptors(void)
{
	return fixture_count("/proc/self/fd", "");
}

static void make_base(void)
{
	const char *place = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp";

	snprintf(base, sizeof base, "%s/fsps-test-XXXXXX", place);
	if (mkdtemp(base) == NULL) {
		perror(base);
		abort();
	}
	/* Tests with other users have to pass through it. */
	(void)chmod(base, 0755);
}

static void remove_base(void)
{
	fixture_remove(base);
}

static void set_up(void)
{
	snprintf(fixture_home, sizeof fixture_home, "%s/%ld-%u", base, (long)getpid(),
		 homes_made++);
	descriptors_before = count_descriptors();
}

static void tear_down(void)
{
	ck_assert_msg(count_descriptors() == descriptors_before,
		      "%zu descriptors are open, before the test it was %zu", count_descriptors(),
		      descriptors_before);
	fixture_remove(fixture_home);
}

TCase *fixture_tcase(Suite *suite, const char *name)
{
	TCase *tcase = tcase_create(name);

	suite_add_tcase(suite, tcase);
	tcase_add_unchecked_fixture(tcase, make_base, remove_base);
	tcase_add_checked_fixture(tcase, set_up, tear_down);
	tcase_set_timeout(tcase, 3 * FIXTURE_PATIENCE_MS / 1000);
	return tcase;
}

const char *fixture_path(const char *format, ...)
{
	static char paths[4][2 * FIXTURE_PATH_BYTES];
	static unsigned next;
	char *path = paths[next++ % 4];
	size_t used = strlen(fixture_home);
	va_list list;

	memcpy(path, fixture_home, used);
	path[used++] = '/';
	va_start(list, format);
	vsnprintf(path + used, sizeof paths[0] - used, format, list);
	va_end(list);
	return path;
}

/* ---- the library ---- */

fsps_bus *fixture_open_bus(void)
{
	struct fsps_bus_options options = {.size = sizeof options, .home = fixture_home};
	fsps_bus *bus = NULL;

	ck_assert_int_eq(fsps_bus_open(&options, &bus), FSPS_OK);
	return bus;
}

fsps_channel *fixture_subscribe(fsps_bus *bus, const char *pattern)
{
	fsps_channel *channel = NULL;
	int r = fsps_channel_open(bus, pattern, NULL, &channel);

	ck_assert_msg(r == FSPS_OK, "subscribing to %s: %s", pattern, fsps_last_error()->text);
	return channel;
}

fsps_publisher *fixture_open_publisher(fsps_bus *bus)
{
	fsps_publisher *publisher = NULL;

	ck_assert_int_eq(fsps_publisher_open(bus, NULL, &publisher), FSPS_OK);
	return publisher;
}

int fixture_publish(fsps_publisher *publisher, const char *topic, const char *text)
{
	return fsps_publish(publisher, topic, NULL, text, strlen(text), NULL);
}

static int64_t wall_clock_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

void fixture_publish_until(fsps_publisher *publisher, const char *topic, const char *text,
			   int expected)
{
	int64_t start_us = wall_clock_us();
	int64_t asked_us;
	int r;

	do {
		asked_us = wall_clock_us();
		r = fixture_publish(publisher, topic, text);
	} while (r != expected && fixture_lane() == FIXTURE_LANE_FAST &&
		 asked_us - start_us < LOOK_PERIOD_US);
	ck_assert_int_eq(r, expected);
}

fsps_message *fixture_receive(fsps_channel *channel)
{
	int64_t deadline_ms = fixture_now_ms() + FIXTURE_PATIENCE_MS;
	fsps_message *message = NULL;
	int r = 0;

	while (r == 0 && fixture_now_ms() < deadline_ms)
		r = fsps_channel_receive(channel, deadline_ms - fixture_now_ms(), &message);
	ck_assert_msg(r >= 0, "receiving: %s", fsps_last_error()->text);
	ck_assert_msg(r == 1, "no message came to %s", fsps_channel_name(channel));
	return message;
}

void fixture_expect(fsps_channel *channel, const char *text)
{
	fsps_message *message = fixture_receive(channel);

	ck_assert_str_eq((const char *)fsps_message_payload(message, NULL), text);
	fsps_message_unref(message);
}

void fixture_expect_nothing(fsps_channel *channel)
{
	fsps_message *message = NULL;

	ck_assert_int_eq(fsps_channel_fetch(channel, &message), 0);
	ck_assert_ptr_null(message);
}

static int note_info(const struct fsps_channel_info *info, void *userdata)
{
	struct fsps_channel_info *found = userdata;

	if (info->kind == FSPS_KIND_INBOX)
		return 0;
	ck_assert_uint_eq(found->size, 0);
	*found = *info;
	return 0;
}

struct fsps_channel_info fixture_info(fsps_bus *bus)
{
	struct fsps_channel_info info = {.size = 0};

	ck_assert_int_ge(fsps_bus_list(bus, note_info, &info), 1);
	ck_assert_uint_gt(info.size, 0);
	return info;
}

struct fsps_channel_stats fixture_stats(fsps_channel *channel)
{
	struct fsps_channel_stats stats = {.size = sizeof stats};

	ck_assert_int_eq(fsps_channel_get_stats(channel, &stats), FSPS_OK);
	return stats;
}

/* ---- lanes ---- */

enum fixture_lane fixture_lane(void)
{
	const char *lane = getenv("FSPS_LANE");

	if (lane != NULL && strcmp(lane, "plain") == 0)
		return FIXTURE_LANE_PLAIN;
	return lane != NULL && strcmp(lane, "fast") == 0 ? FIXTURE_LANE_FAST : FIXTURE_LANE_BOTH;
}

fsps_publisher *fixture_open_file_publisher(fsps_bus *bus)
{
	const char *lane = getenv("FSPS_LANE");
	char *kept = lane == NULL ? NULL : strdup(lane);
	fsps_publisher *publisher;

	ck_assert_int_eq(setenv("FSPS_LANE", "plain", 1), 0);
	publisher = fixture_open_publisher(bus);
	if (kept != NULL)
		ck_assert_int_eq(setenv("FSPS_LANE", kept, 1), 0);
	else
		ck_assert_int_eq(unsetenv("FSPS_LANE"), 0);
	free(kept);
	return publisher;
}

/* ---- files ---- */

bool fixture_exists(const char *path)
{
	struct stat status;

	return lstat(path, &status) == 0;
}

unsigned fixture_mode(const char *path)
{
	struct stat status;

	ck_assert_msg(lstat(path, &status) == 0, "%s: %s", path, strerror(errno));
	return status.st_mode & 07777;
}

/* Counts the names that begin with prefix and keeps the first one. */
static size_t look_for(const char *directory, const char *prefix, char *ret_first, size_t size)
{
	DIR *names = opendir(directory);
	struct dirent *entry;
	size_t count = 0;

	if (names == NULL)
		return 0;
	while ((entry = readdir(names)) != NULL) {
		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0 ||
		    strncmp(entry->d_name, prefix, strlen(prefix)) != 0)
			continue;
		if (count++ == 0)
			snprintf(ret_first, size, "%s", entry->d_name);
	}
	closedir(names);
	return count;
}

size_t fixture_count(const char *directory, const char *prefix)
{
	char first[NAME_MAX + 1];

	return look_for(directory, prefix, first, sizeof first);
}

const char *fixture_find(const char *directory, const char *prefix)
{
	static char first[NAME_MAX + 1];

	ck_assert_msg(look_for(directory, prefix, first, sizeof first) > 0,
		      "nothing in %s begins with %s", directory, prefix);
	return first;
}

void fixture_write(const char *path, const void *bytes, size_t length)
{
	int fd = open(path, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0600);

	ck_assert_msg(fd >= 0, "%s: %s", path, strerror(errno));
	ck_assert_int_eq(write(fd, bytes, length), (ssize_t)length);
	close(fd);
}

void fixture_remove(const char *path)
{
	char below[2 * FIXTURE_PATH_BYTES];
	struct dirent *entry;
	DIR *names;

	if (unlink(path) == 0 || errno == ENOENT)
		return;
	/* A test may have left one that even its owner can't read. */
	(void)chmod(path, 0700);
	names = opendir(path);
	while (names != NULL && (entry = readdir(names)) != NULL) {
		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
			continue;
		snprintf(below, sizeof below, "%s/%s", path, entry->d_name);
		fixture_remove(below);
	}
	if (names != NULL)
		closedir(names);
	(void)rmdir(path);
}

/* ---- waiting ---- */

bool fixture_readable(int fd, int timeout_ms)
{
	struct pollfd readable = {.fd = fd, .events = POLLIN};
	int r;

	do {
		r = poll(&readable, 1, timeout_ms);
	} while (r < 0 && errno == EINTR);
	return r == 1;
}

int64_t fixture_now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}
