/* SPDX-License-Identifier: MIT */
/*
 * What the kernel and the system's configuration say, as text: files of /proc, /sys, /etc, /run,
 * /var and /usr below a root, which is another one than "/" where the user says so. Nothing is
 * written, and no file is opened that is not an ordinary one.
 */
#ifndef DOCTOR_SYSTEM_H
#define DOCTOR_SYSTEM_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct doctor_system {
	int root_fd;
	/* What stands in the status of our process; -1 or 0 where that can't be read. */
	int umask;
	uint64_t capabilities;
};

/* root: a directory. 0, or -1 with errno. To be closed in any case. */
int doctor_system_open(struct doctor_system *system, const char *root);
void doctor_system_close(struct doctor_system *system);

/* A file's content with a NUL behind it, to be freed; NULL if it can't be read. Paths are relative
 * to the root here and below. */
char *doctor_read(const struct doctor_system *system, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* Whether a file, which may be of any bytes, has a text in it. */
bool doctor_file_has(const struct doctor_system *system, const char *path, const char *text);

/* A file that holds a number. */
bool doctor_read_number(const struct doctor_system *system, const char *path, uint64_t *ret_number);

enum { DOCTOR_LINK_BYTES = 4096 };

/* Where a symbolic link points to; "" if there is none. */
void doctor_read_link(const struct doctor_system *system, const char *path,
		      char ret_target[DOCTOR_LINK_BYTES]);

bool doctor_exists(const struct doctor_system *system, const char *path);

/* What follows "<name>" and blanks at the beginning of a line; NULL if no line has it. */
const char *doctor_line(const char *text, const char *name);

/* A process' one-letter state and its name; state 0: it is not to be seen. */
enum { DOCTOR_NAME_BYTES = 64 };
struct doctor_process {
	char state;
	char name[DOCTOR_NAME_BYTES];
};
struct doctor_process doctor_process_look(const struct doctor_system *system, int64_t pid);

/* The soft and the hard limit of open files of a process ("self" or a number); 0: unknown,
 * UINT64_MAX: none. */
void doctor_open_files(const struct doctor_system *system, const char *process, uint64_t *ret_soft,
		       uint64_t *ret_hard);

#endif
