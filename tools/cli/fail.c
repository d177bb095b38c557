/* SPDX-License-Identifier: MIT */
/* Implements cli/fail.h. */
#include "cli/fail.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <fsps/error.h>

#include "cli/status.h"

enum { LINE_BYTES = 8192, WARNINGS_MAX = 10 };

static void put_line(char *line, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		unsigned char byte = (unsigned char)line[i];

		if (byte < 0x20 || byte == 0x7f)
			line[i] = '?';
	}
	line[len] = '\n';
	/* Nobody is left to tell if this fails. */
	(void)!write(STDERR_FILENO, line, len + 1);
}

/* The length that snprintf() left in a buffer of that size. */
static size_t kept(int wanted, size_t size)
{
	if (wanted < 0)
		return 0;
	return (size_t)wanted < size ? (size_t)wanted : size - 1;
}

__attribute__((format(printf, 2, 0))) static void say(const char *after, const char *format,
						      va_list list)
{
	char line[LINE_BYTES];
	size_t used;

	used = kept(snprintf(line, sizeof line, "%s: ", program_invocation_short_name),
		    sizeof line);
	used += kept(vsnprintf(line + used, sizeof line - used, format, list), sizeof line - used);
	used += kept(snprintf(line + used, sizeof line - used, "%s", after), sizeof line - used);
	put_line(line, used);
}

void cli_say(const char *format, ...)
{
	va_list list;

	va_start(list, format);
	say("", format, list);
	va_end(list);
}

int cli_fail(int status, const char *format, ...)
{
	va_list list;

	va_start(list, format);
	say("", format, list);
	va_end(list);
	return status;
}

int cli_usage(const char *format, ...)
{
	char after[128];
	va_list list;

	snprintf(after, sizeof after, "; see %.64s --help", program_invocation_short_name);
	va_start(list, format);
	say(after, format, list);
	va_end(list);
	return CLI_USAGE;
}

int cli_contradict(const char *one, const char *other)
{
	return cli_usage("%s and %s contradict each other; give one of them", one, other);
}

int cli_choose(const char **chosen, const char *option)
{
	if (*chosen != NULL)
		return cli_contradict(*chosen, option);
	*chosen = option;
	return 0;
}

int cli_status_of(int code)
{
	switch (code) {
	case FSPS_ERR_FULL:
	case FSPS_ERR_DROPPED:
	case FSPS_ERR_NO_SPACE:
	case FSPS_ERR_TIMEOUT:
		return CLI_FULL;
	case FSPS_ERR_PERMISSION:
	case FSPS_ERR_FORBIDDEN:
	case FSPS_ERR_UNSAFE_HOME:
	case FSPS_ERR_VERSION:
		return CLI_DENIED;
	default:
		return CLI_ERROR;
	}
}

int cli_fail_library(int code, const char *about)
{
	const struct fsps_error *error = fsps_last_error();
	/* Whoever wrote the sentence may have left the path to us. */
	int tell_path = error->path[0] != '\0' && strstr(error->text, error->path) == NULL;

	cli_say("%s%s%s%s%s; %s", about == NULL ? "" : about, about == NULL ? "" : ": ",
		tell_path ? error->path : "", tell_path ? ": " : "", error->text,
		fsps_error_remedy(code));
	return cli_status_of(code);
}

void cli_log(enum fsps_log_level level, const char *text, void *userdata)
{
	struct cli_log *log = userdata;

	if (level != FSPS_LOG_WARNING) {
		if (log->debug)
			cli_say("debug: %s", text);
		return;
	}
	/* A hostile home must not fill somebody's journal. */
	if (log->warnings < WARNINGS_MAX || log->debug)
		cli_say("warning: %s", text);
	else if (log->warnings == WARNINGS_MAX)
		cli_say("warning: more of them are shown with --debug only");
	log->warnings++;
}
