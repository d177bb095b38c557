/* SPDX-License-Identifier: MIT */
/* Implements the row and the JSON of dead/letter.h; letter_print.c has the whole. */
#include "dead/letter.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <fsps/delivery.h>

#include "cli/clock.h"
#include "cli/json.h"
#include "cli/message_json.h"

const struct cli_column dead_columns[DEAD_COLUMNS] = {
	[DEAD_CHANNEL] = {.title = "CHANNEL"},
	[DEAD_ID] = {.title = "ID", .number = true},
	[DEAD_REASON] = {.title = "REASON"},
	[DEAD_ATTEMPTS] = {.title = "ATTEMPTS", .number = true},
	[DEAD_AGE] = {.title = "AGE", .number = true},
	[DEAD_TOPIC] = {.title = "TOPIC"},
	[DEAD_ERROR] = {.title = "ERROR"},
};

/* The first line that has anything in it. */
static void first_line(const char *text, char *ret_line, size_t size)
{
	size_t len;

	text += strspn(text, " \t\r\n");
	len = strcspn(text, "\n");
	snprintf(ret_line, size, "%.*s", (int)(len < size ? len : size - 1), text);
}

static uint64_t age_us(const struct fsps_dead_letter *letter)
{
	uint64_t now_us = cli_wall_us();

	return now_us > letter->time_us ? now_us - letter->time_us : 0;
}

int dead_letter_add(struct cli_table *table, const struct fsps_dead_letter *letter)
{
	char id[24];
	char attempts[16];
	char age[CLI_SPAN_BYTES];
	char error[FSPS_ERROR_TEXT_MAX + 1];
	const char *const cells[DEAD_COLUMNS] = {
		[DEAD_CHANNEL] = letter->channel_name,
		[DEAD_ID] = id,
		[DEAD_REASON] = letter->reason,
		[DEAD_ATTEMPTS] = attempts,
		[DEAD_AGE] = age,
		[DEAD_TOPIC] = letter->message == NULL ? "-" : fsps_message_topic(letter->message),
		[DEAD_ERROR] = error};

	snprintf(id, sizeof id, "%" PRIu64, letter->id);
	snprintf(attempts, sizeof attempts, "%" PRIu32, letter->attempts);
	cli_format_span(age_us(letter), age);
	first_line(letter->error, error, sizeof error);
	if (error[0] == '\0')
		strcpy(error, "-");
	return cli_table_add(table, cells);
}

/* A string, as a message's ID is. */
static void put_id_alone(struct cli_output *output, uint64_t id)
{
	cli_output_text(output, "{\"id\":\"");
	cli_json_unsigned(output, id);
	cli_output_byte(output, '"');
}

void dead_letter_print_json(struct cli_output *output, const struct fsps_dead_letter *letter)
{
	char time[CLI_TIME_BYTES];

	if (letter->message == NULL)
		put_id_alone(output, letter->id);
	else
		cli_message_json_begin(output, letter->message, NULL);
	cli_json_put_text(output, "channel", letter->channel_name);
	cli_json_put_text(output, "file", letter->file_name);
	cli_json_put_text(output, "reason", letter->reason);
	cli_json_put_unsigned(output, "attempts", letter->attempts);
	cli_format_utc(letter->time_us, time);
	cli_json_put_text(output, "dead_time", time);
	cli_json_put_text(output, "error", letter->error[0] == '\0' ? NULL : letter->error);
	cli_output_text(output, "}\n");
}
