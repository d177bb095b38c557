/* SPDX-License-Identifier: MIT */
/* What tests of sweeping stand on: one of each thing that the dead leave, what a sweep tells of
 * them, and all that is on disk as a text. */
#ifndef TESTS_API_SWEEP_STAGE_H
#define TESTS_API_SWEEP_STAGE_H

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "api/fixture.h"
#include "api/plain.h"
#include "api/work.h"

enum { SEEN_MAX = 200, NAME_BYTES = 300 };

/* What a sweep told. */
struct seen {
	int count;
	int end_after;
	struct fsps_sweep_item items[SEEN_MAX];
	char names[SEEN_MAX][NAME_BYTES];
	char identities[SEEN_MAX][128];
};

static fsps_bus *bus;
static struct seen seen;
static struct fsps_sweep_counts counts;

static void set_up(void)
{
	bus = fixture_open_bus();
}

static void tear_down(void)
{
	fsps_bus_close(bus);
}

static int note(const struct fsps_sweep_item *item, void *userdata)
{
	struct seen *to = userdata;
	int i = to->count++;

	ck_assert_int_lt(i, SEEN_MAX);
	ck_assert_uint_eq(item->size, sizeof *item);
	to->items[i] = *item;
	snprintf(to->names[i], NAME_BYTES, "%s", item->name);
	snprintf(to->identities[i], sizeof to->identities[i], "%s", item->identity);
	return to->count == to->end_after;
}

/* Into seen and counts. */
static int sweep(bool dry)
{
	const struct fsps_sweep_options options = {
		.size = sizeof options, .dry_run = dry, .callback = note, .userdata = &seen};
	int r;

	memset(&seen, 0, sizeof seen);
	counts = (struct fsps_sweep_counts){.size = sizeof counts};
	r = fsps_home_sweep(bus, &options, &counts);
	ck_assert_msg(r >= 0, "sweep: %s", r < 0 ? fsps_last_error()->text : "");
	return r;
}

/* The item whose name begins with prefix, which must be the only one. */
static int find(const char *prefix)
{
	int found = -1;

	for (int i = 0; i < seen.count; i++) {
		if (strncmp(seen.names[i], prefix, strlen(prefix)) != 0)
			continue;
		ck_assert_msg(found < 0, "%s and %s", seen.names[i], prefix);
		found = i;
	}
	ck_assert_msg(found >= 0, "%s was not told of", prefix);
	return found;
}

/* ---- what the dead leave ---- */

static pid_t die(void (*work)(void))
{
	pid_t child = fork();
	int status;

	ck_assert_int_ge(child, 0);
	if (child == 0) {
		work();
		_exit(EXIT_SUCCESS);
	}
	ck_assert_int_eq(waitpid(child, &status, 0), child);
	ck_assert_int_eq(status, 0);
	return child;
}

static pid_t the_dead;

static void nothing(void)
{
}

/* A process ID that nobody has. */
static long no_pid(void)
{
	if (the_dead == 0)
		the_dead = die(nothing);
	return the_dead;
}

static void subscribe_and_publish(void)
{
	fsps_bus *own = fixture_open_bus();
	fsps_publisher *publisher = fixture_open_publisher(own);

	(void)fixture_subscribe(own, "dead.channel");
	/* A segment in its pool, which the living reader has, too. */
	for (int i = 0; i < 20; i++)
		ck_assert_int_eq(fixture_publish(publisher, "live", "x"), 1);
	ck_assert_int_eq(fixture_publish(publisher, "dead.channel", "y"), 1);
}

static void take_work(void)
{
	fsps_bus *own = fixture_open_bus();
	fsps_channel *reader = work_open(own);

	(void)work_take(reader, 0, 1);
	(void)work_take(reader, 1, 1);
}

static void make_old(const char *path)
{
	const struct timespec long_ago[2] = {{.tv_sec = 1}, {.tv_sec = 1}};

	ck_assert_int_eq(utimensat(AT_FDCWD, path, long_ago, AT_SYMLINK_NOFOLLOW), 0);
}

static void make_directory(const char *name)
{
	ck_assert_int_eq(mkdir(fixture_path("%s", name), 0700), 0);
	fixture_write(fixture_path("%s/1", name), "12345", 5);
}

#define DEAD_MEMBER  "DeadMember00"
#define PLAIN_PREFIX "plain.dead_"

/* One of each kind; besides, what lives, what waits, and what is nobody's. */
static fsps_channel *make_all(void)
{
	fsps_channel *living = fixture_subscribe(bus, "live");
	fsps_publisher *publisher = fixture_open_file_publisher(bus);
	struct plain_channel plain;

	fsps_channel_close(work_open(bus));
	work_publish(publisher, 0, 3);
	fsps_publisher_close(publisher);
	die(take_work);
	die(subscribe_and_publish);
	(void)mkdir(fixture_path("tmp"), 0700);
	make_directory(".n-" DEAD_MEMBER "-1");
	make_directory(".x-" DEAD_MEMBER "-2");
	fixture_write(fixture_path("tmp/.i-" DEAD_MEMBER "-17"), "intent", 6);
	fixture_write(fixture_path("tmp/123456"), "formix", 6);
	make_old(fixture_path("tmp/123456"));
	plain = plain_create("plain.dead", no_pid());
	make_old(fixture_path("%s", plain.name));
	make_directory("not.a.channel");
	fixture_write(fixture_path("tmp/anything"), "x", 1);
	return living;
}

/* ---- what is on disk ---- */

static void describe(int parent, const char *path, FILE *to)
{
	int fd = openat(parent, path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	struct dirent **names = NULL;
	struct stat status;
	char name[32];
	int count;

	snprintf(name, sizeof name, "/proc/self/fd/%d", fd);
	count = fd < 0 ? 0 : scandir(name, &names, NULL, alphasort);

	ck_assert_int_eq(fstatat(parent, path, &status, AT_SYMLINK_NOFOLLOW), 0);
	fprintf(to, "%s %ju %o %ju %jd %jd.%09ld %jd.%09ld\n", path, (uintmax_t)status.st_ino,
		status.st_mode, (uintmax_t)status.st_nlink, (intmax_t)status.st_size,
		(intmax_t)status.st_mtim.tv_sec, status.st_mtim.tv_nsec,
		(intmax_t)status.st_ctim.tv_sec, status.st_ctim.tv_nsec);
	for (int i = 0; i < count; i++) {
		if (strcmp(names[i]->d_name, ".") != 0 && strcmp(names[i]->d_name, "..") != 0)
			describe(fd, names[i]->d_name, to);
		free(names[i]);
	}
	free(names);
	if (fd >= 0)
		close(fd);
}

/* All names of the home with inodes, modes, links, sizes and times. */
static char *describe_home(void)
{
	char *text = NULL;
	size_t size;
	FILE *to = open_memstream(&text, &size);

	ck_assert_ptr_nonnull(to);
	describe(AT_FDCWD, fixture_home, to);
	ck_assert_int_eq(fclose(to), 0);
	return text;
}

#endif
