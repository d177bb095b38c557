/* SPDX-License-Identifier: MIT */
/* Implements doctor/login.h, as logind.conf(5) and systemd's "UIDs and GIDs" have it. */
#include "doctor/login.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "cli/cleanup.h"
#include "cli/users.h"

/* Where its configuration lies; of files of one name that in the first of these counts. */
static const char *const directories[] = {"etc/systemd", "run/systemd", "usr/local/lib/systemd",
					  "usr/lib/systemd"};

enum {
	DIRECTORIES = sizeof directories / sizeof *directories,
	ADDED_MAX = 64,
	NAME_BYTES = 256,
	SYSTEM_UID_MOST = 999,
	DYNAMIC_UID_LEAST = 61184,
	DYNAMIC_UID_MOST = 65519,
	NOBODY = 65534,
};

/* A file that is added to the main one. */
struct added {
	char name[NAME_BYTES];
	int directory;
};

static bool is_no(const char *value)
{
	static const char *const words[] = {"no", "n", "false", "f", "off", "0"};
	size_t len = strcspn(value, " \t\r\n");

	for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
		if (strlen(words[i]) == len && strncasecmp(value, words[i], len) == 0)
			return true;
	}
	return false;
}

/* Takes the value of the last RemoveIPC= in a text. */
static void take_value(const char *text, bool *removes)
{
	while (text != NULL && *text != '\0') {
		const char *line = text + strspn(text, " \t");
		const char *key = "RemoveIPC";

		if (strncmp(line, key, strlen(key)) == 0) {
			const char *value = line + strlen(key);

			value += strspn(value, " \t");
			if (*value == '=')
				*removes = !is_no(value + 1 + strspn(value + 1, " \t"));
		}
		text = strchr(text, '\n');
		text = text == NULL ? NULL : text + 1;
	}
}

static void take_file(const struct doctor_system *system, int directory, const char *name,
		      bool *removes)
{
	CLI_CLEANUP(cli_cleanup_free)
	char *text = doctor_read(system, "%s/%s", directories[directory], name);

	take_value(text, removes);
}

static bool ends_with(const char *text, const char *end)
{
	size_t len = strlen(text);

	return len > strlen(end) && strcmp(text + len - strlen(end), end) == 0;
}

static size_t list_added(const struct doctor_system *system, int directory, struct added *list,
			 size_t count)
{
	const struct dirent *entry;
	char path[64];
	DIR *names;
	int fd;

	snprintf(path, sizeof path, "%s/logind.conf.d", directories[directory]);
	fd = openat(system->root_fd, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	names = fd < 0 ? NULL : fdopendir(fd);
	if (names == NULL) {
		if (fd >= 0)
			close(fd);
		return count;
	}
	while (count < ADDED_MAX && (entry = readdir(names)) != NULL) {
		if (!ends_with(entry->d_name, ".conf"))
			continue;
		snprintf(list[count].name, NAME_BYTES, "%s", entry->d_name);
		list[count++].directory = directory;
	}
	closedir(names);
	return count;
}

static int compare(const void *one, const void *other)
{
	const struct added *a = one;
	const struct added *b = other;
	int by_name = strcmp(a->name, b->name);

	return by_name != 0 ? by_name : a->directory - b->directory;
}

/* Those in the directories come after the main file, by their names, wherever they lie. */
static void take_added(const struct doctor_system *system, bool *removes)
{
	struct added list[ADDED_MAX];
	size_t count = 0;
	char path[NAME_BYTES + 32];

	for (int i = 0; i < DIRECTORIES; i++)
		count = list_added(system, i, list, count);
	qsort(list, count, sizeof *list, compare);
	for (size_t i = 0; i < count; i++) {
		if (i > 0 && strcmp(list[i].name, list[i - 1].name) == 0)
			continue;
		snprintf(path, sizeof path, "logind.conf.d/%.255s", list[i].name);
		take_file(system, list[i].directory, path, removes);
	}
}

bool doctor_login_runs(const struct doctor_system *system)
{
	return doctor_exists(system, "run/systemd/seats");
}

bool doctor_login_removes_ipc(const struct doctor_system *system)
{
	bool removes = true;
	char path[64];

	for (int i = 0; i < DIRECTORIES; i++) {
		snprintf(path, sizeof path, "%s/logind.conf", directories[i]);
		if (!doctor_exists(system, path))
			continue;
		take_file(system, i, "logind.conf", &removes);
		break;
	}
	take_added(system, &removes);
	return removes;
}

bool doctor_login_spares(const struct doctor_system *system, uint32_t uid)
{
	char name[CLI_ID_TEXT_BYTES];
	char path[CLI_ID_TEXT_BYTES + 32];

	if (uid <= SYSTEM_UID_MOST || uid == NOBODY ||
	    (uid >= DYNAMIC_UID_LEAST && uid <= DYNAMIC_UID_MOST))
		return true;
	cli_user_text(uid, name);
	snprintf(path, sizeof path, "var/lib/systemd/linger/%s", name);
	return doctor_exists(system, path);
}
