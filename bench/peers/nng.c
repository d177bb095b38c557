/* SPDX-License-Identifier: MIT */
/*
 * nng's publish/subscribe. A PUB socket that has no room for a message drops its oldest one, and
 * there is no option that has it wait; both sides' queues are as long as they may be, and what is
 * lost is told. Subscribers want everything, and no topic travels.
 *
 * requires: libnng-dev
 * runs: one four trip sizes
 * messages: 3
 * gigabytes: 1
 */
#include <nng/nng.h>
#include <nng/protocol/pubsub0/pub.h>
#include <nng/protocol/pubsub0/sub.h>

#include "common/nng.h"

enum { QUEUE = 8192 };

static int open_in(nng_socket *socket)
{
	int error = nng_sub0_open(socket);

	return error != 0 ? error : nng_socket_set(*socket, NNG_OPT_SUB_SUBSCRIBE, "", 0);
}

const struct nng_way nng_way = {
	.open_out = nng_pub0_open, .open_in = open_in, .sends_to_all = true, .queue = QUEUE};

int main(int argc, char **argv)
{
	return nng_way_main(argc, argv);
}
