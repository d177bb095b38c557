/* SPDX-License-Identifier: MIT */
/*
 * A program that is stopped right before one of its system calls, whichever it is: the tracer
 * (ptrace) counts them all, those of the C library and of the dynamic linker too. There it is
 * killed, and never makes that call.
 */
#ifndef TESTS_EXHAUST_STEPS_H
#define TESTS_EXHAUST_STEPS_H

#include <stdbool.h>

struct steps {
	/* What the program does: its result is its exit code. May exec. */
	int (*work)(void *userdata);
	void *userdata;
	/* What happens while it is stopped; NULL: nothing. */
	void (*act)(void *userdata);
	void *act_userdata;
	/* Filled in: whether it came that far, else what it ended with (128 + n for a signal). */
	bool struck;
	int exit_code;
};

/* Runs it up to call `at`, counted from 0. If it ends before, act is called after its end. */
void steps_run(struct steps *steps, unsigned at);

/* Whether processes may be traced here. */
bool steps_possible(void);

#endif
