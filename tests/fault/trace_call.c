/* SPDX-License-Identifier: MIT */
/* Implements trace_call.h. */
#include "fault/trace_call.h"

#include <elf.h>
#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/user.h>

/* Of <linux/ptrace.h> from 6.16 on, which is not everywhere; the struct is that of
 * PTRACE_GET_SYSCALL_INFO. */
#define SET_SYSCALL_INFO 0x4212

enum { ARGUMENT_LENGTH = 2 };

static bool get(pid_t pid, struct __ptrace_syscall_info *info)
{
	return ptrace(PTRACE_GET_SYSCALL_INFO, pid, sizeof *info, info) > 0;
}

bool trace_call_get(pid_t pid, struct trace_call *ret_call)
{
	struct __ptrace_syscall_info info = {0};

	if (!get(pid, &info))
		return false;
	ret_call->is_entry = info.op == PTRACE_SYSCALL_INFO_ENTRY;
	ret_call->place = info.instruction_pointer;
	if (ret_call->is_entry) {
		ret_call->number = (long)info.entry.nr;
		for (int i = 0; i < 6; i++)
			ret_call->arguments[i] = info.entry.args[i];
	}
	return ret_call->is_entry || info.op == PTRACE_SYSCALL_INFO_EXIT;
}

/* ---- changing a call ---- */

static bool set(pid_t pid, struct __ptrace_syscall_info *info)
{
	return ptrace((enum __ptrace_request)SET_SYSCALL_INFO, pid, sizeof *info, info) == 0;
}

#if defined(__x86_64__) || defined(__aarch64__)

#if defined(__x86_64__)
#define ARGUMENT(registers) ((registers).rdx)
#define RESULT(registers)   ((registers).rax)
#else
#define ARGUMENT(registers) ((registers).regs[ARGUMENT_LENGTH])
#define RESULT(registers)   ((registers).regs[0])
#endif

static bool change_register(pid_t pid, bool result, uint64_t value)
{
	struct user_regs_struct registers;
	struct iovec all = {.iov_base = &registers, .iov_len = sizeof registers};

	if (ptrace(PTRACE_GETREGSET, pid, (void *)NT_PRSTATUS, &all) < 0)
		return false;
	if (result)
		RESULT(registers) = value;
	else
		ARGUMENT(registers) = value;
	return ptrace(PTRACE_SETREGSET, pid, (void *)NT_PRSTATUS, &all) == 0;
}

static bool change_number(pid_t pid, int number)
{
#if defined(__x86_64__)
	return ptrace(PTRACE_POKEUSER, pid, (void *)offsetof(struct user, regs.orig_rax),
		      (void *)(long)number) == 0;
#else
	struct iovec all = {.iov_base = &number, .iov_len = sizeof number};

	return ptrace(PTRACE_SETREGSET, pid, (void *)NT_ARM_SYSTEM_CALL, &all) == 0;
#endif
}

bool trace_call_is_possible(void)
{
	return true;
}

#else

static bool change_register(pid_t pid, bool result, uint64_t value)
{
	(void)pid;
	(void)result;
	(void)value;
	return false;
}

static bool change_number(pid_t pid, int number)
{
	(void)pid;
	(void)number;
	return false;
}

/* What kernels without the call say to any process, ours too, is EIO; the others miss a tracee. */
bool trace_call_is_possible(void)
{
	return ptrace((enum __ptrace_request)SET_SYSCALL_INFO, 0, 0, NULL) < 0 && errno == ESRCH;
}

#endif

bool trace_call_skip(pid_t pid)
{
	struct __ptrace_syscall_info info = {0};

	if (!get(pid, &info))
		return false;
	info.entry.nr = UINT64_MAX;
	return set(pid, &info) || change_number(pid, -1);
}

bool trace_call_fail(pid_t pid, int error)
{
	struct __ptrace_syscall_info info = {0};

	if (!get(pid, &info))
		return false;
	info.exit.rval = -error;
	info.exit.is_error = 1;
	return set(pid, &info) || change_register(pid, true, (uint64_t)(int64_t)-error);
}

/* ---- doing less ---- */

static bool set_length(pid_t pid, uint64_t length)
{
	struct __ptrace_syscall_info info = {0};

	if (!get(pid, &info))
		return false;
	info.entry.args[ARGUMENT_LENGTH] = length;
	return set(pid, &info) || change_register(pid, false, length);
}

static bool transfer(pid_t pid, uint64_t address, uint64_t *value, bool write)
{
	struct iovec here = {.iov_base = value, .iov_len = sizeof *value};
	struct iovec there = {.iov_base = (void *)(uintptr_t)address, .iov_len = sizeof *value};
	ssize_t r = write ? process_vm_writev(pid, &here, 1, &there, 1, 0)
			  : process_vm_readv(pid, &here, 1, &there, 1, 0);

	return r == (ssize_t)sizeof *value;
}

/* A record in a FIFO or an eventfd is whole or not there, so files alone are cut short. */
static bool is_file(pid_t pid, uint64_t fd)
{
	struct stat status;
	char path[64];

	snprintf(path, sizeof path, "/proc/%d/fd/%u", (int)pid, (unsigned)fd);
	return stat(path, &status) == 0 && S_ISREG(status.st_mode);
}

static bool halve_vector(pid_t pid, const struct trace_call *call, uint64_t ret_vector[2])
{
	uint64_t address = call->arguments[1] + offsetof(struct iovec, iov_len);
	uint64_t length;

	if (call->arguments[ARGUMENT_LENGTH] > 1)
		return set_length(pid, call->arguments[ARGUMENT_LENGTH] / 2);
	if (!transfer(pid, address, &length, false) || length < 2)
		return false;
	ret_vector[0] = address;
	ret_vector[1] = length;
	length /= 2;
	return transfer(pid, address, &length, true);
}

static bool is_vector(long number)
{
	return number == SYS_readv || number == SYS_writev || number == SYS_preadv ||
	       number == SYS_pwritev;
}

bool trace_call_may_do_less(pid_t pid, const struct trace_call *call)
{
	bool plain = call->number == SYS_read || call->number == SYS_write ||
		     call->number == SYS_pread64 || call->number == SYS_pwrite64;

	if (plain && call->arguments[ARGUMENT_LENGTH] < 2)
		return false;
	return (plain || is_vector(call->number)) && is_file(pid, call->arguments[0]);
}

bool trace_call_halve(pid_t pid, const struct trace_call *call, uint64_t ret_vector[2])
{
	ret_vector[0] = 0;
	if (is_vector(call->number))
		return halve_vector(pid, call, ret_vector);
	return set_length(pid, call->arguments[ARGUMENT_LENGTH] / 2);
}

void trace_call_put_back(pid_t pid, const uint64_t vector[2])
{
	uint64_t length = vector[1];

	if (vector[0] != 0)
		(void)transfer(pid, vector[0], &length, true);
}

/* ---- which calls ---- */

bool trace_call_is_certain(long number)
{
	/* Those that end a process, tell who it is, or fail for senseless arguments only; and
	 * those at whose failure the C library gives up. */
	static const long certain[] = {SYS_exit,
				       SYS_exit_group,
				       SYS_rt_sigreturn,
				       SYS_getpid,
				       SYS_gettid,
				       SYS_getuid,
				       SYS_geteuid,
				       SYS_getgid,
				       SYS_getegid,
				       SYS_getppid,
				       SYS_brk,
				       SYS_futex,
				       SYS_restart_syscall,
				       SYS_rt_sigprocmask,
				       SYS_rt_sigaction,
				       SYS_wait4};

	for (size_t i = 0; i < sizeof certain / sizeof certain[0]; i++)
		if (certain[i] == number)
			return true;
	return false;
}
