/* SPDX-License-Identifier: MIT */
/* Limits that more than one layer knows. Those of one layer stand in that layer. */
#ifndef FSPS_BASE_LIMITS_H
#define FSPS_BASE_LIMITS_H

#include <stdint.h>

/* IDs stay below this, so that they survive a trip through a double (JSON readers). */
#define FSI_ID_LIMIT (UINT64_C(1) << 53)

/* The largest message_bytes_max that a bus may be opened with. */
#define FSI_MESSAGE_BYTES_LIMIT (UINT64_C(1) << 30)

/* The longest name of a directory entry. */
#define FSI_NAME_BYTES 256

#endif
