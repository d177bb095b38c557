/* SPDX-License-Identifier: MIT */
/* Checks whether there is a home that we may use, and if not, why. One cause is told by one check;
 * the others then have nothing to look at. */
#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#include "cli/users.h"
#include "doctor/checks.h"

/* The two ways out of a home that is somebody else's. */
static void mend_by_another_home(struct doctor_result *result)
{
	doctor_mend(result, "export PUBSUB_HOME=\"$XDG_RUNTIME_DIR/pubsub\"");
}

static bool is_missing(const struct doctor_home *home)
{
	return !home->there && home->known == 0;
}

void doctor_check_home_parent(const struct doctor_facts *facts, struct doctor_result *result)
{
	const struct doctor_home *home = &facts->home;

	if (home->parent_errno != ENOENT && home->parent_errno != ENOTDIR)
		return doctor_pass(result, "%s is there", home->parent);
	doctor_find(result, DOCTOR_PROBLEM, "the home is to be %s, but %s", home->path,
		    home->parent_errno == ENOENT ? "the directory above it does not exist"
						 : "what is above it is no directory");
	/* As in a chroot that nobody has furnished. */
	if (strcmp(home->parent, "/dev/shm") == 0)
		doctor_mend(result, "sudo mkdir -p /dev/shm && sudo mount -t tmpfs -o mode=1777 "
				    "tmpfs /dev/shm");
	else
		doctor_mend(result, "mkdir -p %s", doctor_quoted(home->parent).text);
	if (home->named)
		doctor_mend(result, "unset PUBSUB_HOME");
}

void doctor_check_home_missing(const struct doctor_facts *facts, struct doctor_result *result)
{
	const struct doctor_home *home = &facts->home;

	if (!is_missing(home))
		return doctor_pass(result, "%s is there", home->path);
	if (home->parent_errno != 0)
		return doctor_skip(result, "the directory above the home is missing");
	doctor_find(result, home->named ? DOCTOR_WARNING : DOCTOR_NOTE, "there is no %s yet",
		    home->path);
	doctor_mend(result, "pubsub-init --home %s", doctor_quoted(home->path).text);
	if (home->named)
		doctor_mend(result, "echo \"$PUBSUB_HOME\"    # is that the right name?");
}

static bool is_denied(const struct doctor_home *home)
{
	if (home->known == FSPS_ERR_PERMISSION)
		return true;
	return is_missing(home) && home->parent_errno == 0 && !home->parent_writable;
}

void doctor_check_home_denied(const struct doctor_facts *facts, struct doctor_result *result)
{
	const struct doctor_home *home = &facts->home;

	if (!is_denied(home))
		return doctor_pass(result, "the kernel lets us");
	if (home->known < 0)
		doctor_find(result, DOCTOR_PROBLEM, "%s", home->error);
	else
		doctor_find(result, DOCTOR_PROBLEM, "we may not make anything in %s", home->parent);
	if (home->there && home->status.st_uid == geteuid())
		doctor_mend(result, "chmod 700 %s", doctor_quoted(home->path).text);
	else
		doctor_mend(result, "sudo pubsub-init --home %s --profile public",
			    doctor_quoted(home->path).text);
	mend_by_another_home(result);
}

void doctor_check_home_type(const struct doctor_facts *facts, struct doctor_result *result)
{
	const struct doctor_home *home = &facts->home;

	if (!home->there)
		return doctor_skip(result, "there is no home");
	if (S_ISDIR(home->status.st_mode))
		return doctor_pass(result, "a directory");
	if (S_ISLNK(home->status.st_mode)) {
		doctor_find(result, DOCTOR_PROBLEM, "%s is a symlink", home->path);
		doctor_mend(result, "export PUBSUB_HOME=\"$(readlink -f %s)\"",
			    doctor_quoted(home->path).text);
		return;
	}
	doctor_find(result, DOCTOR_PROBLEM, "%s is no directory", home->path);
	doctor_mend(result, "mv %s %s", doctor_quoted(home->path).text,
		    doctor_quoted("elsewhere").text);
	mend_by_another_home(result);
}

static bool is_trusted(const struct doctor_home *home)
{
	uid_t owner = home->status.st_uid;

	return owner == geteuid() || owner == 0 || (home->trusted != 0 && owner == home->trusted);
}

void doctor_check_home_owner(const struct doctor_facts *facts, struct doctor_result *result)
{
	const struct doctor_home *home = &facts->home;
	char owner[CLI_ID_TEXT_BYTES];

	if (!home->there || !S_ISDIR(home->status.st_mode))
		return doctor_skip(result, "there is no home");
	cli_user_text(home->status.st_uid, owner);
	if (is_trusted(home))
		return doctor_pass(result, "it is %s's", owner);
	doctor_find(result, DOCTOR_PROBLEM, "%s belongs to %s, neither us nor root", home->path,
		    owner);
	mend_by_another_home(result);
	doctor_mend(result, "export PUBSUB_HOME_OWNER=%" PRIu32 "    # if you trust %s",
		    (uint32_t)home->status.st_uid, owner);
}

void doctor_check_home_sticky(const struct doctor_facts *facts, struct doctor_result *result)
{
	const struct doctor_home *home = &facts->home;
	mode_t mode = home->status.st_mode;

	if (!home->there || !S_ISDIR(mode))
		return doctor_skip(result, "there is no home");
	if ((mode & 0022) == 0 || (mode & S_ISVTX) != 0)
		return doctor_pass(result, "nobody can remove what is another's");
	doctor_find(result, DOCTOR_PROBLEM, "%s has mode %04o: others can remove what is ours",
		    home->path, (unsigned)(mode & 07777));
	doctor_mend(result, "pubsub-init --home %s --profile %s", doctor_quoted(home->path).text,
		    (mode & 0002) != 0 ? "public" : "group");
	doctor_mend(result, "pubsub-init --home %s --profile private",
		    doctor_quoted(home->path).text);
}
