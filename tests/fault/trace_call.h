/* SPDX-License-Identifier: MIT */
/*
 * One system call of a process that stands at its entry or exit: what it is, and how to change what
 * it does or answers. Where the kernel (6.16) has PTRACE_SET_SYSCALL_INFO by that, else by
 * registers, whose places are known for two architectures.
 */
#ifndef TESTS_FAULT_TRACE_CALL_H
#define TESTS_FAULT_TRACE_CALL_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct trace_call {
	bool is_entry;
	/* Where in its memory the process is. */
	uint64_t place;
	/* Of an entry. */
	long number;
	uint64_t arguments[6];
};

/* Whether the process stands at a call. */
bool trace_call_get(pid_t pid, struct trace_call *ret_call);

/* Whether calls can be changed here at all. */
bool trace_call_is_possible(void);

/* At the entry: the call is not done. */
bool trace_call_skip(pid_t pid);
/* At the exit: it failed with that errno. */
bool trace_call_fail(pid_t pid, int error);
/* Whether it is one that may do less than it is asked for. */
bool trace_call_may_do_less(pid_t pid, const struct trace_call *call);
/* At the entry of such a one: gives it half of the bytes to do. ret_vector: the address of a length
 * in its memory that was halved, and the length that it had, to be put back at the exit; or 0. */
bool trace_call_halve(pid_t pid, const struct trace_call *call, uint64_t ret_vector[2]);
void trace_call_put_back(pid_t pid, const uint64_t vector[2]);

/* Whether it is a call that never answers a failure such as we give: what comes of one then says
 * nothing about the program. */
bool trace_call_is_certain(long number);

#endif
