/* SPDX-License-Identifier: MIT */
/* Implements cli/sweep_words.h. */
#include "cli/sweep_words.h"

#include <stddef.h>

struct words {
	int value;
	const char *key;
	const char *text;
};

static const struct words kinds[] = {
	{FSPS_SWEEP_CHANNEL, "channel", "live channel"},
	{FSPS_SWEEP_UNFINISHED, "unfinished", "unfinished channel"},
	{FSPS_SWEEP_TRASH, "trash", "rest of a removed channel"},
	{FSPS_SWEEP_INTENT, "intent", "message on its way"},
	{FSPS_SWEEP_STAGED, "staged", "message on its way"},
	{FSPS_SWEEP_SEGMENT, "segment", "segment"},
	{FSPS_SWEEP_INBOX, "inbox", "inbox"},
	{FSPS_SWEEP_CLAIM, "claim", "claim"},
	{FSPS_SWEEP_LOCK, "lock", "lock file"},
	{0, "other", "thing of a later version"},
};

static const struct words reasons[] = {
	{FSPS_SWEEP_OWNER_DIED, "owner-died", "its process died"},
	{FSPS_SWEEP_NO_PROCESS, "no-process", "there is no such process, and nobody reads it"},
	{FSPS_SWEEP_NOBODY_HOLDS_IT, "nobody-holds-it", "nobody reads it any more"},
	{FSPS_SWEEP_REMOVAL_BEGUN, "removal-begun", "somebody had begun to remove it"},
	{FSPS_SWEEP_ABANDONED, "abandoned", "untouched for an hour"},
	{FSPS_SWEEP_IDLE, "idle", "its publisher has not used it for 10 s"},
	{FSPS_SWEEP_OVERDUE, "overdue", "its deadline has passed"},
	{FSPS_SWEEP_CLOSED_TO_US, "closed-to-us",
	 "another user's, and we may not see whether its process lives"},
	{FSPS_SWEEP_TOO_NEW, "too-new", "looks dead, but is too new to tell"},
	{FSPS_SWEEP_ELSEWHERE, "elsewhere",
	 "somebody reads it, in another PID namespace: no such process is here"},
	{FSPS_SWEEP_PROCESS_ID_TAKEN, "process-id-taken",
	 "nobody reads it, but there is a process of that ID, which may be another one by now"},
	{FSPS_SWEEP_NOT_OURS, "not-ours", "dead, but another user's, who or root has to remove it"},
	{0, "other", "for a reason that only a later version knows"},
};

static const struct words outcomes[] = {
	{FSPS_SWEEP_REMOVED, "removed", NULL},
	{FSPS_SWEEP_WOULD_REMOVE, "would-remove", NULL},
	{FSPS_SWEEP_NOT_REMOVED, "not-removed", NULL},
	{FSPS_SWEEP_LEFT_ALONE, "left-alone", NULL},
	{0, "other", NULL},
};

/* The last row, of 0, is for what none of them has. */
static const struct words *find(const struct words *table, int value)
{
	while (table->value != 0 && table->value != value)
		table++;
	return table;
}

const char *cli_sweep_kind_key(int kind)
{
	return find(kinds, kind)->key;
}

const char *cli_sweep_kind_words(int kind)
{
	return find(kinds, kind)->text;
}

const char *cli_sweep_reason_key(int reason)
{
	return find(reasons, reason)->key;
}

const char *cli_sweep_reason_words(int reason)
{
	return find(reasons, reason)->text;
}

const char *cli_sweep_outcome_key(int outcome)
{
	return find(outcomes, outcome)->key;
}
