/* SPDX-License-Identifier: MIT */
/* The bus of a command, opened as its common options say. */
#ifndef CLI_BUS_H
#define CLI_BUS_H

#include <fsps/bus.h>

#include "cli/fail.h"
#include "cli/options.h"

struct cli_bus {
	/* What libfsps tells goes here; it must stay where it is while the bus is open. */
	struct cli_log log;
	fsps_bus *bus;
};

/* Opens the bus in place. 0, or an exit code after saying what is wrong. To be closed in any case.
 */
int cli_bus_open(struct cli_bus *bus, const struct cli_common *common);

/* The same with a watermark in percent, as struct fsps_bus_options has it. */
int cli_bus_open_below(struct cli_bus *bus, const struct cli_common *common, int watermark_percent);

void cli_bus_close(struct cli_bus *bus);

#endif
