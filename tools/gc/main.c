/* SPDX-License-Identifier: MIT */
/* pubsub-gc: removes what killed processes left, once or for as long as it runs, and tells of it.
 */
#include <errno.h>
#include <sys/stat.h>

#include <fsps/fsps.h>

#include "cli/bus.h"
#include "cli/cleanup.h"
#include "cli/clock.h"
#include "cli/main.h"
#include "cli/signals.h"
#include "cli/status.h"
#include "gc/options.h"
#include "gc/tell.h"

static int tell(const struct fsps_sweep_item *item, void *userdata)
{
	struct gc_telling *telling = userdata;

	gc_tell_item(telling, item);
	return cli_stop_signal() != 0 || telling->output->error != 0;
}

/* From a timer it says nothing unless there was something to do. */
static bool is_chatty(const struct gc_options *options)
{
	return !options->quiet && (options->verbose || isatty(STDOUT_FILENO) == 1);
}

/* The exit code of what could not be removed, or of the output, is left to *status. Returns 0, or
 * an exit code to end with: the home can't be swept, or a signal came. */
static int sweep(fsps_bus *bus, const struct gc_options *options, struct cli_output *output,
		 int *status)
{
	struct gc_telling telling = {
		.options = options, .output = output, .chatty = is_chatty(options)};
	const struct fsps_sweep_options how = {.size = sizeof how,
					       .dry_run = options->dry_run,
					       .callback = tell,
					       .userdata = &telling};
	struct fsps_sweep_counts counts = {.size = sizeof counts};
	int result = fsps_home_sweep(bus, &how, &counts);
	int failure = result < 0 ? cli_fail_library(result, NULL) : CLI_DONE;

	gc_tell_sum(&telling, &counts);
	*status = telling.status;
	cli_keep_first(status, cli_output_finish(output));
	return cli_stop_signal() != 0 ? CLI_SIGNAL + cli_stop_signal() : failure;
}

/* What could not be removed may be the next time; a closed output is for good. */
static int watch(fsps_bus *bus, const struct gc_options *options, struct cli_output *output)
{
	int status;
	int end;

	while ((end = sweep(bus, options, output, &status)) == 0 && output->error == 0) {
		cli_sleep_until(cli_now_ns() + options->interval_ns);
		if (cli_stop_signal() != 0)
			return CLI_SIGNAL + cli_stop_signal();
	}
	cli_keep_first(&end, status);
	return end;
}

/* A bus that nobody has used yet has nothing to remove, but a mistyped home looks the same. */
static void tell_missing_home(const char *home)
{
	struct stat status;

	if (stat(home, &status) < 0 && errno == ENOENT)
		cli_say("there is no '%s'", home);
}

static int once(fsps_bus *bus, const struct gc_options *options, struct cli_output *output)
{
	int status;
	int end = sweep(bus, options, output, &status);

	if (end == 0 && is_chatty(options))
		tell_missing_home(fsps_bus_home(bus));
	cli_keep_first(&end, status);
	return end;
}

static int run(const void *settings)
{
	const struct gc_options *options = settings;
	CLI_CLEANUP(cli_bus_close) struct cli_bus bus = {0};
	struct cli_output output;
	int status = cli_bus_open(&bus, &options->common);

	if (status != 0)
		return status;
	cli_output_init(&output, STDOUT_FILENO);
	return options->watch ? watch(bus.bus, options, &output) : once(bus.bus, options, &output);
}

int main(int argc, char **argv)
{
	struct gc_options options;

	gc_options_init(&options);
	return cli_main(&gc_command, argc, argv, &options, run);
}
