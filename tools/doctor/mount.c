/* SPDX-License-Identifier: MIT */
/* Implements doctor/mount.h. */
#include "doctor/mount.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cleanup.h"

static bool is_octal(const char *digits)
{
	for (int i = 0; i < 3; i++) {
		if (digits[i] < '0' || digits[i] > '7')
			return false;
	}
	return true;
}

/* Blanks and backslashes stand there as \040 and the like. */
static void unescape(char *text)
{
	char *to = text;

	for (; *text != '\0'; text++) {
		if (*text == '\\' && is_octal(text + 1)) {
			*to++ = (char)((text[1] - '0') << 6 | (text[2] - '0') << 3 |
				       (text[3] - '0'));
			text += 3;
		} else {
			*to++ = *text;
		}
	}
	*to = '\0';
}

/* Whether a path is a mount point or lies below it. */
static bool lies_in(const char *path, const char *point)
{
	size_t len = strlen(point);

	if (strcmp(point, "/") == 0)
		return true;
	return strncmp(path, point, len) == 0 && (path[len] == '/' || path[len] == '\0');
}

/* The fields of a line: ID, parent, device, root, point, options, then any number up to "-", then
 * type, source, options. False if it has others. */
static bool parse(char *line, struct doctor_mount *ret_mount)
{
	char *rest = NULL;
	char *fields[6];
	char *type;

	for (int i = 0; i < 6; i++) {
		fields[i] = strtok_r(i == 0 ? line : NULL, " ", &rest);
		if (fields[i] == NULL)
			return false;
	}
	do
		type = strtok_r(NULL, " ", &rest);
	while (type != NULL && strcmp(type, "-") != 0);
	type = type == NULL ? NULL : strtok_r(NULL, " ", &rest);
	if (type == NULL)
		return false;
	unescape(fields[3]);
	unescape(fields[4]);
	snprintf(ret_mount->root, sizeof ret_mount->root, "%s", fields[3]);
	snprintf(ret_mount->point, sizeof ret_mount->point, "%s", fields[4]);
	snprintf(ret_mount->type, sizeof ret_mount->type, "%s", type);
	ret_mount->read_only =
		strncmp(fields[5], "ro", 2) == 0 && (fields[5][2] == ',' || fields[5][2] == '\0');
	return true;
}

void doctor_mount_find(const struct doctor_system *system, const char *path,
		       struct doctor_mount *ret_mount)
{
	CLI_CLEANUP(cli_cleanup_free) char *text = doctor_read(system, "proc/self/mountinfo");
	struct doctor_mount mount;
	char *rest = NULL;

	*ret_mount = (struct doctor_mount){.point = ""};
	if (text == NULL)
		return;
	for (char *line = strtok_r(text, "\n", &rest); line != NULL;
	     line = strtok_r(NULL, "\n", &rest)) {
		if (!parse(line, &mount) || !lies_in(path, mount.point))
			continue;
		/* Of several at one point the last one is on top. */
		if (strlen(mount.point) >= strlen(ret_mount->point))
			*ret_mount = mount;
	}
}
