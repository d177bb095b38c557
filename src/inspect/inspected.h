/* SPDX-License-Identifier: MIT */
/*
 * A channel that somebody from outside looks at or handles: found by the name of its directory,
 * which the caller has parsed, and kept open, so that another of the same name that comes later is
 * not taken for it.
 */
#ifndef FSPS_INSPECT_INSPECTED_H
#define FSPS_INSPECT_INSPECTED_H

#include <stdbool.h>

#include <fsps/topic.h>

#include "store/bus.h"
#include "store/control.h"
#include "store/home.h"
#include "store/message_file.h"

struct fsi_inspected {
	struct fsi_home *home;
	/* The caller's. */
	const char *name;
	struct fsi_channel_name parsed;
	char pattern[FSPS_PATTERN_MAX + 1];
	/* Open for reading its names. */
	int directory_fd;
	/* NULL: it has none, or it is another user's. */
	struct fsi_control *control;
	uint64_t message_bytes_max;
};

/* Returns 0 or a failure: FSPS_ERR_NOT_FOUND, FSPS_ERR_PERMISSION, ... Close it in the first case.
 */
int fsi_inspected_open(fsps_bus *bus, const char *name, struct fsi_inspected *ret_channel);
void fsi_inspected_close(struct fsi_inspected *channel);

bool fsi_inspected_is_durable(const struct fsi_inspected *channel);

/* For judging its files; valid as long as the channel. */
struct fsi_message_place fsi_inspected_place(const struct fsi_inspected *channel);

#endif
