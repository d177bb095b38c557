/* SPDX-License-Identifier: MIT */
/* Implements doctor/show.h for people. */
#include "doctor/show.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>

#include "cli/human.h"
#include "cli/table.h"
#include "cli/users.h"

enum { COLUMNS = 80, INDENT = 2, HEAD_INDENT = 10, LINE_BYTES = 1024 };

/* Control characters of others' names could drive a terminal. */
static char visible(char byte)
{
	return ((unsigned char)byte < 0x20 || byte == 0x7f) ? '?' : byte;
}

/* A sentence between a margin and the last column. column: where we are. */
static void put_wrapped(struct cli_output *output, const char *text, size_t column, size_t margin)
{
	char cell[DOCTOR_TEXT_BYTES];

	while (*text != '\0') {
		size_t len = strcspn(text, " ");

		if (column + len > COLUMNS && column > margin) {
			snprintf(cell, sizeof cell, "\n%*s", (int)margin, "");
			cli_output_text(output, cell);
			column = margin;
		}
		for (size_t i = 0; i < len; i++)
			cli_output_byte(output, visible(text[i]));
		column += len + 1;
		text += len;
		text += strspn(text, " ");
		if (*text != '\0' && column + strcspn(text, " ") <= COLUMNS)
			cli_output_byte(output, ' ');
	}
	cli_output_byte(output, '\n');
}

/* "place     on tmpfs ...": a line of the head. */
static void put_head(struct cli_output *output, const char *title, const char *text)
{
	char cell[32];

	snprintf(cell, sizeof cell, "%-*s", HEAD_INDENT, title);
	cli_output_text(output, cell);
	put_wrapped(output, text, HEAD_INDENT, HEAD_INDENT);
}

/* ---- the head: what there is, and what holds ---- */

static void put_home(struct cli_output *output, const struct doctor_home *home)
{
	char user[CLI_ID_TEXT_BYTES];
	char text[LINE_BYTES];

	cli_user_text(home->info.uid, user);
	if (home->known == 1)
		snprintf(text, sizeof text, "%.800s: %s, owner %s, mode %04" PRIo32, home->path,
			 doctor_profile_text(home->info.profile), user, home->info.mode);
	else
		snprintf(text, sizeof text, "%.800s: %s", home->path,
			 home->known == 0 ? "not there" : "can't be used");
	put_head(output, "home", text);
}

static void put_place(struct cli_output *output, const struct doctor_facts *facts)
{
	const struct statvfs *space = &facts->home.space;
	double bytes = (double)space->f_blocks * (double)space->f_frsize;
	double used = (double)(space->f_blocks - space->f_bfree) * (double)space->f_frsize;
	char size[CLI_HUMAN_BYTES];
	char text[LINE_BYTES];

	if (space->f_bsize == 0 || facts->mount.type[0] == '\0')
		return;
	cli_human_kib((uint64_t)(bytes / 1024), size);
	snprintf(text, sizeof text, "%s on %.800s, %s, %.0f %% used", facts->mount.type,
		 facts->mount.point, size, bytes > 0 ? used * 100 / bytes : 0);
	put_head(output, "place", text);
}

static void put_channels(struct cli_output *output, const struct doctor_facts *facts)
{
	size_t live = 0;
	size_t durable = 0;
	uint64_t waiting = 0;
	char text[LINE_BYTES];

	for (size_t i = 0; i < facts->channels.count; i++) {
		live += doctor_is_live(&facts->channels.list[i]);
		durable += doctor_is_durable(&facts->channels.list[i]);
		waiting += facts->channels.list[i].backlog;
	}
	snprintf(text, sizeof text, "%zu live, %zu durable; %" PRIu64 " %s", live, durable, waiting,
		 waiting == 1 ? "message waits" : "messages wait");
	put_head(output, "channels", text);
}

static void put_defaults(struct cli_output *output, const struct doctor_facts *facts)
{
	const struct fsps_home_info *info = &facts->home.info;
	char live[CLI_HUMAN_BYTES] = "64M, or a quarter of the home";
	char stop[64] = "";
	char largest[CLI_HUMAN_BYTES];
	char text[LINE_BYTES];

	if (facts->home.known == 1) {
		cli_human_kib(info->live_limit_bytes / 1024, live);
		snprintf(stop, sizeof stop, "publishers stop at %d %%; ", info->watermark_percent);
	}
	cli_human_size(FSPS_MESSAGE_BYTES_DEFAULT, largest);
	snprintf(text, sizeof text,
		 "a live channel holds %s, a durable one any; messages up to %s; %sat least once: "
		 "deadline %ds, %d attempts",
		 live, largest, stop, FSPS_DEADLINE_MS_DEFAULT / 1000, FSPS_ATTEMPTS_DEFAULT);
	put_head(output, "defaults", text);
}

static void put_version(struct cli_output *output)
{
	struct utsname names;
	char text[LINE_BYTES];

	if (uname(&names) < 0)
		names.release[0] = names.machine[0] = '\0';
	snprintf(text, sizeof text, "libfsps %s, Linux %.60s %.60s", fsps_version(), names.release,
		 names.machine);
	put_head(output, "version", text);
}

/* ---- the findings ---- */

static void put_command(struct cli_output *output, const char *before, const char *command)
{
	char text[DOCTOR_COMMAND_BYTES + 32];

	snprintf(text, sizeof text, "%*s%-6s", INDENT, "", before);
	cli_output_text(output, text);
	/* In one line, to be copied. */
	for (; *command != '\0'; command++)
		cli_output_byte(output, visible(*command));
	cli_output_byte(output, '\n');
}

static void put_finding(struct cli_output *output, const struct doctor_result *result)
{
	char head[128];

	snprintf(head, sizeof head, "\n%s %s: ", doctor_severity_text(result->severity),
		 result->check->id);
	cli_output_text(output, head);
	put_wrapped(output, result->text, strlen(head) - 1, INDENT);
	snprintf(head, sizeof head, "%*s", INDENT, "");
	cli_output_text(output, head);
	put_wrapped(output, result->check->meaning, INDENT, INDENT);
	for (size_t i = 0; i < result->commands_count; i++)
		put_command(output, i == 0 ? "mend:" : "or:", result->commands[i]);
}

static void put_passed(struct cli_output *output, const struct doctor_result *result)
{
	char head[128];

	snprintf(head, sizeof head, "%s %s: ", result->outcome == DOCTOR_PASSED ? "ok" : "--",
		 result->check->id);
	cli_output_text(output, head);
	put_wrapped(output, result->text, strlen(head), INDENT);
}

/* The worst first, and within that as in the table. */
static void put_findings(struct cli_output *output, const struct doctor_report *report)
{
	for (int severity = DOCTOR_PROBLEM; severity >= DOCTOR_NOTE; severity--) {
		for (size_t i = 0; i < report->count; i++) {
			const struct doctor_result *result = &report->results[i];

			if (result->outcome == DOCTOR_FOUND && (int)result->severity == severity)
				put_finding(output, result);
		}
	}
}

static void put_sentence(struct cli_output *output, const struct doctor_report *report)
{
	char text[128];

	if (report->problems + report->warnings == 0)
		snprintf(text, sizeof text, "\nnothing to mend\n");
	else
		snprintf(text, sizeof text, "\n%zu %s, %zu %s\n", report->problems,
			 report->problems == 1 ? "problem" : "problems", report->warnings,
			 report->warnings == 1 ? "warning" : "warnings");
	cli_output_text(output, text);
}

void doctor_show(struct cli_output *output, const struct doctor_report *report, bool everything)
{
	put_home(output, &report->facts->home);
	put_place(output, report->facts);
	put_channels(output, report->facts);
	put_defaults(output, report->facts);
	put_version(output);
	if (everything)
		cli_output_byte(output, '\n');
	for (size_t i = 0; everything && i < report->count; i++) {
		if (report->results[i].outcome != DOCTOR_FOUND)
			put_passed(output, &report->results[i]);
	}
	put_findings(output, report);
	put_sentence(output, report);
}
