/* SPDX-License-Identifier: MIT */
/* Implements tests/fuzz/places.h. */
#include "fuzz/places.h"

#include <dirent.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fuzz/home.h"
#include "fuzz/require.h"

enum { ENTRIES_MAX = 128 };

/* ---- what is there ---- */

static int by_name(const void *one, const void *other)
{
	return strcmp(one, other);
}

static bool is_dots(const char *name)
{
	return strcmp(name, ".") == 0 || strcmp(name, "..") == 0;
}

/* Random names are the same in each run of an input, so the order of names is, too. */
bool fuzz_nth_name(int directory, unsigned number, char *ret_name)
{
	static char names[ENTRIES_MAX][256];
	DIR *entries = fdopendir(openat(directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
	struct dirent *entry;
	size_t count = 0;

	if (entries == NULL)
		return false;
	while (count < ENTRIES_MAX && (entry = readdir(entries)) != NULL)
		if (!is_dots(entry->d_name))
			snprintf(names[count++], sizeof names[0], "%s", entry->d_name);
	closedir(entries);
	if (count == 0)
		return false;
	qsort(names, count, sizeof names[0], by_name);
	memcpy(ret_name, names[number % count], sizeof names[0]);
	return true;
}

/* ---- names that mean something ---- */

/* %1 is the number, %2 our process. */
static const char *const forms[] = {
	"t_AAAAAAAAAAAA_%2",
	"t_AAAAAAAAAAAA_999999",
	"+_BBBBBBBBBBBB_%2",
	"t_dur",
	"t_dur.in_%2",
	"t_dur.in-999999",
	"+_grp",
	"+_grp.in_%1",
	"a_b_c",
	"(_x_1",
	".fsps",
	"tmp",
	".n-AAAAAAAAAAAA-1",
	".x-AAAAAAAAAAAA-1",
	"queue",
	".q-AAAAAAAAAAAA",
	".c",
	"%1",
	"179518822617841%1",
	".m-AAAAAAAAAAAA-%1",
	".k-AAAAAAAAAAAA-%1-1-%1",
	".k-AAAAAAAAAAAA-1-4-%1",
	".k-AAAAAAAAAAAA-99999999999999-1-%1",
	".r-1-1-%1",
	".r-99999999999999-4294967295-%1",
	".d-id-0-%1",
	".d-failed-3-%1",
	".e-failed-3-%1",
	".s-%1-64",
	".s-%1-128",
	".s-%1-9007199254740991",
	".s-AAAAAAAAAAAA-%1",
	".i-AAAAAAAAAAAA-%1",
	"seq",
	"w-AAAAAAAAAAAA",
	".b-%1",
	"9007199254740991",
	"007",
	"+5",
};

enum { FORMS = sizeof forms / sizeof forms[0] };

static void form(const char *form_text, uint64_t id, char *to, size_t room)
{
	size_t used = 0;

	for (; *form_text != '\0' && used + 24 < room; form_text++) {
		if (*form_text != '%') {
			to[used++] = *form_text;
			continue;
		}
		form_text++;
		used += (size_t)snprintf(to + used, room - used, "%" PRIu64,
					 *form_text == '1' ? id : (uint64_t)getpid());
	}
	to[used] = '\0';
}

/* Bytes of the input, none of which leads elsewhere; or the longest name that there is. */
static bool free_name(struct fuzz_input *input, char *to, size_t room)
{
	uint8_t len = fuzz_byte(input);
	const uint8_t *bytes;
	size_t given = fuzz_bytes(input, len % 32, &bytes);

	if (len == 255) {
		memset(to, 'x', room - 1);
		to[room - 1] = '\0';
		return true;
	}
	for (size_t i = 0; i < given; i++)
		to[i] = (char)(bytes[i] == '/' || bytes[i] == '\0' ? '_' : bytes[i]);
	to[given] = '\0';
	return given > 0 && !is_dots(to);
}

static bool choose_name(struct fuzz_input *input, struct fuzz_entry *entry)
{
	uint8_t choice = fuzz_byte(input);

	entry->id = 1 + choice / FORMS;
	if (choice >= 224)
		return free_name(input, entry->name, sizeof entry->name);
	if (choice >= 128)
		return fuzz_nth_name(entry->directory, choice - 128, entry->name);
	entry->id += fuzz_byte(input) % 8;
	form(forms[choice % FORMS], entry->id, entry->name, sizeof entry->name);
	return true;
}

/* ---- directories ---- */

/* Never one outside of the home: no symlink is followed. */
static int choose_directory(struct fuzz_input *input)
{
	uint8_t choice = fuzz_byte(input);
	char name[256] = ".";

	if (choice % 16 == 1)
		snprintf(name, sizeof name, ".fsps");
	else if (choice % 16 == 2)
		snprintf(name, sizeof name, "tmp");
	else if (choice % 16 >= 4 && !fuzz_nth_name(fuzz_home_fd(), choice / 16, name))
		return -1;
	return openat(fuzz_home_fd(), name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

bool fuzz_entry_open(struct fuzz_input *input, struct fuzz_entry *ret_entry)
{
	ret_entry->directory = choose_directory(input);
	if (ret_entry->directory >= 0 && choose_name(input, ret_entry))
		return true;
	fuzz_entry_close(ret_entry);
	return false;
}

void fuzz_entry_close(struct fuzz_entry *entry)
{
	if (entry->directory >= 0)
		close(entry->directory);
	entry->directory = -1;
}
