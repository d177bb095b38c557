/* SPDX-License-Identifier: MIT */
/* The channels of the home, as fsps_bus_list() shows them, kept. */
#ifndef DOCTOR_CHANNELS_H
#define DOCTOR_CHANNELS_H

#include <stdbool.h>
#include <stddef.h>

#include <fsps/bus.h>

#include "doctor/result.h"

struct doctor_channels {
	/* Strings are owned. */
	struct fsps_channel_info *list;
	size_t count;
	size_t capacity;
	/* 0, or why they can't be listed. */
	int failed;
};

/* 0, or -1 (no memory). To be freed in any case. */
int doctor_channels_read(fsps_bus *bus, struct doctor_channels *channels);
void doctor_channels_free(struct doctor_channels *channels);

/* One by its directory's name, or NULL. */
const struct fsps_channel_info *doctor_channel_find(const struct doctor_channels *channels,
						    const char *name);

/* Says so and returns true if they can't be listed. Where there is no home there are none. */
bool doctor_channels_unknown(const struct doctor_channels *channels, struct doctor_result *result);

/* Of which kind one is. */
bool doctor_is_live(const struct fsps_channel_info *info);
bool doctor_is_durable(const struct fsps_channel_info *info);
/* One of our user without a control block: formix-pubsub made it. */
bool doctor_is_formix(const struct fsps_channel_info *info);

/* Channels that a finding is about: as text, "a.+_mail, b_x_12 and 3 more". */
enum { DOCTOR_NAMED_MAX = 3 };
struct doctor_names {
	size_t count;
	/* Not owned. */
	const struct fsps_channel_info *first[DOCTOR_NAMED_MAX];
};
void doctor_names_add(struct doctor_names *names, const struct fsps_channel_info *info);
enum { DOCTOR_NAMES_BYTES = 900 };
struct doctor_names_text {
	char text[DOCTOR_NAMES_BYTES];
};
struct doctor_names_text doctor_names_text(const struct doctor_names *names);

#endif
