/* SPDX-License-Identifier: MIT */
/*
 * A target: a channel as a publisher knows it. Found by its name; opened (control block mapped,
 * bell open) when a message is for it, at the first publish or again after it was put away.
 *
 * Whether its owner lives is not decided here.
 */
#ifndef FSPS_ROUTE_TARGET_H
#define FSPS_ROUTE_TARGET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "limit/room.h"
#include "store/control.h"
#include "watch/bell.h"

struct fsi_target {
	/* The channel's directory; the pattern is its first pattern_len bytes. */
	char *name;
	size_t name_len;
	size_t pattern_len;
	int32_t pid;
	/* Another user's. Looked up when it is opened. */
	bool foreign;
	/* Of another user's: when it last took a message, monotonic ms; 0: not yet. */
	uint64_t took_ms;
	/* It has no owner, and never dies: what is linked there waits for a reader. */
	bool durable;
	/* Mapped: the channel is one of ours. NULL: a plain one, or not opened yet. */
	struct fsi_control *control;
	bool looked_for_control;
	/* Of the control block of a durable one that is mapped: what file it is. While it is mapped
	 * no other file has that number. */
	dev_t control_device;
	ino_t control_inode;
	/* Whether its readers take segments; of a durable one, when that was looked at last. */
	bool takes_segments;
	/* Whether it limits messages, when that was looked at last. */
	bool counts_messages;
	/* Its being full, where it has a control block; if it drops the oldest, coarse ms before
	 * which those who are about to link something are not waited for again. */
	struct fsi_limited limited;
	uint64_t patient_ms;
	/* Its reader scans when it is told to look: ours, or another user's like it. */
	bool scans;
	/* -1 while it is not open. */
	int bell_fd;
	/* Open while the bell is, if the channel is another user's; of a durable one also while it
	 * has no bell that could be rung; else -1. */
	int directory_fd;
	/* When its owner was last seen alive, and when it was last used; coarse ms. */
	uint64_t checked_ms;
	uint64_t used_ms;
	/* The publisher's messages to it go into segments, and never again into files: its plain
	 * messages come before its frames (R5). A durable one gets files again once a group reads
	 * it, which is promised no order. */
	bool on_lane;
	/* Why it could not be made ready for a segment when that was tried last; 0: it could. */
	int lane_code;
	/* It can't have segments (it is on another mount). */
	bool no_lane;
	/* For the set that it is in; serial is never used again. */
	uint64_t serial;
	uint64_t mark;
	uint64_t scan;
	uint32_t slot;
	struct fsi_target *next_in_bucket;
};

/* name is copied; parsed: what it says. Returns NULL without memory. */
struct fsi_target *fsi_target_new(const char *name, const struct fsi_channel_name *parsed);
/* Closes what is open. NULL is allowed. */
void fsi_target_free(struct fsi_target *target);

/* Maps and opens what is not yet. Returns an enum fsi_bell_answer or a failure. */
int fsi_target_open(struct fsi_target *target, int home_fd);

/* Whether its name still leads to the channel that is open: a durable one may have been removed and
 * made again. One that is not open is whatever is there. */
bool fsi_target_is_same(const struct fsi_target *target, int home_fd);

/* Whether a channel that is mapped takes segments now: its readers do, and it does not drop the
 * oldest of only a few messages, which one segment would push out together. */
bool fsi_target_reads_segments(const struct fsi_target *target);

/* Whether it limits how many messages may wait. */
bool fsi_target_limits_messages(const struct fsi_target *target);

/*
 * Where the channel is: a directory and a path in it, to put "/<name>" behind. Another user could
 * put a symlink in the place of his channel at any moment, and lead us out of the home: so while
 * his is open it is reached by a descriptor. Ours can't be moved by others: a home that they may
 * write to is sticky.
 */
int fsi_target_place(const struct fsi_target *target, int home_fd, const char **ret_path);

/* Closes the bell and what is open with it, so that it costs no descriptor. */
void fsi_target_close_bell(struct fsi_target *target);

/*
 * Tells the reader that a message of that ID was linked. look: the message has another name than
 * its ID, so the reader must scan.
 *
 * Returns 0, -EAGAIN (a plain channel's bell is full: the reader may never learn of it), -EPIPE
 * (nobody reads a plain channel any more) or -errno.
 */
int fsi_target_ring(struct fsi_target *target, uint64_t id, bool look);

/* Wakes a reader that naps. sleep: its sleep number as it was seen just now; one without a nap is
 * left alone. */
void fsi_target_end_nap(struct fsi_control *control, uint32_t sleep);

#endif
