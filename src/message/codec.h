/* SPDX-License-Identifier: MIT */
/*
 * The PMSG v1 format of a message (pubsub-format(5)), and the decoded message.
 *
 * All integers are big-endian: u32 magic, u8 version, u64 ID, u64 timestamp in us, u32 length and
 * topic, u32 length and headers as JSON, u32 length and payload. Nothing follows.
 *
 * Leaves to others: whether the topic has only bytes that topics may have (here it is 1 to
 * FSPS_TOPIC_MAX visible ASCII characters) and matches the channel, whether the ID is below
 * FSI_ID_LIMIT and is the one in the file's name, and how long a message may be.
 */
#ifndef FSPS_MESSAGE_CODEC_H
#define FSPS_MESSAGE_CODEC_H

#include <limits.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <fsps/message.h>
#include <fsps/topic.h>

#include "base/cleanup.h"
#include "message/headers.h"

enum { FSI_MESSAGE_MAGIC = 0x504d5347, FSI_MESSAGE_VERSION = 1 };

/* Where the fields begin, and what the fields besides topic, headers and payload take. */
enum {
	FSI_MESSAGE_AT_MAGIC = 0,
	FSI_MESSAGE_AT_VERSION = 4,
	FSI_MESSAGE_AT_ID = 5,
	FSI_MESSAGE_AT_TIMESTAMP = 13,
	FSI_MESSAGE_AT_TOPIC_LENGTH = 21,
	FSI_MESSAGE_AT_TOPIC = 25,
	FSI_MESSAGE_LENGTH_BYTES = 4,
	FSI_MESSAGE_FIXED_BYTES = FSI_MESSAGE_AT_TOPIC + 2 * FSI_MESSAGE_LENGTH_BYTES
};

/* What lends its bytes to messages. */
struct fsi_bytes_owner {
	/* Called once for each message, from whichever thread gives it back. */
	void (*give_back)(struct fsi_bytes_owner *owner);
};

/* In the place of references: nobody has it, and its memory may be used again. */
#define FSI_MESSAGE_IDLE UINT_MAX

/* Read-only once it is decoded, but for the delivery: its channel's lock guards that. */
struct fsps_message {
	atomic_uint references;
	uint32_t sender_uid;
	/* How often it was handed out, and the number of this delivery, for whoever settles it;
	 * 0: at most once. */
	uint32_t attempt;
	/* Its memory is a reader's, which uses it again (message/handles.h). */
	bool reused;
	_Atomic uint64_t delivery;
	/* How many its channel dropped right before it. */
	uint64_t missed;
	uint64_t id;
	uint64_t timestamp_us;
	/* The encoded message with a NUL behind it; lent by the owner, or ours if that is NULL. */
	const unsigned char *bytes;
	size_t bytes_len;
	struct fsi_bytes_owner *owner;
	/* Both lie in bytes, each with a NUL behind it. */
	const char *topic;
	size_t topic_len;
	const unsigned char *payload;
	size_t payload_len;
	fsps_headers headers;
};

/* How many bytes stand before the payload. */
size_t fsi_message_prefix_bytes(size_t topic_len, size_t headers_len);

/* Writes the fsi_message_prefix_bytes() that stand before a payload of payload_len bytes. The
 * caller has checked the topic, the headers and that the lengths fit. */
void fsi_message_encode_prefix(unsigned char *to, uint64_t id, uint64_t timestamp_us,
			       const char *topic, size_t topic_len, const char *headers_json,
			       size_t headers_len, size_t payload_len);

/* Gives a written prefix another ID. */
void fsi_message_prefix_set_id(unsigned char *prefix, uint64_t id);
/* Gives a written prefix of prefix_len bytes another time and length of the payload. */
void fsi_message_prefix_set_rest(unsigned char *prefix, size_t prefix_len, uint64_t timestamp_us,
				 size_t payload_len);

/* Whether a written prefix has that topic and no headers. */
bool fsi_message_prefix_is_of(const unsigned char *prefix, size_t prefix_len, const char *topic,
			      size_t topic_len);

/*
 * A message with one reference from its len bytes, which are malloc'd with one byte to spare
 * behind them and belong to the message if, and only if, this succeeds.
 *
 * FSPS_ERR_CORRUPT (too short or long, no magic, ID 0), FSPS_ERR_VERSION, FSPS_ERR_TOPIC,
 * FSPS_ERR_HEADER, FSPS_ERR_NO_MEMORY.
 */
int fsi_message_decode(unsigned char *bytes, size_t len, uint32_t sender_uid,
		       fsps_message **ret_message);

/* A topic that was found good before. */
struct fsi_known_topic {
	char text[FSPS_TOPIC_MAX];
	size_t len;
};

/*
 * The same from bytes that stay where they are, with a NUL behind them, until owner->give_back() is
 * called, once, for the message; if this fails it is not. A topic that is the known one is not
 * looked at again: *ret_known says so.
 */
int fsi_message_decode_lent(const unsigned char *bytes, size_t len, uint32_t sender_uid,
			    struct fsi_bytes_owner *owner, const struct fsi_known_topic *known,
			    bool *ret_known, fsps_message **ret_message);

/* A copy that owns its bytes. */
int fsi_message_copy(const fsps_message *message, fsps_message **ret_message);

/* The very bytes that a message was decoded from, to be freed with free(). */
int fsi_message_encode(const fsps_message *message, unsigned char **ret_bytes, size_t *ret_len);

fsps_message *fsi_message_ref(fsps_message *message);

/* NULL is allowed. */
void fsi_message_unref(fsps_message *message);

FSI_DEFINE_CLEANUP(fsi_cleanup_message, fsps_message, fsi_message_unref)

#endif
