/* SPDX-License-Identifier: MIT */
/* Implements doctor/usage.h. */
#include "doctor/usage.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/cleanup.h"

/* Pipes that were seen, each by a number made of its name: several descriptors may lead to one. */
struct seen {
	uint64_t *numbers;
	size_t count;
	size_t capacity;
};

static void close_directory(DIR **place)
{
	if (*place != NULL)
		closedir(*place);
}

static DIR *open_directory(const struct doctor_system *system, const char *path)
{
	int fd = openat(system->root_fd, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *directory = fd < 0 ? NULL : fdopendir(fd);

	if (directory == NULL && fd >= 0)
		close(fd);
	return directory;
}

/* The next name that is a number. */
static const char *next_number(DIR *directory)
{
	const struct dirent *entry;

	while ((entry = readdir(directory)) != NULL) {
		if (entry->d_name[strspn(entry->d_name, "0123456789")] == '\0')
			return entry->d_name;
	}
	return NULL;
}

/* FNV-1a. */
static uint64_t number_of(const char *text)
{
	uint64_t number = UINT64_C(0xcbf29ce484222325);

	for (; *text != '\0'; text++)
		number = (number ^ (unsigned char)*text) * UINT64_C(0x100000001b3);
	return number;
}

/* Without memory the count is too low. */
static void note(struct seen *seen, const char *target)
{
	if (seen->count == seen->capacity) {
		size_t capacity = seen->capacity == 0 ? 256 : 2 * seen->capacity;
		uint64_t *larger = reallocarray(seen->numbers, capacity, sizeof *larger);

		if (larger == NULL)
			return;
		seen->numbers = larger;
		seen->capacity = capacity;
	}
	seen->numbers[seen->count++] = number_of(target);
}

static int compare(const void *one, const void *other)
{
	uint64_t a = *(const uint64_t *)one;
	uint64_t b = *(const uint64_t *)other;

	return a < b ? -1 : a > b;
}

static uint64_t count_different(struct seen *seen)
{
	uint64_t count = 0;

	if (seen->count > 0)
		qsort(seen->numbers, seen->count, sizeof *seen->numbers, compare);
	for (size_t i = 0; i < seen->count; i++)
		count += i == 0 || seen->numbers[i] != seen->numbers[i - 1];
	return count;
}

static bool is_pipe(const char *target)
{
	size_t len = strlen(target);
	size_t queue = strlen("/queue");

	return strncmp(target, "pipe:", strlen("pipe:")) == 0 ||
	       (len > queue && strcmp(target + len - queue, "/queue") == 0);
}

static bool is_inotify(const char *target)
{
	return strcmp(target, "anon_inode:inotify") == 0 || strcmp(target, "inotify") == 0;
}

static uint64_t watches_of(const struct doctor_system *system, const char *process,
			   const char *descriptor)
{
	CLI_CLEANUP(cli_cleanup_free)
	char *text = doctor_read(system, "proc/%s/fdinfo/%s", process, descriptor);
	uint64_t count = 0;

	for (const char *line = text; (line = doctor_line(line, "inotify wd:")) != NULL; count++)
		;
	return count;
}

static void count_process(const struct doctor_system *system, const char *process,
			  struct seen *seen, struct doctor_usage *usage)
{
	char path[128];
	CLI_CLEANUP(close_directory) DIR *directory = NULL;
	const char *name;

	snprintf(path, sizeof path, "proc/%.20s/fd", process);
	directory = open_directory(system, path);
	while (directory != NULL && (name = next_number(directory)) != NULL) {
		char target[DOCTOR_LINK_BYTES];

		snprintf(path, sizeof path, "proc/%.20s/fd/%.20s", process, name);
		doctor_read_link(system, path, target);
		if (is_pipe(target)) {
			note(seen, target);
		} else if (is_inotify(target)) {
			usage->inotify_instances++;
			usage->inotify_watches += watches_of(system, process, name);
		}
	}
}

void doctor_usage_count(const struct doctor_system *system, struct doctor_usage *ret_usage)
{
	CLI_CLEANUP(close_directory) DIR *directory = open_directory(system, "proc");
	struct seen seen = {0};
	struct stat status;
	const char *name;

	*ret_usage = (struct doctor_usage){0};
	while (directory != NULL && (name = next_number(directory)) != NULL) {
		if (fstatat(dirfd(directory), name, &status, 0) == 0 && status.st_uid == geteuid())
			count_process(system, name, &seen, ret_usage);
	}
	ret_usage->pipes = count_different(&seen);
	free(seen.numbers);
}

uint64_t doctor_descriptors_of(const struct doctor_system *system, int64_t pid)
{
	char path[64];
	CLI_CLEANUP(close_directory) DIR *directory = NULL;
	uint64_t count = 0;

	snprintf(path, sizeof path, "proc/%lld/fd", (long long)pid);
	directory = open_directory(system, path);
	while (directory != NULL && next_number(directory) != NULL)
		count++;
	return count;
}
