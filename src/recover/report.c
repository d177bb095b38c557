/* SPDX-License-Identifier: MIT */
/* Implements recover/report.h. */
#include "recover/report.h"

#include <fcntl.h>
#include <stdio.h>

#include "base/directory.h"
#include "base/sys.h"
#include "store/names.h"

void fsi_report_deinit(struct fsi_report *report)
{
	fsi_links_deinit(&report->links);
}

/* ---- what a removal gives back ---- */

static uint64_t bytes_of(struct fsi_report *report, const struct stat *status)
{
	/* Who removes finds as many names as there are left. */
	bool last = report->dry && !S_ISDIR(status->st_mode)
			    ? fsi_links_count(&report->links, status)
			    : S_ISDIR(status->st_mode) || status->st_nlink <= 1;

	return last ? (uint64_t)status->st_blocks * 512 : 0;
}

/* A directory's files, flat as they are removed. */
static uint64_t bytes_in(struct fsi_report *report, int directory_fd, const char *path)
{
	int fd = fsi_sys_openat(directory_fd, path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW, 0);
	struct fsi_directory names;
	struct stat status;
	unsigned char type;
	const char *name;
	uint64_t bytes = 0;

	if (fd < 0)
		return 0;
	if (fsi_directory_start(&names, fd) == 0)
		while (fsi_directory_next(&names, &name, &type) == 1)
			if (fsi_sys_fstatat(fd, name, &status) == 0)
				bytes += bytes_of(report, &status);
	fsi_sys_close(fd);
	return bytes;
}

/* ---- looking ---- */

static void look_at_owner(const struct fsi_report *report, const struct fsi_thing *thing,
			  struct fsi_sighting *sighting)
{
	sighting->item.pid = thing->pid;
	snprintf(sighting->identity, sizeof sighting->identity, "%s", thing->identity);
	if (thing->member != NULL)
		fsi_member_describe(report->home->state_fd, thing->member, &sighting->item.pid,
				    sighting->identity, sizeof sighting->identity);
}

static void begin(const struct fsi_report *report, const struct fsi_thing *thing,
		  struct fsi_sighting *sighting, struct stat *status)
{
	*sighting = (struct fsi_sighting){
		.item = {.size = sizeof sighting->item, .kind = (int)thing->kind}};
	snprintf(sighting->name, sizeof sighting->name, "%s%s", thing->folder, thing->name);
	look_at_owner(report, thing, sighting);
	*status = (struct stat){.st_nlink = 1};
	if (fsi_sys_fstatat(thing->directory_fd, thing->name, status) < 0)
		return;
	sighting->item.uid = status->st_uid;
	sighting->item.changed_us = (uint64_t)status->st_mtim.tv_sec * 1000000 +
				    (uint64_t)status->st_mtim.tv_nsec / 1000;
}

void fsi_report_look(struct fsi_report *report, const struct fsi_thing *thing,
		     struct fsi_sighting *ret_sighting)
{
	struct stat status;

	begin(report, thing, ret_sighting, &status);
	/* What is in an inbox is moved. */
	if (thing->kind == FSPS_SWEEP_INBOX)
		return;
	ret_sighting->item.bytes = bytes_of(report, &status);
	if (S_ISDIR(status.st_mode))
		ret_sighting->item.bytes += bytes_in(report, thing->directory_fd, thing->name);
}

void fsi_report_glance(struct fsi_report *report, const struct fsi_thing *thing,
		       struct fsi_sighting *ret_sighting)
{
	struct stat status;

	begin(report, thing, ret_sighting, &status);
}

/* ---- telling ---- */

static uint64_t *count_of(struct fsps_sweep_counts *counts, int kind)
{
	switch ((enum fsps_sweep_kind)kind) {
	case FSPS_SWEEP_UNFINISHED:
		return &counts->unfinished;
	case FSPS_SWEEP_TRASH:
		return &counts->trash;
	case FSPS_SWEEP_INTENT:
		return &counts->intents;
	case FSPS_SWEEP_STAGED:
		return &counts->staged;
	case FSPS_SWEEP_SEGMENT:
		return &counts->segments;
	case FSPS_SWEEP_INBOX:
		return &counts->inboxes;
	case FSPS_SWEEP_CLAIM:
		return &counts->claims;
	case FSPS_SWEEP_LOCK:
		return &counts->locks;
	case FSPS_SWEEP_CHANNEL:
	default:
		return &counts->channels;
	}
}

static void count(struct fsps_sweep_counts *counts, const struct fsps_sweep_item *item)
{
	switch ((enum fsps_sweep_outcome)item->outcome) {
	case FSPS_SWEEP_NOT_REMOVED:
		counts->not_removed++;
		break;
	case FSPS_SWEEP_LEFT_ALONE:
		counts->left_alone++;
		break;
	case FSPS_SWEEP_REMOVED:
	case FSPS_SWEEP_WOULD_REMOVE:
	default:
		(*count_of(counts, item->kind))++;
		counts->bytes += item->bytes;
		break;
	}
}

void fsi_report_tell(struct fsi_report *report, struct fsi_sighting *sighting,
		     enum fsps_sweep_reason reason, enum fsps_sweep_outcome outcome, int error)
{
	struct fsps_sweep_item *item = &sighting->item;

	item->reason = (int)reason;
	item->outcome = (int)outcome;
	item->error = error;
	if (outcome == FSPS_SWEEP_NOT_REMOVED)
		item->bytes = 0;
	/* Here, not where it was taken down: a struct may have been moved since. */
	item->name = sighting->name;
	item->identity = sighting->identity;
	count(&report->counts, item);
	if (report->callback != NULL && report->callback(item, report->userdata) != 0)
		report->stopped = true;
}
