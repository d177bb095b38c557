/* SPDX-License-Identifier: MIT */
/* What can be known of a durable channel without reading from it. */
#ifndef SUBSCRIBE_LOOK_H
#define SUBSCRIBE_LOOK_H

#include <stdbool.h>
#include <stdint.h>

#include <fsps/bus.h>

struct subscribe_look {
	/* The other fields mean something. */
	bool found;
	/* Somebody reads from it: one of those who do, and whether they are a group. 0: nobody. */
	int64_t pid;
	bool shared;
	/* us since 1970; 0: unknown. */
	uint64_t created_us;
	/* Messages that somebody has, dead or alive, and those that wait to come again, also if
	 * their time has come. */
	uint64_t claimed;
	uint64_t delayed;
};

/* channel_name: the channel's directory. 0 or a code of libfsps. */
int subscribe_look(fsps_bus *bus, const char *channel_name, struct subscribe_look *ret_look);

/* How many messages of a channel may come again at once: those whose time has come, and those that
 * are claimed, as whoever claimed them may be dead. That number or a code of libfsps. */
int64_t subscribe_look_again(fsps_bus *bus, const char *channel_name);

#endif
