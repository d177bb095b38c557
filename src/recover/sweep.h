/* SPDX-License-Identifier: MIT */
/*
 * Clearing up after the dead, without a daemon: whoever comes by does it, at most once a second
 * in a whole home, with bounded work. What it removes belonged to a process that is gone:
 * channels, channels half built, intents, lock files, trash. What it can't judge it leaves.
 *
 * An intent of the dead is dropped, not completed: its publish never returned, and completing it
 * would repeat the message where it was consumed already.
 */
#ifndef FSPS_RECOVER_SWEEP_H
#define FSPS_RECOVER_SWEEP_H

#include <stdint.h>

#include "store/control.h"
#include "store/home.h"

/* Sweeps if it is time. Never fails: what did not work is tried at the next one. */
void fsi_recover_sweep(struct fsi_home *home);

/*
 * Whether the owner of a live channel is gone.
 *
 * control: the channel's block, or NULL for a plain one, where the pid in the name counts and
 * that nobody has its bell open for reading (so that a process of another pid namespace, whose
 * pid means nothing here, is not taken for dead).
 */
bool fsi_recover_owner_is_dead(struct fsi_home *home, const char *name, int32_t pid,
			       const struct fsi_control *control);

#endif
