/* SPDX-License-Identifier: MIT */
/* Users and groups on the command line, by name or number. Only commands look names up; libfsps
 * knows numbers alone. */
#ifndef CLI_USERS_H
#define CLI_USERS_H

#include <stdint.h>

/* The ID of a user or group that an option names: 0, or CLI_USAGE after saying that there is none.
 * A number needs no entry in the system's lists. */
int cli_user_option(const char *option, const char *text, uint32_t *ret_id);
int cli_group_option(const char *option, const char *text, uint32_t *ret_id);

enum { CLI_ID_TEXT_BYTES = 64 };

/* The name of a user or group; its number if it has none. */
void cli_user_text(uint32_t id, char text[CLI_ID_TEXT_BYTES]);
void cli_group_text(uint32_t id, char text[CLI_ID_TEXT_BYTES]);

#endif
