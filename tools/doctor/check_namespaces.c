/* SPDX-License-Identifier: MIT */
/* Checks who sees whom: namespaces of processes, users and mounts (namespaces(7)). */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "doctor/checks.h"

/* The numbers that the kernel gives to the first namespaces of all. */
#define FIRST_PIDS  "pid:[4026531836]"
#define FIRST_USERS "user:[4026531837]"

/* Whether ours is the first one; says so and returns true where there is nothing to look at. */
static bool is_first(const struct doctor_facts *facts, const char *kind, const char *first,
		     struct doctor_result *result)
{
	char path[64];
	char ours[DOCTOR_LINK_BYTES];

	snprintf(path, sizeof path, "proc/self/ns/%s", kind);
	doctor_read_link(&facts->system, path, ours);
	if (ours[0] == '\0')
		doctor_skip(result, "/%s can't be read", path);
	else if (strcmp(ours, first) == 0)
		doctor_pass(result, "the machine's own");
	else
		return false;
	return true;
}

static struct doctor_names formix_channels(const struct doctor_facts *facts)
{
	struct doctor_names names = {0};

	for (size_t i = 0; i < facts->channels.count; i++) {
		if (doctor_is_formix(&facts->channels.list[i]))
			doctor_names_add(&names, &facts->channels.list[i]);
	}
	return names;
}

/* Living readers that our /proc does not have: they are in another namespace of PIDs. */
static struct doctor_names elsewhere(const struct doctor_facts *facts)
{
	struct doctor_names names = {0};

	for (size_t i = 0; i < facts->channels.count; i++) {
		const struct fsps_channel_info *info = &facts->channels.list[i];

		if (!info->plain && info->alive == FSPS_ALIVE_YES && info->pid > 0 &&
		    doctor_process_look(&facts->system, info->pid).state == 0)
			doctor_names_add(&names, info);
	}
	return names;
}

void doctor_check_pid_namespace(const struct doctor_facts *facts, struct doctor_result *result)
{
	struct doctor_names formix = formix_channels(facts);
	struct doctor_names others = elsewhere(facts);
	enum doctor_severity severity = formix.count > 0 ? DOCTOR_WARNING : DOCTOR_NOTE;

	if (others.count > 0)
		doctor_find(result, severity,
			    "who reads from %s lives in another PID namespace: its PID means "
			    "nothing here%s",
			    doctor_names_text(&others).text,
			    formix.count > 0 ? ", and formix-pubsub there takes channels here for "
					       "dead ones"
					     : "");
	else if (!is_first(facts, "pid", FIRST_PIDS, result))
		doctor_find(result, severity, "we are in a PID namespace of our own%s",
			    formix.count > 0 ? ", and formix-pubsub elsewhere takes channels of "
					       "here for dead ones"
					     : "");
	if (result->outcome == DOCTOR_FOUND && formix.count > 0)
		doctor_mend(result, "docker run --pid=host ...    # or as all others of the home");
}

void doctor_check_user_namespace(const struct doctor_facts *facts, struct doctor_result *result)
{
	uint64_t nobody = 65534;
	size_t unmapped = 0;

	if (is_first(facts, "user", FIRST_USERS, result))
		return;
	(void)doctor_read_number(&facts->system, "proc/sys/kernel/overflowuid", &nobody);
	unmapped += facts->home.there && facts->home.status.st_uid == nobody;
	for (size_t i = 0; i < facts->channels.count; i++)
		unmapped += facts->channels.list[i].uid == nobody;
	if (unmapped == 0)
		return doctor_find(result, DOCTOR_NOTE, "we are in a user namespace of our own");
	doctor_find(result, DOCTOR_WARNING,
		    "we are in a user namespace in which the owner of the home, or of a channel, "
		    "is nobody");
	doctor_mend(result, "podman run --userns=keep-id ...");
	doctor_mend(result, "cat /proc/self/uid_map    # which users there are");
}

void doctor_check_mount_namespace(const struct doctor_facts *facts, struct doctor_result *result)
{
	char ours[DOCTOR_LINK_BYTES];
	char first[DOCTOR_LINK_BYTES];

	doctor_read_link(&facts->system, "proc/self/ns/mnt", ours);
	doctor_read_link(&facts->system, "proc/1/ns/mnt", first);
	if (ours[0] == '\0' || first[0] == '\0')
		return doctor_skip(result, "only root sees that of the first process");
	if (strcmp(ours, first) == 0)
		return doctor_pass(result, "that of the first process");
	doctor_find(result, DOCTOR_NOTE,
		    "we have mounts of our own: %s may be another directory for other programs",
		    facts->home.path);
	doctor_mend(result, "findmnt -T %s", doctor_quoted(facts->home.place).text);
}
