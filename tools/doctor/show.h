/* SPDX-License-Identifier: MIT */
/* What pubsub-doctor prints: for people, or as one line of JSON. */
#ifndef DOCTOR_SHOW_H
#define DOCTOR_SHOW_H

#include <stdbool.h>
#include <stddef.h>

#include "cli/output.h"
#include "doctor/facts.h"
#include "doctor/result.h"

/* What all checks said. */
struct doctor_report {
	const struct doctor_facts *facts;
	/* In the order of the table; owned by the caller. */
	const struct doctor_result *results;
	size_t count;
	size_t problems;
	size_t warnings;
	size_t notes;
};

/* everything: checks that passed or had nothing to look at, too. */
void doctor_show(struct cli_output *output, const struct doctor_report *report, bool everything);
void doctor_show_json(struct cli_output *output, const struct doctor_report *report);

/* The table of checks itself. */
int doctor_show_checks(struct cli_output *output, bool json);

#endif
