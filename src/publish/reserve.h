/* SPDX-License-Identifier: MIT */
/* A payload that is built in place, as fsps_reserve() and fsps_commit() promise: in the segment
 * that it will be read from, or in memory where that can't be. */
#ifndef FSPS_PUBLISH_RESERVE_H
#define FSPS_PUBLISH_RESERVE_H

#include <stdbool.h>
#include <stddef.h>

#include <fsps/publisher.h>

#include "publish/encode.h"
#include "stream/segment.h"

struct fsi_outgoing;

struct fsi_reservation {
	bool open;
	/* A copy, and what is encoded of it: kept for the next one, which often has the same. */
	char *topic;
	size_t topic_len;
	struct fsi_prefix prefix;
	fsps_headers *headers;
	size_t payload_len_max;
	unsigned char *payload;
	/* Where the payload lies: at this place of this segment, behind some padding. NULL: in
	 * memory of ours. While it is open nobody else frees the segment. */
	struct fsi_segment *segment;
	size_t at;
	size_t padding;
};

/* message: without a payload. */
int fsi_publisher_reserve(fsps_publisher *publisher, const struct fsi_outgoing *message,
			  size_t payload_len_max, void **ret_payload);
int fsi_publisher_commit(fsps_publisher *publisher, size_t payload_len, fsps_receipt *receipt);
void fsi_publisher_abort(fsps_publisher *publisher);
/* Frees also what is kept for the next one. */
void fsi_reservation_deinit(fsps_publisher *publisher);

#endif
