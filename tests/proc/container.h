/* SPDX-License-Identifier: MIT */
/* Getting into other namespaces, as containers are, in processes of a test; and whether one can. */
#ifndef TESTS_PROC_CONTAINER_H
#define TESTS_PROC_CONTAINER_H

#include <fcntl.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

static inline bool container_write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	bool done = fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text);

	if (fd >= 0)
		close(fd);
	return done;
}

/* Enters a user namespace in which we are root and nobody else is anybody. */
static inline bool container_enter_users(void)
{
	char map[32];

	snprintf(map, sizeof map, "0 %lu 1", (unsigned long)geteuid());
	/* Who has changed his user may not write to his own files there otherwise. */
	return prctl(PR_SET_DUMPABLE, 1) == 0 && unshare(CLONE_NEWUSER | CLONE_NEWNS) == 0 &&
	       container_write_file("/proc/self/uid_map", map);
}

/* What is mounted from here on, nobody outside sees. */
static inline bool container_enter_mounts(void)
{
	return unshare(CLONE_NEWNS) == 0 && mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0;
}

/* Whether a user can, here; otherwise TAP is told that all is skipped. */
static inline bool container_skipped(bool (*enter)(void), uid_t user, const char *what)
{
	int status = 0;
	pid_t child = fork();

	if (child == 0) {
		bool is_user = setresgid(user, user, user) == 0 && setresuid(user, user, user) == 0;

		_exit(is_user && enter() ? EXIT_SUCCESS : EXIT_FAILURE);
	}
	if (waitpid(child, &status, 0) == child && WIFEXITED(status) &&
	    WEXITSTATUS(status) == EXIT_SUCCESS)
		return false;
	printf("1..0 # SKIP no %s namespace can be made here\n", what);
	return true;
}

#endif
