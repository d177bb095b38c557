/* SPDX-License-Identifier: MIT */
/* A message as environment variables of the program that --exec starts. */
#ifndef SUBSCRIBE_EXEC_ENVIRONMENT_H
#define SUBSCRIBE_EXEC_ENVIRONMENT_H

#include <stdbool.h>

#include <fsps/message.h>

#include "cli/child.h"

/*
 * Replaces what was added to the environment by PUBSUB_TOPIC, PUBSUB_ID, PUBSUB_TIME,
 * PUBSUB_ATTEMPT (if it is to be settled) and one PUBSUB_HEADER_x per header. In x other characters
 * than A-Z a-z 0-9 become '_'. A value with a NUL byte, and a second header of the same name, are
 * left out and said once. 0 or -1 (no memory).
 */
int subscribe_exec_describe(struct cli_environment *environment, const fsps_message *message,
			    bool *told_left_out);

#endif
