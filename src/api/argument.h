/* SPDX-License-Identifier: MIT */
/* Arguments of public functions: telling which must not be NULL, and structs that may grow. */
#ifndef FSPS_API_ARGUMENT_H
#define FSPS_API_ARGUMENT_H

#include <stddef.h>
#include <string.h>

#include <fsps/error.h>

#include "base/error.h"

/* A size beyond this is no size of ours: nothing that follows is read. */
enum { FSI_OPTIONS_BYTES_MAX = 4096 };

static inline int fsi_fail_null(const char *function, const char *argument)
{
	return fsi_fail(FSPS_ERR_ARGUMENT, NULL, "%s() was given NULL as %s", function, argument);
}

/*
 * Takes a struct of options, whose first member is its size, from a program that may have been
 * built with another version: what an older one did not know is 0; what a newer one knows and we
 * don't must be 0, as then it asks for nothing that we would leave out.
 *
 * known: what we know; least: what the first version had. Returns 0 or FSPS_ERR_ARGUMENT.
 */
static inline int fsi_take_options(const char *name, void *to, size_t known, size_t least,
				   const void *from)
{
	const unsigned char *bytes = from;
	size_t size;

	memcpy(&size, from, sizeof size);
	if (size < least || size > FSI_OPTIONS_BYTES_MAX)
		return fsi_fail(FSPS_ERR_ARGUMENT, NULL, "%s has size %zu: set it to sizeof", name,
				size);
	for (size_t i = known; i < size; i++)
		if (bytes[i] != 0)
			return fsi_fail(FSPS_ERR_ARGUMENT, NULL,
					"%s asks for something that this libfsps, which knows %zu "
					"bytes of it, can't do",
					name, known);
	memset(to, 0, known);
	memcpy(to, from, size < known ? size : known);
	return 0;
}

#endif
