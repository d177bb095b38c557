/* SPDX-License-Identifier: MIT */
/* What one check says. */
#ifndef DOCTOR_RESULT_H
#define DOCTOR_RESULT_H

#include "doctor/check.h"

enum doctor_outcome {
	/* There was nothing to look at, or it can't be looked at from here. */
	DOCTOR_SKIPPED,
	DOCTOR_PASSED,
	DOCTOR_FOUND
};

enum { DOCTOR_TEXT_BYTES = 1024, DOCTOR_COMMAND_BYTES = 1024, DOCTOR_COMMANDS_MAX = 4 };

struct doctor_result {
	const struct doctor_check *check;
	enum doctor_outcome outcome;
	/* Of a finding. */
	enum doctor_severity severity;
	/* What was seen. */
	char text[DOCTOR_TEXT_BYTES];
	/* Commands, one of which mends it. */
	char commands[DOCTOR_COMMANDS_MAX][DOCTOR_COMMAND_BYTES];
	size_t commands_count;
};

/* Each check calls one of these. */
void doctor_skip(struct doctor_result *result, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
void doctor_pass(struct doctor_result *result, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
void doctor_find(struct doctor_result *result, enum doctor_severity severity, const char *format,
		 ...) __attribute__((format(printf, 3, 4)));

/* Adds a command to a finding; further ones than there is room for are left out. */
void doctor_mend(struct doctor_result *result, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* A word as a shell reads it, quoted where it has to be; cut where it is too long. */
enum { DOCTOR_WORD_BYTES = 512 };
struct doctor_word {
	char text[DOCTOR_WORD_BYTES];
};
struct doctor_word doctor_quoted(const char *word);

#endif
