/* SPDX-License-Identifier: MIT */
/* Implements bench/machine.h. */
#include "bench/machine.h"

#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/statfs.h>
#include <sys/sysinfo.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "cli/cleanup.h"

/* File systems by the number that statfs(2) has for them. */
static const struct {
	unsigned long type;
	const char *name;
} file_systems[] = {
	{0x01021994, "tmpfs"}, {0x858458f6, "ramfs"}, {0xef53, "ext4"},
	{0x58465342, "xfs"},   {0x9123683e, "btrfs"}, {0x794c7630, "overlayfs"},
	{0xf2f52010, "f2fs"},  {0x2fc12fc1, "zfs"},   {0xca451a4e, "bcachefs"},
	{0x6969, "nfs"},       {0x65735546, "fuse"},
};

static void copy_text(char *ret_text, const char *text)
{
	snprintf(ret_text, BENCH_MACHINE_TEXT_BYTES, "%s", text);
}

/* The value of the first line of /proc/cpuinfo that has one of these names: what it is called
 * differs between processors. */
static void read_processor(char *ret_text)
{
	static const char *const names[] = {"model name", "Model", "cpu model", "cpu", "Processor"};
	char bytes[4096];
	CLI_CLEANUP(cli_cleanup_fd) int fd = open("/proc/cpuinfo", O_RDONLY | O_CLOEXEC);
	ssize_t got = fd < 0 ? 0 : read(fd, bytes, sizeof bytes - 1);

	bytes[got < 0 ? 0 : got] = '\0';
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		size_t len = strlen(names[i]);

		for (char *line = bytes; line != NULL && *line != '\0';) {
			char *end = strchr(line, '\n');
			char *value = strchr(line, ':');

			if (strncmp(line, names[i], len) == 0 && value != NULL &&
			    strspn(line + len, " \t:") > 0) {
				snprintf(ret_text, BENCH_MACHINE_TEXT_BYTES, "%.*s",
					 (int)strcspn(value + 1 + strspn(value + 1, " "), "\n"),
					 value + 1 + strspn(value + 1, " "));
				return;
			}
			line = end == NULL ? NULL : end + 1;
		}
	}
}

static uint64_t count_processors(void)
{
	cpu_set_t allowed;

	if (sched_getaffinity(0, sizeof allowed, &allowed) < 0)
		return (uint64_t)sysconf(_SC_NPROCESSORS_ONLN);
	return (uint64_t)CPU_COUNT(&allowed);
}

/* That of a path, or of the directory that it will be made in. */
static void name_file_system(const char *path, char *ret_text)
{
	struct statfs status;
	char parent[4096];
	char *slash;

	snprintf(parent, sizeof parent, "%s", path);
	slash = strrchr(parent, '/');
	if (slash != NULL)
		*slash = '\0';
	if (statfs(path, &status) < 0 && statfs(slash == NULL     ? "."
						: slash == parent ? "/"
								  : parent,
						&status) < 0)
		return;
	for (size_t i = 0; i < sizeof file_systems / sizeof *file_systems; i++) {
		if ((unsigned long)status.f_type == file_systems[i].type) {
			copy_text(ret_text, file_systems[i].name);
			return;
		}
	}
	snprintf(ret_text, BENCH_MACHINE_TEXT_BYTES, "file system 0x%lx",
		 (unsigned long)status.f_type);
}

void bench_machine_look(struct bench_machine *machine, const char *path)
{
	struct utsname names;
	struct sysinfo info;

	*machine = (struct bench_machine){.processors = count_processors()};
	read_processor(machine->processor);
	if (uname(&names) == 0) {
		snprintf(machine->kernel, sizeof machine->kernel, "%.30s %.90s", names.sysname,
			 names.release);
		if (machine->processor[0] == '\0')
			copy_text(machine->processor, names.machine);
	}
	if (sysinfo(&info) == 0)
		machine->memory_bytes = (uint64_t)info.totalram * info.mem_unit;
	name_file_system(path, machine->file_system);
}
