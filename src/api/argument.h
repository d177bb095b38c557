/* SPDX-License-Identifier: MIT */
/* Telling the caller of a public function which argument of it must not be NULL. */
#ifndef FSPS_API_ARGUMENT_H
#define FSPS_API_ARGUMENT_H

#include <stddef.h>

#include <fsps/error.h>

#include "base/error.h"

static inline int fsi_fail_null(const char *function, const char *argument)
{
	return fsi_fail(FSPS_ERR_ARGUMENT, NULL, "%s() was given NULL as %s", function, argument);
}

#endif
