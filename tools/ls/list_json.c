/* SPDX-License-Identifier: MIT */
/* Implements ls/list_json.h. */
#include "ls/list_json.h"

#include <inttypes.h>
#include <stdio.h>

#include <fsps/limits.h>

#include "cli/clock.h"
#include "cli/json.h"
#include "cli/listed.h"
#include "cli/users.h"
#include "ls/row.h"

static void put_counter(struct cli_output *output, const struct fsps_channel_info *info,
			const char *name, uint64_t count)
{
	cli_json_field(output, name);
	if (info->plain)
		cli_output_text(output, "null");
	else
		cli_json_unsigned(output, count);
}

static void put_alive(struct cli_output *output, enum fsps_alive alive)
{
	cli_json_field(output, "alive");
	if (alive == FSPS_ALIVE_UNKNOWN)
		cli_output_text(output, "null");
	else
		cli_output_text(output, alive == FSPS_ALIVE_YES ? "true" : "false");
}

static void put_oldest(struct cli_output *output, const struct fsps_channel_info *info)
{
	uint64_t age_us = info->oldest_us == 0 ? 0 : ls_oldest_age_us(info);
	char text[40];

	cli_json_field(output, "oldest_seconds");
	snprintf(text, sizeof text, "%" PRIu64 ".%06" PRIu64, age_us / 1000000, age_us % 1000000);
	cli_output_text(output, info->oldest_us == 0 ? "null" : text);
}

static void put_created(struct cli_output *output, const struct fsps_channel_info *info)
{
	char text[CLI_TIME_BYTES];

	cli_format_utc(info->created_us, text);
	cli_json_put_text(output, "created", info->created_us == 0 ? NULL : text);
}

static const char *kind_text(int kind)
{
	switch (kind) {
	case FSPS_KIND_DURABLE:
		return "durable";
	case FSPS_KIND_INBOX:
		return "inbox";
	default:
		return "live";
	}
}

/* What came with the durable channels. */
static void put_durable(struct cli_output *output, const struct fsps_channel_info *info)
{
	cli_json_put_text(output, "kind", kind_text(info->kind));
	cli_json_put_text(output, "durable", info->durable[0] == '\0' ? NULL : info->durable);
	cli_json_put_unsigned(output, "readers", info->readers);
	cli_json_put_bool(output, "shared", info->shared);
	cli_json_put_unsigned(output, "claimed", info->claimed);
	cli_json_put_unsigned(output, "delayed", info->delayed);
	put_counter(output, info, "acknowledged", info->acknowledged);
	put_counter(output, info, "redelivered", info->redelivered);
}

/* A limit; null if there is none, or none that we know of. */
static void put_limit(struct cli_output *output, const char *name, uint64_t limit)
{
	cli_json_field(output, name);
	if (ls_is_limit(limit))
		cli_json_unsigned(output, limit);
	else
		cli_output_text(output, "null");
}

/* What came with the limits, and who may publish. */
static void put_limits(struct cli_output *output, const struct fsps_channel_info *info)
{
	bool blocks = info->when_full == FSPS_FULL_BLOCK;
	char mode[16];

	put_limit(output, "limit_bytes", info->limit_bytes);
	put_limit(output, "limit_messages", info->limit_messages);
	put_limit(output, "ttl_ms", (uint64_t)info->ttl_ms);
	cli_json_put_text(output, "when_full",
			  info->plain ? NULL : ls_when_full_text(info->when_full));
	put_limit(output, "block_ms", blocks ? (uint64_t)info->block_ms : 0);
	put_counter(output, info, "held_bytes", info->held_bytes);
	put_counter(output, info, "refused", info->refused);
	put_counter(output, info, "dropped_new", info->dropped_new);
	put_counter(output, info, "dropped_oldest", info->dropped_oldest);
	put_counter(output, info, "expired", info->expired);
	put_counter(output, info, "evicted", info->evicted);
	cli_json_put_unsigned(output, "gid", info->gid);
	snprintf(mode, sizeof mode, "%04" PRIo32, info->mode & 07777);
	cli_json_put_text(output, "mode", mode);
}

void ls_print_json(struct cli_output *output, const struct fsps_channel_info *info)
{
	char user[CLI_ID_TEXT_BYTES];
	char name[LS_CELL_BYTES];

	cli_output_text(output, "{\"name\":");
	cli_json_text(output, info->name);
	cli_json_put_text(output, "pattern", info->pattern);
	cli_json_field(output, "pid");
	cli_json_signed(output, info->pid);
	cli_json_put_unsigned(output, "uid", info->uid);
	cli_user_text(info->uid, user);
	cli_json_put_text(output, "user", user);
	cli_listed_command(info, name);
	cli_json_put_text(output, "command", name);
	put_alive(output, info->alive);
	cli_json_put_bool(output, "plain", info->plain);
	cli_json_put_unsigned(output, "backlog", info->backlog);
	put_oldest(output, info);
	put_counter(output, info, "published", info->published);
	put_counter(output, info, "delivered", info->delivered);
	put_counter(output, info, "dropped", info->dropped);
	put_counter(output, info, "set_aside", info->set_aside);
	cli_json_put_unsigned(output, "dead_letters", info->dead_letters);
	put_created(output, info);
	put_durable(output, info);
	put_limits(output, info);
	cli_output_text(output, "}\n");
}
