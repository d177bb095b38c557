/* SPDX-License-Identifier: MIT */
/*
 * Messages that failed here and were given back: until we see them settled for good they are owed.
 * By them --drain knows what to wait for, and the exit code whether something is undone.
 *
 * In a group another worker may settle them, and anybody may remove them; to find that out, the
 * channel is asked what is still in it.
 */
#ifndef SUBSCRIBE_OWED_H
#define SUBSCRIBE_OWED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <fsps/fsps.h>

struct subscribe_owed {
	/* By channel and ID, a tree of tsearch(3), and all in a list. */
	void *tree;
	struct owed_message *first;
	size_t count;
	/* Those among them that --drain waits for. */
	size_t waited_for;
};

void subscribe_owed_deinit(struct subscribe_owed *owed);

/* A message failed. waited_for: counts if it is not known yet. 0 or -1 (no memory). */
int subscribe_owed_add(struct subscribe_owed *owed, const fsps_channel *channel, uint64_t id,
		       bool waited_for);

/* It is settled for good. Nothing happens if it never failed here. */
void subscribe_owed_remove(struct subscribe_owed *owed, const fsps_channel *channel, uint64_t id);

/* Forgets what is in its channel no longer. 0 or a code of libfsps. */
int subscribe_owed_refresh(struct subscribe_owed *owed, fsps_bus *bus);

#endif
