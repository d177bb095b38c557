/* SPDX-License-Identifier: MIT */
/*
 * Inboxes of the dead. An inbox is what formix-pubsub sees of a durable channel: a directory that
 * looks like a channel of the process that holds it. Its publishers link messages into it as
 * "<ID>"; each of those is renamed into the durable channel, so none is there twice or nowhere,
 * whoever is killed. Whose holder died, whoever comes by empties.
 *
 * The holder has two marks that the kernel takes away with it: it has the bell open for reading,
 * and it has the directory locked. And the directory's mode has no read bit for its owner, so that
 * formix-pubsub's clean-up can't list it, and so removes nothing from it, once the holder is dead.
 * We need that bit as well to list it: so the inbox gets a name first under which formix-pubsub
 * does not see it ("<...>.in-<pid>"), and then the bit.
 *
 * Only what is named by an ID is moved, whatever it is: the reader judges it. Leaves the holder's
 * part to subscribe/inbox.h.
 */
#ifndef FSPS_RECOVER_INBOX_H
#define FSPS_RECOVER_INBOX_H

#include <stdbool.h>
#include <stdint.h>

#include "store/control.h"
#include "store/home.h"

enum fsi_inbox_answer {
	/* Its holder lives, or it is not ours, or it was more than the budget, or somebody else is
	 * at it. */
	FSI_INBOX_LEFT = 0,
	/* It is no more. */
	FSI_INBOX_GONE = 1,
};

/*
 * Takes an inbox whose holder is dead over into its durable channel, and removes it; with what is
 * in it if there is no such channel any more. Whoever reads there is told to look. Whose holder
 * lives is not touched.
 *
 * name: of kind FSPS_KIND_INBOX. *budget: how many moves, counted down. Returns an answer, or a
 * failure: what is left then is as good as before, for the next who comes by.
 */
int fsi_inbox_adopt(struct fsi_home *home, const char *name, uint64_t *budget);

/*
 * Takes over all inboxes of a durable channel. Returns GONE if formix-pubsub sees none of it any
 * more, LEFT if it does, or a failure.
 */
int fsi_inbox_adopt_all(struct fsi_home *home, const char *channel_name, uint64_t *budget);

/* ---- moving, also for who holds one ---- */

enum fsi_arrival {
	/* It has its name in the channel. */
	FSI_ARRIVAL_MOVED,
	/* That was taken: it has one that is found by a scan. */
	FSI_ARRIVAL_NAMED_ANEW,
	/* There is none of that name. */
	FSI_ARRIVAL_MISSING,
	/* A directory of somebody who does not let us move it. */
	FSI_ARRIVAL_STUCK,
};

/* Where to. */
struct fsi_inbox_channel {
	int directory_fd;
	/* What arrives is counted there as what waits; NULL: it is not. */
	struct fsi_control *control;
};

/* Moves what bears that ID into the channel. Returns an arrival or a failure. */
int fsi_inbox_move_one(int inbox_fd, const struct fsi_inbox_channel *channel, uint64_t id);

/* What came of a look at an inbox's names. */
struct fsi_moves {
	uint64_t moved;
	/* Names of arrivals that led nowhere when it came to them, or the channel did. */
	uint64_t missing;
};

/*
 * Moves what one look at the inbox's names shows, at most *budget of them, which it counts down.
 * Returns 1 if it stopped there, 0 if not, or a failure; *ret_moves is set in any case.
 */
int fsi_inbox_move_all(int inbox_fd, const struct fsi_inbox_channel *channel, uint64_t *budget,
		       struct fsi_moves *ret_moves);

/* Tells whoever reads from the durable channel of an inbox of that name to look. */
void fsi_inbox_announce(struct fsi_home *home, const char *name);

#endif
