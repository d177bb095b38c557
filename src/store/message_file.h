/* SPDX-License-Identifier: MIT */
/*
 * Reading one message file in a channel, believing nothing: whatever lies there, of any type, size
 * or content, is either a message for this channel, or there is a word for why it is none.
 *
 * Changes nothing. Leaves to others what becomes of the file.
 */
#ifndef FSPS_STORE_MESSAGE_FILE_H
#define FSPS_STORE_MESSAGE_FILE_H

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "message/codec.h"

/* A channel, as far as judging its files goes. */
struct fsi_message_place {
	int directory_fd;
	/* Of the channel's directory, for what is said of a failure. */
	const char *channel_name;
	const char *pattern;
	size_t pattern_len;
	uint64_t message_bytes_max;
};

enum fsi_message_file_answer {
	FSI_MESSAGE_FILE_READ = 0,
	/* There is no such file. */
	FSI_MESSAGE_FILE_GONE = 1,
	/* It is no message, or not one for here. */
	FSI_MESSAGE_FILE_REFUSED = 2,
	/* A call failed that says nothing about the file, or not for certain. */
	FSI_MESSAGE_FILE_FAILED = 3,
};

struct fsi_message_file {
	/* FSI_MESSAGE_FILE_READ: it is the caller's, and which file it was read from. */
	fsps_message *message;
	ino_t inode;
	/* FSI_MESSAGE_FILE_REFUSED: why, as it stands in the name of a dead letter. */
	const char *refusal;
	/* FSI_MESSAGE_FILE_FAILED: the positive errno. No failure is recorded. */
	int system_errno;
};

/* Whether a failed call says that we have no more memory or descriptors, and nothing of the file.
 */
static inline bool fsi_is_shortage(int system_errno)
{
	return system_errno == EMFILE || system_errno == ENFILE || system_errno == ENOMEM;
}

/*
 * Reads the file `name`, in which the message of that ID should be, and checks that its topic
 * belongs to the channel. Returns an answer, or FSPS_ERR_NO_MEMORY.
 */
int fsi_message_file_read(const struct fsi_message_place *place, const char *name, uint64_t id,
			  struct fsi_message_file *ret_file);

/* Why bytes are no message, by the code of decoding them, as it stands in the name of a dead
 * letter. Static. */
const char *fsi_message_refusal(int code);

/* Decodes bytes that were read elsewhere, malloc'd with one to spare behind them, and judges the
 * message in the same way. Takes them over if they are one. Answers only READ or REFUSED, or
 * returns FSPS_ERR_NO_MEMORY. */
int fsi_message_judge(const struct fsi_message_place *place, uint64_t id, unsigned char **bytes,
		      size_t length, uint32_t sender_uid, struct fsi_message_file *ret_file);

#endif
