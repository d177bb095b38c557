/* SPDX-License-Identifier: MIT */
/*
 * Command lines of all commands: each is taken, or refused with a reason and the exit code for
 * wrong usage; and the numbers on them, compared with reading them slowly.
 *
 * The input: a byte that says which command, and its arguments, each ended by a NUL.
 */
#include <getopt.h>
#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "bench/options.h"
#include "bench/plan.h"
#include "cli/number.h"
#include "cli/options.h"
#include "cli/status.h"
#include "dead/options.h"
#include "fuzz/quiet.h"
#include "fuzz/require.h"
#include "gc/options.h"
#include "init/options.h"
#include "ls/options.h"
#include "match/options.h"
#include "peek/options.h"
#include "publish/options.h"
#include "purge/options.h"
#include "rm/options.h"
#include "subscribe/options.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { INPUT_BYTES_MAX = 1024, ARGUMENTS_MAX = 32 };

/* ---- numbers ---- */

/* What a text of digits, perhaps with a point and more of them, is worth; -1: it is none. */
static long double slow_decimal(const char *text, bool fraction, const char **ret_end)
{
	const char *end = text + strspn(text, "0123456789");
	char *read;

	*ret_end = end;
	if (end == text)
		return -1;
	if (fraction && *end == '.') {
		size_t digits = strspn(end + 1, "0123456789");

		if (digits == 0)
			return -1;
		*ret_end = end + 1 + digits;
	}
	return strtold(text, &read);
}

/* Within what a long double is off by, and what was cut behind the ninth digit. */
static bool nearly(long double expected, long double value)
{
	return fabsl(expected - value) <= 1 + expected * 1e-15L;
}

static void check_count(const char *text)
{
	const char *end;
	long double expected = slow_decimal(text, false, &end);
	bool good = expected >= 0 && *end == '\0';
	int64_t count;

	fuzz_require(cli_parse_count(text, &count) == good, "a whole number is one");
	if (good)
		fuzz_require(nearly(fminl(expected, (long double)INT64_MAX), (long double)count),
			     "a whole number is read as it is");
}

static void check_seconds(const char *text)
{
	const char *end;
	long double expected = slow_decimal(text, true, &end) * CLI_NS_PER_S;
	bool good = expected >= 0 && *end == '\0';
	int64_t ns;

	fuzz_require(cli_parse_seconds(text, &ns) == good, "seconds are some");
	if (good)
		fuzz_require(nearly(fminl(expected, (long double)CLI_NS_MAX), (long double)ns),
			     "seconds are read as they are");
}

static long double slow_size(const char *text)
{
	static const char *const units[] = {"", "kK", "mM", "gG", "tT"};
	const char *end;
	long double bytes = slow_decimal(text, false, &end);

	if (bytes < 0 || *end == '\0')
		return bytes;
	for (int unit = 1; unit <= 4; unit++)
		if (strchr(units[unit], *end) != NULL && end[1] == '\0')
			return bytes * powl(1024, unit);
	return -1;
}

static void check_size(const char *text)
{
	long double expected = slow_size(text);
	uint64_t bytes;

	if (strcmp(text, "none") == 0)
		return;
	fuzz_require(cli_parse_size(text, &bytes) == (expected >= 0), "a size is one");
	/* Beyond what anybody has it is just large. */
	if (expected >= (long double)INT64_MAX)
		fuzz_require(bytes >= INT64_MAX, "a size that is too large is large");
	else if (expected >= 0)
		fuzz_require(nearly(expected, (long double)bytes), "a size is read as it is");
}

static void check_rate(const char *text)
{
	int64_t interval_ns;

	if (cli_parse_rate(text, &interval_ns))
		fuzz_require(interval_ns >= 0, "there is no negative time between two");
}

/* ---- command lines ---- */

static int read_publish(int argc, char **argv)
{
	struct publish_options options;
	int status;

	publish_options_init(&options);
	status = cli_parse(&publish_command, argc, argv, &options);
	publish_options_deinit(&options);
	return status;
}

static int read_subscribe(int argc, char **argv)
{
	struct subscribe_options options;
	int status;

	subscribe_options_init(&options);
	status = cli_parse(&subscribe_command, argc, argv, &options);
	subscribe_options_deinit(&options);
	return status;
}

static int read_peek(int argc, char **argv)
{
	struct peek_options options;
	int status;

	peek_options_init(&options);
	status = cli_parse(&peek_command, argc, argv, &options);
	peek_options_deinit(&options);
	return status;
}

static int read_ls(int argc, char **argv)
{
	struct ls_options options = {0};
	int status = cli_parse(&ls_command, argc, argv, &options);

	ls_options_deinit(&options);
	return status;
}

static int read_purge(int argc, char **argv)
{
	struct purge_options options = {0};
	int status = cli_parse(&purge_command, argc, argv, &options);

	purge_options_deinit(&options);
	return status;
}

static int read_rm(int argc, char **argv)
{
	struct rm_options options = {0};
	int status = cli_parse(&rm_command, argc, argv, &options);

	rm_options_deinit(&options);
	return status;
}

static int read_dead(int argc, char **argv)
{
	struct dead_options options = {0};
	int status = cli_parse(&dead_command, argc, argv, &options);

	dead_options_deinit(&options);
	return status;
}

static int read_init(int argc, char **argv)
{
	struct init_options options = {0};

	return cli_parse(&init_command, argc, argv, &options);
}

static int read_match(int argc, char **argv)
{
	struct match_options options = {0};
	int status = cli_parse(&match_command, argc, argv, &options);

	fuzz_require(status != CLI_RUN || options.operands.count >= 2,
		     "there is something to match");
	match_options_deinit(&options);
	return status;
}

static int read_gc(int argc, char **argv)
{
	struct gc_options options;
	int status;

	gc_options_init(&options);
	status = cli_parse(&gc_command, argc, argv, &options);
	fuzz_require(status != CLI_RUN || options.interval_ns > 0, "a watch does not spin");
	return status;
}

/* Whatever is taken can be measured. */
static int plan_bench(const struct bench_options *options)
{
	struct bench_plan plan;
	int status = bench_plan_make(options, &plan);

	fuzz_require(status != 0 || plan.count > 0, "there is something to measure");
	for (size_t i = 0; i < plan.count; i++) {
		const struct bench_case *what = &plan.cases[i];

		fuzz_require(what->size >= 16 && what->publishers > 0 && what->subscribers > 0 &&
				     what->channels > 0 && what->mode < BENCH_ALL,
			     "each combination is one");
		fuzz_require((what->duration_ns > 0) == (options->count == BENCH_NOT_GIVEN),
			     "a round ends by number or by time");
	}
	bench_plan_deinit(&plan);
	return status == 0 ? CLI_RUN : status;
}

static int read_bench(int argc, char **argv)
{
	struct bench_options options;
	int status;

	bench_options_init(&options);
	status = cli_parse(&bench_command, argc, argv, &options);
	return status == CLI_RUN ? plan_bench(&options) : status;
}

static int (*const commands[])(int argc, char **argv) = {
	read_publish, read_subscribe, read_peek,  read_ls,    read_purge, read_rm,
	read_dead,    read_init,      read_bench, read_match, read_gc,
};

enum { COMMANDS = sizeof commands / sizeof commands[0] };

static void check_command(unsigned which, int argc, char **argv)
{
	size_t said = fuzz_said;
	size_t printed = fuzz_printed;
	int status;

	/* 0 makes getopt begin anew. */
	optind = 0;
	status = commands[which % COMMANDS](argc, argv);
	fuzz_require(status == CLI_RUN || status == CLI_DONE || status == CLI_USAGE ||
			     status == CLI_ERROR,
		     "a command line is taken, or refused as one");
	if (status > 0)
		fuzz_require(fuzz_said > said, "a command line that is refused is complained of");
	if (status == CLI_DONE)
		fuzz_require(fuzz_printed > printed, "what was asked for is printed");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static char name[] = "pubsub-fuzz";
	char text[INPUT_BYTES_MAX + 1] = "";
	char *argv[ARGUMENTS_MAX + 2] = {name};
	int argc = 1;

	if (size < 2 || size > INPUT_BYTES_MAX)
		return 0;
	memcpy(text, data + 1, size - 1);
	for (size_t at = 0; at < size - 1 && argc <= ARGUMENTS_MAX; at += strlen(text + at) + 1)
		argv[argc++] = text + at;
	for (int i = 1; i < argc; i++) {
		check_count(argv[i]);
		check_seconds(argv[i]);
		check_size(argv[i]);
		check_rate(argv[i]);
	}
	check_command(data[0], argc, argv);
	return 0;
}
