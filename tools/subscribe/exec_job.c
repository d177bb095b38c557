/* SPDX-License-Identifier: MIT */
/* Implements subscribe/exec_job.h. */
#include "subscribe/exec_job.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cli/cleanup.h"
#include "cli/fail.h"
#include "cli/status.h"

enum { STATUS_TEXT_BYTES = 32 };

/* ---- starting ---- */

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
	/* At its end it would pass for an empty message. */
	if (fd >= 0 && lseek(fd, 0, SEEK_SET) < 0) {
		close(fd);
		return -1;
	}
	return fd;
}

int subscribe_exec_job_start(struct subscribe_exec_job *job, char **command,
			     const struct cli_environment *environment, fsps_message *message,
			     bool listens)
{
	CLI_CLEANUP(cli_cleanup_fd) int stdin_fd = make_stdin(message);
	CLI_CLEANUP(cli_cleanup_fd) int stderr_fd = -1;
	int status;

	if (stdin_fd < 0)
		return cli_fail(CLI_ERROR, "cannot make the standard input of '%s': %s", command[0],
				strerror(errno));
	job->tail.fd = -1;
	job->tail.len = 0;
	if (listens)
		subscribe_tail_open(&job->tail, &stderr_fd);
	status = cli_child_start(command, environment, stdin_fd, stderr_fd, &job->pid);
	if (status == 0)
		return 0;
	subscribe_tail_close(&job->tail);
	job->pid = 0;
	return status;
}

/* ---- its end ---- */

void subscribe_exec_job_tell(const struct subscribe_exec_job *job, const char *program,
			     int wait_status)
{
	uint64_t id = fsps_message_id(job->delivery.message);
	const char *topic = fsps_message_topic(job->delivery.message);

	if (WIFSIGNALED(wait_status))
		cli_say("'%s' was killed by signal %d (%s) on message %" PRIu64 " of '%s'", program,
			WTERMSIG(wait_status), strsignal(WTERMSIG(wait_status)), id, topic);
	else if (wait_status != 0)
		cli_say("'%s' exited with %d on message %" PRIu64 " of '%s'", program,
			WEXITSTATUS(wait_status), id, topic);
}

/* How it ended, and below that what it said last. */
static void describe(const struct subscribe_tail *tail, int wait_status, char *ret_text)
{
	bool killed = WIFSIGNALED(wait_status);
	int used = snprintf(ret_text, STATUS_TEXT_BYTES, "%s %d", killed ? "signal" : "exit status",
			    killed ? WTERMSIG(wait_status) : WEXITSTATUS(wait_status));
	char *next = ret_text + used;

	if (tail->len > 0)
		*next++ = '\n';
	for (size_t i = 0; i < tail->len; i++)
		*next++ = tail->bytes[i];
	/* NUL would end it before its end. */
	for (char *nul = ret_text; (nul = memchr(nul, '\0', (size_t)(next - nul))) != NULL;)
		*nul = '?';
	*next = '\0';
}

void subscribe_exec_job_settle(const struct subscribe_exec_job *job,
			       struct subscribe_settle *settle, int wait_status)
{
	char text[STATUS_TEXT_BYTES + 1 + SUBSCRIBE_TAIL_BYTES + 1];

	/* Somebody else has it, or will. */
	if (job->is_lost)
		return;
	if (wait_status == 0) {
		subscribe_settle_ack(settle, &job->delivery);
		return;
	}
	describe(&job->tail, wait_status, text);
	subscribe_settle_nack(settle, &job->delivery, settle->options->retry_delay_ms, text);
}
