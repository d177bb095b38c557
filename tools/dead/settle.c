/* SPDX-License-Identifier: MIT */
/* Implements dead/settle.h. */
#include "dead/settle.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <fsps/fsps.h>

#include "cli/channels.h"
#include "cli/fail.h"
#include "cli/output.h"
#include "cli/signals.h"
#include "cli/status.h"
#include "dead/choice.h"

struct settling {
	const struct dead_options *options;
	fsps_bus *bus;
	struct dead_choice choice;
	struct cli_output output;
	/* The files that are meant in the channel at hand: NUL-terminated, one after another. */
	char *files;
	size_t files_len;
	size_t files_capacity;
	bool no_memory;
};

/* 0 or -1 (no memory). */
static int keep(struct settling *settling, const char *file)
{
	size_t size = strlen(file) + 1;
	size_t capacity = settling->files_capacity * 2 + size;
	char *grown;

	if (settling->files_capacity - settling->files_len < size) {
		grown = realloc(settling->files, capacity);
		if (grown == NULL)
			return -1;
		settling->files = grown;
		settling->files_capacity = capacity;
	}
	memcpy(settling->files + settling->files_len, file, size);
	settling->files_len += size;
	return 0;
}

static int collect(const struct fsps_dead_letter *letter, void *userdata)
{
	struct settling *settling = userdata;

	if (dead_choice_takes(&settling->choice, letter))
		settling->no_memory = keep(settling, letter->file_name) < 0;
	return settling->no_memory || cli_stop_signal() != 0;
}

/* Somebody else was faster: that is only worth a word where just this one was meant. */
static int fail_gone(const struct settling *settling, const char *name, const char *file)
{
	if (settling->options->letters.count == 0)
		return CLI_DONE;
	return cli_fail(CLI_ERROR, "dead letter '%s' in '%s' is gone by now", file, name);
}

static int fail(const struct settling *settling, int code, const char *name, const char *file)
{
	if (code == FSPS_ERR_NOT_FOUND)
		return fail_gone(settling, name, file);
	if (code == FSPS_ERR_CORRUPT)
		return cli_fail(CLI_ERROR,
				"'%s' in '%s' holds no single message and can't be replayed; "
				"discard it",
				file, name);
	return cli_fail_library(code, file);
}

/* Counts it if it was done. 0 or an exit code. */
static int settle_letter(struct settling *settling, const char *name, const char *file,
			 uint64_t *count)
{
	int result = settling->options->verb == DEAD_REPLAY
			     ? fsps_dead_replay(settling->bus, name, file)
			     : fsps_dead_discard(settling->bus, name, file);

	if (result < 0)
		return fail(settling, result, name, file);
	++*count;
	return CLI_DONE;
}

static void print_count(struct settling *settling, const char *name, uint64_t count)
{
	char text[64];

	cli_output_text(&settling->output, name);
	snprintf(text, sizeof text, ": %" PRIu64 " dead %s %s\n", count,
		 count == 1 ? "letter" : "letters",
		 settling->options->verb == DEAD_REPLAY ? "replayed" : "discarded");
	cli_output_text(&settling->output, text);
}

static int settle_channel(const char *name, void *userdata)
{
	struct settling *settling = userdata;
	int status = CLI_DONE;
	uint64_t count = 0;
	int64_t result;

	settling->files_len = 0;
	result = fsps_dead_list(settling->bus, name, collect, settling);
	if (result < 0)
		return cli_channel_fail((int)result, name);
	if (settling->no_memory)
		return cli_fail(CLI_ERROR, "no memory");
	for (size_t at = 0; at < settling->files_len && cli_stop_signal() == 0;
	     at += strlen(settling->files + at) + 1)
		cli_keep_first(&status,
			       settle_letter(settling, name, settling->files + at, &count));
	if (settling->options->verbose)
		print_count(settling, name, count);
	return status;
}

static int settle_all(struct settling *settling)
{
	int status = cli_channels_visit(settling->bus, &settling->options->channel, 1,
					settle_channel, settling);

	/* Where a channel could not be looked into nothing is known of what was named. */
	if (status == CLI_DONE)
		status = dead_choice_complain(&settling->choice);
	cli_keep_first(&status, cli_output_finish(&settling->output));
	return status;
}

int dead_settle(const struct dead_options *options, fsps_bus *bus)
{
	struct settling settling;
	int status;

	/* Part by part: all of the output's buffer would be written to. */
	settling.options = options;
	settling.bus = bus;
	settling.files = NULL;
	settling.files_len = 0;
	settling.files_capacity = 0;
	settling.no_memory = false;
	cli_output_init(&settling.output, STDOUT_FILENO);
	status = dead_choice_init(&settling.choice, options);
	if (status == CLI_DONE)
		status = settle_all(&settling);
	dead_choice_deinit(&settling.choice);
	free(settling.files);
	return status;
}
