/* SPDX-License-Identifier: MIT */
/* Implements subscribe/options.h: the reading. */
#include "subscribe/options.h"

#include <fsps/delivery.h>

#include "cli/fail.h"
#include "cli/number.h"
#include "cli/ready.h"
#include "subscribe/options_check.h"
#include "subscribe/table.h"

enum { JOBS_MAX = 4096, SPIN_US_MAX = 1000000 };

static int set_mode(struct subscribe_options *options, enum subscribe_mode mode, const char *option)
{
	options->mode = mode;
	return cli_choose(&options->mode_option, option);
}

/* The command and its arguments as one list: they stand next to each other in argv, except that
 * in "--exec=CMD" the option and the command share an argument. */
static char **command_of(const char *value, char **rest)
{
	rest[-1] = (char *)(uintptr_t)value;
	return rest - 1;
}

static int read_spin(struct subscribe_options *options, const char *value)
{
	int status = cli_count_option("--spin", value, 0, INT64_MAX, &options->spin_us);

	if (status == 0 && options->spin_us > SPIN_US_MAX)
		return cli_usage("--spin wants at most %d microseconds, not '%s'", SPIN_US_MAX,
				 value);
	return status;
}

static int apply_limit(struct subscribe_options *options, int id, const char *value)
{
	switch (id) {
	case SUBSCRIBE_COUNT:
		return cli_count_option("-C", value, 1, INT64_MAX, &options->count);
	case SUBSCRIBE_ONE:
		options->count = 1;
		return 0;
	case SUBSCRIBE_TIMEOUT:
		return cli_seconds_option("-W", value, &options->timeout_ns);
	case SUBSCRIBE_IDLE:
		return cli_seconds_option("--idle", value, &options->idle_ns);
	case SUBSCRIBE_SPIN:
		return read_spin(options, value);
	case SUBSCRIBE_JOBS:
		return cli_count_option("-j", value, 1, JOBS_MAX, &options->jobs);
	case SUBSCRIBE_READY_FD:
		return cli_ready_option(value, &options->ready_fd);
	default:
		return cli_usage("unknown option");
	}
}

static int apply_show(struct subscribe_options *options, int id, const char *value)
{
	switch (id) {
	case SUBSCRIBE_VERBOSE:
		return set_mode(options, SUBSCRIBE_SHOW_VERBOSE, "-v");
	case SUBSCRIBE_JSON:
		return set_mode(options, SUBSCRIBE_SHOW_JSON, "--json");
	case SUBSCRIBE_FORMAT:
		options->format_text = value;
		return set_mode(options, SUBSCRIBE_SHOW_FORMAT, "-F");
	default:
		return apply_limit(options, id, value);
	}
}

static int apply(void *settings, int id, const char *value, char **rest)
{
	struct subscribe_options *options = settings;
	bool known;
	int status = subscribe_durability_apply(&options->durability, id, value, &known);

	if (!known)
		status = subscribe_capacity_apply(&options->capacity, id, value, &known);
	if (known)
		return status;
	options->others += id != SUBSCRIBE_TOPIC;
	switch (id) {
	case SUBSCRIBE_TOPIC:
		return cli_operands_add_pattern(&options->patterns, value);
	case SUBSCRIBE_EXEC:
		options->exec = command_of(value, rest);
		return set_mode(options, SUBSCRIBE_RUN, "--exec");
	case SUBSCRIBE_THEN:
		options->then = command_of(value, rest);
		return 0;
	default:
		return apply_show(options, id, value);
	}
}

static int operand_apply(void *settings, const char *operand)
{
	struct subscribe_options *options = settings;

	return cli_operands_add_pattern(&options->patterns, operand);
}

static const char examples[] =
	"  pubsub-subscribe -v 'sensors.+'\n"
	"  pubsub-subscribe -1 -W 5 jobs.done\n"
	"  pubsub-subscribe --json log.syslog | jq .payload\n"
	"  pubsub-subscribe alarms --exec notify-send Alarm\n"
	"  pubsub-subscribe 'jobs.+' --group mailers -j 4 --exec send-mail\n"
	"  pubsub-subscribe 'sensors.+' --max-messages 100 --when-full drop-oldest\n"
	"  pubsub-subscribe answers --then pubsub-publish questions 'who is there?'\n";

static const char notes[] =
	"In a pattern = stands for a word (A-Z a-z 0-9 -) and + for words and dots; it\n"
	"matches a whole topic. Quote it. With several patterns a message is shown once.\n"
	"A durable channel collects while nobody reads; pubsub-rm removes it. Limits that\n"
	"are given change those of a durable channel that is there.\n"
	"\n"
	"Exit codes: 0 done, 1 error, dead letter or failed message, 2 usage, 4 the\n"
	"channel was full and dropped messages, 5 no permission, 124 nothing or not\n"
	"enough came in time, 126 or 127 a command can't be run, else that of --then.\n"
	"More: man pubsub-subscribe\n";

const struct cli_command subscribe_command = {
	.name = "pubsub-subscribe",
	.synopsis = "PATTERN... [OPTION...]",
	.summary = "Print the messages that others on this machine publish.",
	.examples = examples,
	.notes = notes,
	.operand = "PATTERN",
	.operand_completes = CLI_COMPLETE_PATTERN,
	.options = subscribe_table,
	.apply = apply,
	.operand_apply = operand_apply,
	.check = subscribe_options_check,
};

void subscribe_options_init(struct subscribe_options *options)
{
	*options = (struct subscribe_options){.count = CLI_NO_LIMIT,
					      .timeout_ns = CLI_NO_LIMIT,
					      .idle_ns = CLI_NO_LIMIT,
					      .durability.retry_delay_ms = FSPS_BACKOFF,
					      .ready_fd = -1};
}

void subscribe_options_deinit(struct subscribe_options *options)
{
	subscribe_format_deinit(&options->format);
	cli_operands_deinit(&options->patterns);
}
