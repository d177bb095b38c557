/* SPDX-License-Identifier: MIT */
/* What lies in a channel, by its names and the segments behind them: for those who look on and for
 * counting. Takes nothing from anybody. */
#ifndef FSPS_INSPECT_CONTENT_H
#define FSPS_INSPECT_CONTENT_H

#include <stdint.h>

#include "base/limits.h"
#include "store/control.h"

enum { FSI_CONTENT_PUBLISHERS = 64 };

struct fsi_channel_content {
	/* Messages that wait for whoever comes next. */
	uint64_t backlog;
	/* The lowest ID among them, 0 for none, and its file. */
	uint64_t lowest_id;
	char lowest_name[FSI_NAME_BYTES];
	/* How many of them lie in segments, and how many segments there are. */
	uint64_t frames;
	uint64_t segments;
	/* When the first message in a segment was published, 0 for none. */
	uint64_t first_frame_us;
	/* Messages that somebody has and has not settled, in files or segments. */
	uint64_t claimed;
	/* Messages that wait to come again, also if their time has come by now. */
	uint64_t delayed;
	/* Files that were set aside. */
	uint64_t dead_letters;
	/* Whose the segments are: different members, of which no more than that many are told
	 * apart. */
	uint32_t publishers;
	char publisher[FSI_CONTENT_PUBLISHERS][FSI_MEMBER_LEN + 1];
};

/* Reads an open directory's names (its offset is moved). control: the channel's, which says how far
 * its reader is in each segment, or NULL. Segments that we may not read count nothing. Returns 0
 * or a failure. */
int fsi_channel_content(int channel_fd, const struct fsi_control *control,
			struct fsi_channel_content *ret_content);

#endif
