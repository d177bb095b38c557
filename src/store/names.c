/* SPDX-License-Identifier: MIT */
/* Implements store/names.h. */
#include "store/names.h"

#include <stdio.h>
#include <string.h>

#include <fsps/durable.h>

#include "topic/name.h"

static bool is_alphanumeric(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

/* A random name or a member's ID at the start of text. */
static bool starts_with_random(const char *text)
{
	for (size_t i = 0; i < FSI_RANDOM_NAME_LEN; i++)
		if (!is_alphanumeric(text[i]))
			return false;
	return true;
}

/* Decimal without leading zero, 1 to limit - 1, to the end of the string. */
static bool parse_number(const char *digits, uint64_t limit, uint64_t *ret_value)
{
	uint64_t value = 0;

	if (digits[0] < '1' || digits[0] > '9')
		return false;
	for (; *digits != '\0'; digits++) {
		if (*digits < '0' || *digits > '9')
			return false;
		value = value * 10 + (uint64_t)(*digits - '0');
		if (value >= limit)
			return false;
	}
	*ret_value = value;
	return true;
}

/* How many bytes at the start of text are a durable channel's name; 0: it is none. */
static size_t durable_length(const char *text)
{
	size_t len = 0;

	while (is_alphanumeric(text[len]) || text[len] == '-')
		len++;
	return len <= FSPS_DURABLE_NAME_MAX ? len : 0;
}

static bool parse_pid(const char *digits, struct fsi_channel_name *parsed)
{
	uint64_t pid;

	if (!parse_number(digits, INT32_MAX, &pid))
		return false;
	parsed->pid = (int32_t)pid;
	return true;
}

/* What stands behind the pattern and its '_'. */
static bool parse_owner(const char *text, struct fsi_channel_name *parsed)
{
	static const char inbox[] = FSI_INBOX_SUFFIX;
	size_t durable_len;

	if (starts_with_random(text) && text[FSI_RANDOM_NAME_LEN] == '_') {
		parsed->kind = FSPS_KIND_LIVE;
		return parse_pid(text + FSI_RANDOM_NAME_LEN + 1, parsed);
	}
	durable_len = durable_length(text);
	parsed->durable_len = durable_len;
	if (durable_len > 0 && text[durable_len] == '\0') {
		parsed->kind = FSPS_KIND_DURABLE;
		return true;
	}
	parsed->kind = FSPS_KIND_INBOX;
	text += durable_len;
	if (durable_len == 0 || strncmp(text, inbox, sizeof inbox - 1) != 0)
		return false;
	text += sizeof inbox - 1;
	parsed->left = *text == '-';
	return (*text == '_' || *text == '-') && parse_pid(text + 1, parsed);
}

bool fsi_channel_name_parse(const char *name, struct fsi_channel_name *ret_parsed)
{
	struct fsi_channel_name parsed = {.pid = 0};
	const char *underscore = strchr(name, '_');

	if (underscore == NULL || !parse_owner(underscore + 1, &parsed))
		return false;
	parsed.pattern_len = (size_t)(underscore - name);
	if (!fsi_pattern_valid(name, parsed.pattern_len))
		return false;
	*ret_parsed = parsed;
	return true;
}

bool fsi_durable_name_valid(const char *name)
{
	size_t len = durable_length(name);

	return len > 0 && name[len] == '\0';
}

void fsi_durable_name_format(char *to, const char *pattern, const char *name)
{
	snprintf(to, FSI_NAME_BYTES, "%s_%s", pattern, name);
}

bool fsi_inbox_name_format(char *to, const char *pattern, const char *name, int32_t pid)
{
	int length = snprintf(to, FSI_NAME_BYTES, "%s_%s" FSI_INBOX_SUFFIX "_%ld", pattern, name,
			      (long)pid);

	return length > 0 && length < FSI_NAME_BYTES;
}

size_t fsi_id_format(char *to, uint64_t id)
{
	char reversed[FSI_ID_DIGITS];
	size_t count = 0;

	do {
		reversed[count++] = (char)('0' + id % 10);
		id /= 10;
	} while (id != 0);
	for (size_t i = 0; i < count; i++)
		to[i] = reversed[count - 1 - i];
	to[count] = '\0';
	return count;
}

bool fsi_id_parse(const char *name, uint64_t *ret_id)
{
	return parse_number(name, FSI_ID_LIMIT, ret_id);
}

bool fsi_member_id_valid(const char *member)
{
	return starts_with_random(member) && member[FSI_MEMBER_LEN] == '\0';
}

void fsi_member_name_format(char *to, size_t size, const char *prefix, const char *member,
			    uint64_t number)
{
	snprintf(to, size, "%s%s-%llu", prefix, member, (unsigned long long)number);
}

bool fsi_member_name_parse(const char *name, const char *prefix, char *ret_member,
			   uint64_t *ret_number)
{
	size_t prefix_len = strlen(prefix);

	if (strncmp(name, prefix, prefix_len) != 0)
		return false;
	name += prefix_len;
	if (!starts_with_random(name) || name[FSI_MEMBER_LEN] != '-')
		return false;
	if (!parse_number(name + FSI_MEMBER_LEN + 1, FSI_ID_LIMIT, ret_number))
		return false;
	memcpy(ret_member, name, FSI_MEMBER_LEN);
	ret_member[FSI_MEMBER_LEN] = '\0';
	return true;
}

void fsi_segment_name_format(char *to, uint64_t key, uint64_t offset)
{
	char *at = stpcpy(to, FSI_PREFIX_SEGMENT);

	at += fsi_id_format(at, key);
	*at++ = '-';
	(void)fsi_id_format(at, offset);
}

bool fsi_segment_name_parse(const char *name, uint64_t *ret_key, uint64_t *ret_offset)
{
	char key[FSI_ID_DIGITS];
	const char *dash;

	if (strncmp(name, FSI_PREFIX_SEGMENT, sizeof FSI_PREFIX_SEGMENT - 1) != 0)
		return false;
	name += sizeof FSI_PREFIX_SEGMENT - 1;
	dash = strchr(name, '-');
	if (dash == NULL || (size_t)(dash - name) >= sizeof key)
		return false;
	memcpy(key, name, (size_t)(dash - name));
	key[dash - name] = '\0';
	return fsi_id_parse(key, ret_key) && fsi_id_parse(dash + 1, ret_offset);
}

bool fsi_lock_name_parse(const char *name, const char **ret_member)
{
	if (strncmp(name, FSI_PREFIX_MEMBER, sizeof FSI_PREFIX_MEMBER - 1) != 0)
		return false;
	name += sizeof FSI_PREFIX_MEMBER - 1;
	if (!starts_with_random(name) || name[FSI_MEMBER_LEN] != '\0')
		return false;
	*ret_member = name;
	return true;
}
