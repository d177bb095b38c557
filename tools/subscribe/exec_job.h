/* SPDX-License-Identifier: MIT */
/* A running program of --exec and its message: starting it, and what its end means. */
#ifndef SUBSCRIBE_EXEC_JOB_H
#define SUBSCRIBE_EXEC_JOB_H

#include <sys/types.h>

#include "cli/child.h"
#include "subscribe/settle.h"
#include "subscribe/tail.h"

/* pid 0: a free place. */
struct subscribe_exec_job {
	pid_t pid;
	struct subscribe_delivery delivery;
	struct subscribe_tail tail;
	/* When to move the deadline on; INT64_MAX: never, or the message is no longer ours. */
	int64_t extend_ns;
	bool is_lost;
};

/* Starts it for a message. listens: its standard error comes to us. 0, or an exit code after saying
 * what is wrong. */
int subscribe_exec_job_start(struct subscribe_exec_job *job, char **command,
			     const struct cli_environment *environment, fsps_message *message,
			     bool listens);

/* Says how it ended, unless that was well. */
void subscribe_exec_job_tell(const struct subscribe_exec_job *job, const char *program,
			     int wait_status);

/* Settles its message by how it ended. */
void subscribe_exec_job_settle(const struct subscribe_exec_job *job,
			       struct subscribe_settle *settle, int wait_status);

#endif
