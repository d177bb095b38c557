/* SPDX-License-Identifier: MIT */
/*
 * Names of directory entries (store/names.h, store/work_names.h): whatever is accepted is what it
 * would be formed as again, and nothing else is accepted.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz/require.h"
#include "store/names.h"
#include "store/work_names.h"
#include "topic/name.h"

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
		fuzz_require(fsi_inbox_name_format(to, pattern, durable, parsed->pid),
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
	fuzz_require(fsi_pattern_valid(name, parsed.pattern_len), "the pattern is valid");
	fuzz_require((parsed.pid > 0) == (parsed.kind != FSPS_KIND_DURABLE),
		     "a process has a positive pid, a durable channel has none");
	fuzz_require(strlen(name) < FSI_NAME_BYTES, "the name fits a directory entry");
	form_channel(again, sizeof again, name, &parsed);
	fuzz_require(strcmp(again, name) == 0, "a channel's name is formed as it was");
	fuzz_require(strchr(name, '/') == NULL, "no path");
}

static void try_id(const char *name)
{
	char again[FSI_ID_DIGITS];
	uint64_t id;

	if (!fsi_id_parse(name, &id))
		return;
	fuzz_require(id > 0 && id < FSI_ID_LIMIT, "an ID is in range");
	fuzz_require(fsi_id_format(again, id) == strlen(name), "an ID has one length");
	fuzz_require(strcmp(again, name) == 0, "an ID has one form");
}

static void try_member_name(const char *name, const char *prefix)
{
	char member[FSI_MEMBER_LEN + 1];
	char again[FSI_NAME_BYTES];
	uint64_t number;

	if (!fsi_member_name_parse(name, prefix, member, &number))
		return;
	fuzz_require(fsi_member_id_valid(member), "the member's ID is valid");
	fsi_member_name_format(again, sizeof again, prefix, member, number);
	fuzz_require(strcmp(again, name) == 0, "a member's name is formed as it was");
}

static void try_segment(const char *name)
{
	char again[FSI_NAME_BYTES];
	uint64_t key, offset;

	if (!fsi_segment_name_parse(name, &key, &offset))
		return;
	fuzz_require(key > 0 && key < FSI_ID_LIMIT && offset > 0 && offset < FSI_ID_LIMIT,
		     "key and offset are in range");
	fsi_segment_name_format(again, key, offset);
	fuzz_require(strcmp(again, name) == 0, "a segment's name is formed as it was");
}

static bool is_word(const char *text)
{
	return strspn(text, "abcdefghijklmnopqrstuvwxyz") == strlen(text);
}

/* What somebody works on, or worked on in vain. */
static void try_work(const char *name)
{
	struct fsi_work_name work;
	char again[FSI_NAME_BYTES];
	bool buried;

	if (!fsi_work_name_parse(name, &work))
		return;
	buried = work.kind == FSI_WORK_DEAD || work.kind == FSI_WORK_NOTE;
	fuzz_require(work.id > 0 && work.id < FSI_ID_LIMIT, "an ID is in range");
	fuzz_require((work.kind == FSI_WORK_CLAIMED) == (work.member[0] != '\0'),
		     "a claim, and it alone, names a member");
	fuzz_require(buried == (work.reason[0] != '\0') && is_word(work.reason),
		     "a dead letter, and it alone, has a reason");
	fuzz_require(buried == (work.time_ms == 0), "what comes again has a time");
	fuzz_require(strlen(work.reason) <= FSI_REASON_MAX, "a reason has room");
	fsi_work_name_format(again, &work);
	fuzz_require(strcmp(again, name) == 0, "its name is formed as it was");
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
	try_member_name(name, FSI_PREFIX_SEGMENT);
	try_segment(name);
	try_work(name);
	if (fsi_lock_name_parse(name, &member))
		fuzz_require(fsi_member_id_valid(member), "a lock file names a member");
	return 0;
}
