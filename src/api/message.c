/* SPDX-License-Identifier: MIT */
/*
 * Implements fsps/message.h: checks the arguments, and what the message layer leaves to those
 * above it, which is the topic's bytes. A function that can't say that it was given NULL answers
 * with what an empty message would have.
 */
#include <fsps/message.h>

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "api/argument.h"
#include "base/cleanup.h"
#include "base/limits.h"
#include "message/codec.h"
#include "stream/view.h"
#include "topic/name.h"

fsps_message *fsps_message_ref(fsps_message *message)
{
	return message == NULL ? NULL : fsi_message_ref(message);
}

void fsps_message_unref(fsps_message *message)
{
	fsi_message_unref(message);
}

/* ---- looking ---- */

int fsps_message_is_borrowed(const fsps_message *message)
{
	return message != NULL && message->owner != NULL;
}

int fsps_message_keep(fsps_message *message, fsps_message **ret_message)
{
	if (message == NULL)
		return fsi_fail_null(__func__, "message");
	if (ret_message == NULL)
		return fsi_fail_null(__func__, "ret_message");
	if (message->owner != NULL)
		return fsi_message_copy(message, ret_message);
	*ret_message = fsi_message_ref(message);
	return FSPS_OK;
}

uint64_t fsps_message_id(const fsps_message *message)
{
	return message == NULL ? 0 : message->id;
}

uint64_t fsps_message_missed(const fsps_message *message)
{
	return message == NULL ? 0 : message->missed;
}

uint64_t fsps_message_timestamp_us(const fsps_message *message)
{
	return message == NULL ? 0 : message->timestamp_us;
}

const char *fsps_message_topic(const fsps_message *message)
{
	return message == NULL ? "" : message->topic;
}

const fsps_headers *fsps_message_headers(const fsps_message *message)
{
	return message == NULL ? fsi_headers_empty() : &message->headers;
}

const void *fsps_message_payload(const fsps_message *message, size_t *ret_len)
{
	if (ret_len != NULL)
		*ret_len = message == NULL ? 0 : message->payload_len;
	return message == NULL ? (const unsigned char *)"" : message->payload;
}

uint32_t fsps_message_sender_uid(const fsps_message *message)
{
	return message == NULL ? UINT32_MAX : message->sender_uid;
}

const char *fsps_message_sender_member(const fsps_message *message)
{
	return message == NULL ? "" : fsi_view_member_of(message->owner);
}

/* ---- from bytes and back ---- */

static int decode_copy(const void *bytes, size_t len, fsps_message **ret_message)
{
	FSI_CLEANUP(fsi_cleanup_message) fsps_message *message = NULL;
	FSI_CLEANUP(fsi_cleanup_free) unsigned char *copy = malloc(len + 1);
	int result;

	if (copy == NULL)
		return fsi_fail(FSPS_ERR_NO_MEMORY, NULL, "no memory for a message");
	memcpy(copy, bytes, len);
	result = fsi_message_decode(copy, len, geteuid(), &message);
	if (result < 0)
		return result;
	/* The message's from here on. */
	copy = NULL;
	if (!fsi_topic_valid(message->topic, message->topic_len))
		return fsi_fail(FSPS_ERR_TOPIC, message->topic, "the message's topic is none");
	*ret_message = fsi_steal(&message);
	return FSPS_OK;
}

int fsps_message_decode(const void *bytes, size_t len, fsps_message **ret_message)
{
	if (bytes == NULL)
		return fsi_fail_null(__func__, "bytes");
	if (ret_message == NULL)
		return fsi_fail_null(__func__, "ret_message");
	if (len > FSI_MESSAGE_BYTES_LIMIT)
		return fsi_fail(FSPS_ERR_CORRUPT, NULL, "%zu bytes are no message", len);
	return decode_copy(bytes, len, ret_message);
}

int fsps_message_encode(const fsps_message *message, void **ret_bytes, size_t *ret_len)
{
	unsigned char *bytes = NULL;
	int result;

	if (message == NULL)
		return fsi_fail_null(__func__, "message");
	if (ret_bytes == NULL)
		return fsi_fail_null(__func__, "ret_bytes");
	if (ret_len == NULL)
		return fsi_fail_null(__func__, "ret_len");
	result = fsi_message_encode(message, &bytes, ret_len);
	if (result < 0)
		return result;
	*ret_bytes = bytes;
	return FSPS_OK;
}
