/* SPDX-License-Identifier: MIT */
/* What the dead left in the home, by a sweep that only looks. */
#ifndef DOCTOR_LEFTOVERS_H
#define DOCTOR_LEFTOVERS_H

#include <stdint.h>

#include <fsps/sweep.h>

#include "doctor/channels.h"

struct doctor_leftovers {
	/* What fsps_home_sweep() answered. */
	int answer;
	/* Live channels without a process. */
	struct doctor_names channels;
	/* All else that a sweep would remove, but for what a living process only does not use now;
	 * how much of it is more than a lock file, and what that takes. */
	uint64_t others;
	uint64_t more_than_locks;
	uint64_t bytes;
	/* What can't be judged from here, and is not merely too new; the first of them. */
	uint64_t unjudged;
	char first_unjudged[512];
};

/* channels: of the same home, and kept as long as the leftovers. */
void doctor_leftovers_find(fsps_bus *bus, const struct doctor_channels *channels,
			   struct doctor_leftovers *ret_leftovers);

#endif
