/* SPDX-License-Identifier: MIT */
/* Implements base/error.h: what is said of each code. */
#include <stddef.h>

#include "base/error.h"

static const struct fsi_error_words all[] = {
	{FSPS_OK, "FSPS_OK", "success", "nothing to do"},
	{FSPS_ERR_ARGUMENT, "FSPS_ERR_ARGUMENT", "an argument is not allowed",
	 "mend the call: see the function's manual page"},
	{FSPS_ERR_TOPIC, "FSPS_ERR_TOPIC", "not a topic", "use 1 to 1024 of A-Z a-z 0-9 . and -"},
	{FSPS_ERR_PATTERN, "FSPS_ERR_PATTERN", "not a pattern",
	 "use 1 to 200 of A-Z a-z 0-9 . - and the wildcards = (a word) and + (words and dots)"},
	{FSPS_ERR_HEADER, "FSPS_ERR_HEADER", "a header is not allowed",
	 "use keys of A-Z a-z 0-9 . _ - and values of valid UTF-8, 256 headers and 64 KiB at most"},
	{FSPS_ERR_TOO_LARGE, "FSPS_ERR_TOO_LARGE", "the message is too large",
	 "send less, send a file's path instead, or raise message_bytes_max on both sides"},
	{FSPS_ERR_NO_HOME, "FSPS_ERR_NO_HOME", "the home does not exist",
	 "create the directory, or name another with PUBSUB_HOME or --home"},
	{FSPS_ERR_PERMISSION, "FSPS_ERR_PERMISSION", "the kernel does not permit it",
	 "ask the owner for access, or name a home of your own with PUBSUB_HOME or --home"},
	{FSPS_ERR_UNSAFE_HOME, "FSPS_ERR_UNSAFE_HOME", "the home is not safe to use",
	 "name a home of your own with PUBSUB_HOME or --home, or, if you trust its owner, say so "
	 "with PUBSUB_HOME_OWNER or --home-owner; modes are mended by its owner's pubsub-init"},
	{FSPS_ERR_VERSION, "FSPS_ERR_VERSION", "a format version that is not known here",
	 "use the newer libfsps everywhere, or another home"},
	{FSPS_ERR_NO_SPACE, "FSPS_ERR_NO_SPACE", "the home's file system is full",
	 "let subscribers catch up or end them, enlarge it (mount -o remount,size=...), or let it "
	 "be "
	 "filled further (PUBSUB_WATERMARK)"},
	{FSPS_ERR_REFUSED, "FSPS_ERR_REFUSED", "a channel refused the message",
	 "see the receipt: it names each channel and why"},
	{FSPS_ERR_FULL, "FSPS_ERR_FULL", "the channel is full",
	 "let its reader catch up, or wait for it (wait_ms, -q 1)"},
	{FSPS_ERR_LIMIT, "FSPS_ERR_LIMIT", "too many open files, watches or hooks",
	 "close some, or raise the limit (ulimit -n)"},
	{FSPS_ERR_NO_MEMORY, "FSPS_ERR_NO_MEMORY", "no memory", "free some and try again"},
	{FSPS_ERR_READ_ONLY, "FSPS_ERR_READ_ONLY", "the file system is read-only",
	 "remount it writable, or name another home with PUBSUB_HOME or --home"},
	{FSPS_ERR_GONE, "FSPS_ERR_GONE", "the channel or the home was removed", "subscribe again"},
	{FSPS_ERR_FORKED, "FSPS_ERR_FORKED", "the channel belongs to the parent process",
	 "open a channel in the child"},
	{FSPS_ERR_CORRUPT, "FSPS_ERR_CORRUPT", "not a message", "see pubsub-format(5)"},
	{FSPS_ERR_HOOK, "FSPS_ERR_HOOK", "a hook refused the message", "see what the hook says"},
	{FSPS_ERR_TIMEOUT, "FSPS_ERR_TIMEOUT", "not done in the time given",
	 "give it more time, or let subscribers catch up"},
	{FSPS_ERR_IO, "FSPS_ERR_IO", "a system call failed",
	 "see the reason; with --debug or a log callback there is more"},
	{FSPS_ERR_NOT_FOUND, "FSPS_ERR_NOT_FOUND", "there is none",
	 "check the key and its type, or the channel's name (pubsub-ls shows what there is)"},
	{FSPS_ERR_BUSY, "FSPS_ERR_BUSY", "it is taken",
	 "end who has it (a reader of the channel, a reservation), settle messages first, or share "
	 "the channel as a group"},
	{FSPS_ERR_EXPIRED, "FSPS_ERR_EXPIRED", "the message was settled too late",
	 "expect it again; use a longer deadline, or extend it while working"},
	{FSPS_ERR_DROPPED, "FSPS_ERR_DROPPED", "the channel is full and drops what is new",
	 "let its reader catch up, or give it another policy (--when-full)"},
	{FSPS_ERR_FORBIDDEN, "FSPS_ERR_FORBIDDEN", "another user's channel is closed to us",
	 "ask its owner to let you publish to it (--publishers)"},
};

const struct fsi_error_words *fsi_error_words(int code)
{
	static const struct fsi_error_words unknown = {
		0, "FSPS_ERR_UNKNOWN", "an unknown error",
		"use the libfsps that this program was built for"};

	for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
		if (all[i].code == code)
			return &all[i];
	return &unknown;
}
