/* SPDX-License-Identifier: MIT */
/*
 * Sending one message after another, telling what became of each, and summing up the exit code.
 *
 * What was full is counted and the next message is tried, also within a batch; anything else that
 * fails ends the run. What a full channel dropped by its own choice is lost, too, and told like a
 * refusal. Details are told for the first few messages only, so that a full channel fills no
 * journal.
 */
#ifndef PUBLISH_SEND_H
#define PUBLISH_SEND_H

#include <stdint.h>

#include <fsps/fsps.h>

#include "cli/output.h"
#include "publish/batch.h"
#include "publish/options.h"
#include "publish/source.h"

struct publish_sender {
	const struct publish_options *options;
	fsps_bus *bus;
	fsps_publisher *publisher;
	fsps_receipt *receipt;
	struct cli_output *output;
	uint64_t sent;
	/* Messages that some channel refused, that one dropped, being full, or that reached fewer
	 * than --at-least. */
	uint64_t refused;
	uint64_t dropped;
	uint64_t too_few;
	/* The worst of what was refused. */
	int refused_status;
};

/* 0, or an exit code after saying what is wrong. To be closed in any case. */
int publish_sender_open(struct publish_sender *sender, const struct publish_options *options,
			fsps_bus *bus, struct cli_output *output);
void publish_sender_close(struct publish_sender *sender);

/* Waits for --wait-subscribers. 0, CLI_TIMEOUT, a signal's or another exit code. */
int publish_sender_wait(struct publish_sender *sender);

/* Sends what was gathered. 0 to go on, or the exit code to end with. */
int publish_sender_send(struct publish_sender *sender, const struct publish_batch *batch);

/* The exit code of a run that came to its end, after summing up what some channel does not have. */
int publish_sender_status(const struct publish_sender *sender);

#endif
