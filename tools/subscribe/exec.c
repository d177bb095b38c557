/* SPDX-License-Identifier: MIT */
/* Implements subscribe/exec.h. */
#include "subscribe/exec.h"

#include <inttypes.h>
#include <stdlib.h>
#include <sys/wait.h>

#include "cli/cleanup.h"
#include "cli/clock.h"
#include "cli/fail.h"
#include "cli/number.h"
#include "cli/status.h"
#include "subscribe/exec_environment.h"
#include "subscribe/exec_job.h"

int subscribe_exec_open(struct subscribe_exec *exec, char **command, size_t jobs_max,
			struct subscribe_settle *settle)
{
	*exec = (struct subscribe_exec){
		.command = command, .jobs_max = jobs_max, .settle = settle, .extend_ns = INT64_MAX};
	exec->jobs = calloc(jobs_max, sizeof *exec->jobs);
	if (exec->jobs == NULL || cli_environment_init(&exec->environment) < 0)
		return cli_fail(CLI_ERROR, "no memory");
	return cli_child_check(command[0]);
}

void subscribe_exec_close(struct subscribe_exec *exec)
{
	for (size_t i = 0; exec->jobs != NULL && i < exec->jobs_max; i++) {
		if (exec->jobs[i].pid != 0)
			subscribe_tail_close(&exec->jobs[i].tail);
		subscribe_delivery_deinit(&exec->jobs[i].delivery);
	}
	free(exec->jobs);
	cli_environment_deinit(&exec->environment);
}

bool subscribe_exec_full(const struct subscribe_exec *exec)
{
	return exec->running == exec->jobs_max;
}

/* ---- deadlines ---- */

/* Half of a deadline from now. */
static int64_t next_extension(const struct subscribe_exec *exec)
{
	if (exec->settle == NULL)
		return INT64_MAX;
	return cli_now_ns() +
	       subscribe_durability_deadline_ms(exec->settle->options) * CLI_NS_PER_MS / 2;
}

static void extend(struct subscribe_exec *exec, struct subscribe_exec_job *job)
{
	job->is_lost = !subscribe_settle_extend(exec->settle, &job->delivery);
	job->extend_ns = job->is_lost ? INT64_MAX : next_extension(exec);
}

void subscribe_exec_extend(struct subscribe_exec *exec)
{
	int64_t now_ns;

	if (exec->extend_ns == INT64_MAX)
		return;
	now_ns = cli_now_ns();
	if (now_ns < exec->extend_ns)
		return;
	exec->extend_ns = INT64_MAX;
	for (size_t i = 0; i < exec->jobs_max; i++) {
		struct subscribe_exec_job *job = &exec->jobs[i];

		if (job->pid != 0 && now_ns >= job->extend_ns)
			extend(exec, job);
		if (job->pid != 0 && job->extend_ns < exec->extend_ns)
			exec->extend_ns = job->extend_ns;
	}
}

/* ---- starting ---- */

static struct subscribe_exec_job *free_job(struct subscribe_exec *exec)
{
	struct subscribe_exec_job *job = exec->jobs;

	while (job->pid != 0)
		job++;
	return job;
}

/* Programs may run for long, and what many messages share shall not stay for one that is settled
 * already. 0 or an exit code. */
static int keep_apart(struct subscribe_delivery *delivery)
{
	fsps_message *kept;
	int status = fsps_message_keep(delivery->message, &kept);

	if (status < 0)
		return cli_fail_library(status, NULL);
	fsps_message_unref(delivery->message);
	delivery->message = kept;
	return 0;
}

int subscribe_exec_start(struct subscribe_exec *exec, struct subscribe_delivery *delivery)
{
	struct subscribe_exec_job *job = free_job(exec);
	int status = exec->settle == NULL ? keep_apart(delivery) : 0;

	if (status != 0)
		return status;
	if (subscribe_exec_describe(&exec->environment, delivery->message, &exec->told_left_out) <
	    0)
		return cli_fail(CLI_ERROR, "no memory");
	status = subscribe_exec_job_start(job, exec->command, &exec->environment, delivery->message,
					  exec->settle != NULL);
	if (status != 0)
		return status;
	job->delivery = subscribe_delivery_steal(delivery);
	job->is_lost = false;
	job->extend_ns = next_extension(exec);
	if (job->extend_ns < exec->extend_ns)
		exec->extend_ns = job->extend_ns;
	exec->running++;
	exec->started++;
	return 0;
}

/* ---- while they run ---- */

nfds_t subscribe_exec_poll(const struct subscribe_exec *exec, struct pollfd *ret_fds)
{
	for (size_t i = 0; i < exec->jobs_max; i++) {
		const struct subscribe_exec_job *job = &exec->jobs[i];

		ret_fds[i] =
			(struct pollfd){.fd = job->pid != 0 ? job->tail.fd : -1, .events = POLLIN};
	}
	return exec->jobs_max;
}

void subscribe_exec_read(struct subscribe_exec *exec, const struct pollfd *fds)
{
	for (size_t i = 0; i < exec->jobs_max; i++) {
		if (fds[i].revents != 0)
			subscribe_tail_read(&exec->jobs[i].tail);
	}
}

/* ---- their ends ---- */

static void take_end(struct subscribe_exec *exec, struct subscribe_exec_job *job, int wait_status)
{
	/* What it said last; what it left running says the rest to nobody. */
	subscribe_tail_read(&job->tail);
	subscribe_tail_close(&job->tail);
	if (wait_status != 0)
		exec->failed++;
	subscribe_exec_job_tell(job, exec->command[0], wait_status);
	if (exec->settle != NULL)
		subscribe_exec_job_settle(job, exec->settle, wait_status);
	subscribe_delivery_deinit(&job->delivery);
	job->pid = 0;
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
	if (exec->failed == 0 || exec->settle != NULL)
		return 0;
	return cli_fail(CLI_ERROR, "%" PRIu64 " of %" PRIu64 " runs of '%s' failed", exec->failed,
			exec->started, exec->command[0]);
}
