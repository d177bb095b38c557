/* SPDX-License-Identifier: MIT */
/*
 * What the services of the shop have in common: a durable channel that only they read, a ledger,
 * and the order of things that makes both right whatever moment the process is killed at:
 *
 *  1. If the ledger has the order, it was done before. Else do it, and note it.
 *  2. Publish what follows from it, also if it was done before: nobody knows whether the process
 *     that did it got as far as this. So a message may be published twice, and whoever gets it
 *     looks into a ledger of his own.
 *  3. Acknowledge. Without that, the message comes again.
 */
#ifndef SHOP_SERVICE_H
#define SHOP_SERVICE_H

#include <fsps/fsps.h>

#include "ledger.h"

struct service {
	const char *name; /* of the durable channel */
	const char *pattern;
	/* Answers one of enum fsps_answer, FSPS_RETRY if something failed. */
	int (*handle)(struct service *service, const char *topic, const char *number,
		      const char *text, const fsps_headers *headers);
	/* Sees each line of the ledger before the first message; NULL: need not. */
	void (*remember)(const char *line, void *userdata);
	/* The service's own, for both. */
	void *userdata;

	/* service_run() sets these. */
	struct ledger *ledger;
	fsps_publisher *publisher;
};

/* Runs until SIGINT or SIGTERM. Returns main()'s exit status. */
int service_run(struct service *service, const char *ledger_path);

/* Publishes a message with a number. Returns FSPS_CONTINUE, or FSPS_RETRY if somebody could not
 * take it, or the channel that has to get it is not there. */
int service_tell(struct service *service, const char *topic, const char *number, const char *text);

/* Notes in the ledger. Returns FSPS_CONTINUE or FSPS_RETRY. */
int service_note(struct service *service, const char *key, const char *text);

#endif
