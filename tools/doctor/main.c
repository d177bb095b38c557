/* SPDX-License-Identifier: MIT */
/* pubsub-doctor: looks for what keeps a bus from working, and says how to mend it. Changes
 * nothing. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/cleanup.h"
#include "cli/fail.h"
#include "cli/main.h"
#include "cli/output.h"
#include "cli/status.h"
#include "doctor/facts.h"
#include "doctor/options.h"
#include "doctor/show.h"

static bool is_wanted(const struct doctor_options *options, const struct doctor_check *check)
{
	for (size_t i = 0; i < options->checks.count; i++) {
		if (strcmp(options->checks.values[i], check->id) == 0 ||
		    strcmp(options->checks.values[i], check->group) == 0)
			return true;
	}
	return options->checks.count == 0;
}

static void count(struct doctor_report *report, const struct doctor_result *result)
{
	if (result->outcome != DOCTOR_FOUND)
		return;
	report->problems += result->severity == DOCTOR_PROBLEM;
	report->warnings += result->severity == DOCTOR_WARNING;
	report->notes += result->severity == DOCTOR_NOTE;
}

/* Runs the checks that are wanted; results has room for all. */
static void examine(const struct doctor_options *options, const struct doctor_facts *facts,
		    struct doctor_result *results, struct doctor_report *ret_report)
{
	*ret_report = (struct doctor_report){.facts = facts, .results = results};
	for (size_t i = 0; i < doctor_checks_count; i++) {
		struct doctor_result *result = &results[ret_report->count];

		if (!is_wanted(options, &doctor_checks[i]))
			continue;
		result->check = &doctor_checks[i];
		doctor_checks[i].look(facts, result);
		count(ret_report, result);
		ret_report->count++;
	}
}

static void show(const struct doctor_options *options, struct cli_output *output,
		 const struct doctor_report *report)
{
	if (options->json)
		doctor_show_json(output, report);
	else if (!options->quiet)
		doctor_show(output, report, options->verbose);
}

static int list(const struct doctor_options *options, struct cli_output *output)
{
	if (doctor_show_checks(output, options->json) < 0)
		return cli_fail(CLI_ERROR, "no memory");
	return cli_output_finish(output);
}

/* Gathers and examines; facts are the caller's to release. */
static int look(const struct doctor_options *options, struct doctor_facts *facts,
		struct cli_output *output)
{
	CLI_CLEANUP(cli_cleanup_free) struct doctor_result *results = NULL;
	struct doctor_report report;
	int status = doctor_facts_gather(facts, options);

	if (status != 0)
		return status;
	results = calloc(doctor_checks_count, sizeof *results);
	if (results == NULL)
		return cli_fail(CLI_ERROR, "no memory");
	examine(options, facts, results, &report);
	show(options, output, &report);
	status = cli_output_finish(output);
	cli_keep_first(&status, report.problems + report.warnings > 0 ? CLI_ERROR : CLI_DONE);
	return status;
}

static int examine_all(const void *settings)
{
	const struct doctor_options *options = settings;
	struct doctor_facts facts = {.system.root_fd = -1};
	struct cli_output output;
	int status;

	cli_output_init(&output, STDOUT_FILENO);
	if (options->list)
		return list(options, &output);
	status = look(options, &facts, &output);
	doctor_facts_release(&facts);
	return status;
}

int main(int argc, char **argv)
{
	CLI_CLEANUP(doctor_options_deinit) struct doctor_options options = {0};

	return cli_main(&doctor_command, argc, argv, &options, examine_all);
}
