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
#include "doctor/strange.h"
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
	struct doctor_strange strange;
	/* When we looked, us since 1970. */
	uint64_t now_us;
	/* What a command of ours has to be told to use the same home: " --home ...", or "" where
	 * the environment says it. */
	char same_home[DOCTOR_WORD_BYTES + 64];
};

/* 0, or an exit code after saying what is wrong. To be released in any case; system.root_fd is -1
 * before. */
int doctor_facts_gather(struct doctor_facts *facts, const struct doctor_options *options);
void doctor_facts_release(struct doctor_facts *facts);

/* Adds a command of ours to a finding, with what it needs to use the same home. format: its other
 * options and operands. */
void doctor_mend_here(const struct doctor_facts *facts, struct doctor_result *result,
		      const char *command, const char *format, ...)
	__attribute__((format(printf, 4, 5)));

#endif
