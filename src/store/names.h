/* SPDX-License-Identifier: MIT */
/*
 * The names on disk, each defined once (pubsub-format(5) says what they mean):
 *
 *   <pattern>_<name>/             a durable channel   <pattern>_<name>.in_<pid>/  its inbox
 *                                 ... and             <pattern>_<name>.in-<pid>/ when it is left
 *   <pattern>_<random12>_<pid>/   a live channel      .n-<member>-<n>/ one being built
 *     queue                       its bell            .x-<any>-<n>/    one being removed
 *     .c                          its control block   tmp/             staging
 *     <ID>                        a message             .i-<member>-<ID>  an intent
 *     .m-<random>-<ID>            the same, name taken .fsps/
 *     .k- .r- .d- .e-             see work_names.h      seq             IDs and generation
 *     .s-<key>-<offset>           a segment; in tmp .s-<member>-<n>
 *     .q-<random>                 a bell made anew      w-<member>      a live process' lock
 *
 * Only forms and parses names; touches no file.
 */
#ifndef FSPS_STORE_NAMES_H
#define FSPS_STORE_NAMES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <fsps/bus.h>

#include "base/limits.h"
#include "base/random.h"

#define FSI_NAME_QUEUE   "queue"
#define FSI_NAME_CONTROL ".c"
#define FSI_NAME_STAGING "tmp"
#define FSI_NAME_STATE   ".fsps"
#define FSI_NAME_COUNTER "seq"

#define FSI_PREFIX_BUILDING ".n-"
#define FSI_PREFIX_REMOVING ".x-"
#define FSI_PREFIX_INTENT   ".i-"
#define FSI_PREFIX_MEMBER   "w-"
#define FSI_PREFIX_TAKEN    ".m-"
/* Messages that somebody has, that come again, that were set aside, and what was said of those:
 * see work_names.h. */
#define FSI_PREFIX_CLAIMED ".k-"
#define FSI_PREFIX_DELAYED ".r-"
#define FSI_PREFIX_DEAD    ".d-"
#define FSI_PREFIX_NOTE    ".e-"
/* Ends the name of a durable channel in that of its inbox. */
#define FSI_INBOX_SUFFIX ".in"
/* A segment: "<member>-<n>" in tmp, "<key>-<offset>" in a channel. */
#define FSI_PREFIX_SEGMENT ".s-"
/* A bell that is made anew, for the moment until it is "queue". */
#define FSI_PREFIX_QUEUE ".q-"

/* A member's ID: 12 characters of A-Z a-z 0-9. */
enum { FSI_MEMBER_LEN = FSI_RANDOM_NAME_LEN };

/* Room for the decimal digits of an ID and a NUL. */
enum { FSI_ID_DIGITS = 21 };

struct fsi_channel_name {
	enum fsps_channel_kind kind;
	size_t pattern_len;
	/* The owner's, as it stands in the name; 0: a durable channel has none. */
	int32_t pid;
	/* Of a durable channel, or of an inbox's, its name begins behind the pattern and '_'. */
	size_t durable_len;
	/* Of an inbox: nobody holds it any more, and formix-pubsub does not see it any more. */
	bool left;
};

/* Whether a name is a channel's: a valid pattern, '_', and
 *   12 of A-Za-z0-9, '_', a pid: a live one;
 *   1 to 63 of A-Za-z0-9-: a durable one;
 *   the same, ".in_", a pid: what formix-pubsub sees of a durable one;
 *   the same, ".in-", a pid: what was that, and is to be emptied. */
bool fsi_channel_name_parse(const char *name, struct fsi_channel_name *ret_parsed);

/* Whether a string is a durable channel's name. */
bool fsi_durable_name_valid(const char *name);

/* Forms a durable channel's directory in to (FSI_NAME_BYTES). */
void fsi_durable_name_format(char *to, const char *pattern, const char *name);

/* Forms an inbox's name in to (FSI_NAME_BYTES). Returns false if it is too long for a name. */
bool fsi_inbox_name_format(char *to, const char *pattern, const char *name, int32_t pid);

/* Writes the digits and a NUL; returns how many digits. */
size_t fsi_id_format(char *to, uint64_t id);

/* Whether a name is an ID: 1 to 2^53 - 1, decimal, no leading zero or sign. */
bool fsi_id_parse(const char *name, uint64_t *ret_id);

/* Whether a string is a member's ID. */
bool fsi_member_id_valid(const char *member);

/* Forms "<prefix><member>-<number>" in to, of size bytes: at most 37 are needed. */
void fsi_member_name_format(char *to, size_t size, const char *prefix, const char *member,
			    uint64_t number);

/* Whether a name is of that form; fills ret_member (FSI_MEMBER_LEN + 1 bytes), ret_number. */
bool fsi_member_name_parse(const char *name, const char *prefix, char *ret_member,
			   uint64_t *ret_number);

/* Forms ".s-<key>-<offset>", a segment's name in a channel, in to (FSI_NAME_BYTES). */
void fsi_segment_name_format(char *to, uint64_t key, uint64_t offset);

/* Whether a name is of that form: both decimal, above 0, below FSI_ID_LIMIT. */
bool fsi_segment_name_parse(const char *name, uint64_t *ret_key, uint64_t *ret_offset);

/* Whether a name is "w-<member>"; ret_member points into it. */
bool fsi_lock_name_parse(const char *name, const char **ret_member);

#endif
