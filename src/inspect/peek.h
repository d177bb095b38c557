/* SPDX-License-Identifier: MIT */
/* What is in a channel, message by message, for somebody who takes nothing. */
#ifndef FSPS_INSPECT_PEEK_H
#define FSPS_INSPECT_PEEK_H

#include <fsps/durable.h>

/* As fsps_channel_peek(). */
int64_t fsi_peek(fsps_bus *bus, const char *channel_name, fsps_peek_callback callback,
		 void *userdata);

#endif
