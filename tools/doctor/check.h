/* SPDX-License-Identifier: MIT */
/*
 * A check, and what it found. Each looks at facts that were gathered before (see facts.h), touches
 * nothing, and says one thing: passed, found, or that there was nothing to look at.
 */
#ifndef DOCTOR_CHECK_H
#define DOCTOR_CHECK_H

#include <stddef.h>

struct doctor_facts;
struct doctor_result;

enum doctor_severity {
	/* Worth to know; nothing to mend. */
	DOCTOR_NOTE,
	/* It works, but will not for long, or not for everybody. */
	DOCTOR_WARNING,
	/* Something does not work. */
	DOCTOR_PROBLEM
};

struct doctor_check {
	/* Never changed: scripts and documents name it. */
	const char *id;
	const char *group;
	/* How bad a finding may be, as words. */
	const char *severity;
	/* A sentence on what a finding means, and one on what to do. */
	const char *meaning;
	const char *remedy;
	void (*look)(const struct doctor_facts *facts, struct doctor_result *result);
};

/* All of them, in the order in which they are shown. */
extern const struct doctor_check doctor_checks[];
extern const size_t doctor_checks_count;

/* The word for a severity. */
const char *doctor_severity_text(enum doctor_severity severity);

#endif
