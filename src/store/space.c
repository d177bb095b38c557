/* SPDX-License-Identifier: MIT */
/* Implements store/space.h. */
#include "store/space.h"

#include "base/sys.h"

/* A disk is not the home's alone: of a large one a fifth would be far more than anybody needs to
 * clear up. */
static const uint64_t disk_bytes_reserved_most = UINT64_C(1) << 30;
static const uint64_t disk_inodes_reserved_most = 65536;

static uint64_t reserved(uint64_t total, int watermark_percent)
{
	uint64_t percent = (uint64_t)(FSI_WATERMARK_PERCENT_MAX - watermark_percent);

	/* Divided first where the product would not fit: there a remainder is nothing. */
	return total > UINT64_MAX / FSI_WATERMARK_PERCENT_MAX
		       ? total / FSI_WATERMARK_PERCENT_MAX * percent
		       : total * percent / FSI_WATERMARK_PERCENT_MAX;
}

static uint64_t lesser(uint64_t one, uint64_t other)
{
	return one < other ? one : other;
}

int fsi_space_look(int home_fd, int watermark_percent, struct fsi_space *ret_space)
{
	struct fsi_sys_space found;
	int r = fsi_sys_file_system_space(home_fd, &found);

	if (r < 0)
		return r;
	*ret_space = (struct fsi_space){
		.in_memory = found.in_memory,
		.bytes_total = found.bytes_total,
		.bytes_free = found.bytes_free,
		.inodes_total = found.inodes_total,
		.inodes_free = found.inodes_free,
		.bytes_reserved = reserved(found.bytes_total, watermark_percent),
		.inodes_reserved = reserved(found.inodes_total, watermark_percent),
	};
	if (found.in_memory)
		return 0;
	ret_space->bytes_reserved = lesser(ret_space->bytes_reserved, disk_bytes_reserved_most);
	ret_space->inodes_reserved = lesser(ret_space->inodes_reserved, disk_inodes_reserved_most);
	return 0;
}
