/* SPDX-License-Identifier: MIT */
/*
 * One message to all its channels: look whether each still has an owner, link it into each, ring
 * each. Content before link, link before bell.
 */
#ifndef FSPS_PUBLISH_DELIVERY_H
#define FSPS_PUBLISH_DELIVERY_H

#include "publish/publisher.h"

enum fsi_delivery_answer {
	/* The channel has the message. */
	FSI_DELIVERED = 0,
	/* It is no channel any more, or nobody has opened it yet: as if it had not matched. */
	FSI_DELIVERY_NOBODY = 1,
};

/*
 * Makes a target ready: open, its owner looked after once a second. Returns FSI_DELIVERED (ready),
 * FSI_DELIVERY_NOBODY or a failure. A channel whose owner is dead is removed, and the target with
 * it: don't touch it after FSI_DELIVERY_NOBODY. A durable channel has no owner, and is ready also
 * without a bell that anybody could hear.
 */
int fsi_delivery_prepare(fsps_publisher *publisher, struct fsi_target *target);

/* Opens the bell of a target unless it is open. Returns an enum fsi_bell_answer or a failure. */
int fsi_delivery_open_bell(fsps_publisher *publisher, struct fsi_target *target);

/* Closes all bells: descriptors are scarce, and each is opened again at the next ring. */
void fsi_delivery_close_bells(fsps_publisher *publisher);

/* Closes a bell that was just opened or rung if the publisher has more than its share of the
 * process' descriptors: the next ring opens it again. */
void fsi_delivery_spare_bell(fsps_publisher *publisher, struct fsi_target *target);

/* Decides which targets of the route get files: those that are not of the fan (NULL: all). Returns
 * 0 or FSPS_ERR_NO_MEMORY. */
int fsi_delivery_lay(fsps_publisher *publisher, const struct fsi_route *route,
		     const struct fsi_fan *fan);

/* Delivers the staged message to those of them that do not have it yet, and accounts for them in
 * the publisher's receipt; those that are full and waited for are left. Returns until when
 * (monotonic ms), 0 if there are none. */
uint64_t fsi_delivery_try(fsps_publisher *publisher);

/* Wakes whoever is still to be woken, and waits a little longer each time (1 to 50 ms), not beyond
 * the deadline; looks after the dead. False: the deadline has passed. */
bool fsi_delivery_pause(fsps_publisher *publisher, unsigned *pause_ms, uint64_t deadline_ms);

#endif
