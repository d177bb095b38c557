/* SPDX-License-Identifier: MIT */
/*
 * How full the home's file system is, and how much of it publishers leave alone, so that whoever
 * consumes, subscribes or works beside the home still finds room.
 *
 * Leaves out when to look, and what becomes of a message that finds the home too full.
 */
#ifndef FSPS_STORE_SPACE_H
#define FSPS_STORE_SPACE_H

#include <stdbool.h>
#include <stdint.h>

enum {
	FSI_WATERMARK_PERCENT_DEFAULT = 80,
	/* From here on there is no watermark. */
	FSI_WATERMARK_PERCENT_MAX = 100,
};

struct fsi_space {
	/* On tmpfs or ramfs. */
	bool in_memory;
	/* 0 where the file system does not say, as it does for inodes on some, and for both on a
	 * tmpfs without limits. */
	uint64_t bytes_total;
	uint64_t bytes_free;
	uint64_t inodes_total;
	uint64_t inodes_free;
	/* Nobody publishes while less than that is free; 0: that is not looked at. */
	uint64_t bytes_reserved;
	uint64_t inodes_reserved;
};

/*
 * Looks at the file system of a home, of which publishers may use watermark_percent (1 to 100).
 * Returns 0 or -errno.
 */
int fsi_space_look(int home_fd, int watermark_percent, struct fsi_space *ret_space);

#endif
