/* SPDX-License-Identifier: MIT */
/* The names in a channel, by what is to be done with what bears them. */
#ifndef FSPS_INSPECT_WAITING_NAMES_H
#define FSPS_INSPECT_WAITING_NAMES_H

#include <stdbool.h>
#include <stdint.h>

#include "store/work_names.h"

/* Whether a name is that of a message that waits in a file, untouched as yet. */
static inline bool fsi_is_fresh_name(const char *name, uint64_t *ret_id)
{
	char member[FSI_MEMBER_LEN + 1];

	return fsi_id_parse(name, ret_id) ||
	       fsi_member_name_parse(name, FSI_PREFIX_TAKEN, member, ret_id);
}

/* Whether a name is a segment's; ret_key is its number in an order. */
static inline bool fsi_is_segment_name(const char *name, uint64_t *ret_key)
{
	uint64_t offset;

	return fsi_segment_name_parse(name, ret_key, &offset);
}

#endif
