/* SPDX-License-Identifier: MIT */
/*
 * Durable channels: making one, and attaching a reader to it.
 *
 * Whoever reads has the directory locked (flock): exclusively if alone, shared as one of a group.
 * The kernel gives the lock back however a process ends. Claims and places that a reader left
 * behind tell the next one what was under way.
 */
#ifndef FSPS_SUBSCRIBE_DURABLE_H
#define FSPS_SUBSCRIBE_DURABLE_H

#include "subscribe/channel.h"

/* Makes it unless it is there. name is valid. Returns 1 if it was made, 0 if not, or a failure. */
int fsi_durable_create(fsps_bus *bus, const char *pattern, const char *name);

/* Opens the channel that channel->durable and its pattern name, making it where it is missing, and
 * locks it. Fills directory, bell, control and name. Returns 0 or a failure. */
int fsi_durable_attach(fsps_channel *channel);

/* Once it can be polled: takes over from the last reader, and is there for formix-pubsub. */
void fsi_durable_begin(fsps_channel *channel);

/* Gives back what is not settled and leaves it as it is. */
void fsi_durable_detach(fsps_channel *channel);

/* Once a second: the inbox, if nobody else has it. */
void fsi_durable_keep_up(fsps_channel *channel);

/* Moves what formix-pubsub has published into the channel. all: not only what its bell told of. */
void fsi_durable_take_arrivals(fsps_channel *channel, bool all);

#endif
