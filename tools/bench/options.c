/* SPDX-License-Identifier: MIT */
/* Implements bench/options.h. */
#include "bench/options.h"

#include <inttypes.h>
#include <string.h>

#include <fsps/message.h>

#include "bench/stamp.h"
#include "bench/table.h"
#include "cli/fail.h"
#include "cli/number.h"
#include "cli/status.h"

enum {
	SPIN_US_MAX = 1000000,
	CHANNELS_MAX = 100000,
	ROUNDS_DEFAULT = 3,
	WARM_UP_MS_DEFAULT = 100,
	PATIENCE_S_DEFAULT = 10
};

/* Numbers of messages have to go into a stamp, those of the warm-up, too. */
#define COUNT_MAX (INT64_C(1) << 48)

/* What a bus takes at most, less what stands around a payload. */
#define SIZE_MAX_BYTES (FSPS_MESSAGE_BYTES_DEFAULT - 4096)

static const char *const mode_texts[BENCH_MODES] = {
	[BENCH_THROUGHPUT] = "throughput", [BENCH_LATENCY] = "latency",   [BENCH_FANOUT] = "fanout",
	[BENCH_SIZES] = "sizes",           [BENCH_CHANNELS] = "channels", [BENCH_ALL] = "all",
};

const char *bench_mode_text(enum bench_mode mode)
{
	return mode_texts[mode];
}

void bench_options_init(struct bench_options *options)
{
	*options = (struct bench_options){
		.count = BENCH_NOT_GIVEN,
		.duration_ns = BENCH_NOT_GIVEN,
		.rounds = ROUNDS_DEFAULT,
		.warm_up_ns = (int64_t)WARM_UP_MS_DEFAULT * CLI_NS_PER_MS,
		.patience_ns = (int64_t)PATIENCE_S_DEFAULT * CLI_NS_PER_S,
		.batch = 1,
	};
}

/* A number that is not to be another one than was asked for. */
static int count_between(const char *option, const char *value, int64_t min, int64_t max,
			 int64_t *ret_count)
{
	int64_t count = 0;
	int status = cli_count_option(option, value, min, INT64_MAX, &count);

	if (status == 0 && count > max)
		return cli_usage("%s wants at most %" PRId64 ", not '%s'", option, max, value);
	*ret_count = count;
	return status;
}

static int apply_way(struct bench_options *options, enum bench_way way, const char *option)
{
	options->way = way;
	return cli_choose(&options->way_option, option);
}

/* Seconds of which there have to be some. */
static int apply_seconds(const char *option, const char *value, int64_t *ret_ns)
{
	int64_t ns = 0;
	int status = cli_seconds_option(option, value, &ns);

	if (status == 0 && ns == 0)
		return cli_usage("%s wants more than 0 seconds", option);
	*ret_ns = ns;
	return status;
}

static int apply_rate(struct bench_options *options, const char *value)
{
	if (!cli_parse_rate(value, &options->interval_ns) || options->interval_ns == 0)
		return cli_usage("--rate wants messages a second, above 0 and up to 1000000000, "
				 "not '%s'",
				 value);
	return 0;
}

static int apply_much(struct bench_options *options, int id, const char *value)
{
	switch (id) {
	case BENCH_OPTION_COUNT:
		return count_between("--count", value, 1, COUNT_MAX, &options->count);
	case BENCH_OPTION_DURATION:
		return apply_seconds("--duration", value, &options->duration_ns);
	case BENCH_OPTION_ROUNDS:
		return count_between("--rounds", value, 1, BENCH_ROUNDS_MAX, &options->rounds);
	case BENCH_OPTION_WARM_UP:
		return cli_seconds_option("--warm-up", value, &options->warm_up_ns);
	case BENCH_OPTION_RATE:
		return apply_rate(options, value);
	default:
		return apply_seconds("--timeout", value, &options->patience_ns);
	}
}

static int apply_which(struct bench_options *options, int id, const char *value)
{
	switch (id) {
	case BENCH_OPTION_SIZE:
		return bench_list_sizes("--size", value, BENCH_STAMP_BYTES, SIZE_MAX_BYTES,
					&options->sizes);
	case BENCH_OPTION_PUBLISHERS:
		return bench_list_counts("--publishers", value, 1, BENCH_PROCESSES_MAX,
					 &options->publishers);
	case BENCH_OPTION_SUBSCRIBERS:
		return bench_list_counts("--subscribers", value, 1, BENCH_PROCESSES_MAX,
					 &options->subscribers);
	default:
		return bench_list_counts("--channels", value, 1, CHANNELS_MAX, &options->channels);
	}
}

static int apply_batch(struct bench_options *options, const char *value)
{
	int status = count_between("--batch", value, 1, BENCH_BATCH_MAX, &options->batch);

	return status == 0 ? apply_way(options, BENCH_BATCH, "--batch") : status;
}

static int apply(void *settings, int id, const char *value, char **rest)
{
	struct bench_options *options = settings;

	(void)rest;
	switch (id) {
	case BENCH_OPTION_SIZE:
	case BENCH_OPTION_PUBLISHERS:
	case BENCH_OPTION_SUBSCRIBERS:
	case BENCH_OPTION_CHANNELS:
		return apply_which(options, id, value);
	case BENCH_OPTION_BATCH:
		return apply_batch(options, value);
	case BENCH_OPTION_PREPARED:
		return apply_way(options, BENCH_PREPARED, "--prepared");
	case BENCH_OPTION_IN_PLACE:
		return apply_way(options, BENCH_IN_PLACE, "--in-place");
	case BENCH_OPTION_SPIN:
		return count_between("--spin", value, 0, SPIN_US_MAX, &options->spin_us);
	default:
		return apply_much(options, id, value);
	}
}

static int apply_operand(void *settings, const char *operand)
{
	struct bench_options *options = settings;

	if (options->modes_count == BENCH_MODES_MAX)
		return cli_usage("no more than %d modes", BENCH_MODES_MAX);
	for (int mode = 0; mode < BENCH_MODES; mode++) {
		if (strcmp(operand, mode_texts[mode]) == 0) {
			options->modes[options->modes_count++] = (enum bench_mode)mode;
			return 0;
		}
	}
	return cli_usage("'%s' is no mode: throughput, latency, fanout, sizes, channels, all",
			 operand);
}

static bool has_mode(const struct bench_options *options, enum bench_mode mode)
{
	for (size_t i = 0; i < options->modes_count; i++) {
		if (options->modes[i] == mode)
			return true;
	}
	return false;
}

/* Round trips are between two; where other modes are measured, too, they get what is meant for
 * them. */
static int check_latency(const struct bench_options *options)
{
	static const char sentence[] = "latency is between one publisher and one subscriber: leave "
				       "out %s";

	if (options->modes_count != 1 || !has_mode(options, BENCH_LATENCY))
		return 0;
	if (options->publishers.count > 0)
		return cli_usage(sentence, "--publishers");
	if (options->subscribers.count > 0)
		return cli_usage(sentence, "--subscribers");
	if (options->channels.count > 0)
		return cli_usage(sentence, "--channels");
	if (options->way == BENCH_BATCH)
		return cli_usage("latency is one message after another: leave out --batch");
	return 0;
}

static int check(void *settings)
{
	struct bench_options *options = settings;

	if (options->count != BENCH_NOT_GIVEN && options->duration_ns != BENCH_NOT_GIVEN)
		return cli_contradict("--count", "--duration");
	if (options->modes_count == 0)
		options->modes[options->modes_count++] = BENCH_THROUGHPUT;
	return check_latency(options);
}

static const char examples[] =
	"  pubsub-bench                             messages a second, from one to one\n"
	"  pubsub-bench latency --spin 50 --pin     round trips, without sleeping\n"
	"  pubsub-bench --rate 10000 -S 4 -D 10     how late do they come at that rate?\n"
	"  pubsub-bench sizes -s 100,4K,1M --in-place\n"
	"  pubsub-bench all --json >figures.json\n";

static const char notes[] =
	"MODE: throughput (default); latency, round trips between two processes; fanout,\n"
	"1 to 8 subscribers; sizes, 16 bytes to 1 MiB; channels, 1 to 1,000 in one\n"
	"subscriber; all of them, but short. A LIST is a value, or several with commas\n"
	"between them, of which each combination is measured.\n"
	"\n"
	"Exit codes: 0 done, 1 error, 2 usage, 4 messages were lost, 5 no permission,\n"
	"124 nothing went on. More: man pubsub-bench\n";

const struct cli_command bench_command = {
	.name = "pubsub-bench",
	.synopsis = "[MODE...] [OPTION...]",
	.summary = "Measure libfsps on this machine, in a bus of its own.",
	.examples = examples,
	.notes = notes,
	.operand = "MODE",
	.operand_words = "throughput,latency,fanout,sizes,channels,all",
	.options = bench_table,
	.apply = apply,
	.operand_apply = apply_operand,
	.check = check,
};
