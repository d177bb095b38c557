/* SPDX-License-Identifier: MIT */
/*
 * A segment as a reader sees it: a channel's link, opened, locked against being used again, and
 * mapped for reading. Frames come one after another; nothing beyond the last committed one is ever
 * read, as there may be no memory.
 *
 * Messages may borrow their bytes from it: it stays locked and mapped until the channel has let it
 * go and all of them were given back, from whichever thread.
 *
 * Believed only if it is an ordinary file of our own user that nobody else may write, whole, of a
 * known format and with the key of its name.
 */
#ifndef FSPS_STREAM_VIEW_H
#define FSPS_STREAM_VIEW_H

#include <sys/types.h>

#include "message/handles.h"
#include "stream/format.h"

/* Mappings that a reader keeps after a segment's end, as it comes back with another key. */
enum { FSI_MAPPINGS_MAX = 16 };

struct fsi_mapping {
	unsigned char *map;
	size_t bytes;
	dev_t device;
	ino_t inode;
};

struct fsi_mapping_cache {
	struct fsi_mapping kept[FSI_MAPPINGS_MAX];
	size_t count;
};

struct fsi_view {
	/* First: a message's owner is its view. */
	struct fsi_bytes_owner owner;
	/* A large number while the channel has it, less what messages were given back, plus, once
	 * it is let go, what were lent. 0: gone. */
	_Atomic uint64_t references;
	/* Messages lent; only the channel counts here. */
	uint64_t lent;
	/* Where messages that were lent to may lie; NULL if none do. */
	struct fsi_handles *handles;
	/* -1: spared. */
	int fd;
	/* The mapping was made from it, and so holds its lock, too. */
	bool mapping_locks;
	/* Whether it is locked: else nothing is lent, as its publisher may use it again. */
	bool locked;
	struct fsi_mapping mapping;
	uint64_t key;
	/* As in the link's name. */
	uint64_t offset;
	uint32_t generation;
	bool checksums;
	char member[FSI_MEMBER_LEN + 1];
	uint32_t publisher;
	uint32_t owner_uid;
	/* Nothing lies at or behind this. */
	size_t end;
	/* Where the next frame is or will be. */
	size_t at;
	/* Of the frame that was looked at; 0 while there is none. */
	uint64_t head_id;
	uint32_t head_len;
	/* What stands before its body. */
	uint32_t head_padding;
	/* Somebody found its publisher dead: it ends where it is. */
	bool orphaned;
	/* Its bytes count for the channel's limit. */
	bool counted;
	/* Which place in the control block it has, or -1. */
	int place;
	/* What was handed out and is not settled: the first and the last of a list that the reader
	 * keeps (claim/deliveries.h); 0: nothing. */
	uint32_t first_unsettled;
	uint32_t last_unsettled;
	/* How many these are, how many were ever handed out, and how many of those lie before the
	 * link's offset. */
	uint32_t unsettled;
	uint64_t handed_out;
	uint64_t saved;
	/* When the link's name was brought up to date, and when nothing was left behind it, coarse
	 * ms. */
	uint64_t saved_ms;
	uint64_t cleared_ms;
	/* It was read to an end that is none, and goes as soon as all is settled. */
	bool broken;
	/* Its link was taken away by somebody else. */
	bool unlinked;
};

enum fsi_view_answer {
	FSI_VIEW_OPEN = 0,
	/* There is no such link, or it is being used for something else by now. */
	FSI_VIEW_GONE = 1,
	/* It is no segment that may be believed. */
	FSI_VIEW_REFUSED = 2,
};

/* Opens the link of a segment in a channel. Returns an answer or a failure. */
int fsi_view_open(int channel_fd, uint64_t key, uint64_t offset, struct fsi_mapping_cache *cache,
		  struct fsi_view **ret_view);

enum fsi_view_state {
	/* A frame is there: head_id and head_len are its. */
	FSI_VIEW_FRAME,
	/* Not yet. */
	FSI_VIEW_EMPTY,
	/* No more will come. */
	FSI_VIEW_ENDED,
	/* What is there is no frame: nothing behind it can be trusted. */
	FSI_VIEW_BROKEN,
};

/* Looks at the next frame. */
enum fsi_view_state fsi_view_look(struct fsi_view *view);

/* The epoch of the frame that was looked at. */
uint32_t fsi_view_epoch(const struct fsi_view *view);

/* Its body, of head_len bytes. */
const unsigned char *fsi_view_body(const struct fsi_view *view);

/* Lends its bytes to a message; the message gives them back. */
struct fsi_bytes_owner *fsi_view_lend(struct fsi_view *view);

/* What is lent may be lent to messages of that block, which is kept for so long. Returns false if
 * it has another one already. */
bool fsi_view_lend_to(struct fsi_view *view, struct fsi_handles *handles);

/* The member whose segment lends a message its bytes; "" if owner is no view, or NULL. */
const char *fsi_view_member_of(const struct fsi_bytes_owner *owner);

/* Goes on to the frame behind it. */
void fsi_view_advance(struct fsi_view *view);

/* A frame as it lies there. */
struct fsi_view_frame {
	const unsigned char *body;
	uint32_t body_len;
	/* Where the one behind it begins. */
	size_t next;
};

/* The frame at a place, without moving. Returns false if there is none that is whole. */
bool fsi_view_frame_at(const struct fsi_view *view, size_t at, struct fsi_view_frame *ret_frame);

/*
 * The body of the next frame, without noting that it was looked at: NULL unless there is one of
 * that epoch, whole, without padding, in a segment without checksums. Only what is not so has to be
 * looked at with fsi_view_look().
 */
static inline const unsigned char *fsi_view_peek(const struct fsi_view *view, uint32_t epoch,
						 uint32_t *ret_len)
{
	const struct fsi_frame *frame =
		(const struct fsi_frame *)(const void *)(view->mapping.map + view->at);
	const unsigned char *body = (const unsigned char *)(frame + 1);
	size_t left = view->end - view->at;
	uint64_t word;
	uint32_t len;

	if (left <= sizeof *frame)
		return NULL;
	word = atomic_load_explicit(&frame->commit, memory_order_acquire);
	len = (uint32_t)word;
	if (word >> 32 != view->generation || len >= left - sizeof *frame ||
	    frame->epoch != epoch || frame->padding != 0 || body[len] != '\0')
		return NULL;
	*ret_len = len;
	return body;
}

/* Goes on behind that frame. */
static inline void fsi_view_pass(struct fsi_view *view, uint32_t len)
{
	view->at += fsi_frame_bytes(len);
	view->head_id = 0;
}

/* Gives the link in the channel a name that says offset. Returns 0 or -errno. */
int fsi_view_rename(struct fsi_view *view, int channel_fd, uint64_t offset);

/* Whether the file was cut since it was mapped: to read on would end the process. */
bool fsi_view_is_cut(const struct fsi_view *view, int channel_fd);

/* Closes its descriptor if it can do without. Returns whether it did. */
bool fsi_view_spare_descriptor(struct fsi_view *view);

/* How many frames wait from its place on, without moving it; ret_first_us: when the first one was
 * published, 0 if there is none. */
uint64_t fsi_view_count(const struct fsi_view *view, uint64_t *ret_first_us);

/* The channel is done with it. Its mapping is kept for the next use if nothing is lent. */
void fsi_view_close(struct fsi_view *view, struct fsi_mapping_cache *cache);

/* In a forked child: closes the descriptor, whose lock is the parent's. What was lent stays
 * readable, but may be written over. */
void fsi_view_forget(struct fsi_view *view);

void fsi_mapping_cache_clear(struct fsi_mapping_cache *cache);

#endif
