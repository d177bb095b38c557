/* SPDX-License-Identifier: MIT */
/*
 * The ledger's lines, in the file and in memory.
 *
 * A kill may cut the last line short. Nobody has acted on that one yet, as a line counts once its
 * newline is there: it is cut off when the ledger is opened. Looking for a key takes as long as
 * there are lines; a shop with many orders would have a database here.
 */
#define _GNU_SOURCE 1 /* asprintf */

#include "ledger.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct ledger {
	int fd;
	off_t size;
	char **lines; /* "KEY TEXT" */
	size_t count;
	size_t capacity;
};

static int make_room(struct ledger *ledger)
{
	size_t capacity = ledger->capacity + 1000;
	char **lines;

	if (ledger->count < ledger->capacity)
		return 0;
	lines = reallocarray(ledger->lines, capacity, sizeof *lines);
	if (lines == NULL)
		return -1;
	ledger->lines = lines;
	ledger->capacity = capacity;
	return 0;
}

static int read_line(struct ledger *ledger, const char *text, size_t len)
{
	char *line = strndup(text, len - 1);

	if (line == NULL || make_room(ledger) < 0) {
		free(line);
		return -1;
	}
	ledger->lines[ledger->count++] = line;
	ledger->size += (off_t)len;
	return 0;
}

static int read_lines(struct ledger *ledger, FILE *file)
{
	char *line = NULL;
	size_t capacity = 0;
	ssize_t len;
	int result = 0;

	while (result == 0 && (len = getline(&line, &capacity, file)) > 0 && line[len - 1] == '\n')
		result = read_line(ledger, line, (size_t)len);
	free(line);
	if (ferror(file))
		result = -1;
	return result == 0 ? ftruncate(ledger->fd, ledger->size) : result;
}

int ledger_open(const char *path, struct ledger **ret_ledger)
{
	struct ledger *ledger = calloc(1, sizeof *ledger);
	FILE *file = NULL;
	int result = -1;

	if (ledger == NULL)
		return -1;
	ledger->fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
	if (ledger->fd >= 0)
		file = fopen(path, "re");
	if (file != NULL) {
		result = read_lines(ledger, file);
		fclose(file);
	}
	if (result < 0)
		ledger_close(ledger);
	else
		*ret_ledger = ledger;
	return result;
}

void ledger_close(struct ledger *ledger)
{
	if (ledger == NULL)
		return;
	for (size_t i = 0; i < ledger->count; i++)
		free(ledger->lines[i]);
	free(ledger->lines);
	if (ledger->fd >= 0)
		close(ledger->fd);
	free(ledger);
}

const char *ledger_find(const struct ledger *ledger, const char *key)
{
	size_t len = strlen(key);

	for (size_t i = 0; i < ledger->count; i++)
		if (strncmp(ledger->lines[i], key, len) == 0 && ledger->lines[i][len] == ' ')
			return ledger->lines[i] + len + 1;
	return NULL;
}

/* All of it or, if the disk is full, nothing. */
static int write_line(struct ledger *ledger, const char *line, size_t len)
{
	ssize_t written = write(ledger->fd, line, len);

	if (written == (ssize_t)len) {
		ledger->size += written;
		return 0;
	}
	if (written >= 0 && ftruncate(ledger->fd, ledger->size) == 0)
		errno = ENOSPC;
	return -1;
}

int ledger_add(struct ledger *ledger, const char *key, const char *text)
{
	char *line = NULL;
	int len = make_room(ledger) < 0 ? -1 : asprintf(&line, "%s %s\n", key, text);

	if (len < 0)
		return -1;
	if (write_line(ledger, line, (size_t)len) < 0) {
		free(line);
		return -1;
	}
	line[len - 1] = '\0';
	ledger->lines[ledger->count++] = line;
	return 0;
}

void ledger_each(const struct ledger *ledger, void (*see)(const char *line, void *userdata),
		 void *userdata)
{
	for (size_t i = 0; i < ledger->count; i++)
		see(ledger->lines[i], userdata);
}
