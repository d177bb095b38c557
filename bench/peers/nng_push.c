/* SPDX-License-Identifier: MIT */
/*
 * nng's PUSH/PULL, whose sends wait while there is no room, so that nothing is lost. A PUSH socket
 * gives each message to one, so the publisher has a socket for each subscriber and sends every
 * message into each.
 *
 * requires: libnng-dev
 * runs: one four trip sizes
 * messages: 3
 * gigabytes: 1
 */
#include <nng/nng.h>
#include <nng/protocol/pipeline0/pull.h>
#include <nng/protocol/pipeline0/push.h>

#include "common/nng.h"

enum { QUEUE = 1024 };

const struct nng_way nng_way = {
	.open_out = nng_push0_open, .open_in = nng_pull0_open, .queue = QUEUE};

int main(int argc, char **argv)
{
	return nng_way_main(argc, argv);
}
