/* SPDX-License-Identifier: MIT */
/* What stands before a message's payload, kept from one message to the next: those of one topic
 * without headers differ in three numbers. */
#ifndef FSPS_PUBLISH_ENCODE_H
#define FSPS_PUBLISH_ENCODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <fsps/headers.h>

struct fsi_fan;

struct fsi_prefix {
	unsigned char *bytes;
	size_t capacity;
	/* 0: nothing. */
	size_t len;
	/* All channels of its topic are in this fan, as long as the publisher's lane has this
	 * stamp.
	 */
	struct fsi_fan *fan;
	uint64_t fan_stamp;
};

/*
 * Encodes topic and headers (NULL for none), which are checked here. What is there already is used
 * again if it is of that topic, without headers. Returns 0, FSPS_ERR_TOPIC, FSPS_ERR_HEADER,
 * FSPS_ERR_NO_MEMORY.
 */
int fsi_prefix_encode(struct fsi_prefix *prefix, const char *topic, size_t topic_len,
		      const fsps_headers *headers);

void fsi_prefix_deinit(struct fsi_prefix *prefix);

#endif
