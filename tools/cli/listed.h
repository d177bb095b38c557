/* SPDX-License-Identifier: MIT */
/* What commands that list channels say of one alike. */
#ifndef CLI_LISTED_H
#define CLI_LISTED_H

#include <stdbool.h>

#include <fsps/bus.h>

/* Whether an operand names the channel, its pattern or a durable channel, a topic that reaches it,
 * or a pattern that its topic lies in. */
bool cli_listed_concerns(const char *operand, const struct fsps_channel_info *info);

enum { CLI_COMMAND_BYTES = 256 };

/* What the process calls itself that owns the channel, or reads from it; "" if that is unknown. It
 * may be any bytes. */
void cli_listed_command(const struct fsps_channel_info *info, char *ret_name);

#endif
