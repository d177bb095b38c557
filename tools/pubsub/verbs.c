/* SPDX-License-Identifier: MIT */
/* Implements pubsub/verbs.h but for the nearest one. */
#include "pubsub/verbs.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/cleanup.h"
#include "pubsub_summaries.h"

#define PREFIX "pubsub-"

bool pubsub_is_verb(const char *word)
{
	size_t len = strlen(word);

	return len > 0 && len <= PUBSUB_VERB_MAX && word[0] != '-' &&
	       strspn(word, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-") ==
		       len;
}

/* ---- running ---- */

/* Where we are, through all symlinks; false if that can't be told. */
static bool own_directory(char directory[PATH_MAX])
{
	ssize_t len = readlink("/proc/self/exe", directory, PATH_MAX - 1);
	char *slash;

	if (len <= 0)
		return false;
	directory[len] = '\0';
	slash = strrchr(directory, '/');
	if (slash == NULL)
		return false;
	*slash = '\0';
	return true;
}

int pubsub_verb_exec(char **arguments)
{
	char name[sizeof PREFIX + PUBSUB_VERB_MAX];
	char directory[PATH_MAX];
	char path[PATH_MAX + sizeof name];

	snprintf(name, sizeof name, PREFIX "%s", arguments[0]);
	/* What it calls itself when it has something to say. */
	arguments[0] = name;
	if (own_directory(directory)) {
		snprintf(path, sizeof path, "%s/%s", directory, name);
		(void)execv(path, arguments);
		if (errno != ENOENT)
			return errno;
	}
	(void)execvp(name, arguments);
	return errno;
}

/* ---- finding all ---- */

static int add(struct pubsub_verbs *verbs, const char *name)
{
	if (verbs->count == verbs->capacity) {
		size_t capacity = verbs->capacity == 0 ? 32 : verbs->capacity * 2;
		char **names = reallocarray(verbs->names, capacity, sizeof *names);

		if (names == NULL)
			return -1;
		verbs->names = names;
		verbs->capacity = capacity;
	}
	verbs->names[verbs->count] = strdup(name);
	if (verbs->names[verbs->count] == NULL)
		return -1;
	verbs->count++;
	return 0;
}

static bool can_run(int directory, const char *name)
{
	struct stat status;

	return faccessat(directory, name, X_OK, AT_EACCESS) == 0 &&
	       fstatat(directory, name, &status, 0) == 0 && S_ISREG(status.st_mode);
}

/* A directory of PATH that is missing has none. */
static int find_in(struct pubsub_verbs *verbs, const char *path)
{
	DIR *directory = opendir(path);
	const struct dirent *entry;
	int r = 0;

	if (directory == NULL)
		return 0;
	while (r == 0 && (entry = readdir(directory)) != NULL) {
		const char *verb = entry->d_name + strlen(PREFIX);

		if (strncmp(entry->d_name, PREFIX, strlen(PREFIX)) == 0 && pubsub_is_verb(verb) &&
		    can_run(dirfd(directory), entry->d_name))
			r = add(verbs, verb);
	}
	closedir(directory);
	return r;
}

static int find_in_path(struct pubsub_verbs *verbs)
{
	const char *variable = getenv("PATH");
	CLI_CLEANUP(cli_cleanup_free) char *path = strdup(variable != NULL ? variable : "");
	char *place = NULL;
	int r = 0;

	if (path == NULL)
		return -1;
	for (char *at = strtok_r(path, ":", &place); r == 0 && at != NULL;
	     at = strtok_r(NULL, ":", &place))
		r = find_in(verbs, at);
	return r;
}

static int compare(const void *one, const void *other)
{
	return strcmp(*(char *const *)one, *(char *const *)other);
}

/* Those that are in several directories. */
static void drop_doubles(struct pubsub_verbs *verbs)
{
	size_t kept = 0;

	for (size_t i = 0; i < verbs->count; i++) {
		if (kept > 0 && strcmp(verbs->names[kept - 1], verbs->names[i]) == 0)
			free(verbs->names[i]);
		else
			verbs->names[kept++] = verbs->names[i];
	}
	verbs->count = kept;
}

int pubsub_verbs_find(struct pubsub_verbs *verbs)
{
	char directory[PATH_MAX];
	int r = own_directory(directory) ? find_in(verbs, directory) : 0;

	if (r == 0)
		r = find_in_path(verbs);
	if (verbs->count > 0)
		qsort(verbs->names, verbs->count, sizeof *verbs->names, compare);
	drop_doubles(verbs);
	return r;
}

void pubsub_verbs_deinit(struct pubsub_verbs *verbs)
{
	for (size_t i = 0; i < verbs->count; i++)
		free(verbs->names[i]);
	free(verbs->names);
}

bool pubsub_verbs_have(const struct pubsub_verbs *verbs, const char *name)
{
	for (size_t i = 0; i < verbs->count; i++)
		if (strcmp(verbs->names[i], name) == 0)
			return true;
	return false;
}

const char *pubsub_verb_summary(const char *name)
{
	for (size_t i = 0; i < sizeof pubsub_summaries / sizeof *pubsub_summaries; i++)
		if (strcmp(pubsub_summaries[i].verb, name) == 0)
			return pubsub_summaries[i].summary;
	return NULL;
}
