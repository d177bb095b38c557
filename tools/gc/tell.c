/* SPDX-License-Identifier: MIT */
/* Implements gc/tell.h: lines for people. */
#include "gc/tell.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <fsps/error.h>

#include "cli/escape.h"
#include "cli/fail.h"
#include "cli/human.h"
#include "cli/status.h"
#include "cli/sweep_words.h"
#include "cli/users.h"

/* ---- one thing ---- */

static const char *verb(const struct fsps_sweep_item *item)
{
	if (item->outcome == FSPS_SWEEP_LEFT_ALONE)
		return "left alone";
	if (item->kind == FSPS_SWEEP_CLAIM)
		return item->outcome == FSPS_SWEEP_REMOVED ? "gave back" : "would give back";
	return item->outcome == FSPS_SWEEP_REMOVED ? "removed" : "would remove";
}

/* " (8.0K)" */
static void put_bytes(struct cli_output *output, uint64_t bytes)
{
	char text[CLI_HUMAN_BYTES];

	if (bytes == 0)
		return;
	cli_human_bytes(bytes, text);
	cli_output_text(output, " (");
	cli_output_text(output, text);
	cli_output_text(output, ")");
}

/* " (user alice, mailer, process 17)": who it was, as far as that is known and not ourselves. What
 * others said of themselves must not drive a terminal. */
static void put_owner(struct cli_output *output, const struct fsps_sweep_item *item)
{
	const char *before = " (";
	char text[CLI_ID_TEXT_BYTES];

	if (item->uid != geteuid()) {
		cli_user_text(item->uid, text);
		cli_output_text(output, before);
		cli_output_text(output, "user ");
		cli_output_text(output, text);
		before = ", ";
	}
	if (item->identity[0] != '\0') {
		cli_output_text(output, before);
		cli_escape_line(output, item->identity, strlen(item->identity), SIZE_MAX);
		before = ", ";
	}
	if (item->pid > 0) {
		snprintf(text, sizeof text, "%sprocess %" PRId64, before, item->pid);
		cli_output_text(output, text);
		before = ", ";
	}
	if (strcmp(before, ", ") == 0)
		cli_output_text(output, ")");
}

static void put_item(struct cli_output *output, const struct fsps_sweep_item *item)
{
	cli_output_text(output, verb(item));
	cli_output_text(output, " ");
	cli_output_text(output, cli_sweep_kind_words(item->kind));
	cli_output_text(output, " ");
	cli_escape_line(output, item->name, strlen(item->name), SIZE_MAX);
	put_bytes(output, item->bytes);
	cli_output_text(output, ": ");
	cli_output_text(output, cli_sweep_reason_words(item->reason));
	put_owner(output, item);
	cli_output_text(output, "\n");
}

/* A lock file that stays says only that something else did, which was told of. */
static void tell_not_removed(struct gc_telling *telling, const struct fsps_sweep_item *item)
{
	if (item->kind == FSPS_SWEEP_LOCK && item->error == FSPS_OK)
		return;
	if (item->error == FSPS_OK)
		cli_say("%s %s is not all gone: there is something in it that can't be removed",
			cli_sweep_kind_words(item->kind), item->name);
	else
		cli_say("%s", fsps_last_error()->text);
	cli_keep_first(&telling->status,
		       item->error == FSPS_OK ? CLI_ERROR : cli_status_of(item->error));
}

static void count_left_alone(struct gc_telling *telling, int reason)
{
	struct gc_left_alone *entry = telling->left_alone;

	/* The last one is for all that have no place of their own. */
	while (entry->count > 0 && entry->reason != reason &&
	       entry < telling->left_alone + GC_REASONS_MAX - 1)
		entry++;
	entry->reason = reason;
	entry->count++;
}

void gc_tell_item(struct gc_telling *telling, const struct fsps_sweep_item *item)
{
	const struct gc_options *options = telling->options;

	if (item->outcome == FSPS_SWEEP_NOT_REMOVED)
		tell_not_removed(telling, item);
	if (options->json) {
		gc_tell_item_json(telling->output, item);
		return;
	}
	if (item->outcome == FSPS_SWEEP_LEFT_ALONE)
		count_left_alone(telling, item->reason);
	if (options->quiet || item->outcome == FSPS_SWEEP_NOT_REMOVED ||
	    (item->outcome == FSPS_SWEEP_LEFT_ALONE && !options->verbose))
		return;
	put_item(telling->output, item);
}

/* ---- the sum ---- */

struct sum {
	uint64_t things;
	char text[512];
};

/* ", 3 lock files" */
static void add(struct sum *sum, uint64_t count, const char *one, const char *many)
{
	size_t used = strlen(sum->text);

	if (count == 0)
		return;
	snprintf(sum->text + used, sizeof sum->text - used, "%s%" PRIu64 " %s",
		 sum->things == 0 ? "" : ", ", count, count == 1 ? one : many);
	sum->things += count;
}

static struct sum sum_up(const struct fsps_sweep_counts *counts)
{
	struct sum sum = {.things = 0};

	add(&sum, counts->channels, "live channel", "live channels");
	add(&sum, counts->unfinished, "unfinished channel", "unfinished channels");
	add(&sum, counts->trash, "rest of a removed channel", "rests of removed channels");
	add(&sum, counts->intents + counts->staged, "message on its way", "messages on their way");
	add(&sum, counts->segments, "segment", "segments");
	add(&sum, counts->inboxes, "inbox", "inboxes");
	add(&sum, counts->claims, "claim", "claims");
	add(&sum, counts->locks, "lock file", "lock files");
	return sum;
}

static void put_sum(const struct gc_telling *telling, const struct fsps_sweep_counts *counts)
{
	bool dry = telling->options->dry_run;
	struct sum sum = sum_up(counts);
	char bytes[CLI_HUMAN_BYTES];

	if (sum.things == 0) {
		cli_output_text(telling->output, telling->chatty ? "nothing to remove\n" : "");
		return;
	}
	cli_human_bytes(counts->bytes, bytes);
	cli_output_text(telling->output, dry ? "would clear away " : "cleared away ");
	cli_output_text(telling->output, sum.text);
	cli_output_text(telling->output, dry ? "; would give back " : "; gave back ");
	cli_output_text(telling->output, counts->bytes == 0 ? "0" : bytes);
	cli_output_text(telling->output, "\n");
}

static void put_left_alone(const struct gc_telling *telling)
{
	char text[64];

	for (int i = 0; i < GC_REASONS_MAX && telling->left_alone[i].count > 0; i++) {
		snprintf(text, sizeof text,
			 "left %" PRIu64 " alone: ", telling->left_alone[i].count);
		cli_output_text(telling->output, text);
		cli_output_text(telling->output,
				cli_sweep_reason_words(telling->left_alone[i].reason));
		cli_output_text(telling->output, i == 0 ? " (-v names them)\n" : "\n");
	}
}

/* Of a watch what is left alone would be told again each time, and of each sweep that it was in
 * vain. */
void gc_tell_sum(struct gc_telling *telling, const struct fsps_sweep_counts *counts)
{
	const struct gc_options *options = telling->options;

	if (options->quiet || options->watch)
		return;
	if (options->json) {
		gc_tell_sum_json(telling->output, counts, options->dry_run);
		return;
	}
	put_sum(telling, counts);
	if (!options->verbose && telling->chatty)
		put_left_alone(telling);
}
