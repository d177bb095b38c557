/* SPDX-License-Identifier: MIT */
/* Implements gc/tell.h: lines of JSON. */
#include <fsps/error.h>

#include "cli/clock.h"
#include "cli/json.h"
#include "cli/sweep_words.h"
#include "cli/users.h"
#include "gc/tell.h"

static void put_text(struct cli_output *output, const char *name, const char *text)
{
	cli_json_field(output, name);
	cli_json_text(output, text);
}

static void put_number(struct cli_output *output, const char *name, uint64_t number)
{
	cli_json_field(output, name);
	cli_json_unsigned(output, number);
}

static void put_owner(struct cli_output *output, const struct fsps_sweep_item *item)
{
	char user[CLI_ID_TEXT_BYTES];

	cli_user_text(item->uid, user);
	put_number(output, "uid", item->uid);
	put_text(output, "user", user);
	cli_json_field(output, "pid");
	if (item->pid > 0)
		cli_json_signed(output, item->pid);
	else
		cli_output_text(output, "null");
	put_text(output, "command", item->identity[0] == '\0' ? NULL : item->identity);
}

void gc_tell_item_json(struct cli_output *output, const struct fsps_sweep_item *item)
{
	char changed[CLI_TIME_BYTES];

	cli_format_utc(item->changed_us, changed);
	cli_output_text(output, "{\"kind\":");
	cli_json_text(output, cli_sweep_kind_key(item->kind));
	put_text(output, "name", item->name);
	put_text(output, "outcome", cli_sweep_outcome_key(item->outcome));
	put_text(output, "reason", cli_sweep_reason_key(item->reason));
	put_owner(output, item);
	put_number(output, "bytes", item->bytes);
	put_text(output, "changed", item->changed_us == 0 ? NULL : changed);
	put_text(output, "error", item->error == FSPS_OK ? NULL : fsps_error_name(item->error));
	cli_output_text(output, "}\n");
}

void gc_tell_sum_json(struct cli_output *output, const struct fsps_sweep_counts *counts,
		      bool dry_run)
{
	cli_output_text(output, "{\"summary\":{\"dry_run\":");
	cli_output_text(output, dry_run ? "true" : "false");
	put_number(output, "channel", counts->channels);
	put_number(output, "unfinished", counts->unfinished);
	put_number(output, "trash", counts->trash);
	put_number(output, "intent", counts->intents);
	put_number(output, "staged", counts->staged);
	put_number(output, "segment", counts->segments);
	put_number(output, "inbox", counts->inboxes);
	put_number(output, "claim", counts->claims);
	put_number(output, "lock", counts->locks);
	put_number(output, "not_removed", counts->not_removed);
	put_number(output, "left_alone", counts->left_alone);
	put_number(output, "bytes", counts->bytes);
	cli_output_text(output, "}}\n");
}
