/* SPDX-License-Identifier: MIT */
/*
 * Who is dead: the one place that says what of a home counts as left behind, for those who remove
 * it and for those who only look. Judging changes nothing on disk, and what can't be told is said
 * to be unknown: nobody removes that.
 */
#ifndef FSPS_RECOVER_JUDGE_H
#define FSPS_RECOVER_JUDGE_H

#include <stdbool.h>
#include <stdint.h>

#include <fsps/sweep.h>

#include "store/control.h"
#include "store/home.h"

struct fsi_verdict {
	enum fsi_member_life life;
	/* Of what lives it says nothing. */
	enum fsps_sweep_reason reason;
};

/* Whether a file or directory was last written to more than so many seconds ago. */
bool fsi_judge_is_older_than(int directory, const char *name, int64_t seconds);

/* What belongs to a member: by its lock. */
struct fsi_verdict fsi_judge_member(const struct fsi_home *home, const char *member);

/*
 * A live channel without a control block of ours: by the pid in its name, and by whether anybody
 * has its bell open, so that a process of another pid namespace, whose pid means nothing here, is
 * not taken for dead. thoroughly: who looks dead but for a process of that pid is told from who
 * lives; that takes a look at each one's bell.
 */
struct fsi_verdict fsi_judge_plain(struct fsi_home *home, const char *name, int32_t pid,
				   bool thoroughly);

/* An inbox: by its bell and its lock. left: nobody holds it, but somebody may be emptying it. Who
 * takes it over looks again, under its lock. */
struct fsi_verdict fsi_judge_inbox(struct fsi_home *home, const char *name, bool left);

/* A file of formix-pubsub's on its way into channels. */
struct fsi_verdict fsi_judge_staged(int staging_fd, const char *name);

/* Whether the owner of a live channel is gone. control: the channel's block, or NULL for a plain
 * one. */
bool fsi_recover_owner_is_dead(struct fsi_home *home, const char *name, int32_t pid,
			       const struct fsi_control *control);

#endif
