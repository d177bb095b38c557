/* SPDX-License-Identifier: MIT */
/* All that checks go by, gathered once before the first of them looks. */
#ifndef DOCTOR_FACTS_H
#define DOCTOR_FACTS_H

#include "cli/bus.h"
#include "doctor/channels.h"
#include "doctor/home.h"
#include "doctor/leftovers.h"
#include "doctor/mount.h"
#include "doctor/options.h"
#include "doctor/system.h"
#include "doctor/usage.h"

struct doctor_facts {
	struct cli_bus bus;
	struct doctor_system system;
	struct doctor_home home;
	struct doctor_mount mount;
	struct doctor_usage usage;
	struct doctor_channels channels;
	struct doctor_leftovers leftovers;
	/* When we looked, us since 1970. */
	uint64_t now_us;
};

/* 0, or an exit code after saying what is wrong. To be released in any case; system.root_fd is -1
 * before. */
int doctor_facts_gather(struct doctor_facts *facts, const struct doctor_options *options);
void doctor_facts_release(struct doctor_facts *facts);

#endif
