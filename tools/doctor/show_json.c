/* SPDX-License-Identifier: MIT */
/* Implements doctor/show.h as JSON, and the table of checks. */
#include "doctor/show.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "cli/json.h"
#include "cli/status.h"
#include "cli/table.h"

/* null where the home could not be looked at. */
static void put_fact(struct cli_output *output, const struct doctor_home *home, const char *name,
		     uint64_t number)
{
	if (home->known == 1)
		return cli_json_put_unsigned(output, name, number);
	cli_json_put_text(output, name, NULL);
}

static void put_home(struct cli_output *output, const struct doctor_facts *facts)
{
	const struct doctor_home *home = &facts->home;
	const struct fsps_home_info *info = &home->info;
	char mode[16];

	cli_json_field(output, "home");
	cli_output_text(output, "{\"path\":");
	cli_json_text(output, home->path);
	cli_json_put_bool(output, "usable", home->known == 1);
	cli_json_put_text(output, "profile",
			  home->known == 1 ? doctor_profile_text(info->profile) : NULL);
	put_fact(output, home, "uid", info->uid);
	put_fact(output, home, "gid", info->gid);
	snprintf(mode, sizeof mode, "%04" PRIo32, info->mode);
	cli_json_put_text(output, "mode", home->known == 1 ? mode : NULL);
	put_fact(output, home, "format_version", info->format_version);
	cli_json_put_text(output, "file_system", facts->mount.type);
	cli_json_put_text(output, "mounted_on", facts->mount.point);
	put_fact(output, home, "bytes_total", info->bytes_total);
	put_fact(output, home, "bytes_free", info->bytes_free);
	put_fact(output, home, "bytes_reserved", info->bytes_reserved);
	put_fact(output, home, "inodes_total", info->inodes_total);
	put_fact(output, home, "inodes_free", info->inodes_free);
	put_fact(output, home, "inodes_reserved", info->inodes_reserved);
	cli_json_put_unsigned(output, "channels", facts->channels.count);
	cli_output_text(output, "}");
}

static void put_defaults(struct cli_output *output, const struct doctor_home *home)
{
	cli_json_field(output, "defaults");
	cli_output_text(output, "{\"message_bytes_max\":");
	cli_json_unsigned(output, FSPS_MESSAGE_BYTES_DEFAULT);
	put_fact(output, home, "live_limit_bytes", home->info.live_limit_bytes);
	cli_json_put_text(output, "durable_limit_bytes", NULL);
	put_fact(output, home, "watermark_percent", (uint64_t)home->info.watermark_percent);
	cli_json_put_unsigned(output, "deadline_ms", FSPS_DEADLINE_MS_DEFAULT);
	cli_json_put_unsigned(output, "attempts", FSPS_ATTEMPTS_DEFAULT);
	cli_output_text(output, "}");
}

static void put_check(struct cli_output *output, const struct doctor_check *check)
{
	cli_output_text(output, "{\"id\":");
	cli_json_text(output, check->id);
	cli_json_put_text(output, "group", check->group);
}

static void put_finding(struct cli_output *output, const struct doctor_result *result)
{
	put_check(output, result->check);
	cli_json_put_text(output, "severity", doctor_severity_text(result->severity));
	cli_json_put_text(output, "text", result->text);
	cli_json_put_text(output, "meaning", result->check->meaning);
	cli_json_put_text(output, "remedy", result->check->remedy);
	cli_json_field(output, "commands");
	cli_output_text(output, "[");
	for (size_t i = 0; i < result->commands_count; i++) {
		cli_output_text(output, i == 0 ? "" : ",");
		cli_json_text(output, result->commands[i]);
	}
	cli_output_text(output, "]}");
}

static void put_other(struct cli_output *output, const struct doctor_result *result)
{
	put_check(output, result->check);
	cli_json_put_text(output, "text", result->text);
	cli_output_text(output, "}");
}

/* An array of the results of one outcome. */
static void put_results(struct cli_output *output, const struct doctor_report *report,
			const char *name, enum doctor_outcome outcome)
{
	bool is_first = true;

	cli_json_field(output, name);
	cli_output_text(output, "[");
	for (size_t i = 0; i < report->count; i++) {
		const struct doctor_result *result = &report->results[i];

		if (result->outcome != outcome)
			continue;
		cli_output_text(output, is_first ? "" : ",");
		(outcome == DOCTOR_FOUND ? put_finding : put_other)(output, result);
		is_first = false;
	}
	cli_output_text(output, "]");
}

void doctor_show_json(struct cli_output *output, const struct doctor_report *report)
{
	cli_output_text(output, "{\"version\":");
	cli_json_text(output, fsps_version());
	put_home(output, report->facts);
	put_defaults(output, &report->facts->home);
	cli_json_put_unsigned(output, "problems", report->problems);
	cli_json_put_unsigned(output, "warnings", report->warnings);
	cli_json_put_unsigned(output, "notes", report->notes);
	put_results(output, report, "findings", DOCTOR_FOUND);
	put_results(output, report, "passed", DOCTOR_PASSED);
	put_results(output, report, "skipped", DOCTOR_SKIPPED);
	cli_output_text(output, "}\n");
}

/* ---- the table of checks ---- */

static void put_list_json(struct cli_output *output)
{
	for (size_t i = 0; i < doctor_checks_count; i++) {
		const struct doctor_check *check = &doctor_checks[i];

		put_check(output, check);
		cli_json_put_text(output, "severity", check->severity);
		cli_json_put_text(output, "meaning", check->meaning);
		cli_json_put_text(output, "remedy", check->remedy);
		cli_output_text(output, "}\n");
	}
}

static int put_list(struct cli_output *output)
{
	static const struct cli_column columns[] = {
		{.title = "GROUP"}, {.title = "CHECK"}, {.title = "FINDS"}, {.title = "MEANING"}};
	struct cli_table table;
	int r = 0;

	cli_table_init(&table, columns, sizeof columns / sizeof *columns);
	for (size_t i = 0; r == 0 && i < doctor_checks_count; i++) {
		const struct doctor_check *check = &doctor_checks[i];

		r = cli_table_add(&table, (const char *const[]){check->group, check->id,
								check->severity, check->meaning});
	}
	if (r == 0)
		cli_table_print(&table, output);
	cli_table_deinit(&table);
	return r;
}

int doctor_show_checks(struct cli_output *output, bool json)
{
	if (!json)
		return put_list(output);
	put_list_json(output);
	return 0;
}
