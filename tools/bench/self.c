/* SPDX-License-Identifier: MIT */
/* Implements bench/self.h. */
#include "bench/self.h"

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "cli/fail.h"
#include "cli/number.h"
#include "cli/status.h"

static int64_t ns_of(struct timeval time)
{
	return time.tv_sec * (int64_t)CLI_NS_PER_S + time.tv_usec * INT64_C(1000);
}

int64_t bench_self_cpu_ns(void)
{
	struct rusage usage;

	getrusage(RUSAGE_SELF, &usage);
	return ns_of(usage.ru_utime) + ns_of(usage.ru_stime);
}

void bench_self_start(struct bench_seat *seat, int64_t now_ns)
{
	seat->start_ns = now_ns;
	/* Until it ends that is what was used before. */
	seat->cpu_ns = bench_self_cpu_ns();
}

void bench_self_end(struct bench_seat *seat, int64_t now_ns)
{
	struct rusage usage;

	seat->end_ns = now_ns;
	seat->cpu_ns = bench_self_cpu_ns() - seat->cpu_ns;
	/* Counted from the fork on: a child's memory is another one. */
	getrusage(RUSAGE_SELF, &usage);
	seat->rss_max_kib = (uint64_t)usage.ru_maxrss;
}

int bench_self_pin(size_t number)
{
	cpu_set_t allowed;
	cpu_set_t chosen;
	size_t left;

	if (sched_getaffinity(0, sizeof allowed, &allowed) < 0)
		return cli_fail(CLI_ERROR, "--pin: %s", strerror(errno));
	left = number % (size_t)CPU_COUNT(&allowed);
	CPU_ZERO(&chosen);
	for (size_t cpu = 0; cpu < CPU_SETSIZE; cpu++) {
		if (!CPU_ISSET(cpu, &allowed))
			continue;
		if (left-- == 0) {
			CPU_SET(cpu, &chosen);
			break;
		}
	}
	if (sched_setaffinity(0, sizeof chosen, &chosen) < 0)
		return cli_fail(CLI_ERROR, "--pin: %s", strerror(errno));
	return 0;
}

void bench_self_be_punctual(void)
{
	/* Without it we are late, which is shown. */
	prctl(PR_SET_TIMERSLACK, 1UL);
}

int bench_self_follow_parent(int parent_pid)
{
	prctl(PR_SET_PDEATHSIG, (unsigned long)SIGTERM);
	return getppid() == parent_pid;
}
