/* SPDX-License-Identifier: MIT */
/* The names of a home that are channels' names, sorted: a snapshot, in which any may be gone. */
#ifndef FSPS_INSPECT_HOME_NAMES_H
#define FSPS_INSPECT_HOME_NAMES_H

#include <stddef.h>

#include "store/home.h"

struct fsi_home_names {
	char **list;
	size_t count;
	size_t capacity;
};

/* Fills names, which is empty; the caller deinits it in any case. Returns 0 or a failure. */
int fsi_home_names_read(struct fsi_home_names *names, const struct fsi_home *home);
void fsi_home_names_deinit(struct fsi_home_names *names);

#endif
