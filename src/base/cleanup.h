/* SPDX-License-Identifier: MIT */
/*
 * Owning locals: they start empty, carry a cleanup attribute, and hand over with a steal helper.
 * Leaves out: cleanups of one type of its own; they stand beside that type.
 */
#ifndef FSPS_BASE_CLEANUP_H
#define FSPS_BASE_CLEANUP_H

#include <dirent.h>
#include <stdlib.h>
#include <unistd.h>

#define FSI_CLEANUP(function) __attribute__((cleanup(function)))

/* Defines `name`, a cleanup function for a pointer to `type` that `release` frees. */
#define FSI_DEFINE_CLEANUP(name, type, release)                                                    \
	static inline void name(type **place)                                                      \
	{                                                                                          \
		if (*place != NULL)                                                                \
			release(*place);                                                           \
	}

static inline void fsi_cleanup_free(void *place)
{
	free(*(void **)place);
}

static inline void *fsi_steal_pointer_(void *place)
{
	void *stolen = *(void **)place;

	*(void **)place = NULL;
	return stolen;
}

/* Takes the pointer out of an owning local, leaving NULL. */
#define fsi_steal(place) ((__typeof__(*(place)))fsi_steal_pointer_(place))

/* Takes the descriptor out of an owning local, leaving -1. */
static inline int fsi_steal_fd(int *place)
{
	int stolen = *place;

	*place = -1;
	return stolen;
}

#endif
