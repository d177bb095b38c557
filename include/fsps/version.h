/* SPDX-License-Identifier: MIT */
/* The version of these headers, and of the library that runs. */
#ifndef FSPS_VERSION_H
#define FSPS_VERSION_H

#include <fsps/export.h>

FSPS_BEGIN_DECLS

#define FSPS_VERSION_MAJOR 0
#define FSPS_VERSION_MINOR 1
#define FSPS_VERSION_PATCH 0
#define FSPS_VERSION       "0.1.0"

/** The version of the library that is linked, as FSPS_VERSION was when it was built. Since 0.1. */
FSPS_EXPORT const char *fsps_version(void);

FSPS_END_DECLS

#endif
