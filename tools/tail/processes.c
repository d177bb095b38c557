/* SPDX-License-Identifier: MIT */
/* Implements tail/processes.h. */
#include "tail/processes.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/clock.h"
#include "cli/json.h"
#include "cli/number.h"

/* One that is unknown is asked for no more often. */
enum { READ_AGAIN_NS = 100 * CLI_NS_PER_MS };

void tail_processes_init(struct tail_processes *processes, fsps_bus *bus)
{
	*processes = (struct tail_processes){.bus = bus, .read_ns = INT64_MIN / 2};
}

void tail_processes_deinit(struct tail_processes *processes)
{
	free(processes->list);
	*processes = (struct tail_processes){0};
}

static void copy_printable(char *to, const char *text)
{
	size_t i;

	for (i = 0; text[i] != '\0' && i + 1 < TAIL_IDENTITY_BYTES; i++)
		to[i] = text[i] < ' ' || text[i] > '~' ? '?' : text[i];
	to[i] = '\0';
}

static int note(const struct fsps_process_info *info, void *userdata)
{
	struct tail_processes *processes = userdata;
	struct tail_process *process;

	if (processes->count == processes->capacity) {
		size_t capacity = 2 * processes->capacity + 16;
		struct tail_process *grown = reallocarray(processes->list, capacity, sizeof *grown);

		if (grown == NULL)
			return 1;
		processes->list = grown;
		processes->capacity = capacity;
	}
	processes->living += info->alive != FSPS_ALIVE_NO;
	process = &processes->list[processes->count++];
	*process = (struct tail_process){.pid = info->pid};
	snprintf(process->member, sizeof process->member, "%s", info->member);
	copy_printable(process->identity, info->identity);
	return 0;
}

int tail_processes_read(struct tail_processes *processes)
{
	int shown;

	processes->count = 0;
	processes->living = 0;
	processes->last = 0;
	processes->read_ns = cli_now_ns();
	shown = fsps_bus_list_processes(processes->bus, note, processes);
	return shown > 0 && (size_t)shown > processes->count ? -1 : 0;
}

static const struct tail_process *look_up(struct tail_processes *processes, const char *member)
{
	for (size_t i = 0; i < processes->count; i++) {
		size_t place = (processes->last + i) % processes->count;

		if (strcmp(processes->list[place].member, member) == 0) {
			processes->last = place;
			return &processes->list[place];
		}
	}
	return NULL;
}

const struct tail_process *tail_processes_find(struct tail_processes *processes, const char *member)
{
	const struct tail_process *found;

	if (member[0] == '\0')
		return NULL;
	found = look_up(processes, member);
	if (found != NULL || cli_now_coarse_ns() - processes->read_ns < READ_AGAIN_NS)
		return found;
	tail_processes_read(processes);
	return look_up(processes, member);
}

void tail_sender_text(uint32_t uid, const struct tail_process *process, char *ret_text)
{
	char user[CLI_ID_TEXT_BYTES] = "?";

	if (uid != UINT32_MAX)
		cli_user_text(uid, user);
	if (process == NULL || process->pid == 0)
		snprintf(ret_text, TAIL_SENDER_BYTES, "%s", user);
	else
		snprintf(ret_text, TAIL_SENDER_BYTES, "%s:%" PRId64, user, process->pid);
}

void tail_process_json(struct cli_output *output, const struct tail_process *process)
{
	cli_json_field(output, "pid");
	if (process == NULL || process->pid == 0)
		cli_output_text(output, "null");
	else
		cli_json_signed(output, process->pid);
	cli_json_field(output, "command");
	if (process == NULL || process->identity[0] == '\0')
		cli_output_text(output, "null");
	else
		cli_json_text(output, process->identity);
}
