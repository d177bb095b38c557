/* SPDX-License-Identifier: MIT */
/* Implements doctor/container.h. */
#include "doctor/container.h"

#include <stddef.h>
#include <string.h>

#include "cli/cleanup.h"

/* Files that are only there in one. */
static const struct {
	const char *path;
	const char *word;
} files[] = {
	{"var/run/secrets/kubernetes.io", "kubernetes"},
	{"run/secrets/kubernetes.io", "kubernetes"},
	{".dockerenv", "docker"},
	{"run/.containerenv", "podman"},
	{"run/systemd/container", "container"},
};

/* What the control group of the first process is called by. */
static const struct {
	const char *part;
	const char *word;
} groups[] = {
	{"kubepods", "kubernetes"},  {"docker", "docker"}, {"libpod", "podman"},
	{"containerd", "container"}, {"lxc", "container"},
};

const char *doctor_container(const struct doctor_system *system)
{
	CLI_CLEANUP(cli_cleanup_free) char *text = NULL;

	for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
		if (doctor_exists(system, files[i].path))
			return files[i].word;
	}
	text = doctor_read(system, "proc/1/cgroup");
	for (size_t i = 0; text != NULL && i < sizeof groups / sizeof *groups; i++) {
		if (strstr(text, groups[i].part) != NULL)
			return groups[i].word;
	}
	return NULL;
}
