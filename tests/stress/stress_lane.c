/* SPDX-License-Identifier: MIT */
/*
 * stress_lane [SECONDS]: the fast lane between processes, as hard as it can be had.
 *
 * Two publishers, whose topics go to three sets of channels that overlap; subscribers that sleep,
 * spin, poll, hold what they borrowed, come and go. Messages of random size with content that can
 * be checked, in all ways to publish. Segments are used again all the time. Order, loss, content
 * and waking are checked. Uses the public API alone, and no test framework, so that it runs
 * wherever the library does.
 *
 * Run for arm64 by qemu-aarch64 on an x86-64 machine (scripts/dev arm64) it shows what is wrong
 * whatever the order of memory accesses: sizes, alignment, atomics that are calls of a library with
 * locks of its own, what the compiler moved, page sizes (qemu-aarch64 -p 65536). Of the order
 * itself it shows next to nothing. Qemu keeps a guest's loads and stores in program order and makes
 * plain ones plain ones of x86, which lets only a load pass an earlier store. Once a guest has
 * mapped shared memory, dmb becomes a full barrier, as does what qemu sets before each stlr and
 * behind each ldar. So a commit without release, or a look without acquire, goes unseen; the fences
 * between commit and look at who sleeps are real, but a run of a minute without them passed, too.
 * For these there are the models (tests/model) and docs/design, or a run of this on such a machine.
 */
#include <errno.h>
#include <ftw.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "stress.h"

enum {
	PROCESSES = PUBLISHERS + SUBSCRIBERS,
	SECONDS_DEFAULT = 2,
	SECONDS_MAX = 3600,
	/* Beyond the seconds: then something hangs. */
	PATIENCE_S = 30,
	DIRECTORIES_OPEN = 16,
};

const char *const topics[TOPICS] = {"load.a", "load.b", "load.c"};

const struct subscriber subscribers[SUBSCRIBERS] = {
	{"load.=", STYLE_SLEEPS, {true, true, true}},   {"load.a", STYLE_SPINS, {true}},
	{"load.b", STYLE_POLLS, {false, true}},         {"+", STYLE_HOLDS, {true, true, true}},
	{"load.c", STYLE_VISITS, {false, false, true}},
};

void give_up(const char *who, const char *format, ...)
{
	va_list list;

	printf("# %s: ", who);
	va_start(list, format);
	vprintf(format, list);
	va_end(list);
	putchar('\n');
	exit(1);
}

fsps_bus *open_bus(const struct stress *stress)
{
	struct fsps_bus_options options = {.size = sizeof options, .home = stress->home};
	fsps_bus *bus = NULL;

	if (fsps_bus_open(&options, &bus) < 0)
		give_up("bus", "%s", fsps_last_error()->text);
	return bus;
}

int64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* ---- processes ---- */

static void open_pipe(struct pipe_ends *ends)
{
	int fds[2];

	if (pipe(fds) < 0)
		give_up("pipe", "%s", strerror(errno));
	*ends = (struct pipe_ends){.read_fd = fds[0], .write_fd = fds[1]};
}

static void begin_process(struct stress *stress)
{
	alarm((unsigned)stress->seconds + PATIENCE_S);
	signal(SIGPIPE, SIG_IGN);
	close(stress->ready.read_fd);
}

static pid_t start_subscriber(struct stress *stress, unsigned number)
{
	pid_t pid = fork();

	if (pid != 0)
		return pid;
	begin_process(stress);
	close(stress->work.write_fd);
	for (int i = 0; i < PUBLISHERS; i++)
		close(stress->answers[i].read_fd);
	run_subscriber(stress, number);
	exit(0);
}

static pid_t start_publisher(struct stress *stress, uint32_t number)
{
	pid_t pid = fork();

	if (pid != 0)
		return pid;
	begin_process(stress);
	for (int i = 0; i < PUBLISHERS; i++)
		close(stress->answers[i].write_fd);
	run_publisher(stress, number);
	exit(0);
}

/* All but the guest: from then on nothing that is published passes them by. */
static bool wait_until_ready(struct stress *stress)
{
	char byte;
	int count = 0;

	close(stress->ready.write_fd);
	stress->ready.write_fd = -1;
	while (count < SUBSCRIBERS - 1 && read(stress->ready.read_fd, &byte, 1) == 1)
		count++;
	return count == SUBSCRIBERS - 1;
}

static bool ended_well(pid_t pid)
{
	int status;

	for (;;) {
		if (waitpid(pid, &status, 0) == pid)
			break;
		if (errno != EINTR)
			return false;
	}
	if (WIFSIGNALED(status))
		printf("# process %ld was ended by signal %d\n", (long)pid, WTERMSIG(status));
	return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

static void forget(pid_t *pids, pid_t pid)
{
	for (int i = 0; i < PROCESSES; i++)
		if (pids[i] == pid)
			pids[i] = 0;
}

/* One that failed leaves the others waiting. */
static bool all_ended_well(pid_t *pids)
{
	bool well = true;

	for (int left = PROCESSES; left > 0; left--) {
		siginfo_t info = {0};

		while (waitid(P_ALL, 0, &info, WEXITED | WNOWAIT) < 0 && errno == EINTR)
			;
		forget(pids, info.si_pid);
		if (ended_well(info.si_pid) || !well)
			continue;
		well = false;
		for (int i = 0; i < PROCESSES; i++)
			if (pids[i] > 0)
				kill(pids[i], SIGTERM);
	}
	return well;
}

static bool run(struct stress *stress)
{
	pid_t pids[PROCESSES] = {0};
	bool ready;

	for (unsigned i = 0; i < SUBSCRIBERS; i++)
		pids[i] = start_subscriber(stress, i);
	ready = wait_until_ready(stress);
	for (uint32_t i = 0; i < PUBLISHERS; i++)
		pids[SUBSCRIBERS + i] = start_publisher(stress, i);
	close(stress->work.write_fd);
	for (int i = 0; i < PUBLISHERS; i++) {
		close(stress->answers[i].read_fd);
		close(stress->answers[i].write_fd);
	}
	return all_ended_well(pids) && ready;
}

/* ---- the whole ---- */

static int remove_one(const char *path, const struct stat *status, int type, struct FTW *place)
{
	(void)status;
	(void)type;
	(void)place;
	return remove(path);
}

int main(int argc, char **argv)
{
	struct stress stress = {.seconds = argc > 1 ? atoi(argv[1]) : SECONDS_DEFAULT};
	char home[64];
	bool well;

	if (argc > 2 || stress.seconds < 1 || stress.seconds > SECONDS_MAX) {
		fprintf(stderr, "usage: %s [SECONDS]\n", argv[0]);
		return 2;
	}
	setvbuf(stdout, NULL, _IOLBF, 0);
	printf("1..1\n");
	snprintf(home, sizeof home, "%s/fsps-stress-XXXXXX",
		 access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
	if (mkdtemp(home) == NULL)
		give_up("home", "%s", strerror(errno));
	stress.home = home;
	open_pipe(&stress.ready);
	open_pipe(&stress.work);
	for (int i = 0; i < PUBLISHERS; i++)
		open_pipe(&stress.answers[i]);
	well = run(&stress);
	nftw(home, remove_one, DIRECTORIES_OPEN, FTW_DEPTH | FTW_PHYS);
	printf("%s 1 - the fast lane loses, mixes up and spoils nothing\n", well ? "ok" : "not ok");
	return well ? 0 : 1;
}
