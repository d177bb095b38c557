/* SPDX-License-Identifier: MIT */
/* Implements tests/fuzz/manage.h. */
#include "fuzz/manage.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "fuzz/answers.h"
#include "fuzz/canary.h"
#include "fuzz/home.h"
#include "fuzz/places.h"
#include "fuzz/require.h"

void fuzz_check_message(const fsps_message *message)
{
	size_t len;
	const char *payload = fsps_message_payload(message, &len);

	fuzz_require(fsps_topic_check(fsps_message_topic(message)) == 0, "a topic is one");
	fuzz_require(payload != NULL && payload[len] == '\0', "a NUL follows the payload");
	fuzz_require(strcmp(payload, FUZZ_CANARY_PAYLOAD) != 0, "no symlink is followed to read");
	fuzz_require(fsps_headers_count(fsps_message_headers(message)) <= FSPS_HEADERS_MAX,
		     "headers are few");
	fuzz_require(fsps_message_id(message) != 0, "a message has an ID");
}

/* ---- looking on ---- */

static int see_channel(const struct fsps_channel_info *info, void *userdata)
{
	(void)userdata;
	fuzz_require(info->name[0] != '\0' && fsps_pattern_check(info->pattern) == 0,
		     "what is listed is a channel");
	fuzz_require(strlen(info->identity) < 128 && strlen(info->durable) < 64,
		     "texts are as long as they may be");
	return 0;
}

static void list(fsps_bus *bus, struct fuzz_input *input)
{
	(void)input;
	(void)FUZZ_CALL(FUZZ_ANSWERS_LOOK, fsps_bus_list(bus, see_channel, NULL));
}

static int see_waiting(const struct fsps_waiting *waiting, void *userdata)
{
	(void)userdata;
	fuzz_require(waiting->file_name[0] != '\0', "what waits has a name");
	if (waiting->message != NULL)
		fuzz_check_message(waiting->message);
	return 0;
}

/* A name of the home, for those who look on and manage. */
static bool any_name(struct fuzz_input *input, char *ret_name)
{
	return fuzz_nth_name(fuzz_home_fd(), fuzz_byte(input), ret_name);
}

static void peek(fsps_bus *bus, struct fuzz_input *input)
{
	char name[256];

	if (any_name(input, name))
		(void)FUZZ_CALL(FUZZ_ANSWERS_LOOK | FUZZ_CODE(FSPS_ERR_ARGUMENT),
				fsps_channel_peek(bus, name, see_waiting, NULL));
}

/* ---- managing ---- */

struct letter {
	char channel[256];
	char file[256];
};

static int see_letter(const struct fsps_dead_letter *letter, void *userdata)
{
	struct letter *last = userdata;

	fuzz_require(letter->reason[0] != '\0', "a dead letter has a reason");
	if (letter->message != NULL)
		fuzz_check_message(letter->message);
	snprintf(last->channel, sizeof last->channel, "%s", letter->channel_name);
	snprintf(last->file, sizeof last->file, "%s", letter->file_name);
	return 0;
}

static void bury(fsps_bus *bus, struct fuzz_input *input)
{
	uint8_t how = fuzz_byte(input);
	struct letter last = {.file = ""};

	(void)FUZZ_CALL(FUZZ_ANSWERS_LOOK, fsps_dead_list(bus, NULL, see_letter, &last));
	if (last.file[0] == '\0')
		return;
	if (how % 2 == 0)
		(void)FUZZ_CALL(FUZZ_ANSWERS_MANAGE | FUZZ_CODE(FSPS_ERR_ARGUMENT),
				fsps_dead_replay(bus, last.channel, last.file));
	else
		(void)FUZZ_CALL(FUZZ_ANSWERS_MANAGE | FUZZ_CODE(FSPS_ERR_ARGUMENT),
				fsps_dead_discard(bus, last.channel, last.file));
}

static void purge(fsps_bus *bus, struct fuzz_input *input)
{
	char name[256];

	if (any_name(input, name))
		(void)FUZZ_CALL(FUZZ_ANSWERS_MANAGE | FUZZ_CODE(FSPS_ERR_ARGUMENT),
				fsps_channel_purge(bus, name));
}

static void create_durable(fsps_bus *bus, struct fuzz_input *input)
{
	static const char *const names[] = {"dur", "grp", "new", "x"};
	const char *name = names[fuzz_byte(input) % 4];

	(void)FUZZ_CALL(FUZZ_ANSWERS_OPEN, fsps_durable_create(bus, "t", name));
}

static void remove_durable(fsps_bus *bus, struct fuzz_input *input)
{
	uint8_t how = fuzz_byte(input);
	char name[256];

	if (any_name(input, name))
		(void)FUZZ_CALL(
			FUZZ_ANSWERS_MANAGE | FUZZ_CODE(FSPS_ERR_ARGUMENT),
			fsps_durable_remove(bus, name, how % 2 == 0 ? FSPS_DURABLE_FORCE : 0));
}

static void limit(fsps_bus *bus, struct fuzz_input *input)
{
	struct fsps_limits limits = {.size = sizeof limits};
	uint8_t how = fuzz_byte(input);
	char name[256];

	if (!any_name(input, name) || FUZZ_CALL(FUZZ_ANSWERS_LOOK | FUZZ_CODE(FSPS_ERR_ARGUMENT),
						fsps_channel_get_limits(bus, name, &limits)) < 0)
		return;
	limits = (struct fsps_limits){.size = sizeof limits,
				      .bytes = how % 4 * UINT64_C(4096),
				      .messages = how / 4 % 4,
				      .ttl_ms = how / 16 % 2 * 1000,
				      .when_full = 1 + how / 32 % 4};
	if (limits.when_full == FSPS_FULL_BLOCK)
		limits.block_ms = 1;
	(void)FUZZ_CALL(FUZZ_ANSWERS_LOOK | FUZZ_CODE(FSPS_ERR_ARGUMENT),
			fsps_channel_set_limits(bus, name, &limits));
}

static void look_at_home(fsps_bus *bus, struct fuzz_input *input)
{
	struct fsps_home_info info = {.size = sizeof info};

	(void)input;
	(void)FUZZ_CALL(FUZZ_ANSWERS_LOOK, fsps_home_look(bus, &info));
}

void fuzz_manage(fsps_bus *bus, unsigned which, struct fuzz_input *input)
{
	static void (*const acts[FUZZ_MANAGE_ACTS])(fsps_bus * bus, struct fuzz_input * input) = {
		list, peek, bury, purge, create_durable, remove_durable, limit, look_at_home,
	};

	acts[which](bus, input);
}
