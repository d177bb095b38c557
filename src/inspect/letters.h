/* SPDX-License-Identifier: MIT */
/* The dead letters of a channel, or of all, for somebody who looks on. */
#ifndef FSPS_INSPECT_LETTERS_H
#define FSPS_INSPECT_LETTERS_H

#include <fsps/dead.h>

/* As fsps_dead_list(). */
int64_t fsi_letters_show(fsps_bus *bus, const char *channel_name, fsps_dead_callback callback,
			 void *userdata);

#endif
