/* SPDX-License-Identifier: MIT */
/* Implements subscribe/exec_environment.h. */
#include "subscribe/exec_environment.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <fsps/delivery.h>
#include <fsps/error.h>

#include "cli/clock.h"
#include "cli/fail.h"
#include "subscribe/header_text.h"

#define PREFIX "PUBSUB_HEADER_"

static bool stands_for_itself(char c)
{
	return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

/* The variable's name for a header's key. */
static void name_variable(const char *key, char *ret_name)
{
	ret_name = stpcpy(ret_name, PREFIX);
	for (; *key != '\0'; key++)
		*ret_name++ = stands_for_itself(*key) ? *key : '_';
	*ret_name = '\0';
}

/* 1 if the header can't stand in the environment. */
static int add_header(struct cli_environment *environment, const struct fsps_header *header)
{
	char name[sizeof PREFIX + FSPS_HEADER_KEY_MAX];
	char buffer[SUBSCRIBE_HEADER_TEXT_BYTES];
	size_t len;
	const char *text = subscribe_header_text(header, buffer, &len);

	if (strlen(text) != len || strlen(header->key) > FSPS_HEADER_KEY_MAX)
		return 1;
	name_variable(header->key, name);
	return cli_environment_add(environment, name, text);
}

static int add_headers(struct cli_environment *environment, const fsps_message *message,
		       bool *told_left_out)
{
	const fsps_headers *headers = fsps_message_headers(message);
	struct fsps_header header;

	for (size_t i = 0; fsps_headers_at(headers, i, &header) == FSPS_OK; i++) {
		int result = add_header(environment, &header);

		if (result < 0)
			return -1;
		if (result == 0 || *told_left_out)
			continue;
		*told_left_out = true;
		cli_say("header '%s' is left out of the environment: a NUL byte in it or another "
			"one of "
			"that name; further ones are left out in silence",
			header.key);
	}
	return 0;
}

static int add_attempt(struct cli_environment *environment, const fsps_message *message)
{
	uint32_t attempt = fsps_message_attempt(message);
	char text[16];

	if (attempt == 0)
		return 0;
	snprintf(text, sizeof text, "%" PRIu32, attempt);
	return cli_environment_add(environment, "PUBSUB_ATTEMPT", text);
}

int subscribe_exec_describe(struct cli_environment *environment, const fsps_message *message,
			    bool *told_left_out)
{
	char text[CLI_TIME_BYTES];

	cli_environment_reset(environment);
	if (cli_environment_add(environment, "PUBSUB_TOPIC", fsps_message_topic(message)) < 0)
		return -1;
	snprintf(text, sizeof text, "%" PRIu64, fsps_message_id(message));
	if (cli_environment_add(environment, "PUBSUB_ID", text) < 0)
		return -1;
	cli_format_utc(fsps_message_timestamp_us(message), text);
	if (cli_environment_add(environment, "PUBSUB_TIME", text) < 0)
		return -1;
	if (add_attempt(environment, message) < 0)
		return -1;
	return add_headers(environment, message, told_left_out);
}
