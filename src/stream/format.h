/* SPDX-License-Identifier: MIT */
/*
 * The format of a segment: a file that many messages lie in one after another, written by one
 * publisher through a mapping and linked into each channel that they are for.
 *
 * A frame is there once its commit word is: the word is stored last, and the one where the next
 * frame will begin is cleared before. Of a segment that is used again the generation changes, so
 * that nothing of its earlier content passes for a commit word.
 *
 * Host byte order and atomics of the machine: a segment never leaves it. Offsets are part of the
 * format.
 */
#ifndef FSPS_STREAM_FORMAT_H
#define FSPS_STREAM_FORMAT_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "store/names.h"

enum {
	FSI_SEGMENT_MAGIC = 0x46535047, /* "FSPG" */
	FSI_SEGMENT_VERSION = 1,
	/* Where frames begin; each begins at a multiple of FSI_FRAME_ALIGNMENT. */
	FSI_SEGMENT_START = 64,
	FSI_FRAME_ALIGNMENT = 8,
	FSI_FRAME_PADDING_MAX = 7,
};

/* Flags of a segment: its frames have checksums, as the file may outlive the machine's crash. */
enum { FSI_SEGMENT_CHECKSUMS = 1 };

struct fsi_segment_header {
	uint32_t magic;
	uint32_t version;
	/* As in the names of its links; another at each use. */
	_Atomic uint64_t key;
	uint32_t generation;
	uint32_t flags;
	/* Of the file. */
	uint64_t bytes;
	/* What of it has memory: less than bytes once the unused rest was given back. */
	_Atomic uint64_t allocated_bytes;
	/* Whose it is: which publisher of which member. */
	char member[16];
	uint32_t publisher;
	/* Whether it is being written: then nobody but its publisher takes it away. */
	_Atomic uint32_t in_use;
};

_Static_assert(sizeof(struct fsi_segment_header) == FSI_SEGMENT_START, "part of the format");

struct fsi_frame {
	/* generation << 32 | length of padding and body, or FSI_FRAME_END: the segment ends here.
	 */
	_Atomic uint64_t commit;
	/* How many segments its publisher had begun. */
	uint32_t epoch;
	/* Bytes between this and the body, so that a payload built in place is aligned. */
	uint32_t padding;
	/* XXH3 of the body where the segment has checksums, else 0. */
	uint64_t checksum;
	/* The body: a message as it would stand in a file, and a NUL. */
};

_Static_assert(sizeof(struct fsi_frame) == 24, "part of the format");

#define FSI_FRAME_END UINT32_C(0xffffffff)

/* What padding and body of that length together take up as a frame. */
static inline size_t fsi_frame_bytes(size_t length)
{
	size_t bytes = sizeof(struct fsi_frame) + length + 1;

	return (bytes + FSI_FRAME_ALIGNMENT - 1) & ~(size_t)(FSI_FRAME_ALIGNMENT - 1);
}

static inline uint64_t fsi_frame_commit_word(uint32_t generation, uint32_t length)
{
	return (uint64_t)generation << 32 | length;
}

/* A record in a bell: plain IDs are below FSI_ID_LIMIT, so this bit tells these apart. With a key
 * it says that a segment was linked; without one it only wakes. */
#define FSI_BELL_SEGMENT (UINT64_C(1) << 63)

#endif
