/* SPDX-License-Identifier: MIT */
/* Checks what the system does to a home: removes it, hides it, or protects what is in it. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/users.h"
#include "doctor/checks.h"
#include "doctor/login.h"

static bool lies_below(const char *path, const char *directory)
{
	size_t len = strlen(directory);

	return strncmp(path, directory, len) == 0 && (path[len] == '/' || path[len] == '\0');
}

void doctor_check_remove_ipc(const struct doctor_facts *facts, struct doctor_result *result)
{
	uint32_t owner = doctor_home_owner(&facts->home);
	char user[CLI_ID_TEXT_BYTES];

	if (!doctor_login_runs(&facts->system))
		return doctor_skip(result, "systemd-logind does not run here");
	if (!lies_below(facts->home.place, "/dev/shm"))
		return doctor_pass(result, "the home is not in /dev/shm");
	if (!doctor_login_removes_ipc(&facts->system))
		return doctor_pass(result, "RemoveIPC=no");
	cli_user_text(owner, user);
	if (doctor_login_spares(&facts->system, owner))
		return doctor_pass(result, "%s is root, a system user, or lingers", user);
	doctor_find(result, DOCTOR_WARNING,
		    "systemd-logind removes what %s has in /dev/shm when the last session ends",
		    user);
	doctor_mend(result, "sudo loginctl enable-linger %s", user);
	doctor_mend(result, "sudo mkdir -p /etc/systemd/logind.conf.d && printf "
			    "'[Login]\nRemoveIPC=no\n' | sudo tee "
			    "/etc/systemd/logind.conf.d/pubsub.conf && sudo systemctl kill -s HUP "
			    "systemd-logind");
}

/* "systemd-private-<boot>-<unit>-<random>": the unit, or NULL. */
static const char *private_unit(const char *root, char *unit, size_t size)
{
	const char *mark = strstr(root, "/systemd-private-");
	const char *begin = mark == NULL ? NULL : strchr(mark + strlen("/systemd-private-"), '-');
	const char *end;

	if (begin == NULL)
		return NULL;
	begin++;
	end = begin + strcspn(begin, "/");
	while (end > begin && *end != '-')
		end--;
	snprintf(unit, size, "%.*s", (int)(end - begin), begin);
	return unit;
}

/* Whether our mounts are others than those of the first process, as far as we may know. */
static bool has_own_mounts(const struct doctor_facts *facts)
{
	char ours[DOCTOR_LINK_BYTES];
	char first[DOCTOR_LINK_BYTES];

	doctor_read_link(&facts->system, "proc/self/ns/mnt", ours);
	doctor_read_link(&facts->system, "proc/1/ns/mnt", first);
	return ours[0] != '\0' && first[0] != '\0' && strcmp(ours, first) != 0;
}

void doctor_check_private_tmp(const struct doctor_facts *facts, struct doctor_result *result)
{
	const struct doctor_home *home = &facts->home;
	bool is_tmp = lies_below(home->place, "/tmp") || lies_below(home->place, "/var/tmp");
	bool is_mount = is_tmp && lies_below(facts->mount.point, is_tmp ? "/tmp" : "/var/tmp");
	char text[256];
	const char *unit = private_unit(facts->mount.root, text, sizeof text);

	if (unit == NULL && !(is_mount && has_own_mounts(facts)))
		return doctor_pass(result, "%s is nobody's private directory", home->place);
	doctor_find(result, DOCTOR_WARNING,
		    "%s lies in a private %s%s%s, which no other program sees", home->path,
		    facts->mount.point, unit == NULL ? "" : " of ", unit == NULL ? "" : unit);
	doctor_mend(result, "export PUBSUB_HOME=/dev/shm/pubsub");
	doctor_mend(result, "sudo systemctl edit %s    # [Service] PrivateTmp=no",
		    unit == NULL ? "UNIT" : unit);
}

void doctor_check_umask(const struct doctor_facts *facts, struct doctor_result *result)
{
	int mask = facts->system.umask;

	if (mask < 0)
		return doctor_skip(result, "/proc/self/status does not tell");
	if ((mask & 0700) == 0)
		return doctor_pass(result, "%04o", (unsigned)mask);
	doctor_find(result, DOCTOR_WARNING,
		    "it is %04o: files and directories of ours are closed to ourselves",
		    (unsigned)mask);
	doctor_mend(result, "umask 022");
}

/* Of a home where others may make names the kernel has to protect each from the others. */
static void judge_protection(const struct doctor_facts *facts, const char *name, unsigned wanted,
			     const char *otherwise, struct doctor_result *result)
{
	char path[64];
	uint64_t value;

	snprintf(path, sizeof path, "proc/sys/fs/%s", name);
	if (!doctor_read_number(&facts->system, path, &value))
		return doctor_skip(result, "fs.%s can't be read", name);
	if (value >= 1)
		return doctor_pass(result, "fs.%s=%" PRIu64, name, value);
	if (!doctor_home_is_shared(&facts->home))
		return doctor_pass(result, "it is 0, but no other user may use the home");
	doctor_find(result, DOCTOR_WARNING, "fs.%s is 0, and %s is a %s home: %s", name,
		    facts->home.path, doctor_profile_text(facts->home.info.profile), otherwise);
	doctor_mend(result, "sudo sysctl fs.%s=%u", name, wanted);
}

void doctor_check_protected_hardlinks(const struct doctor_facts *facts,
				      struct doctor_result *result)
{
	judge_protection(facts, "protected_hardlinks", 1,
			 "others can link what is not theirs into channels", result);
}

void doctor_check_protected_symlinks(const struct doctor_facts *facts, struct doctor_result *result)
{
	judge_protection(facts, "protected_symlinks", 1, "scripts follow others' symlinks in it",
			 result);
}

void doctor_check_protected_fifos(const struct doctor_facts *facts, struct doctor_result *result)
{
	judge_protection(facts, "protected_fifos", 1, "scripts write into others' FIFOs", result);
}

void doctor_check_protected_regular(const struct doctor_facts *facts, struct doctor_result *result)
{
	judge_protection(facts, "protected_regular", 2, "scripts write into others' files", result);
}
