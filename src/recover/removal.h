/* SPDX-License-Identifier: MIT */
/*
 * Removing channels, one's own and those of the dead: renamed out of sight first, so that nobody
 * meets half a channel, then emptied. Flat: no directory inside is entered and no symlink
 * followed; what can't be removed that way stays, hidden, as trash.
 *
 * A kill in between leaves ".x-..." behind, which the next sweep removes.
 */
#ifndef FSPS_RECOVER_REMOVAL_H
#define FSPS_RECOVER_REMOVAL_H

#include <stdint.h>

#include "store/home.h"

/* No limit to the work of one removal. */
#define FSI_REMOVAL_UNBOUNDED UINT64_MAX

/*
 * Removes the directory `name` of the home with the files in it, taking at most *budget unlinks,
 * which it counts down. That it is gone already is a success. Returns 1 if it is gone now, 0 if
 * some of it is left (out of budget, or not removable), or a failure (nothing was changed).
 */
int fsi_recover_remove_channel(struct fsi_home *home, const char *name, uint64_t *budget);

/* Empties and removes a directory that is out of sight already. Returns 1, or 0 if some of it is
 * left; records no failure. */
int fsi_recover_remove_trash(struct fsi_home *home, const char *name, uint64_t *budget);

/*
 * Opens a directory of the home for reading its names. One of ours that we may not read (an inbox)
 * gets the mode 0700 first. Returns the descriptor or -errno.
 */
int fsi_recover_open_directory(struct fsi_home *home, const char *name);

#endif
