/* SPDX-License-Identifier: MIT */
/*
 * Who uses the home, by member ID: what a message or a channel says of its publisher becomes a
 * process. Read again when somebody unknown turns up, but only so often.
 */
#ifndef TAIL_PROCESSES_H
#define TAIL_PROCESSES_H

#include <stddef.h>
#include <stdint.h>

#include <fsps/bus.h>

#include "cli/output.h"
#include "cli/users.h"

enum { TAIL_MEMBER_BYTES = 16, TAIL_IDENTITY_BYTES = 32 };

struct tail_process {
	char member[TAIL_MEMBER_BYTES];
	/* 0: unknown. */
	int64_t pid;
	/* Cut, and printable. */
	char identity[TAIL_IDENTITY_BYTES];
};

struct tail_processes {
	fsps_bus *bus;
	struct tail_process *list;
	size_t count;
	size_t capacity;
	/* How many of them live. */
	size_t living;
	/* Which one was found last: mostly it is the next one, too. */
	size_t last;
	int64_t read_ns;
};

/* Empty. */
void tail_processes_init(struct tail_processes *processes, fsps_bus *bus);
void tail_processes_deinit(struct tail_processes *processes);

/* Reads who is there now. What can't be read is not there: the home of others, say. 0 or -1 (no
 * memory). */
int tail_processes_read(struct tail_processes *processes);

/* A process by its member ID, valid until the next call; NULL if it is unknown, or member is "". */
const struct tail_process *tail_processes_find(struct tail_processes *processes,
					       const char *member);

enum { TAIL_SENDER_BYTES = CLI_ID_TEXT_BYTES + 24 };

/* A sender for people: "ann:1234", or "ann" if the process is unknown (NULL), or "?". */
void tail_sender_text(uint32_t uid, const struct tail_process *process, char *ret_text);

/* The fields "pid" and "command" of an object, null of one that is unknown. */
void tail_process_json(struct cli_output *output, const struct tail_process *process);

#endif
