/* SPDX-License-Identifier: MIT */
/* Implements subscribe/exec.h. */
#include "subscribe/exec.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cli/cleanup.h"
#include "cli/fail.h"
#include "cli/status.h"
#include "subscribe/exec_environment.h"

/* A place for a running program; pid 0: free. */
struct subscribe_exec_job {
	pid_t pid;
	fsps_message *message;
};

int subscribe_exec_open(struct subscribe_exec *exec, char **command, size_t jobs_max)
{
	int status;

	*exec = (struct subscribe_exec){.command = command, .jobs_max = jobs_max};
	exec->jobs = calloc(jobs_max, sizeof *exec->jobs);
	if (exec->jobs == NULL || cli_environment_init(&exec->environment) < 0)
		return cli_fail(CLI_ERROR, "no memory");
	status = cli_child_check(command[0]);
	return status;
}

void subscribe_exec_close(struct subscribe_exec *exec)
{
	for (size_t i = 0; exec->jobs != NULL && i < exec->jobs_max; i++)
		fsps_message_unref(exec->jobs[i].message);
	free(exec->jobs);
	cli_environment_deinit(&exec->environment);
}

bool subscribe_exec_full(const struct subscribe_exec *exec)
{
	return exec->running == exec->jobs_max;
}

/* A file in memory with the payload, to be read from its beginning; -1 on failure. */
static int make_stdin(const fsps_message *message)
{
	size_t len;
	const char *payload = fsps_message_payload(message, &len);
	int fd = memfd_create("payload", MFD_CLOEXEC);

	while (fd >= 0 && len > 0) {
		ssize_t written = write(fd, payload, len);

		if (written < 0 && errno == EINTR)
			continue;
		if (written <= 0) {
			close(fd);
			return -1;
		}
		payload += written;
		len -= (size_t)written;
	}
	if (fd >= 0)
		lseek(fd, 0, SEEK_SET);
	return fd;
}

static struct subscribe_exec_job *free_job(struct subscribe_exec *exec)
{
	struct subscribe_exec_job *job = exec->jobs;

	while (job->pid != 0)
		job++;
	return job;
}

int subscribe_exec_start(struct subscribe_exec *exec, fsps_message *message)
{
	struct subscribe_exec_job *job = free_job(exec);
	CLI_CLEANUP(cli_cleanup_message) fsps_message *kept = NULL;
	CLI_CLEANUP(cli_cleanup_fd) int stdin_fd = make_stdin(message);
	int status;

	if (stdin_fd < 0)
		return cli_fail(CLI_ERROR, "no memory for the standard input of '%s': %s",
				exec->command[0], strerror(errno));
	/* Programs may run for long, and what many messages share shall not stay for one of them.
	 */
	status = fsps_message_keep(message, &kept);
	if (status < 0)
		return cli_fail_library(status, NULL);
	if (subscribe_exec_describe(&exec->environment, message, &exec->told_left_out) < 0)
		return cli_fail(CLI_ERROR, "no memory");
	status = cli_child_start(exec->command, &exec->environment, stdin_fd, &job->pid);
	if (status != 0) {
		job->pid = 0;
		return status;
	}
	job->message = kept;
	kept = NULL;
	exec->running++;
	exec->started++;
	return 0;
}

static void take_end(struct subscribe_exec *exec, struct subscribe_exec_job *job, int wait_status)
{
	uint64_t id = fsps_message_id(job->message);
	const char *topic = fsps_message_topic(job->message);

	if (wait_status != 0)
		exec->failed++;
	if (WIFSIGNALED(wait_status))
		cli_say("'%s' was killed by signal %d (%s) on message %" PRIu64 " of '%s'",
			exec->command[0], WTERMSIG(wait_status), strsignal(WTERMSIG(wait_status)),
			id, topic);
	else if (wait_status != 0)
		cli_say("'%s' exited with %d on message %" PRIu64 " of '%s'", exec->command[0],
			WEXITSTATUS(wait_status), id, topic);
	fsps_message_unref(job->message);
	*job = (struct subscribe_exec_job){0};
	exec->running--;
}

void subscribe_exec_reap(struct subscribe_exec *exec)
{
	for (size_t i = 0; i < exec->jobs_max; i++) {
		struct subscribe_exec_job *job = &exec->jobs[i];
		int wait_status;

		if (job->pid != 0 && waitpid(job->pid, &wait_status, WNOHANG) == job->pid)
			take_end(exec, job, wait_status);
	}
}

int subscribe_exec_status(const struct subscribe_exec *exec)
{
	if (exec->failed == 0)
		return 0;
	return cli_fail(CLI_ERROR, "%" PRIu64 " of %" PRIu64 " runs of '%s' failed", exec->failed,
			exec->started, exec->command[0]);
}
