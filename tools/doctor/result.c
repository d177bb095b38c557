/* SPDX-License-Identifier: MIT */
/* Implements doctor/result.h. */
#include "doctor/result.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

const char *doctor_severity_text(enum doctor_severity severity)
{
	switch (severity) {
	case DOCTOR_PROBLEM:
		return "problem";
	case DOCTOR_WARNING:
		return "warning";
	case DOCTOR_NOTE:
		break;
	}
	return "note";
}

__attribute__((format(printf, 3, 0))) static void
say(struct doctor_result *result, enum doctor_outcome outcome, const char *format, va_list list)
{
	result->outcome = outcome;
	vsnprintf(result->text, sizeof result->text, format, list);
}

void doctor_skip(struct doctor_result *result, const char *format, ...)
{
	va_list list;

	va_start(list, format);
	say(result, DOCTOR_SKIPPED, format, list);
	va_end(list);
}

void doctor_pass(struct doctor_result *result, const char *format, ...)
{
	va_list list;

	va_start(list, format);
	say(result, DOCTOR_PASSED, format, list);
	va_end(list);
}

void doctor_find(struct doctor_result *result, enum doctor_severity severity, const char *format,
		 ...)
{
	va_list list;

	result->severity = severity;
	va_start(list, format);
	say(result, DOCTOR_FOUND, format, list);
	va_end(list);
}

void doctor_mend(struct doctor_result *result, const char *format, ...)
{
	va_list list;

	if (result->commands_count == DOCTOR_COMMANDS_MAX)
		return;
	va_start(list, format);
	vsnprintf(result->commands[result->commands_count++], DOCTOR_COMMAND_BYTES, format, list);
	va_end(list);
}

static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
			    "_@%+=:,./-";

struct doctor_word doctor_quoted(const char *word)
{
	/* A quote is ended, an escaped one put, and quoting begun again. */
	static const char quote[] = "'\\''";
	struct doctor_word quoted = {""};
	size_t used = 0;

	if (word[0] != '\0' && word[strspn(word, plain)] == '\0') {
		snprintf(quoted.text, sizeof quoted.text, "%s", word);
		return quoted;
	}
	quoted.text[used++] = '\'';
	for (; *word != '\0' && used + sizeof quote + 1 < sizeof quoted.text; word++) {
		if (*word == '\'') {
			memcpy(quoted.text + used, quote, sizeof quote - 1);
			used += sizeof quote - 1;
		} else {
			quoted.text[used++] = *word;
		}
	}
	quoted.text[used++] = '\'';
	quoted.text[used] = '\0';
	return quoted;
}
