/* SPDX-License-Identifier: MIT */
/*
 * The names of messages that somebody works on, or worked on in vain:
 *
 *   .k-<member>-<deadline>-<attempt>-<ID>  claimed by that member until then
 *   .r-<time>-<attempt>-<ID>               comes again at that time
 *   .d-<reason>-<attempt>-<ID>             a dead letter
 *   .e-<reason>-<attempt>-<ID>             what was said when that was set aside
 *
 * Times are milliseconds of the wall clock since 1970. An attempt is how often the message was
 * handed out, this time included. Only forms and parses names; touches no file.
 */
#ifndef FSPS_STORE_WORK_NAMES_H
#define FSPS_STORE_WORK_NAMES_H

#include "store/names.h"

enum fsi_work {
	FSI_WORK_CLAIMED = 1,
	FSI_WORK_DELAYED,
	FSI_WORK_DEAD,
	FSI_WORK_NOTE,
};

/* The longest reason: lower-case letters. */
enum { FSI_REASON_MAX = 15 };

struct fsi_work_name {
	enum fsi_work kind;
	/* Of a claim; else "". */
	char member[FSI_MEMBER_LEN + 1];
	/* Of a dead letter and its note; else "". */
	char reason[FSI_REASON_MAX + 1];
	/* The deadline of a claim, when a delayed one comes again; else 0. At least 1. */
	uint64_t time_ms;
	uint32_t attempt;
	uint64_t id;
};

/* reason: up to FSI_REASON_MAX lower-case letters. */
void fsi_work_name_set_reason(struct fsi_work_name *name, const char *reason);

/* Into to, of FSI_NAME_BYTES. */
void fsi_work_name_format(char *to, const struct fsi_work_name *name);

/* Whether a name is one of these. */
bool fsi_work_name_parse(const char *text, struct fsi_work_name *ret_name);

#endif
