/* SPDX-License-Identifier: MIT */
/* Implements store/work_names.h. */
#include "store/work_names.h"

#include <stdio.h>
#include <string.h>

void fsi_work_name_set_reason(struct fsi_work_name *name, const char *reason)
{
	snprintf(name->reason, sizeof name->reason, "%s", reason);
}

void fsi_work_name_format(char *to, const struct fsi_work_name *name)
{
	const unsigned long long time_ms = name->time_ms;
	const unsigned long long id = name->id;

	switch (name->kind) {
	case FSI_WORK_CLAIMED:
		snprintf(to, FSI_NAME_BYTES, FSI_PREFIX_CLAIMED "%s-%llu-%u-%llu", name->member,
			 time_ms, name->attempt, id);
		break;
	case FSI_WORK_DELAYED:
		snprintf(to, FSI_NAME_BYTES, FSI_PREFIX_DELAYED "%llu-%u-%llu", time_ms,
			 name->attempt, id);
		break;
	case FSI_WORK_DEAD:
	case FSI_WORK_NOTE:
		snprintf(to, FSI_NAME_BYTES, "%s%s-%u-%llu",
			 name->kind == FSI_WORK_DEAD ? FSI_PREFIX_DEAD : FSI_PREFIX_NOTE,
			 name->reason, name->attempt, id);
		break;
	}
}

/* Takes decimal digits without a leading zero, below limit, and the `end` behind them. */
static bool take_number(const char **at, char end, uint64_t limit, uint64_t *ret_value)
{
	const char *digits = *at;
	uint64_t value = 0;

	if (*digits < '0' || *digits > '9' ||
	    (*digits == '0' && digits[1] >= '0' && digits[1] <= '9'))
		return false;
	for (; *digits >= '0' && *digits <= '9'; digits++) {
		value = value * 10 + (uint64_t)(*digits - '0');
		if (value >= limit)
			return false;
	}
	if (*digits != end)
		return false;
	*at = end == '\0' ? digits : digits + 1;
	*ret_value = value;
	return true;
}

static bool take_member(const char **at, char *ret_member)
{
	const char *dash = strchr(*at, '-');

	if (dash == NULL || dash - *at != FSI_MEMBER_LEN)
		return false;
	memcpy(ret_member, *at, FSI_MEMBER_LEN);
	ret_member[FSI_MEMBER_LEN] = '\0';
	*at = dash + 1;
	return fsi_member_id_valid(ret_member);
}

static bool take_reason(const char **at, char *ret_reason)
{
	size_t len = strspn(*at, "abcdefghijklmnopqrstuvwxyz");

	if (len == 0 || len > FSI_REASON_MAX || (*at)[len] != '-')
		return false;
	memcpy(ret_reason, *at, len);
	ret_reason[len] = '\0';
	*at += len + 1;
	return true;
}

/* What stands before the attempt. */
static bool take_beginning(const char **at, struct fsi_work_name *name)
{
	switch (name->kind) {
	case FSI_WORK_CLAIMED:
		return take_member(at, name->member) &&
		       take_number(at, '-', FSI_ID_LIMIT, &name->time_ms) && name->time_ms > 0;
	case FSI_WORK_DELAYED:
		return take_number(at, '-', FSI_ID_LIMIT, &name->time_ms) && name->time_ms > 0;
	case FSI_WORK_DEAD:
	case FSI_WORK_NOTE:
		return take_reason(at, name->reason);
	default:
		return false;
	}
}

static bool kind_of(const char *text, enum fsi_work *ret_kind)
{
	if (text[0] != '.' || text[1] == '\0' || text[2] != '-')
		return false;
	switch (text[1]) {
	case 'k':
		*ret_kind = FSI_WORK_CLAIMED;
		return true;
	case 'r':
		*ret_kind = FSI_WORK_DELAYED;
		return true;
	case 'd':
		*ret_kind = FSI_WORK_DEAD;
		return true;
	case 'e':
		*ret_kind = FSI_WORK_NOTE;
		return true;
	default:
		return false;
	}
}

bool fsi_work_name_parse(const char *text, struct fsi_work_name *ret_name)
{
	const uint64_t attempts_end = (uint64_t)UINT32_MAX + 1;
	struct fsi_work_name name = {.member = "", .reason = ""};
	const char *at = text + 3;
	uint64_t attempt;

	if (!kind_of(text, &name.kind) || !take_beginning(&at, &name) ||
	    !take_number(&at, '-', attempts_end, &attempt) ||
	    !take_number(&at, '\0', FSI_ID_LIMIT, &name.id) || name.id == 0)
		return false;
	name.attempt = (uint32_t)attempt;
	*ret_name = name;
	return true;
}
