/* SPDX-License-Identifier: MIT */
/*
 * A message as a line for people: time, topic, size, sender, rate, payload.
 *
 * Columns grow with what stands in them, so that lines stay below each other without anybody
 * knowing beforehand what will come. Nothing in a message can break the line or drive a terminal.
 */
#ifndef TAIL_LINE_H
#define TAIL_LINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include <fsps/message.h>

#include "cli/output.h"
#include "tail/processes.h"

struct tail_line {
	struct cli_output *output;
	bool no_payload;
	/* Of the terminal; SIZE_MAX: none. */
	size_t columns;
	/* Of the columns that grow. */
	size_t topic_width;
	size_t sender_width;
	/* What was looked up last: names are asked for once in a while, not for each message. */
	uint32_t sender_uid;
	int64_t sender_pid;
	char sender[TAIL_SENDER_BYTES];
	time_t second;
	char clock[16];
};

void tail_line_init(struct tail_line *line, struct cli_output *output, bool no_payload);

/* Prints it. process: that of the sender, or NULL. rate: messages in a second. */
void tail_line_print(struct tail_line *line, const fsps_message *message,
		     const struct tail_process *process, double rate);

/* Prints how many messages are missing before the next one. */
void tail_line_print_gap(struct tail_line *line, uint64_t missed);

#endif
