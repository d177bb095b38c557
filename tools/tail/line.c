/* SPDX-License-Identifier: MIT */
/* Implements tail/line.h. */
#include "tail/line.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "cli/escape.h"
#include "cli/human.h"
#include "cli/terminal.h"

enum {
	US_PER_S = 1000000,
	US_PER_MS = 1000,
	TOPIC_WIDTH_FIRST = 12,
	TOPIC_WIDTH_MAX = 40,
	SENDER_WIDTH_FIRST = 4,
	SENDER_WIDTH_MAX = 24,
	SIZE_TEXT = 5,
	RATE_TEXT = 7
};

void tail_line_init(struct tail_line *line, struct cli_output *output, bool no_payload)
{
	*line = (struct tail_line){.output = output,
				   .no_payload = no_payload,
				   .columns = cli_terminal_columns(output->fd),
				   .topic_width = TOPIC_WIDTH_FIRST,
				   .sender_width = SENDER_WIDTH_FIRST,
				   .sender_uid = UINT32_MAX,
				   .sender = "?",
				   .second = -1};
}

/* By the clock on the wall here. */
static void read_clock(struct tail_line *line, uint64_t timestamp_us)
{
	time_t second = (time_t)(timestamp_us / US_PER_S);
	struct tm local;

	if (second == line->second)
		return;
	line->second = second;
	if (localtime_r(&second, &local) == NULL ||
	    strftime(line->clock, sizeof line->clock, "%H:%M:%S", &local) == 0)
		strcpy(line->clock, "--:--:--");
}

static const char *sender_of(struct tail_line *line, const fsps_message *message,
			     const struct tail_process *process)
{
	uint32_t uid = fsps_message_sender_uid(message);
	int64_t pid = process == NULL ? 0 : process->pid;

	if (uid != line->sender_uid || pid != line->sender_pid)
		tail_sender_text(uid, process, line->sender);
	line->sender_uid = uid;
	line->sender_pid = pid;
	return line->sender;
}

/* A column that grows with its texts, up to max. */
static int widen(size_t *width, const char *text, size_t max)
{
	size_t len = strlen(text);

	if (len > *width)
		*width = len < max ? len : max;
	return (int)*width;
}

static void print_payload(const struct tail_line *line, const fsps_message *message, size_t used)
{
	size_t len;
	const void *payload = fsps_message_payload(message, &len);
	size_t columns = SIZE_MAX;

	if (line->columns != SIZE_MAX)
		columns = used < line->columns ? line->columns - used : 0;
	cli_escape_line(line->output, payload, len, columns);
}

void tail_line_print(struct tail_line *line, const fsps_message *message,
		     const struct tail_process *process, double rate)
{
	const char *topic = fsps_message_topic(message);
	const char *sender = sender_of(line, message, process);
	uint64_t timestamp_us = fsps_message_timestamp_us(message);
	char rate_text[CLI_HUMAN_BYTES];
	char size_text[CLI_HUMAN_BYTES];
	char text[2048];
	size_t len;
	int used;

	read_clock(line, timestamp_us);
	fsps_message_payload(message, &len);
	cli_human_bytes(len, size_text);
	cli_human_number(rate, rate_text);
	strcat(rate_text, "/s");
	used = snprintf(text, sizeof text, "%s.%03" PRIu64 "  %-*s  %*s  %-*s  %*s", line->clock,
			timestamp_us % US_PER_S / US_PER_MS,
			widen(&line->topic_width, topic, TOPIC_WIDTH_MAX), topic, SIZE_TEXT,
			size_text, widen(&line->sender_width, sender, SENDER_WIDTH_MAX), sender,
			RATE_TEXT, rate_text);
	cli_output_write(line->output, text, (size_t)used);
	if (!line->no_payload && len > 0) {
		cli_output_text(line->output, "  ");
		print_payload(line, message, (size_t)used + 2);
	}
	cli_output_byte(line->output, '\n');
}

void tail_line_print_gap(struct tail_line *line, uint64_t missed)
{
	char text[96];

	snprintf(text, sizeof text,
		 "-- missed %" PRIu64 " %s: they came faster than we follow --\n", missed,
		 missed == 1 ? "message" : "messages");
	cli_output_text(line->output, text);
}
