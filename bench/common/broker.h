/* SPDX-License-Identifier: MIT */
/*
 * What the peers share that have a server between publisher and subscribers (a line `server: NAME`
 * in their opening comment): common/broker.c has the roles and the main function, the peer defines
 * broker_peer and no more. Leaves out: the starting of the server, which is run.py's.
 */
#ifndef BENCH_BROKER_H
#define BENCH_BROKER_H

#include <stdbool.h>

#include "common/flow.h"
#include "common/trip.h"

/* What an end is for. */
struct broker_ways {
	/* The path of the server's unix socket, or HOST:PORT. */
	const char *address;
	/* The topic that it listens to, or NULL. */
	const char *in;
	/* The topic that it publishes to, or NULL; and how many listen there. */
	const char *out;
	int subscribers;
};

/* Functions return 0, or -1 after a line on stderr, unless they say otherwise. */
struct broker_peer {
	/* What the end of a process is in memory, zero at first. */
	size_t end_size;
	/* Connects. What is published to in from then on arrives. */
	int (*open)(void *end, const struct broker_ways *ways);
	void (*close)(void *end);
	flow_put put;
	/* Waits until the server has all that was put; NULL if put does so. */
	int (*finish)(void *end);
	flow_take take;
	/* Whether take copies into memory of the peer's own, not the library's. */
	bool take_copies;
};

extern const struct broker_peer broker_peer;

/* Prints what failed and why; returns -1. */
int broker_refused(const char *what, const char *why);

#endif
