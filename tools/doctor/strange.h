/* SPDX-License-Identifier: MIT */
/* Directories in the home that are no channels but have names in which formix-pubsub sees some. */
#ifndef DOCTOR_STRANGE_H
#define DOCTOR_STRANGE_H

#include <stddef.h>

#include "doctor/channels.h"

struct doctor_strange {
	size_t count;
	/* One of them. */
	char name[256];
};

/* home: a path. channels: what is in it. */
void doctor_strange_find(const char *home, const struct doctor_channels *channels,
			 struct doctor_strange *ret_strange);

#endif
