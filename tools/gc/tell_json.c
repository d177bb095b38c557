/* SPDX-License-Identifier: MIT */
/* Implements gc/tell.h: lines of JSON. */
#include <fsps/error.h>

#include "cli/clock.h"
#include "cli/json.h"
#include "cli/sweep_words.h"
#include "cli/users.h"
#include "gc/tell.h"

static void put_owner(struct cli_output *output, const struct fsps_sweep_item *item)
{
	char user[CLI_ID_TEXT_BYTES];

	cli_user_text(item->uid, user);
	cli_json_put_unsigned(output, "uid", item->uid);
	cli_json_put_text(output, "user", user);
	cli_json_field(output, "pid");
	if (item->pid > 0)
		cli_json_signed(output, item->pid);
	else
		cli_output_text(output, "null");
	cli_json_put_text(output, "command", item->identity[0] == '\0' ? NULL : item->identity);
}

void gc_tell_item_json(struct cli_output *output, const struct fsps_sweep_item *item)
{
	char changed[CLI_TIME_BYTES];

	cli_format_utc(item->changed_us, changed);
	cli_output_text(output, "{\"kind\":");
	cli_json_text(output, cli_sweep_kind_key(item->kind));
	cli_json_put_text(output, "name", item->name);
	cli_json_put_text(output, "outcome", cli_sweep_outcome_key(item->outcome));
	cli_json_put_text(output, "reason", cli_sweep_reason_key(item->reason));
	put_owner(output, item);
	cli_json_put_unsigned(output, "bytes", item->bytes);
	cli_json_put_text(output, "changed", item->changed_us == 0 ? NULL : changed);
	cli_json_put_text(output, "error",
			  item->error == FSPS_OK ? NULL : fsps_error_name(item->error));
	cli_output_text(output, "}\n");
}

void gc_tell_sum_json(struct cli_output *output, const struct fsps_sweep_counts *counts,
		      bool dry_run)
{
	cli_output_text(output, "{\"summary\":{\"dry_run\":");
	cli_output_text(output, dry_run ? "true" : "false");
	cli_json_put_unsigned(output, "channel", counts->channels);
	cli_json_put_unsigned(output, "unfinished", counts->unfinished);
	cli_json_put_unsigned(output, "trash", counts->trash);
	cli_json_put_unsigned(output, "intent", counts->intents);
	cli_json_put_unsigned(output, "staged", counts->staged);
	cli_json_put_unsigned(output, "segment", counts->segments);
	cli_json_put_unsigned(output, "inbox", counts->inboxes);
	cli_json_put_unsigned(output, "claim", counts->claims);
	cli_json_put_unsigned(output, "lock", counts->locks);
	cli_json_put_unsigned(output, "not_removed", counts->not_removed);
	cli_json_put_unsigned(output, "left_alone", counts->left_alone);
	cli_json_put_unsigned(output, "bytes", counts->bytes);
	cli_output_text(output, "}}\n");
}
