/* SPDX-License-Identifier: MIT */
/* Implements the environments of cli/child.h. */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/child.h"

/* What describes one message, or us alone, and must not leak into grandchildren. */
static bool is_ours(const char *entry)
{
	static const char *const prefixes[] = {
		"PUBSUB_TOPIC=", "PUBSUB_ID=", "PUBSUB_TIME=", "PUBSUB_HEADER_", "NOTIFY_SOCKET="};

	for (size_t i = 0; i < sizeof prefixes / sizeof *prefixes; i++) {
		if (strncmp(entry, prefixes[i], strlen(prefixes[i])) == 0)
			return true;
	}
	return false;
}

/* Makes room for one more entry and the NULL behind it. */
static int grow(struct cli_environment *environment)
{
	size_t capacity = environment->capacity * 2 + 16;
	char **entries;

	if (environment->count + 2 <= environment->capacity)
		return 0;
	entries = realloc(environment->entries, capacity * sizeof *entries);
	if (entries == NULL)
		return -1;
	environment->entries = entries;
	environment->capacity = capacity;
	return 0;
}

static void append(struct cli_environment *environment, char *entry)
{
	environment->entries[environment->count++] = entry;
	environment->entries[environment->count] = NULL;
}

int cli_environment_init(struct cli_environment *environment)
{
	*environment = (struct cli_environment){0};
	for (char **entry = environ; entry != NULL && *entry != NULL; entry++) {
		if (is_ours(*entry))
			continue;
		if (grow(environment) < 0)
			return -1;
		append(environment, *entry);
		/* Not ours to free, should there be no room for the next one. */
		environment->inherited = environment->count;
	}
	if (grow(environment) < 0)
		return -1;
	environment->entries[environment->count] = NULL;
	return 0;
}

void cli_environment_reset(struct cli_environment *environment)
{
	while (environment->count > environment->inherited)
		free(environment->entries[--environment->count]);
	if (environment->entries != NULL)
		environment->entries[environment->count] = NULL;
}

void cli_environment_deinit(struct cli_environment *environment)
{
	cli_environment_reset(environment);
	free(environment->entries);
}

int cli_environment_add(struct cli_environment *environment, const char *name, const char *value)
{
	size_t name_len = strlen(name);
	char *entry;

	for (size_t i = environment->inherited; i < environment->count; i++) {
		const char *other = environment->entries[i];

		if (strncmp(other, name, name_len) == 0 && other[name_len] == '=')
			return 1;
	}
	if (grow(environment) < 0 || asprintf(&entry, "%s=%s", name, value) < 0)
		return -1;
	append(environment, entry);
	return 0;
}
