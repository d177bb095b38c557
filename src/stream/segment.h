/* SPDX-License-Identifier: MIT */
/*
 * A segment as its publisher writes it, and the publisher's pool of them.
 *
 * Each has a name in tmp, ".s-<member>-<n>", besides its links in channels. Sealed ones stay in the
 * pool and are used again once all readers have unlinked theirs: the kernel's link count says so.
 * Readers hold a shared lock while they use one. Whoever wants to use it again, or to give its
 * memory back, first gets the exclusive lock and only then looks: at the link count, and whether
 * the header says that it is in use.
 *
 * Memory is allocated before it is mapped: a full file system is an error, never a SIGBUS.
 *
 * The caller serialises all calls on a pool.
 */
#ifndef FSPS_STREAM_SEGMENT_H
#define FSPS_STREAM_SEGMENT_H

#include <sys/types.h>

#include "store/home.h"
#include "store/watermark.h"
#include "stream/format.h"

enum {
	FSI_SEGMENT_BYTES_LEAST = 64 << 10,
	/* For messages of 1 KiB and less; larger ones may have larger ones. */
	FSI_SEGMENT_BYTES_MOST = 1 << 20,
	/* With less than that mapped ahead, more is mapped. */
	FSI_SEGMENT_MAP_MARGIN = 2048,
	/* Sealed segments that a publisher keeps to use them again, and of how many bytes, as one
	 * that has nothing more to publish has them for good; a few are kept however large. */
	FSI_SEGMENTS_KEPT_MAX = 64,
	FSI_SEGMENTS_KEPT_BYTES = 64 << 20,
	FSI_SEGMENTS_KEPT_LEAST = 4,
};

struct fsi_segment {
	int fd;
	unsigned char *map;
	size_t bytes;
	/* In its name in tmp. */
	uint64_t number;
	dev_t device;
	ino_t inode;
	uint64_t key;
	uint32_t generation;
	bool checksums;
	/* Where the next frame begins. */
	size_t at;
	/* Up to where its pages are mapped. */
	size_t mapped;
	/* Coarse ms at which it was sealed. */
	uint64_t sealed_ms;
};

struct fsi_segment_pool {
	/* NULL: not open. */
	struct fsi_home *home;
	/* tmp. */
	int directory_fd;
	uint32_t publisher;
	bool checksums;
	/* The publisher's, to be asked before there is a new one; NULL: nobody is asked. */
	struct fsi_watermark *watermark;
	/* Sealed ones, the oldest first. */
	struct fsi_segment *kept[FSI_SEGMENTS_KEPT_MAX];
	size_t kept_count;
};

/* Opens a pool in a home, becoming a member of it. Returns 0 or a failure. */
int fsi_segment_pool_open(struct fsi_segment_pool *pool, struct fsi_home *home);
/* Gives all that is kept back. Segments in use are the caller's to seal and put before. */
void fsi_segment_pool_close(struct fsi_segment_pool *pool);
/* Whether readers are behind by two sealed segments at least, and by that many bytes of such. */
bool fsi_segment_pool_is_behind(const struct fsi_segment_pool *pool, size_t bytes);

/* Lets go of all that is kept. */
void fsi_segment_pool_clear(struct fsi_segment_pool *pool);
/* In a forked child: lets go of what is the parent's, and changes nothing of it. */
void fsi_segment_pool_forget(struct fsi_segment_pool *pool);
void fsi_segment_forget(struct fsi_segment *segment);

/*
 * A segment that is ready to be linked and written, of about wish_bytes, with room for a frame of
 * frame_bytes at least: of the kept ones that nobody uses any more the one that was sealed last, or
 * a new one. Where there is no space for that many, a smaller one.
 *
 * Returns 0 or a failure: FSPS_ERR_NO_SPACE, FSPS_ERR_TOO_LARGE (the process' file size limit), ...
 */
int fsi_segment_take(struct fsi_segment_pool *pool, size_t frame_bytes, size_t wish_bytes,
		     struct fsi_segment **ret_segment);

/* Links it into a channel, a path in directory. offset: where that channel's reader is to
 * begin. Returns 0 or -errno. */
int fsi_segment_link(const struct fsi_segment_pool *pool, const struct fsi_segment *segment,
		     int directory, const char *channel, size_t offset);

/* Ends a segment: readers that come to its end unlink theirs. It goes to the pool. */
void fsi_segment_seal(struct fsi_segment_pool *pool, struct fsi_segment *segment);

/* How many links it has, its name in tmp included; 0 if that can't be told. */
uint64_t fsi_segment_links(const struct fsi_segment *segment);

/* Ends a segment whose unused rest somebody still writes to: it is left alone until it is given to
 * fsi_segment_forget(), and not used again. */
void fsi_segment_detach(struct fsi_segment_pool *pool, struct fsi_segment *segment);

/* Lets a segment go without another write to it. */
void fsi_segment_abandon(struct fsi_segment_pool *pool, struct fsi_segment *segment);

/* Whether its file was cut: to write on would end the process. */
bool fsi_segment_is_cut(const struct fsi_segment *segment);

/* Gives back what was sealed for longer than idle_ms and is free. */
void fsi_segment_pool_trim(struct fsi_segment_pool *pool, uint64_t idle_ms);

/* ---- writing ---- */

static inline bool fsi_segment_fits(const struct fsi_segment *segment, size_t frame_bytes)
{
	return segment->bytes - segment->at >= frame_bytes;
}

/* Where the body of the next frame goes, behind some padding. */
static inline unsigned char *fsi_segment_body(const struct fsi_segment *segment, size_t padding)
{
	return segment->map + segment->at + sizeof(struct fsi_frame) + padding;
}

/* Commits the body that was written there, which fits. */
void fsi_segment_commit(struct fsi_segment *segment, size_t padding, size_t body_len,
			uint32_t epoch);

void fsi_segment_map_more(struct fsi_segment *segment);

/* To be called when nobody waits for us: has some pages mapped for the frames that come next, if
 * these are not. For our readers, too, it is one fault then and not one for each page. */
static inline void fsi_segment_map_ahead(struct fsi_segment *segment)
{
	if (segment->at + FSI_SEGMENT_MAP_MARGIN > segment->mapped)
		fsi_segment_map_more(segment);
}

#endif
