/* SPDX-License-Identifier: MIT */
/*
 * What the processes of our user hold of what the kernel limits per user, as far as /proc shows
 * them: processes of other containers and namespaces are not to be seen.
 */
#ifndef DOCTOR_USAGE_H
#define DOCTOR_USAGE_H

#include <stddef.h>
#include <stdint.h>

#include "doctor/system.h"

struct doctor_usage {
	/* Different ones: pipes, and bells of channels. */
	uint64_t pipes;
	uint64_t inotify_instances;
	uint64_t inotify_watches;
};

void doctor_usage_count(const struct doctor_system *system, struct doctor_usage *ret_usage);

/* How many descriptors a process has open; 0 if that can't be seen. */
uint64_t doctor_descriptors_of(const struct doctor_system *system, int64_t pid);

#endif
