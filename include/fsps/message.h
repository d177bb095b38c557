/* SPDX-License-Identifier: MIT */
/*
 * A received message: read-only, reference-counted, readable by any number of threads.
 *
 * It may borrow its bytes from a file that holds many messages (fsps_message_is_borrowed()): they
 * stay where they are until the last reference is given back, also after the channel was closed.
 * A message that is to stay for long is better kept with fsps_message_keep(). After fork() the
 * parent's borrowed messages are not to be used in the child.
 */
#ifndef FSPS_MESSAGE_H
#define FSPS_MESSAGE_H

#include <stddef.h>
#include <stdint.h>

#include <fsps/export.h>
#include <fsps/headers.h>

FSPS_BEGIN_DECLS

/** The largest message unless a bus is opened with another limit: 16 MiB, encoded. */
#define FSPS_MESSAGE_BYTES_DEFAULT 16777216

/**
 * The header that limits how long a message waits: milliseconds from its timestamp on, an integer
 * above 0 (anything else is no limit). A reader drops what is older instead of handing it out; what
 * was handed out once does not expire any more. The channel may set a shorter time.
 */
#define FSPS_HEADER_TTL_MS "fsps-ttl-ms"

typedef struct fsps_message fsps_message;

/** Takes one more reference and returns the message. NULL is allowed. Since 0.1. */
FSPS_EXPORT fsps_message *fsps_message_ref(fsps_message *message);

/** Gives a reference back; the last one frees the message. NULL is allowed. Since 0.1. */
FSPS_EXPORT void fsps_message_unref(fsps_message *message);

/**
 * Whether a message borrows its bytes from the file that it came in, instead of having a copy: 1
 * or 0. A borrowed message keeps that file, of up to some MiB, from being used again, and costs the
 * process a descriptor together with all that came in the same file. Since 0.1.
 */
FSPS_EXPORT int fsps_message_is_borrowed(const fsps_message *message);

/**
 * A message to keep for long: the same one with another reference, or a copy of it if it is
 * borrowed. Give back both. Returns FSPS_OK, FSPS_ERR_NO_MEMORY, FSPS_ERR_ARGUMENT. Since 0.1.
 */
FSPS_EXPORT int fsps_message_keep(fsps_message *message, fsps_message **ret_message);

/**
 * The message's ID: unique in its home among publishers of one user, and increasing per
 * publisher. Not a time. Since 0.1.
 */
FSPS_EXPORT uint64_t fsps_message_id(const fsps_message *message);

/** When it was published: us since 1970-01-01 UTC, by the publisher's clock. Since 0.1. */
FSPS_EXPORT uint64_t fsps_message_timestamp_us(const fsps_message *message);

/** The topic, NUL-terminated; valid as long as the message. Since 0.1. */
FSPS_EXPORT const char *fsps_message_topic(const fsps_message *message);

/** The headers; valid as long as the message, never NULL. Since 0.1. */
FSPS_EXPORT const fsps_headers *fsps_message_headers(const fsps_message *message);

/**
 * The payload, valid as long as the message; never NULL. ret_len: its length in bytes, may be
 * NULL. A NUL byte follows the payload and does not count. Since 0.1.
 */
FSPS_EXPORT const void *fsps_message_payload(const fsps_message *message, size_t *ret_len);

/**
 * The user ID that owned the message's file: who sent it, as the kernel knows it. UINT32_MAX if
 * others than the owner could write to the file, so that nobody can say. Since 0.1.
 */
FSPS_EXPORT uint32_t fsps_message_sender_uid(const fsps_message *message);

/**
 * Which process sent it: its member ID, as fsps_bus_list_processes() has it, valid as long as the
 * message. "" if that is unknown: of a message that is not borrowed, such as one that came in a
 * file of its own. Since 0.1.
 */
FSPS_EXPORT const char *fsps_message_sender_member(const fsps_message *message);

/**
 * How many messages the channel dropped, being full (FSPS_FULL_DROP_OLDEST), since the one that was
 * handed out before this one: the gap right before it. Of a group's workers one is told. After a
 * kill, or where a reader and a publisher get at the same segment in the same moment, it may be off
 * by what lay in that segment. Since 0.1.
 */
FSPS_EXPORT uint64_t fsps_message_missed(const fsps_message *message);

/**
 * A message from its bytes in a file (see pubsub-format(5)).
 *
 * bytes are copied. Returns FSPS_OK, FSPS_ERR_CORRUPT, FSPS_ERR_VERSION, FSPS_ERR_TOPIC,
 * FSPS_ERR_HEADER, FSPS_ERR_NO_MEMORY, FSPS_ERR_ARGUMENT. The sender is the calling user.
 * Since 0.1.
 */
FSPS_EXPORT int fsps_message_decode(const void *bytes, size_t len, fsps_message **ret_message);

/**
 * The bytes of a message as they stand in a file, to be freed with free().
 *
 * Returns FSPS_OK, FSPS_ERR_NO_MEMORY, FSPS_ERR_ARGUMENT. Since 0.1.
 */
FSPS_EXPORT int fsps_message_encode(const fsps_message *message, void **ret_bytes, size_t *ret_len);

FSPS_END_DECLS

#endif
