/* SPDX-License-Identifier: MIT */
/*
 * Clearing up after the dead, without a daemon: whoever comes by does it, at most once a second
 * in a whole home, with bounded work. What it removes belonged to a process that is gone:
 * channels, channels half built, intents, lock files, trash. What it can't judge it leaves.
 * Who asks for it has all of it done at once, or only told.
 *
 * An intent of the dead is dropped, not completed: its publish never returned, and completing it
 * would repeat the message where it was consumed already.
 */
#ifndef FSPS_RECOVER_SWEEP_H
#define FSPS_RECOVER_SWEEP_H

#include "recover/report.h"
#include "store/home.h"

/* Sweeps if it is time. Never fails: what did not work is tried at the next one. */
void fsi_recover_sweep(struct fsi_home *home);

/*
 * Sweeps now, without bounds, and reports; with report->dry it changes nothing. Returns 0 or a
 * failure: then something could not be looked at, but all else was swept.
 */
int fsi_recover_sweep_all(struct fsi_home *home, struct fsi_report *report);

#endif
