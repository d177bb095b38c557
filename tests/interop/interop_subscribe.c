/* SPDX-License-Identifier: MIT */
/*
 * interop_subscribe HOME PATTERN [NAME [shared]]: subscribes, or reads from the durable channel
 * NAME, alone or as one of a group; says {"channel": its directory}, and takes messages only when
 * it is told to (see line.h).
 *
 *   {"take": N, "wait_ms": M}   takes up to N messages, waiting M ms at most for each, acknowledges
 *       them if the channel is durable, unless it is told to "leave" them unsettled, and answers
 *       {"messages": [{"id", "time_us", "topic", "headers": JSON, "payload": HEX, "sender"}...],
 *        "delivered": N, "set_aside": N, "backlog": N, "error": code's name or null}
 *   {"list": true}              answers {"channels": [{"name", "plain", "alive", "backlog"}...]}
 */
#include <stdbool.h>
#include <stdlib.h>

#include "line.h"

static fsps_bus *bus;
static fsps_channel *channel;
static bool is_durable;

static json_t *describe(const fsps_message *message)
{
	size_t payload_len;
	const void *payload = fsps_message_payload(message, &payload_len);
	char *headers = NULL;
	json_t *description;

	line_require(fsps_headers_to_json(fsps_message_headers(message), &headers, NULL) == FSPS_OK,
		     "the headers can't be written");
	description =
		json_pack("{sI, sI, ss, ss, so, sI}", "id", (json_int_t)fsps_message_id(message),
			  "time_us", (json_int_t)fsps_message_timestamp_us(message), "topic",
			  fsps_message_topic(message), "headers", headers, "payload",
			  line_hex(payload, payload_len), "sender",
			  (json_int_t)fsps_message_sender_uid(message));
	free(headers);
	return description;
}

/* Settled before it is told of: what was told of never comes again. */
static void settle(fsps_message *message, const json_t *request)
{
	if (is_durable && json_object_get(request, "leave") == NULL)
		line_require(fsps_message_ack(channel, message) == FSPS_OK,
			     "can't acknowledge a message");
}

static json_t *take(const json_t *request)
{
	json_int_t wait_ms = line_integer(request, "wait_ms", 0);
	json_int_t count = line_integer(request, "take", 0);
	struct fsps_channel_stats stats = {.size = sizeof stats};
	json_t *messages = json_array();
	int result = 1;

	while (count-- > 0) {
		fsps_message *message = NULL;

		result = fsps_channel_receive(channel, wait_ms, &message);
		if (result != 1)
			break;
		settle(message, request);
		json_array_append_new(messages, describe(message));
		fsps_message_unref(message);
	}
	line_require(fsps_channel_get_stats(channel, &stats) == FSPS_OK, "no stats");
	return json_pack("{so, sI, sI, sI, ss?}", "messages", messages, "delivered",
			 (json_int_t)stats.delivered, "set_aside", (json_int_t)stats.set_aside,
			 "backlog", (json_int_t)fsps_channel_backlog(channel), "error",
			 result < 0 ? fsps_error_name(result) : NULL);
}

static int note(const struct fsps_channel_info *info, void *userdata)
{
	json_array_append_new(userdata, json_pack("{ss, sb, si, sI}", "name", info->name, "plain",
						  info->plain, "alive", (int)info->alive, "backlog",
						  (json_int_t)info->backlog));
	return 0;
}

static json_t *list(void)
{
	json_t *channels = json_array();

	line_require(fsps_bus_list(bus, note, channels) >= 0, "can't list");
	return json_pack("{so}", "channels", channels);
}

int main(int argc, char **argv)
{
	struct fsps_bus_options options = {.size = sizeof options};
	struct fsps_channel_options how = {.size = sizeof how};
	json_t *request;

	line_require(argc >= 3 && argc <= 5,
		     "usage: interop_subscribe HOME PATTERN [NAME [shared]]");
	options.home = argv[1];
	how.durable = argv[3];
	how.shared = argc == 5;
	is_durable = argc > 3;
	line_require(fsps_bus_open(&options, &bus) == FSPS_OK &&
			     fsps_channel_open(bus, argv[2], &how, &channel) == FSPS_OK,
		     "no channel");
	line_write(json_pack("{ss}", "channel", fsps_channel_name(channel)));
	while ((request = line_read()) != NULL) {
		line_write(json_object_get(request, "list") != NULL ? list() : take(request));
		json_decref(request);
	}
	fsps_channel_close(channel);
	fsps_bus_close(bus);
	return EXIT_SUCCESS;
}
