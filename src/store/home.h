/* SPDX-License-Identifier: MIT */
/*
 * A home: the directory that is the bus, opened and found safe. If it is removed and made again,
 * that is another home with other descriptors; whoever works in the old one keeps it by a
 * reference until it notices.
 *
 * Safe means: a directory and no symlink; owned by us, by root, or by the user whom we were told to
 * trust with it; if others than the owner may write to it, it is sticky. What lies in it is still
 * hostile unless it is of our user.
 */
#ifndef FSPS_STORE_HOME_H
#define FSPS_STORE_HOME_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <sys/types.h>

#include "base/fork.h"
#include "base/log.h"
#include "store/counter.h"
#include "store/member.h"

/* What everything in a home is made with, by who else may use the home. */
struct fsi_modes {
	/* tmp and .fsps */
	mode_t shared_directory;
	mode_t channel;
	mode_t queue;
	mode_t message;
};

/* What a mode of a home's directory lets others do. */
struct fsi_modes fsi_modes_of(mode_t home);

/* What a home is opened with. path, identity and log's userdata must outlive it. */
struct fsi_home_terms {
	const char *path;
	const char *identity;
	const struct fsi_log *log;
	/* Trusted beside us and root; 0: nobody. */
	uid_t owner;
};

struct fsi_home {
	atomic_int references;
	const char *path;
	const char *identity;
	struct fsi_log log;
	uid_t trusted_owner;
	/* The directory's own, from which modes follow. */
	mode_t mode;
	struct fsi_modes modes;
	dev_t device;
	ino_t inode;
	/* The directory, open for reading its names; all else is relative to it. */
	int fd;
	/* The once-a-second timer that all channels share, or -1. */
	int timer_fd;

	/* Guards what follows. */
	pthread_mutex_t lock;
	/* ".fsps", or -1. Set once; read without the lock, too. */
	atomic_int state_fd;
	struct fsi_member member;
	struct fsi_counter counter;
	/* Nothing was found to be created or mapped; look again only when asked to create. */
	bool state_refused;
	struct fsi_fork_entry fork_entry;
};

/*
 * Opens a home. With create, makes it (0700) where it is missing.
 *
 * Returns 1, 0 if it is missing, or a failure (UNSAFE_HOME, PERMISSION, ...). Give it back with
 * fsi_home_unref().
 */
int fsi_home_open(const struct fsi_home_terms *terms, bool create, struct fsi_home **ret_home);

/*
 * Opens the directory at a home's path, whoever's it is. With create, makes it (0700) where it is
 * missing, and then sets *ret_made. Returns 1, 0 if it is missing, or a failure.
 */
int fsi_home_open_path(const char *path, bool create, bool *ret_made, int *ret_fd);

struct fsi_home *fsi_home_ref(struct fsi_home *home);
void fsi_home_unref(struct fsi_home *home);

/* Whether the directory or its ".fsps" was removed, its path leads elsewhere now, or other users
 * may use it now, or no longer: then it is to be opened anew. */
bool fsi_home_is_gone(const struct fsi_home *home);

/* Whether there is another directory at its path now: it was moved away, or mounted over. */
bool fsi_home_is_replaced(const struct fsi_home *home);

/*
 * Opens ".fsps" and the counter in it, making both where they are missing. That a counter can't
 * be had is no failure: IDs come from our clock then. Returns 0 or a failure.
 */
int fsi_home_open_state(struct fsi_home *home);

/* Opens ".fsps" if it is there, and makes nothing: for those who only look on. Returns 1, 0 if
 * there is none, or a failure. */
int fsi_home_look_at_state(struct fsi_home *home);

/* As fsi_home_open_state(), and makes us a member, whose ID is in home->member then. */
int fsi_home_enter(struct fsi_home *home);

/* Makes our lock file anew if somebody deleted it. */
void fsi_home_check_member(struct fsi_home *home);

/* A number for a name of ours, never used before in this home. Only after entering. */
uint64_t fsi_home_next_number(struct fsi_home *home);

/* Makes tmp where it is missing. Returns 0 or a failure. */
int fsi_home_make_staging(struct fsi_home *home);

/* Opens tmp, making it where it is missing: a directory, of a user whom we trust. Returns the
 * descriptor or -errno. */
int fsi_home_open_staging(struct fsi_home *home);

/* Records that it can't be opened with that errno. Returns the failure. */
int fsi_home_fail_staging(const struct fsi_home *home, int error);

/* The shared timer, made at the first call. Returns its descriptor or a failure. */
int fsi_home_timer(struct fsi_home *home);

#endif
