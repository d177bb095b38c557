/* SPDX-License-Identifier: MIT */
/* The bus of a command, opened as its --home and --debug say. */
#ifndef CLI_BUS_H
#define CLI_BUS_H

#include <stdbool.h>

#include <fsps/bus.h>

#include "cli/fail.h"

struct cli_bus {
	/* What libfsps tells goes here; it must stay where it is while the bus is open. */
	struct cli_log log;
	fsps_bus *bus;
};

/* Opens the bus in place; home: NULL for that of the environment. 0, or an exit code after saying
 * what is wrong. To be closed in any case. */
int cli_bus_open(struct cli_bus *bus, const char *home, bool debug);
void cli_bus_close(struct cli_bus *bus);

#endif
