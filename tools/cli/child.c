/* SPDX-License-Identifier: MIT */
/* Implements the starting of programs of cli/child.h; environment.c has the rest. */
#include "cli/child.h"

#include <errno.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cli/fail.h"
#include "cli/status.h"

static int cannot_run(const char *program, int system_errno)
{
	int status = system_errno == ENOENT ? CLI_NOT_FOUND : CLI_CANNOT_RUN;

	return cli_fail(status, "cannot run '%s': %s", program, strerror(system_errno));
}

/* Whether a file can be run: 0 or an errno. */
static int check_file(const char *path)
{
	struct stat status;

	if (stat(path, &status) < 0)
		return errno;
	return S_ISREG(status.st_mode) && access(path, X_OK) == 0 ? 0 : EACCES;
}

/* The same in one directory of PATH. One that we may not look into is as good as empty. */
static int check_in(const char *directory, size_t directory_len, const char *program)
{
	char path[4096];
	/* An empty entry of PATH means the current directory. */
	int wanted = snprintf(path, sizeof path, "%.*s%s%s", (int)directory_len, directory,
			      directory_len == 0 ? "" : "/", program);

	if (wanted < 0 || (size_t)wanted >= sizeof path || access(path, F_OK) < 0)
		return ENOENT;
	return check_file(path);
}

int cli_child_check(const char *program)
{
	const char *path = getenv("PATH");
	int best = ENOENT;

	if (strchr(program, '/') != NULL) {
		best = check_file(program);
		return best == 0 ? 0 : cannot_run(program, best);
	}
	if (*program == '\0')
		return cannot_run(program, ENOENT);
	if (path == NULL)
		path = "/bin:/usr/bin";
	for (;;) {
		size_t len = strcspn(path, ":");
		int result = check_in(path, len, program);

		if (result == 0)
			return 0;
		if (result == EACCES)
			best = EACCES;
		if (path[len] == '\0')
			return cannot_run(program, best);
		path += len + 1;
	}
}

/* 0 or an errno: who runs on another standard input than the one meant works on nothing. */
static int connect_fd(posix_spawn_file_actions_t *actions, int fd, int as)
{
	return fd < 0 ? 0 : posix_spawn_file_actions_adddup2(actions, fd, as);
}

int cli_child_start(char **argv, const struct cli_environment *environment, int stdin_fd,
		    int stderr_fd, pid_t *ret_pid)
{
	posix_spawn_file_actions_t actions;
	int result;

	if (posix_spawn_file_actions_init(&actions) != 0)
		return cli_fail(CLI_ERROR, "cannot run '%s': no memory", argv[0]);
	/* Our handlers become the default again in the child, what we ignore stays ignored, and our
	 * descriptors are close-on-exec: nothing else has to be undone. */
	result = connect_fd(&actions, stdin_fd, STDIN_FILENO);
	if (result == 0)
		result = connect_fd(&actions, stderr_fd, STDERR_FILENO);
	/* Unlike execvp(3) it hands no file that it does not understand to a shell. */
	if (result == 0)
		result = posix_spawnp(ret_pid, argv[0], &actions, NULL, argv, environment->entries);
	posix_spawn_file_actions_destroy(&actions);
	return result == 0 ? 0 : cannot_run(argv[0], result);
}

int cli_child_status(int wait_status)
{
	if (WIFSIGNALED(wait_status))
		return CLI_SIGNAL + WTERMSIG(wait_status);
	return WEXITSTATUS(wait_status);
}
