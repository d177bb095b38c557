/* SPDX-License-Identifier: MIT */
/*
 * Error codes, and what the last failing call of this thread has to say.
 *
 * Every function of libfsps that can fail returns a value >= 0 on success and one of the
 * negative codes below otherwise. The codes are ours, not errno values; the errno behind one, if
 * there is one, is in fsps_last_error().
 */
#ifndef FSPS_ERROR_H
#define FSPS_ERROR_H

#include <fsps/export.h>

FSPS_BEGIN_DECLS

/**
 * What a call can answer. The numbers are part of the ABI and never change.
 *
 * Where a function's list has FSPS_ERR_IO, a system call may fail in it, and it may answer what
 * that call's errno becomes: PERMISSION, NO_SPACE, LIMIT, NO_MEMORY, READ_ONLY, TOO_LARGE or IO.
 * The list names those of them that a working machine gives.
 */
enum fsps_status {
	/** Success. */
	FSPS_OK = 0,
	/** An argument is NULL, out of range, or of an unknown size. Mend the call. */
	FSPS_ERR_ARGUMENT = -1,
	/** Not a topic: 1 to 1024 bytes of A-Z a-z 0-9 . - are allowed. */
	FSPS_ERR_TOPIC = -2,
	/** Not a pattern: 1 to 200 bytes of A-Z a-z 0-9 . - = + are allowed. */
	FSPS_ERR_PATTERN = -3,
	/** A header's key or value is not allowed, is there twice, or there are too many. */
	FSPS_ERR_HEADER = -4,
	/** The message is larger than the limit (16 MiB unless the bus was opened with another). */
	FSPS_ERR_TOO_LARGE = -5,
	/** The home does not exist and can't be created: the directory above it is missing. */
	FSPS_ERR_NO_HOME = -6,
	/** The kernel refuses us the home or something in it. */
	FSPS_ERR_PERMISSION = -7,
	/** The home could be tampered with by another user: wrong owner, mode, or a symlink. */
	FSPS_ERR_UNSAFE_HOME = -8,
	/** Something in the home has a format version that this library does not know. */
	FSPS_ERR_VERSION = -9,
	/** The file system of the home has no free space or inodes, a quota is used up, or it is
	 * fuller than publishers may fill it (see fsps_home_look()). */
	FSPS_ERR_NO_SPACE = -10,
	/** At least one channel did not take the message; the receipt names each and why. */
	FSPS_ERR_REFUSED = -11,
	/** A channel is at its limit, or its bell is full and it can't be told otherwise. In a
	 * receipt. */
	FSPS_ERR_FULL = -12,
	/** The process or the system has no free file descriptors, watches or pipe pages. */
	FSPS_ERR_LIMIT = -13,
	/** No memory. */
	FSPS_ERR_NO_MEMORY = -14,
	/** The file system is mounted read-only. */
	FSPS_ERR_READ_ONLY = -15,
	/** The channel or the home was removed while in use. Close the handle, open another. */
	FSPS_ERR_GONE = -16,
	/** This handle was opened before fork() in the parent. Open another in the child. */
	FSPS_ERR_FORKED = -17,
	/** Bytes that should be a message are none. */
	FSPS_ERR_CORRUPT = -18,
	/** A hook refused the message. */
	FSPS_ERR_HOOK = -19,
	/** Not done within the time given. */
	FSPS_ERR_TIMEOUT = -20,
	/** A system call failed in a way that has no code of its own; see its errno. */
	FSPS_ERR_IO = -21,
	/** There is no such header, or it has another type; no such channel or dead letter. */
	FSPS_ERR_NOT_FOUND = -22,
	/** It is taken: a publisher's reservation, a durable channel that somebody reads, a reader
	 * with as many unsettled messages as it may have. */
	FSPS_ERR_BUSY = -23,
	/** Settled too late: the message's deadline had passed, and it comes again. */
	FSPS_ERR_EXPIRED = -24,
	/** In a receipt: the channel is full, and drops what is new. */
	FSPS_ERR_DROPPED = -25,
	/** In a receipt: another user's channel, which we may not publish to. */
	FSPS_ERR_FORBIDDEN = -26
};

/** What happened, as told by fsps_last_error(). Valid until this thread's next libfsps call. */
struct fsps_error {
	/** One of enum fsps_status. */
	int code;
	/** The errno of the system call that failed, or 0. */
	int system_errno;
	/** The path, topic, pattern or header that it is about; "" if none. */
	const char *path;
	/** One sentence for a person: what failed, on what, and why. No trailing newline. */
	const char *text;
};

/**
 * What the last failing libfsps call of this thread has to say.
 *
 * Meaningful right after a call that returned a negative code; success does not reset it.
 * Never NULL; the strings belong to the library. Thread-local, never blocks. Since 0.1.
 */
FSPS_EXPORT const struct fsps_error *fsps_last_error(void);

/** A sentence for a code ("no free space in the home"). Never NULL. Since 0.1. */
FSPS_EXPORT const char *fsps_strerror(int code);

/** The code's name as written in this header ("FSPS_ERR_NO_SPACE"). Never NULL. Since 0.1. */
FSPS_EXPORT const char *fsps_error_name(int code);

/** What a user can do about it, as one sentence. Never NULL. Since 0.1. */
FSPS_EXPORT const char *fsps_error_remedy(int code);

FSPS_END_DECLS

#endif
