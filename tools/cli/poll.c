/* SPDX-License-Identifier: MIT */
/*
 * Implements cli/poll.h.
 *
 * On machines of 32 bits with times of 64, the ppoll() that glibc 2.36 checks (_FORTIFY_SOURCE)
 * hands such a time to the system call that wants the short one, which takes it for no time at all.
 * So it is not checked here.
 */
#undef _FORTIFY_SOURCE

#include "cli/poll.h"

int cli_poll(struct pollfd *fds, nfds_t count, const struct timespec *left, const sigset_t *mask)
{
	return ppoll(fds, count, left, mask);
}
