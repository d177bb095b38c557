/* SPDX-License-Identifier: MIT */
/* Putting dead letters back or away: renames and unlinks, which need no space and which of several
 * at the same letter one wins. */
#ifndef FSPS_MANAGE_REPLAY_H
#define FSPS_MANAGE_REPLAY_H

#include <fsps/dead.h>

/* As fsps_dead_replay(). */
int fsi_replay_letter(fsps_bus *bus, const char *channel_name, const char *file_name);

/* As fsps_dead_discard(). */
int fsi_discard_letter(fsps_bus *bus, const char *channel_name, const char *file_name);

#endif
