/* SPDX-License-Identifier: MIT */
/* The API of <fsps/sweep.h>: checks arguments. */
#include <fsps/sweep.h>

#include <limits.h>

#include "api/argument.h"
#include "recover/sweep.h"
#include "store/bus.h"
#include "store/home.h"

/* What version 0.1 had. */
enum {
	SWEEP_OPTIONS_BYTES_LEAST = sizeof(size_t),
	SWEEP_COUNTS_BYTES_LEAST = sizeof(size_t),
};

static int check_counts(const struct fsps_sweep_counts *counts)
{
	if (counts == NULL ||
	    (counts->size >= SWEEP_COUNTS_BYTES_LEAST && counts->size <= FSI_OPTIONS_BYTES_MAX))
		return 0;
	return fsi_fail(FSPS_ERR_ARGUMENT, NULL, "fsps_sweep_counts has size %zu: set it to sizeof",
			counts->size);
}

/* As far as the caller knows it; what only he knows is 0. */
static void give_counts(struct fsps_sweep_counts *to, struct fsps_sweep_counts counts)
{
	size_t size;

	if (to == NULL)
		return;
	size = to->size;
	memset(to, 0, size);
	counts.size = size;
	memcpy(to, &counts, size < sizeof counts ? size : sizeof counts);
}

static int sum(const struct fsps_sweep_counts *counts)
{
	uint64_t things = counts->channels + counts->unfinished + counts->trash + counts->intents +
			  counts->staged + counts->segments + counts->inboxes + counts->claims +
			  counts->locks;

	return things < INT_MAX ? (int)things : INT_MAX;
}

/* Where nobody of ours was ever, there is no ".fsps", and none is needed. Who removes tells
 * publishers by the generation, which is in it. Returns 0 or a failure. */
static int open_state(struct fsi_home *home, bool dry)
{
	(void)fsi_home_look_at_state(home);
	if (home->state_fd < 0)
		return 0;
	return dry ? fsi_counter_check(home->state_fd) : fsi_home_open_state(home);
}

static int sweep(fsps_bus *bus, const struct fsps_sweep_options *options, struct fsi_report *report)
{
	int r = fsi_bus_home(bus, false, &report->home);

	if (r <= 0)
		return r;
	report->dry = options->dry_run != 0;
	report->callback = options->callback;
	report->userdata = options->userdata;
	r = open_state(report->home, report->dry);
	if (r == 0)
		r = fsi_recover_sweep_all(report->home, report);
	fsi_home_unref(report->home);
	return r;
}

int fsps_home_sweep(fsps_bus *bus, const struct fsps_sweep_options *options,
		    struct fsps_sweep_counts *ret_counts)
{
	struct fsps_sweep_options known = {.size = sizeof known};
	struct fsi_report report = {.home = NULL};
	int r = 0;

	if (bus == NULL)
		return fsi_fail_null("fsps_home_sweep", "bus");
	if (options != NULL)
		r = fsi_take_options("fsps_sweep_options", &known, sizeof known,
				     SWEEP_OPTIONS_BYTES_LEAST, options);
	if (r == 0)
		r = check_counts(ret_counts);
	if (r < 0)
		return r;
	r = sweep(bus, &known, &report);
	give_counts(ret_counts, report.counts);
	fsi_report_deinit(&report);
	return r < 0 ? r : sum(&report.counts);
}
