/* SPDX-License-Identifier: MIT */
/*
 * Members: who is alive. Each open bus that owns channels or intents holds a lock on a file
 * ".fsps/w-<member>". The file gets its name only once it is locked, so there is no moment at
 * which a living member looks dead, and the kernel frees the lock whatever kills the process,
 * across pid namespaces. Process IDs are never asked.
 */
#ifndef FSPS_STORE_MEMBER_H
#define FSPS_STORE_MEMBER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "store/names.h"

struct fsi_member {
	/* "" until fsi_member_enter(). */
	char id[FSI_MEMBER_LEN + 1];
	/* The locked file, or -1. */
	int lock_fd;
	/* Numbers our names; increases. */
	uint64_t next_number;
};

void fsi_member_init(struct fsi_member *member);

/* Makes and locks the member's file in the state directory unless that is done. identity is what
 * `cat` of it shows. Returns 0 or a failure. */
int fsi_member_enter(struct fsi_member *member, int state_directory, const char *identity);

/* Makes the file anew if somebody deleted it. Returns 0 or a failure. */
int fsi_member_reenter(struct fsi_member *member, int state_directory, const char *identity);

/* Removes the file and gives the lock back. */
void fsi_member_leave(struct fsi_member *member, int state_directory);

/* In a forked child: closes our copy of the lock, so that the parent's death shows. */
void fsi_member_forget(struct fsi_member *member);

enum fsi_member_life {
	FSI_MEMBER_DEAD = 0,
	FSI_MEMBER_ALIVE = 1,
	/* We may not open its lock file. */
	FSI_MEMBER_UNKNOWN = 2,
};

/* Whether a member lives. A missing file means dead. Returns a life; never fails: what can't be
 * told is unknown, and nobody removes anything of an unknown one. */
enum fsi_member_life fsi_member_life(int state_directory, const char *member);

/* The same. ret_missing: whether it is taken for dead only because its lock file is missing: one
 * that lives may just be about to make another. */
enum fsi_member_life fsi_member_look(int state_directory, const char *member, bool *ret_missing);

/* Removes the lock file of a member that is dead; of one that lives it touches nothing. Returns 0
 * if it is gone, or -errno: -EWOULDBLOCK of one that lives. */
int fsi_member_bury(int state_directory, const char *member);

/* What its lock file says of a member, for people: the process ID and the identity, cut to size
 * bytes. Of one that says nothing, or may not be read, both stay. */
void fsi_member_describe(int state_directory, const char *member, int64_t *ret_pid,
			 char *ret_identity, size_t size);

#endif
