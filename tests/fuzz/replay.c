/* SPDX-License-Identifier: MIT */
/*
 * The main of a fuzz target without libFuzzer: feeds it each file of its arguments, which are
 * files or directories, and prints TAP.
 *
 * A child process tries one file after the other; if it dies, the file that it was at has failed,
 * and another child goes on behind it, so that one that crashes hides no other. If a child fails
 * when it ends (it leaked, say), each of its files is tried once more in a process of its own. A
 * directory without files fails: a corpus that went astray tests nothing.
 */
#include <dirent.h>
#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* Within which a file must be tried; far more than any takes. */
enum { SECONDS_MAX = 60 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void die(const char *what)
{
	printf("Bail out! %s: %s\n", what, strerror(errno));
	exit(EXIT_FAILURE);
}

/* ---- the files ---- */

static struct {
	char **paths;
	bool *failed;
	size_t count;
} inputs;

static void add_input(const char *path)
{
	inputs.paths = reallocarray(inputs.paths, inputs.count + 1, sizeof *inputs.paths);
	if (inputs.paths == NULL)
		die("inputs");
	inputs.paths[inputs.count] = strdup(path);
	if (inputs.paths[inputs.count] == NULL)
		die("inputs");
	inputs.count++;
}

static int is_visible(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

static void add_directory(const char *path)
{
	struct dirent **entries;
	int count = scandir(path, &entries, is_visible, alphasort);

	if (count < 0)
		die(path);
	errno = ENODATA;
	if (count == 0)
		die(path);
	for (int i = 0; i < count; i++) {
		char *child = NULL;

		if (asprintf(&child, "%s/%s", path, entries[i]->d_name) < 0)
			die("inputs");
		add_input(child);
		free(child);
		free(entries[i]);
	}
	free(entries);
}

static void add_argument(const char *path)
{
	struct stat status;

	if (stat(path, &status) < 0)
		die(path);
	if (S_ISDIR(status.st_mode))
		add_directory(path);
	else
		add_input(path);
}

/* ---- trying them ---- */

/* How many files the child has begun, and finished. */
struct progress {
	size_t begun;
	size_t finished;
};

/* A block of exactly the file's length, so that a sanitizer sees a read behind its end. */
static uint8_t *read_input(const char *path, size_t *ret_len)
{
	FILE *file = fopen(path, "rb");
	struct stat status;
	uint8_t *data;

	if (file == NULL || fstat(fileno(file), &status) < 0)
		die(path);
	*ret_len = (size_t)status.st_size;
	data = malloc(*ret_len);
	if ((data == NULL && *ret_len > 0) || fread(data, 1, *ret_len, file) != *ret_len)
		die(path);
	fclose(file);
	return data;
}

static void try_input(const char *path)
{
	size_t len;
	uint8_t *data = read_input(path, &len);

	alarm(SECONDS_MAX);
	LLVMFuzzerTestOneInput(data, len);
	alarm(0);
	free(data);
}

/* Files from `from` up to `to`, as far as it lives. */
static void try_range(size_t from, size_t to, struct progress *progress)
{
	for (size_t i = from; i < to; i++) {
		progress->begun = i + 1;
		try_input(inputs.paths[i]);
		progress->finished = i + 1;
	}
}

/* The same in a child. Whether it survived them and its own end. */
static bool survives(size_t from, size_t to, struct progress *progress)
{
	int status;
	pid_t pid;

	*progress = (struct progress){.begun = from, .finished = from};
	fflush(stdout);
	pid = fork();
	if (pid < 0)
		die("fork");
	if (pid == 0) {
		try_range(from, to, progress);
		/* Not _exit(): sanitizers look for leaks at exit. */
		exit(EXIT_SUCCESS);
	}
	if (waitpid(pid, &status, 0) != pid)
		die("waitpid");
	if (WIFSIGNALED(status))
		printf("# %s: killed by signal %d\n", inputs.paths[progress->begun - 1],
		       WTERMSIG(status));
	return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

static void try_each(size_t from, size_t to, struct progress *progress)
{
	for (size_t i = from; i < to; i++)
		inputs.failed[i] = !survives(i, i + 1, progress);
}

static void try_all(struct progress *progress)
{
	size_t from = 0;

	while (from < inputs.count && !survives(from, inputs.count, progress)) {
		size_t behind = progress->begun;

		if (progress->finished == inputs.count) {
			try_each(from, inputs.count, progress);
			return;
		}
		inputs.failed[behind - 1] = true;
		from = behind;
	}
}

static bool report(void)
{
	bool all = true;

	printf("1..%zu\n", inputs.count);
	for (size_t i = 0; i < inputs.count; i++) {
		printf("%s %zu - %s\n", inputs.failed[i] ? "not ok" : "ok", i + 1, inputs.paths[i]);
		all = all && !inputs.failed[i];
		free(inputs.paths[i]);
	}
	free(inputs.paths);
	free(inputs.failed);
	return all;
}

int main(int argc, char **argv)
{
	struct progress *progress = mmap(NULL, sizeof *progress, PROT_READ | PROT_WRITE,
					 MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (argc < 2) {
		printf("Bail out! usage: %s FILE-OR-DIRECTORY...\n", argv[0]);
		return EXIT_FAILURE;
	}
	for (int i = 1; i < argc; i++)
		add_argument(argv[i]);
	inputs.failed = calloc(inputs.count, sizeof *inputs.failed);
	if (progress == MAP_FAILED || inputs.failed == NULL)
		die("inputs");
	try_all(progress);
	return report() ? EXIT_SUCCESS : EXIT_FAILURE;
}
