/* SPDX-License-Identifier: MIT */
/*
 * The inbox of a durable channel, held by one of its readers as long as that reads: through it
 * formix-pubsub's publishers reach the channel. What they are is in recover/inbox.h, and so is what
 * becomes of one whose holder dies.
 *
 * There is never more than one that formix-pubsub sees, so that none of its publishes arrives
 * twice: one is opened only after those of former holders are gone.
 *
 * Not thread-safe: its channel's lock guards it.
 */
#ifndef FSPS_SUBSCRIBE_INBOX_H
#define FSPS_SUBSCRIBE_INBOX_H

#include <stdbool.h>
#include <stdint.h>

#include "store/home.h"
#include "store/names.h"

struct fsi_inbox {
	/* The channel's control block, with a lock that only one reader has; -1: another one has
	 * it.
	 */
	int lock_fd;
	/* Locked, which says that the holder lives; -1: there is none. */
	int directory_fd;
	/* To be polled; -1: there is none. */
	int bell_fd;
	char name[FSI_NAME_BYTES];
	/* The durable channel's, in which what arrives is counted; NULL: it is not. */
	struct fsi_control *control;
};

/* Without an inbox. */
void fsi_inbox_init(struct fsi_inbox *inbox);

/*
 * Takes the right to hold the channel's inbox, until it is closed or forgotten. It is a lock on a
 * file that only our user can open: in a home that users share, the bell and the directory's names
 * are others', too. Returns 1, 0 if another reader has it, or -errno.
 */
int fsi_inbox_claim(struct fsi_inbox *inbox, int channel_fd);

/*
 * Makes the inbox of <pattern>_<durable_name>, after taking over what former holders left. The
 * caller has entered the home and claimed it. Returns 0 or a
 * failure, for instance FSPS_ERR_BUSY if another inbox of it is still held, or FSPS_ERR_PATTERN if
 * the names are too long for one: then inbox is as fsi_inbox_init() leaves it.
 */
int fsi_inbox_open(struct fsi_inbox *inbox, struct fsi_home *home, const char *pattern,
		   const char *durable_name);

/* Told of each arrival: its ID if it is in the channel under that name, 0 if a scan would find it.
 */
typedef void (*fsi_inbox_callback)(uint64_t id, void *userdata);

/*
 * Moves what arrived into the channel: what the bell told, and with scan what lies there, too. That
 * is to be done once a second, and after opening, as not everything rings. At most about 1,500 at a
 * time. Without an inbox it does nothing.
 *
 * Returns 1 if more is left (the bell may be silent about it: call it with scan), 0 if not, or a
 * failure: FSPS_ERR_GONE if formix-pubsub does not find the inbox any more, which is to be closed,
 * and another to be opened; others leave all as it is, to be tried again.
 */
int fsi_inbox_move(struct fsi_inbox *inbox, struct fsi_home *home, int channel_fd, bool scan,
		   fsi_inbox_callback arrived, void *userdata);

/* Takes it away from formix-pubsub, moves what is left, and tells other readers if that was
 * anything. Without an inbox it does nothing. What can't be done now the next sweep does. */
void fsi_inbox_close(struct fsi_inbox *inbox, struct fsi_home *home, int channel_fd);

/* In a forked child: it is the parent's. */
void fsi_inbox_forget(struct fsi_inbox *inbox);

#endif
