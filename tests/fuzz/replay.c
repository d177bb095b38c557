/* SPDX-License-Identifier: MIT */
/*
 * The main of a fuzz target without libFuzzer: feeds it each file of its arguments, which are
 * files or directories, and prints TAP. Each file is tried in a process of its own, so that one
 * that crashes hides no other. A directory without files fails: a corpus that went astray tests
 * nothing.
 */
#include <dirent.h>
#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void die(const char *what)
{
	printf("Bail out! %s: %s\n", what, strerror(errno));
	exit(EXIT_FAILURE);
}

/* ---- the files ---- */

static struct {
	char **paths;
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

	LLVMFuzzerTestOneInput(data, len);
	free(data);
}

/* Whether the target survives a file. */
static bool survives(const char *path)
{
	int status;
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (pid < 0)
		die("fork");
	if (pid == 0) {
		try_input(path);
		/* Not _exit(): sanitizers look for leaks at exit. */
		exit(EXIT_SUCCESS);
	}
	if (waitpid(pid, &status, 0) != pid)
		die("waitpid");
	if (WIFSIGNALED(status))
		printf("# killed by signal %d\n", WTERMSIG(status));
	return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

static bool try_all(void)
{
	bool all = true;

	printf("1..%zu\n", inputs.count);
	for (size_t i = 0; i < inputs.count; i++) {
		bool passed = survives(inputs.paths[i]);

		printf("%s %zu - %s\n", passed ? "ok" : "not ok", i + 1, inputs.paths[i]);
		free(inputs.paths[i]);
		all = all && passed;
	}
	free(inputs.paths);
	return all;
}

int main(int argc, char **argv)
{
	if (argc < 2) {
		printf("Bail out! usage: %s FILE-OR-DIRECTORY...\n", argv[0]);
		return EXIT_FAILURE;
	}
	for (int i = 1; i < argc; i++)
		add_argument(argv[i]);
	return try_all() ? EXIT_SUCCESS : EXIT_FAILURE;
}
