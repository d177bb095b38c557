/* SPDX-License-Identifier: MIT */
/* Implements doctor/channels.h. */
#include "doctor/channels.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ---- reading ---- */

static void free_strings(struct fsps_channel_info *info)
{
	free((char *)(uintptr_t)info->name);
	free((char *)(uintptr_t)info->pattern);
	free((char *)(uintptr_t)info->identity);
	free((char *)(uintptr_t)info->durable);
}

static int copy(struct fsps_channel_info *to, const struct fsps_channel_info *from)
{
	*to = *from;
	/* No check asks for it, and it is only lent. */
	to->publisher = "";
	to->name = strdup(from->name);
	to->pattern = strdup(from->pattern);
	to->identity = strdup(from->identity);
	to->durable = strdup(from->durable);
	if (to->name != NULL && to->pattern != NULL && to->identity != NULL && to->durable != NULL)
		return 0;
	free_strings(to);
	return -1;
}

static int make_room(struct doctor_channels *channels)
{
	size_t capacity = channels->capacity == 0 ? 64 : 2 * channels->capacity;
	struct fsps_channel_info *larger;

	if (channels->count < channels->capacity)
		return 0;
	larger = reallocarray(channels->list, capacity, sizeof *larger);
	if (larger == NULL)
		return -1;
	channels->list = larger;
	channels->capacity = capacity;
	return 0;
}

static int keep(const struct fsps_channel_info *info, void *userdata)
{
	struct doctor_channels *channels = userdata;

	if (make_room(channels) < 0 || copy(&channels->list[channels->count], info) < 0)
		return 1;
	channels->count++;
	return 0;
}

int doctor_channels_read(fsps_bus *bus, struct doctor_channels *channels)
{
	int shown = fsps_bus_list(bus, keep, channels);

	channels->failed = shown < 0 ? shown : 0;
	/* One that was shown and not kept ended it. */
	return shown >= 0 && (size_t)shown != channels->count ? -1 : 0;
}

void doctor_channels_free(struct doctor_channels *channels)
{
	for (size_t i = 0; i < channels->count; i++)
		free_strings(&channels->list[i]);
	free(channels->list);
}

static int compare(const void *name, const void *info)
{
	return strcmp(name, ((const struct fsps_channel_info *)info)->name);
}

const struct fsps_channel_info *doctor_channel_find(const struct doctor_channels *channels,
						    const char *name)
{
	if (channels->count == 0)
		return NULL;
	return bsearch(name, channels->list, channels->count, sizeof *channels->list, compare);
}

bool doctor_channels_unknown(const struct doctor_channels *channels, struct doctor_result *result)
{
	if (channels->failed == 0)
		return false;
	doctor_skip(result, "the channels can't be listed");
	return true;
}

/* ---- kinds ---- */

bool doctor_is_live(const struct fsps_channel_info *info)
{
	return info->kind == FSPS_KIND_LIVE;
}

bool doctor_is_durable(const struct fsps_channel_info *info)
{
	return info->kind == FSPS_KIND_DURABLE;
}

bool doctor_is_formix(const struct fsps_channel_info *info)
{
	return doctor_is_live(info) && info->plain && info->format_version == 0 &&
	       info->uid == geteuid();
}

/* ---- names ---- */

void doctor_names_add(struct doctor_names *names, const struct fsps_channel_info *info)
{
	if (names->count < DOCTOR_NAMED_MAX)
		names->first[names->count] = info;
	names->count++;
}

struct doctor_names_text doctor_names_text(const struct doctor_names *names)
{
	size_t named = names->count < DOCTOR_NAMED_MAX ? names->count : DOCTOR_NAMED_MAX;
	struct doctor_names_text result = {""};
	size_t used = 0;

	for (size_t i = 0; i < named; i++) {
		const char *before = i == 0 ? "" : i + 1 < names->count ? ", " : " and ";

		used += (size_t)snprintf(result.text + used, sizeof result.text - used, "%s%.255s",
					 before, names->first[i]->name);
	}
	if (names->count > named)
		snprintf(result.text + used, sizeof result.text - used, " and %zu more",
			 names->count - named);
	return result;
}
