/* SPDX-License-Identifier: MIT */
/* pubsub-init: makes a home, or says who may use one. */
#include <stdlib.h>
#include <unistd.h>

#include <fsps/fsps.h>

#include "cli/bus.h"
#include "cli/cleanup.h"
#include "cli/fail.h"
#include "cli/main.h"
#include "cli/output.h"
#include "cli/status.h"
#include "init/options.h"
#include "init/show.h"

/* One that is there stays as it is, but for what a subscriber would make in it. Returns 1 if it was
 * made, 0 if it was there, or a code. */
static int make_or_leave(fsps_bus *bus, struct fsps_home_info *info)
{
	int known = fsps_home_look(bus, info);
	int result = known < 0 ? known : fsps_bus_create_home(bus);

	return result < 0 ? result : known == 0;
}

static int make(fsps_bus *bus, const struct init_options *options, struct fsps_home_info *info)
{
	const struct fsps_home_options wanted = {
		.size = sizeof wanted, .profile = options->profile, .gid = options->gid};

	return options->profile == 0 ? make_or_leave(bus, info) : fsps_home_init(bus, &wanted);
}

static int init(const void *settings)
{
	const struct init_options *options = settings;
	CLI_CLEANUP(cli_bus_close) struct cli_bus bus = {0};
	struct fsps_home_info info = {.size = sizeof info};
	struct cli_output output;
	int status = cli_bus_open(&bus, &options->common);
	int made;

	if (status != 0)
		return status;
	made = make(bus.bus, options, &info);
	if (made < 0)
		return cli_fail_library(made, NULL);
	/* 0: somebody removed it again. */
	if (fsps_home_look(bus.bus, &info) <= 0)
		return cli_fail(CLI_ERROR, "%s: %s", fsps_bus_home(bus.bus),
				fsps_last_error()->text);
	cli_output_init(&output, STDOUT_FILENO);
	(options->json ? init_show_json : init_show)(&output, fsps_bus_home(bus.bus), made == 1,
						     &info);
	return cli_output_finish(&output);
}

int main(int argc, char **argv)
{
	struct init_options options = {0};

	return cli_main(&init_command, argc, argv, &options, init);
}
