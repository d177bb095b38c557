/* SPDX-License-Identifier: MIT */
/* Big-endian integers in byte buffers of any alignment, on hosts of any byte order. */
#ifndef FSPS_BASE_BYTES_H
#define FSPS_BASE_BYTES_H

#include <endian.h>
#include <stdint.h>
#include <string.h>

static inline void fsi_put_u32(unsigned char *to, uint32_t value)
{
	value = htobe32(value);
	memcpy(to, &value, sizeof value);
}

static inline void fsi_put_u64(unsigned char *to, uint64_t value)
{
	value = htobe64(value);
	memcpy(to, &value, sizeof value);
}

static inline uint32_t fsi_get_u32(const unsigned char *from)
{
	uint32_t value;

	memcpy(&value, from, sizeof value);
	return be32toh(value);
}

static inline uint64_t fsi_get_u64(const unsigned char *from)
{
	uint64_t value;

	memcpy(&value, from, sizeof value);
	return be64toh(value);
}

#endif
