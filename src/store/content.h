/* SPDX-License-Identifier: MIT */
/* What lies in a channel, by the names alone: for those who look on and for counting. */
#ifndef FSPS_STORE_CONTENT_H
#define FSPS_STORE_CONTENT_H

#include <stdint.h>

#include "base/limits.h"

struct fsi_channel_content {
	/* Messages that wait. */
	uint64_t backlog;
	/* The lowest ID among them, 0 for none, and its file. */
	uint64_t lowest_id;
	char lowest_name[FSI_NAME_BYTES];
	/* Files that were set aside. */
	uint64_t dead_letters;
};

/* Reads an open directory's names (its offset is moved). Returns 0 or a failure. */
int fsi_channel_content(int channel_fd, struct fsi_channel_content *ret_content);

#endif
