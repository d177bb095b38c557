/* SPDX-License-Identifier: MIT */
/* Checks what file system the home lies on, or will. */
#include <string.h>
#include <sys/statvfs.h>

#include "doctor/checks.h"

enum kind { KIND_DISK, KIND_MEMORY, KIND_NETWORK, KIND_UNSUITED, KIND_OVERLAY, KIND_FUSE };

/* All that is none of these is a disk. */
static const struct {
	const char *type;
	enum kind kind;
} types[] = {
	{"tmpfs", KIND_MEMORY},       {"ramfs", KIND_MEMORY},
	{"devtmpfs", KIND_MEMORY},    {"nfs", KIND_NETWORK},
	{"nfs4", KIND_NETWORK},       {"cifs", KIND_NETWORK},
	{"smb3", KIND_NETWORK},       {"smbfs", KIND_NETWORK},
	{"9p", KIND_NETWORK},         {"virtiofs", KIND_NETWORK},
	{"vboxsf", KIND_NETWORK},     {"afs", KIND_NETWORK},
	{"ceph", KIND_NETWORK},       {"lustre", KIND_NETWORK},
	{"gfs2", KIND_NETWORK},       {"ocfs2", KIND_NETWORK},
	{"gpfs", KIND_NETWORK},       {"beegfs", KIND_NETWORK},
	{"fuse.sshfs", KIND_NETWORK}, {"fuse.glusterfs", KIND_NETWORK},
	{"fuse.ceph", KIND_NETWORK},  {"fuse.rclone", KIND_NETWORK},
	{"fuse.s3fs", KIND_NETWORK},  {"vfat", KIND_UNSUITED},
	{"ntfs", KIND_UNSUITED},      {"ntfs3", KIND_UNSUITED},
	{"iso9660", KIND_UNSUITED},   {"squashfs", KIND_UNSUITED},
	{"proc", KIND_UNSUITED},      {"sysfs", KIND_UNSUITED},
	{"overlay", KIND_OVERLAY},    {"aufs", KIND_OVERLAY},
	{"fuse", KIND_FUSE},          {"fuseblk", KIND_FUSE},
};

static enum kind kind_of(const char *type)
{
	for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
		if (strcmp(type, types[i].type) == 0)
			return types[i].kind;
	}
	return strncmp(type, "fuse.", strlen("fuse.")) == 0 ? KIND_FUSE : KIND_DISK;
}

/* Of one kind; of_kind is why that is a finding. */
static void look_for(const struct doctor_facts *facts, enum kind kind,
		     enum doctor_severity severity, const char *of_kind,
		     struct doctor_result *result)
{
	const struct doctor_mount *mount = &facts->mount;

	if (mount->type[0] == '\0')
		return doctor_skip(result, "the mount of %s is not known", facts->home.path);
	if (kind_of(mount->type) != kind)
		return doctor_pass(result, "%s, mounted on %s", mount->type, mount->point);
	doctor_find(result, severity, "%s is on %s, mounted on %s: %s", facts->home.path,
		    mount->type, mount->point, of_kind);
	doctor_mend(result, "export PUBSUB_HOME=/dev/shm/pubsub");
}

void doctor_check_place_network(const struct doctor_facts *facts, struct doctor_result *result)
{
	look_for(facts, KIND_NETWORK, DOCTOR_PROBLEM, "other machines' processes are not seen",
		 result);
}

void doctor_check_place_unsuited(const struct doctor_facts *facts, struct doctor_result *result)
{
	look_for(facts, KIND_UNSUITED, DOCTOR_PROBLEM, "it has no FIFOs or no hard links", result);
}

void doctor_check_place_overlay(const struct doctor_facts *facts, struct doctor_result *result)
{
	look_for(facts, KIND_OVERLAY, DOCTOR_WARNING, "no other container shares it", result);
	if (result->outcome == DOCTOR_FOUND)
		doctor_mend(result, "docker run -v bus:/bus -e PUBSUB_HOME=/bus/pubsub ...");
}

void doctor_check_place_fuse(const struct doctor_facts *facts, struct doctor_result *result)
{
	look_for(facts, KIND_FUSE, DOCTOR_WARNING, "not all of those have the locks we need",
		 result);
}

void doctor_check_place_disk(const struct doctor_facts *facts, struct doctor_result *result)
{
	look_for(facts, KIND_DISK, DOCTOR_NOTE, "what waits there outlives a reboot", result);
}

void doctor_check_place_read_only(const struct doctor_facts *facts, struct doctor_result *result)
{
	const struct doctor_mount *mount = &facts->mount;
	bool is_known = facts->home.space.f_bsize != 0;

	if (!is_known && mount->type[0] == '\0')
		return doctor_skip(result, "the mount of %s is not known", facts->home.path);
	if ((facts->home.space.f_flag & ST_RDONLY) == 0 && !mount->read_only)
		return doctor_pass(result, "it can be written");
	doctor_find(result, DOCTOR_PROBLEM, "%s lies in %s, which is mounted read-only",
		    facts->home.path, mount->point);
	doctor_mend(result, "sudo mount -o remount,rw %s", doctor_quoted(mount->point).text);
}
