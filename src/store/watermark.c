/* SPDX-License-Identifier: MIT */
/* Implements store/watermark.h. */
#include "store/watermark.h"

#include "base/error.h"
#include "base/sys.h"

enum { LOOK_MS = 10 };

static uint64_t above(uint64_t free, uint64_t reserved)
{
	if (reserved == 0)
		return UINT64_MAX;
	return free > reserved ? free - reserved : 0;
}

static unsigned percent_used(uint64_t free, uint64_t total)
{
	return total == 0 ? 0 : (unsigned)(100 - free * 100 / total);
}

static int refuse(const struct fsi_watermark *watermark, const struct fsi_home *home,
		  const struct fsi_space *space, bool bytes)
{
	uint64_t free = bytes ? space->bytes_free : space->inodes_free;
	uint64_t total = bytes ? space->bytes_total : space->inodes_total;

	return fsi_fail(FSPS_ERR_NO_SPACE, home->path,
			"home %s is %u %% full (%s): new messages are refused above %d %%",
			home->path, percent_used(free, total), bytes ? "bytes" : "inodes",
			watermark->percent);
}

/* A file system that doesn't answer has no watermark. */
static int look(struct fsi_watermark *watermark, const struct fsi_home *home, uint64_t bytes,
		uint64_t inodes)
{
	struct fsi_space space;

	watermark->looked_ms = fsi_sys_coarse_ms();
	if (fsi_space_look(home->fd, watermark->percent, &space) < 0)
		space = (struct fsi_space){.bytes_reserved = 0};
	watermark->bytes_left = above(space.bytes_free, space.bytes_reserved);
	watermark->inodes_left = above(space.inodes_free, space.inodes_reserved);
	if (bytes > watermark->bytes_left)
		return refuse(watermark, home, &space, true);
	if (inodes > watermark->inodes_left)
		return refuse(watermark, home, &space, false);
	return 0;
}

int fsi_watermark_take(struct fsi_watermark *watermark, const struct fsi_home *home, uint64_t bytes,
		       uint64_t inodes)
{
	bool is_due = watermark->looked_ms == 0 ||
		      fsi_sys_coarse_ms() - watermark->looked_ms >= LOOK_MS ||
		      bytes > watermark->bytes_left || inodes > watermark->inodes_left;

	if (watermark->percent >= FSI_WATERMARK_PERCENT_MAX)
		return 0;
	if (is_due) {
		int r = look(watermark, home, bytes, inodes);

		if (r < 0)
			return r;
	}
	watermark->bytes_left -= bytes;
	watermark->inodes_left -= inodes;
	return 0;
}
