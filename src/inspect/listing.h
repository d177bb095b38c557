/* SPDX-License-Identifier: MIT */
/* The channels of a home for someone who looks on, sorted by name, disturbing nobody. */
#ifndef FSPS_INSPECT_LISTING_H
#define FSPS_INSPECT_LISTING_H

#include <fsps/bus.h>

#include "store/home.h"

/* As fsps_bus_list(), for an open home. */
int fsi_listing_show(struct fsi_home *home, fsps_list_callback callback, void *userdata);

#endif
