/* SPDX-License-Identifier: MIT */
/* One message from its encoded topic to its receipt: which channels, which of them by segment and
 * which by file. With the publisher's lock held. */
#ifndef FSPS_PUBLISH_SEND_H
#define FSPS_PUBLISH_SEND_H

#include "publish/publisher.h"

/* A message that is encoded but for its numbers. */
struct fsi_sending {
	const char *topic;
	size_t topic_len;
	struct fsi_prefix *prefix;
	const void *payload;
	size_t payload_len;
	/* The wall clock. */
	uint64_t now_us;
	/* 0: none yet. */
	uint64_t id;
	/* Whoever sleeps is woken by fsi_send_wake(). */
	bool wake_later;
	/* The payload was built in the place of the reservation. */
	bool in_place;
};

/* Publishes it and fills the receipt. Returns as fsps_publish(). */
int fsi_send(fsps_publisher *publisher, const struct fsi_sending *sending);

/* Wakes readers for all that was sent with wake_later. */
void fsi_send_wake(fsps_publisher *publisher);

/*
 * Finds the fan that a message would go into, with room for it behind the padding that the
 * publisher's reservation has if it is in place. Returns 1; 0 if not all its channels get it
 * through one fan that is linked to all of them; or a failure.
 */
int fsi_send_find_room(fsps_publisher *publisher, const struct fsi_sending *sending,
		       struct fsi_fan **ret_fan);

/* Whether a message of that many bytes is over the bus's limit: 0 or FSPS_ERR_TOO_LARGE. */
int fsi_send_check_size(const fsps_publisher *publisher, const char *topic, size_t prefix_len,
			size_t payload_len);

#endif
