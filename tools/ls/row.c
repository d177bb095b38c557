/* SPDX-License-Identifier: MIT */
/* Implements ls/row.h. */
#include "ls/row.h"

#include <fcntl.h>
#include <inttypes.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "cli/cleanup.h"

#define US_PER_S UINT64_C(1000000)

void ls_user_name(uint32_t uid, char *ret_name)
{
	const struct passwd *user = getpwuid(uid);

	if (user == NULL)
		snprintf(ret_name, LS_CELL_BYTES, "%" PRIu32, uid);
	else
		snprintf(ret_name, LS_CELL_BYTES, "%s", user->pw_name);
}

/* The name that the kernel has for a process; "" if it has none. */
static void read_process_name(int64_t pid, char *ret_name)
{
	char path[64];
	CLI_CLEANUP(cli_cleanup_fd) int fd = -1;
	ssize_t len;

	snprintf(path, sizeof path, "/proc/%" PRId64 "/comm", pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	len = fd < 0 ? 0 : read(fd, ret_name, LS_CELL_BYTES - 1);
	ret_name[len < 0 ? 0 : len] = '\0';
	ret_name[strcspn(ret_name, "\n")] = '\0';
}

void ls_command_name(const struct fsps_channel_info *info, char *ret_name)
{
	ret_name[0] = '\0';
	if (info->identity[0] != '\0')
		snprintf(ret_name, LS_CELL_BYTES, "%s", info->identity);
	/* A number of a process that is gone may be somebody else's by now. */
	else if (info->alive == FSPS_ALIVE_YES)
		read_process_name(info->pid, ret_name);
}

void ls_format_age(uint64_t age_us, char *ret_text)
{
	uint64_t seconds = age_us / US_PER_S;

	if (seconds == 0)
		snprintf(ret_text, LS_CELL_BYTES, "%" PRIu64 "ms", age_us / 1000);
	else if (seconds < 120)
		snprintf(ret_text, LS_CELL_BYTES, "%" PRIu64 "s", seconds);
	else if (seconds < 7200)
		snprintf(ret_text, LS_CELL_BYTES, "%" PRIu64 "m", seconds / 60);
	else if (seconds < 172800)
		snprintf(ret_text, LS_CELL_BYTES, "%" PRIu64 "h", seconds / 3600);
	else
		snprintf(ret_text, LS_CELL_BYTES, "%" PRIu64 "d", seconds / 86400);
}

uint64_t ls_oldest_age_us(const struct fsps_channel_info *info)
{
	struct timespec now;
	uint64_t now_us;

	clock_gettime(CLOCK_REALTIME, &now);
	now_us = (uint64_t)now.tv_sec * US_PER_S + (uint64_t)now.tv_nsec / 1000;
	return now_us > info->oldest_us ? now_us - info->oldest_us : 0;
}

static const char *alive_text(enum fsps_alive alive)
{
	switch (alive) {
	case FSPS_ALIVE_YES:
		return "yes";
	case FSPS_ALIVE_NO:
		return "no";
	case FSPS_ALIVE_UNKNOWN:
		break;
	}
	return "?";
}

static void fill_counter(char *cell, const struct fsps_channel_info *info, uint64_t count)
{
	if (info->plain)
		strcpy(cell, "-");
	else
		snprintf(cell, LS_CELL_BYTES, "%" PRIu64, count);
}

/* What others chose must not break the table or drive a terminal. */
static void make_printable(char *text)
{
	for (; *text != '\0'; text++) {
		if ((unsigned char)*text < 0x20 || (unsigned char)*text >= 0x7f)
			*text = '?';
	}
}

void ls_row_fill(struct ls_row *row, const struct fsps_channel_info *info)
{
	char(*cells)[LS_CELL_BYTES] = row->cells;

	snprintf(cells[LS_PATTERN], LS_CELL_BYTES, "%s", info->pattern);
	snprintf(cells[LS_PID], LS_CELL_BYTES, "%" PRId64, info->pid);
	ls_user_name(info->uid, cells[LS_USER]);
	ls_command_name(info, cells[LS_COMMAND]);
	if (cells[LS_COMMAND][0] == '\0')
		strcpy(cells[LS_COMMAND], "-");
	snprintf(cells[LS_ALIVE], LS_CELL_BYTES, "%s", alive_text(info->alive));
	snprintf(cells[LS_BACKLOG], LS_CELL_BYTES, "%" PRIu64, info->backlog);
	if (info->oldest_us == 0)
		strcpy(cells[LS_OLDEST], "-");
	else
		ls_format_age(ls_oldest_age_us(info), cells[LS_OLDEST]);
	fill_counter(cells[LS_PUBLISHED], info, info->published);
	fill_counter(cells[LS_DELIVERED], info, info->delivered);
	fill_counter(cells[LS_DROPPED], info, info->dropped);
	for (int i = 0; i < LS_COLUMNS; i++)
		make_printable(cells[i]);
}
