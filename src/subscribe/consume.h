/* SPDX-License-Identifier: MIT */
/*
 * Taking one message file out of a channel, believing nothing: what is no message, or not one for
 * here, is set aside as ".d-<reason>-0-<ID>" and the next one is tried.
 *
 * At most once: the file is unlinked before the message is handed out. Needs no free space.
 */
#ifndef FSPS_SUBSCRIBE_CONSUME_H
#define FSPS_SUBSCRIBE_CONSUME_H

#include "subscribe/channel.h"

enum fsi_consume_answer {
	/* The message is ours. */
	FSI_CONSUMED = 0,
	/* It was taken already (a stale ring), or set aside: go on with the next. */
	FSI_CONSUME_NEXT = 1,
	/* It was too old, and is removed: go on with the next. */
	FSI_CONSUME_EXPIRED = 2,
};

/* Puts what is no message out of the way, counted: it is renamed to ".d-<reason>-0-<id>", or
 * removed if many such are there. Returns FSI_CONSUME_NEXT or a failure. */
int fsi_set_aside(fsps_channel *channel, uint64_t id, const char *name, const char *reason);

/* Returns an answer or a failure; after a failure the file is still there, to be tried again. */
int fsi_consume(fsps_channel *channel, const struct fsi_candidate *candidate,
		fsps_message **ret_message);

#endif
