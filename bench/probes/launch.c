/* SPDX-License-Identifier: MIT */
/*
 * Wall time of commands, from posix_spawn() to their end, without a shell in between, and the
 * processor time that they took in user and system.
 *
 * launch RUNS COMMAND ARGS... [:: COMMAND ARGS...]...
 * runs the commands in turn, every other time in reverse order, with /dev/null as stdin and
 * stdout, and prints for each a line of JSON with lists of nanoseconds, {"wall": [...], "cpu":
 * [...]}. A command that fails ends it with exit code 1. The pause before each run lets the one
 * before it come to rest, such as a broker that still has something to do.
 */
#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { COMMANDS_MAX = 16, PAUSE_NS = 1000000 };

extern char **environ;

/* What one run took. */
struct taken {
	int64_t wall_ns;
	int64_t cpu_ns;
};

struct command {
	char **argv;
	struct taken *taken;
};

static int64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static int complain(const char *what, int error)
{
	fprintf(stderr, "launch: %s: %s\n", what, strerror(error));
	return -1;
}

/* Splits at "::", which is replaced by NULL. Returns how many commands there are, or -1. */
static int split(char **argv, int runs, struct command *commands)
{
	int count = 0;

	for (char **start = argv; *start != NULL && count < COMMANDS_MAX; count++) {
		char **end = start;

		while (*end != NULL && strcmp(*end, "::") != 0)
			end++;
		commands[count].argv = start;
		commands[count].taken = calloc((size_t)runs, sizeof(struct taken));
		if (commands[count].taken == NULL)
			return complain("memory", ENOMEM);
		start = *end == NULL ? end : end + 1;
		*end = NULL;
	}
	return count;
}

static int quiet_stdio(posix_spawn_file_actions_t *actions)
{
	int error = posix_spawn_file_actions_init(actions);

	if (error == 0)
		error = posix_spawn_file_actions_addopen(actions, STDIN_FILENO, "/dev/null",
							 O_RDONLY, 0);
	if (error == 0)
		error = posix_spawn_file_actions_addopen(actions, STDOUT_FILENO, "/dev/null",
							 O_WRONLY, 0);
	return error == 0 ? 0 : complain("posix_spawn_file_actions", error);
}

static int64_t in_ns(struct timeval time)
{
	return ((int64_t)time.tv_sec * 1000000 + time.tv_usec) * 1000;
}

static int run_once(const posix_spawn_file_actions_t *actions, char **argv, struct taken *ret_taken)
{
	struct timespec pause = {.tv_nsec = PAUSE_NS};
	struct rusage used;
	int64_t start_ns;
	pid_t pid;
	int status;
	int error;

	nanosleep(&pause, NULL);
	start_ns = now_ns();
	error = posix_spawnp(&pid, argv[0], actions, NULL, argv, environ);
	if (error != 0)
		return complain(argv[0], error);
	if (wait4(pid, &status, 0, &used) < 0)
		return complain("wait4", errno);
	*ret_taken = (struct taken){.wall_ns = now_ns() - start_ns,
				    .cpu_ns = in_ns(used.ru_utime) + in_ns(used.ru_stime)};
	if (status != 0) {
		fprintf(stderr, "launch: %s: status %d\n", argv[0], status);
		return -1;
	}
	return 0;
}

static int run_all(struct command *commands, int count, int runs)
{
	posix_spawn_file_actions_t actions;

	if (quiet_stdio(&actions) < 0)
		return -1;
	for (int run = 0; run < runs; run++) {
		for (int i = 0; i < count; i++) {
			struct command *command = &commands[run % 2 == 0 ? i : count - 1 - i];

			if (run_once(&actions, command->argv, &command->taken[run]) < 0)
				return -1;
		}
	}
	posix_spawn_file_actions_destroy(&actions);
	return 0;
}

static void print_one(const struct command *command, int runs)
{
	fputs("{\"wall\": [", stdout);
	for (int run = 0; run < runs; run++)
		printf("%s%lld", run == 0 ? "" : ", ", (long long)command->taken[run].wall_ns);
	fputs("], \"cpu\": [", stdout);
	for (int run = 0; run < runs; run++)
		printf("%s%lld", run == 0 ? "" : ", ", (long long)command->taken[run].cpu_ns);
	puts("]}");
}

int main(int argc, char **argv)
{
	struct command commands[COMMANDS_MAX];
	int runs = argc > 2 ? atoi(argv[1]) : 0;
	int count;

	if (runs < 1) {
		fprintf(stderr, "usage: launch RUNS COMMAND ARGS... [:: COMMAND ARGS...]...\n");
		return 2;
	}
	count = split(argv + 2, runs, commands);
	if (count < 0 || run_all(commands, count, runs) < 0)
		return 1;
	for (int i = 0; i < count; i++)
		print_one(&commands[i], runs);
	return 0;
}
