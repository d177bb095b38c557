/* SPDX-License-Identifier: MIT */
/*
 * A channel's limits between the public struct and the words of the control block, where 0 has
 * meanings of its own, and which values they may have.
 */
#ifndef FSPS_LIMIT_DEFAULTS_H
#define FSPS_LIMIT_DEFAULTS_H

#include <fsps/limits.h>

#include "store/control.h"
#include "store/counter.h"

/* How long FSPS_FULL_BLOCK waits unless it is told otherwise. */
enum { FSI_BLOCK_MS_DEFAULT = 1000 };

/* How many bytes may wait in a new live channel of a home that says nothing else. */
uint64_t fsi_limits_live_bytes(int home_fd);

/* Checks what is no limit of bytes or messages, which may have any value. name: of the channel or
 * pattern, for what is said. Returns 0 or FSPS_ERR_ARGUMENT. */
int fsi_limits_check(const char *name, int64_t ttl_ms, int when_full, int64_t block_ms);

/* All but the size. */
void fsi_limits_read(const struct fsi_control *control, struct fsps_limits *ret_limits);

/* Puts limits into force, which are checked, and of which when_full is no default: for a channel
 * open for reading its names. Counts what waits where no limit had it counted before, and has
 * publishers look again. Returns 0 or a failure to count. */
int fsi_limits_apply(int channel_fd, struct fsi_control *control, struct fsi_counter *counter,
		     const struct fsps_limits *limits);

#endif
