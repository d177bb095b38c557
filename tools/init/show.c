/* SPDX-License-Identifier: MIT */
/* Implements init/show.h. */
#include "init/show.h"

#include <inttypes.h>
#include <stdio.h>

#include "cli/json.h"
#include "cli/users.h"

static const char *profile_name(int profile)
{
	if (profile == FSPS_PROFILE_PUBLIC)
		return "public";
	return profile == FSPS_PROFILE_GROUP ? "group" : "private";
}

/* "1.5 GiB". */
static void put_size(struct cli_output *output, uint64_t bytes)
{
	static const char *const units[] = {"bytes", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
	double size = (double)bytes;
	char text[40];
	int unit = 0;

	for (; size >= 1024 && unit < 6; unit++)
		size /= 1024;
	snprintf(text, sizeof text, unit == 0 ? "%.0f %s" : "%.1f %s", size, units[unit]);
	cli_output_text(output, text);
}

static void put_who(struct cli_output *output, const struct fsps_home_info *info)
{
	char user[CLI_ID_TEXT_BYTES];
	char group[CLI_ID_TEXT_BYTES];
	char text[3 * CLI_ID_TEXT_BYTES];

	cli_user_text(info->uid, user);
	cli_group_text(info->gid, group);
	snprintf(text, sizeof text, "%s, owner %s, group %s, mode %04" PRIo32 "\n",
		 profile_name(info->profile), user, group, info->mode);
	cli_output_text(output, text);
}

static void put_room(struct cli_output *output, const struct fsps_home_info *info)
{
	char text[128];

	cli_output_text(output, info->in_memory ? "  in memory: " : "  on a disk: ");
	put_size(output, info->bytes_free);
	cli_output_text(output, " of ");
	put_size(output, info->bytes_total);
	snprintf(text, sizeof text, " and %" PRIu64 " of %" PRIu64 " inodes are free\n",
		 info->inodes_free, info->inodes_total);
	cli_output_text(output, text);
	cli_output_text(output, "  publishers leave free: ");
	put_size(output, info->bytes_reserved);
	snprintf(text, sizeof text, ", %" PRIu64 " inodes\n", info->inodes_reserved);
	cli_output_text(output, text);
}

/* Nobody but root is trusted by all. */
static void put_trust(struct cli_output *output, const struct fsps_home_info *info)
{
	char user[CLI_ID_TEXT_BYTES];
	char text[4 * CLI_ID_TEXT_BYTES];

	if (info->profile == FSPS_PROFILE_PRIVATE || info->uid == 0)
		return;
	cli_user_text(info->uid, user);
	snprintf(text, sizeof text,
		 "  other users have to trust %s: --home-owner %s, or PUBSUB_HOME_OWNER=%" PRIu32
		 "\n",
		 user, user, info->uid);
	cli_output_text(output, text);
}

void init_show(struct cli_output *output, const char *home, bool made,
	       const struct fsps_home_info *info)
{
	cli_output_text(output, home);
	cli_output_text(output, made ? ": created: " : ": ");
	put_who(output, info);
	put_room(output, info);
	put_trust(output, info);
}

void init_show_json(struct cli_output *output, const char *home, bool made,
		    const struct fsps_home_info *info)
{
	char mode[16];

	cli_output_text(output, "{\"home\":");
	cli_json_text(output, home);
	cli_json_put_bool(output, "created", made);
	cli_json_put_text(output, "profile", profile_name(info->profile));
	cli_json_put_unsigned(output, "uid", info->uid);
	cli_json_put_unsigned(output, "gid", info->gid);
	cli_json_field(output, "mode");
	snprintf(mode, sizeof mode, "%04" PRIo32, info->mode);
	cli_json_text(output, mode);
	cli_json_put_bool(output, "in_memory", info->in_memory);
	cli_json_put_unsigned(output, "bytes_total", info->bytes_total);
	cli_json_put_unsigned(output, "bytes_free", info->bytes_free);
	cli_json_put_unsigned(output, "inodes_total", info->inodes_total);
	cli_json_put_unsigned(output, "inodes_free", info->inodes_free);
	cli_json_put_unsigned(output, "bytes_reserved", info->bytes_reserved);
	cli_json_put_unsigned(output, "inodes_reserved", info->inodes_reserved);
	cli_output_text(output, "}\n");
}
