/* SPDX-License-Identifier: MIT */
/* Implements doctor/system.h. */
#include "doctor/system.h"

#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/cleanup.h"

enum { PATH_BYTES = 512, PIECE_BYTES = 65536, TEXT_BYTES_MAX = 8 << 20 };

/* Reads to the end or to TEXT_BYTES_MAX. */
static char *read_all(int fd, size_t *ret_len)
{
	CLI_CLEANUP(cli_cleanup_free) char *text = NULL;
	char *whole;
	size_t used = 0;
	ssize_t got = 1;

	while (got > 0 && used < TEXT_BYTES_MAX) {
		char *larger = realloc(text, used + PIECE_BYTES + 1);

		if (larger == NULL)
			return NULL;
		text = larger;
		got = read(fd, text + used, PIECE_BYTES);
		used += got > 0 ? (size_t)got : 0;
	}
	if (got < 0 || text == NULL)
		return NULL;
	text[used] = '\0';
	*ret_len = used;
	whole = text;
	text = NULL;
	return whole;
}

/* An ordinary file's content, or NULL. */
static char *read_file(const struct doctor_system *system, const char *path, size_t *ret_len)
{
	CLI_CLEANUP(cli_cleanup_fd)
	int fd = openat(system->root_fd, path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	struct stat status;

	if (fd < 0 || fstat(fd, &status) < 0 || !S_ISREG(status.st_mode))
		return NULL;
	return read_all(fd, ret_len);
}

char *doctor_read(const struct doctor_system *system, const char *format, ...)
{
	char path[PATH_BYTES];
	va_list list;
	size_t size;
	int len;

	va_start(list, format);
	len = vsnprintf(path, sizeof path, format, list);
	va_end(list);
	return len < 0 || (size_t)len >= sizeof path ? NULL : read_file(system, path, &size);
}

bool doctor_file_has(const struct doctor_system *system, const char *path, const char *text)
{
	size_t len = 0;
	CLI_CLEANUP(cli_cleanup_free) char *bytes = read_file(system, path, &len);

	return bytes != NULL && memmem(bytes, len, text, strlen(text)) != NULL;
}

bool doctor_read_number(const struct doctor_system *system, const char *path, uint64_t *ret_number)
{
	CLI_CLEANUP(cli_cleanup_free) char *text = doctor_read(system, "%s", path);
	char *end = text;

	if (text == NULL)
		return false;
	*ret_number = strtoull(text, &end, 10);
	return end != text;
}

void doctor_read_link(const struct doctor_system *system, const char *path,
		      char ret_target[DOCTOR_LINK_BYTES])
{
	ssize_t len = readlinkat(system->root_fd, path, ret_target, DOCTOR_LINK_BYTES - 1);

	ret_target[len < 0 ? 0 : len] = '\0';
}

bool doctor_exists(const struct doctor_system *system, const char *path)
{
	return faccessat(system->root_fd, path, F_OK, 0) == 0;
}

const char *doctor_line(const char *text, const char *name)
{
	size_t len = strlen(name);

	for (const char *line = text; line != NULL && *line != '\0';) {
		if (strncmp(line, name, len) == 0)
			return line + len + strspn(line + len, " \t");
		line = strchr(line, '\n');
		line = line == NULL ? NULL : line + 1;
	}
	return NULL;
}

static void look_at_ourselves(struct doctor_system *system)
{
	CLI_CLEANUP(cli_cleanup_free) char *text = doctor_read(system, "proc/self/status");
	const char *value = doctor_line(text, "Umask:");

	system->umask = value == NULL ? -1 : (int)strtol(value, NULL, 8);
	value = doctor_line(text, "CapEff:");
	system->capabilities = value == NULL ? 0 : strtoull(value, NULL, 16);
}

int doctor_system_open(struct doctor_system *system, const char *root)
{
	system->root_fd = open(root, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (system->root_fd < 0)
		return -1;
	look_at_ourselves(system);
	return 0;
}

void doctor_system_close(struct doctor_system *system)
{
	if (system->root_fd >= 0)
		close(system->root_fd);
}

/* "pid (name) state ...", where the name may have anything in it. */
struct doctor_process doctor_process_look(const struct doctor_system *system, int64_t pid)
{
	CLI_CLEANUP(cli_cleanup_free)
	char *text = doctor_read(system, "proc/%lld/stat", (long long)pid);
	struct doctor_process process = {0};
	char *name = text == NULL ? NULL : strchr(text, '(');
	char *end = name == NULL ? NULL : strrchr(name, ')');

	if (end == NULL || end[1] != ' ')
		return process;
	process.state = end[2];
	*end = '\0';
	snprintf(process.name, sizeof process.name, "%s", name + 1);
	/* Anybody may have chosen it. */
	for (char *byte = process.name; *byte != '\0'; byte++)
		if (*byte < ' ' || *byte > '~')
			*byte = '?';
	return process;
}

static uint64_t limit_at(char **place)
{
	*place += strspn(*place, " ");
	if (strncmp(*place, "unlimited", strlen("unlimited")) == 0) {
		*place += strlen("unlimited");
		return UINT64_MAX;
	}
	return strtoull(*place, place, 10);
}

void doctor_open_files(const struct doctor_system *system, const char *process, uint64_t *ret_soft,
		       uint64_t *ret_hard)
{
	CLI_CLEANUP(cli_cleanup_free) char *text = doctor_read(system, "proc/%s/limits", process);
	const char *found = doctor_line(text, "Max open files");
	char *place;

	*ret_soft = *ret_hard = 0;
	if (found == NULL)
		return;
	place = text + (found - text);
	*ret_soft = limit_at(&place);
	*ret_hard = limit_at(&place);
}
