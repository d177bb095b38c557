/* SPDX-License-Identifier: MIT */
/* Implements subscribe/then.h. */
#include "subscribe/then.h"

#include <signal.h>
#include <stddef.h>
#include <sys/wait.h>

#include "cli/child.h"
#include "cli/clock.h"
#include "cli/fail.h"
#include "cli/number.h"
#include "cli/signals.h"
#include "cli/status.h"

int subscribe_then_start(struct subscribe_then *then, char **command)
{
	struct cli_environment environment;
	int status;

	*then = (struct subscribe_then){.command = command};
	if (command == NULL)
		return 0;
	if (cli_environment_init(&environment) < 0)
		status = cli_fail(CLI_ERROR, "no memory");
	else
		status = cli_child_start(command, &environment, -1, -1, &then->pid);
	cli_environment_deinit(&environment);
	if (status != 0)
		then->pid = 0;
	return status;
}

void subscribe_then_reap(struct subscribe_then *then)
{
	int wait_status;

	if (then->pid == 0 || waitpid(then->pid, &wait_status, WNOHANG) != then->pid)
		return;
	then->pid = 0;
	then->ended = true;
	then->status = cli_child_status(wait_status);
}

void subscribe_then_wait(struct subscribe_then *then)
{
	bool passed_on = false;

	subscribe_then_reap(then);
	while (then->pid != 0) {
		if (cli_stop_signal() != 0 && !passed_on) {
			kill(then->pid, cli_stop_signal());
			passed_on = true;
		}
		cli_children_wait(-1);
		cli_children_changed();
		subscribe_then_reap(then);
	}
}

void subscribe_then_stop(struct subscribe_then *then)
{
	int64_t end_ns = cli_now_ns() + CLI_NS_PER_S;

	subscribe_then_reap(then);
	if (then->pid != 0)
		kill(then->pid, SIGTERM);
	while (then->pid != 0) {
		int64_t left_ns = end_ns - cli_now_ns();

		if (left_ns <= 0)
			kill(then->pid, SIGKILL);
		cli_children_wait(left_ns <= 0 ? -1 : (int)cli_ns_to_ms(left_ns));
		cli_children_changed();
		subscribe_then_reap(then);
	}
}
