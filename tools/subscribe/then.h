/* SPDX-License-Identifier: MIT */
/* --then: one command, started once we are subscribed, so that nothing it causes is missed. */
#ifndef SUBSCRIBE_THEN_H
#define SUBSCRIBE_THEN_H

#include <stdbool.h>
#include <sys/types.h>

struct subscribe_then {
	/* NULL: there is none. */
	char **command;
	/* 0: not started, or over. */
	pid_t pid;
	bool ended;
	/* Its exit code as a shell has it. */
	int status;
};

/* Starts it, if there is one. 0, or the exit code to end with. */
int subscribe_then_start(struct subscribe_then *then, char **command);

/* Takes notice of its end. */
void subscribe_then_reap(struct subscribe_then *then);

/* Waits for it to end, passing a stop signal on to it. */
void subscribe_then_wait(struct subscribe_then *then);

/* Makes it end: SIGTERM, and SIGKILL if it is still there a second later. */
void subscribe_then_stop(struct subscribe_then *then);

#endif
