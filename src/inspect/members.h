/* SPDX-License-Identifier: MIT */
/* The processes of a home for someone who looks on, by the lock files of its members, disturbing
 * nobody. */
#ifndef FSPS_INSPECT_MEMBERS_H
#define FSPS_INSPECT_MEMBERS_H

#include <fsps/bus.h>

#include "store/home.h"

/* Whether a member lives, in the words of the API. */
enum fsps_alive fsi_members_alive(const struct fsi_home *home, const char *member);

/* As fsps_bus_list_processes(), for a home whose ".fsps" is open. */
int fsi_members_show(struct fsi_home *home, fsps_process_callback callback, void *userdata);

#endif
