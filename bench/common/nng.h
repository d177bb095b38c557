/* SPDX-License-Identifier: MIT */
/*
 * What the peers of nng share, which is all but the kind of their sockets: nng_way, which each of
 * them defines. Every socket that listens is a subscriber's, an ipc:// socket in the home, and
 * publishers dial. The payload is copied in by nng_send(), and read in place. A publisher does not
 * end, after the measured time, before its subscribers have, since nng drops what has not left a
 * socket that is closed.
 */
#ifndef BENCH_NNG_H
#define BENCH_NNG_H

#include <stdbool.h>

#include <nng/nng.h>

struct nng_way {
	int (*open_out)(nng_socket *socket);
	int (*open_in)(nng_socket *socket);
	/* Whether one socket sends to all that it is connected to, or each needs its own. */
	bool sends_to_all;
	/* The most messages that wait on either side. */
	int queue;
};

/* Defined by each peer. */
extern const struct nng_way nng_way;

int nng_way_main(int argc, char **argv);

#endif
