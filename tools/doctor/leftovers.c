/* SPDX-License-Identifier: MIT */
/* Implements doctor/leftovers.h. */
#include "doctor/leftovers.h"

#include <stdio.h>

struct finding {
	const struct doctor_channels *channels;
	struct doctor_leftovers *leftovers;
};

/* One that came after the channels were listed is left out: it is not of this picture. */
static void add_channel(struct finding *finding, const char *name)
{
	const struct fsps_channel_info *info = doctor_channel_find(finding->channels, name);

	if (info != NULL)
		doctor_names_add(&finding->leftovers->channels, info);
}

static void add_other(struct doctor_leftovers *leftovers, const struct fsps_sweep_item *item)
{
	leftovers->others++;
	leftovers->bytes += item->bytes;
	leftovers->more_than_locks += item->kind != FSPS_SWEEP_LOCK;
}

static void add_unjudged(struct doctor_leftovers *leftovers, const struct fsps_sweep_item *item)
{
	if (leftovers->unjudged++ == 0)
		snprintf(leftovers->first_unjudged, sizeof leftovers->first_unjudged, "%s",
			 item->name);
}

static int take(const struct fsps_sweep_item *item, void *userdata)
{
	struct finding *finding = userdata;

	if (item->outcome == FSPS_SWEEP_LEFT_ALONE) {
		if (item->reason != FSPS_SWEEP_TOO_NEW)
			add_unjudged(finding->leftovers, item);
	} else if (item->kind == FSPS_SWEEP_CHANNEL) {
		add_channel(finding, item->name);
	} else if (item->reason != FSPS_SWEEP_IDLE) {
		add_other(finding->leftovers, item);
	}
	return 0;
}

void doctor_leftovers_find(fsps_bus *bus, const struct doctor_channels *channels,
			   struct doctor_leftovers *ret_leftovers)
{
	struct finding finding = {.channels = channels, .leftovers = ret_leftovers};
	const struct fsps_sweep_options options = {
		.size = sizeof options, .dry_run = 1, .callback = take, .userdata = &finding};

	*ret_leftovers = (struct doctor_leftovers){.answer = 0};
	ret_leftovers->answer = fsps_home_sweep(bus, &options, NULL);
}
