/* SPDX-License-Identifier: MIT */
/*
 * Names of directory entries (store/names.h): whatever is accepted is what it would be formed as
 * again, and nothing else is accepted.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "store/names.h"
#include "topic/name.h"

static void require(bool holds, const char *what)
{
	if (!holds) {
		fprintf(stderr, "violated: %s\n", what);
		abort();
	}
}

/* Forms a channel's name anew from what was read out of it. */
static void form_channel(char *to, size_t size, const char *name,
			 const struct fsi_channel_name *parsed)
{
	char pattern[FSI_NAME_BYTES];
	char durable[FSI_NAME_BYTES];
	const char *behind = name + parsed->pattern_len + 1;

	snprintf(pattern, sizeof pattern, "%.*s", (int)parsed->pattern_len, name);
	snprintf(durable, sizeof durable, "%.*s", (int)parsed->durable_len, behind);
	switch (parsed->kind) {
	case FSPS_KIND_LIVE:
		snprintf(to, size, "%s_%.12s_%ld", pattern, behind, (long)parsed->pid);
		break;
	case FSPS_KIND_DURABLE:
		fsi_durable_name_format(to, pattern, durable);
		break;
	case FSPS_KIND_INBOX:
		require(fsi_inbox_name_format(to, pattern, durable, parsed->pid),
			"an inbox's name has room");
		if (parsed->left)
			*strrchr(to, '_') = '-';
		break;
	}
}

static void try_channel(const char *name)
{
	struct fsi_channel_name parsed;
	char again[FSI_NAME_BYTES + 32];

	if (!fsi_channel_name_parse(name, &parsed))
		return;
	require(fsi_pattern_valid(name, parsed.pattern_len), "the pattern is valid");
	require((parsed.pid > 0) == (parsed.kind != FSPS_KIND_DURABLE),
		"a process has a positive pid, a durable channel has none");
	require(strlen(name) < FSI_NAME_BYTES, "the name fits a directory entry");
	form_channel(again, sizeof again, name, &parsed);
	require(strcmp(again, name) == 0, "a channel's name is formed as it was");
	require(strchr(name, '/') == NULL, "no path");
}

static void try_id(const char *name)
{
	char again[FSI_ID_DIGITS];
	uint64_t id;

	if (!fsi_id_parse(name, &id))
		return;
	require(id > 0 && id < FSI_ID_LIMIT, "an ID is in range");
	require(fsi_id_format(again, id) == strlen(name), "an ID has one length");
	require(strcmp(again, name) == 0, "an ID has one form");
}

static void try_member_name(const char *name, const char *prefix)
{
	char member[FSI_MEMBER_LEN + 1];
	char again[FSI_NAME_BYTES];
	uint64_t number;

	if (!fsi_member_name_parse(name, prefix, member, &number))
		return;
	require(fsi_member_id_valid(member), "the member's ID is valid");
	fsi_member_name_format(again, sizeof again, prefix, member, number);
	require(strcmp(again, name) == 0, "a member's name is formed as it was");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char name[FSI_NAME_BYTES];
	const char *member;

	if (size >= sizeof name)
		return 0;
	memcpy(name, data, size);
	name[size] = '\0';
	try_channel(name);
	try_id(name);
	try_member_name(name, FSI_PREFIX_BUILDING);
	try_member_name(name, FSI_PREFIX_INTENT);
	try_member_name(name, FSI_PREFIX_TAKEN);
	if (fsi_lock_name_parse(name, &member))
		require(fsi_member_id_valid(member), "a lock file names a member");
	return 0;
}
