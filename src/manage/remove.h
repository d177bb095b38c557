/* SPDX-License-Identifier: MIT */
/* Removing a durable channel: at once for everybody, by a rename; what lay in it is then deleted.
 */
#ifndef FSPS_MANAGE_REMOVE_H
#define FSPS_MANAGE_REMOVE_H

#include <stdbool.h>

#include <fsps/durable.h>

/* As fsps_durable_remove(). */
int fsi_remove_durable(fsps_bus *bus, const char *channel_name, bool force);

#endif
