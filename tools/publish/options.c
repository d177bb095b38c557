/* SPDX-License-Identifier: MIT */
/* Implements publish/options.h: what each option sets. check.c tells what does not go together. */
#include "publish/options.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include <fsps/error.h>
#include <fsps/limits.h>
#include <fsps/topic.h>

#include "cli/fail.h"
#include "cli/number.h"
#include "cli/status.h"
#include "cli/unescape.h"
#include "publish/check.h"
#include "publish/table.h"

static int set_input(struct publish_options *options, enum publish_input input, const char *option)
{
	if (options->input != PUBLISH_INPUT_NONE)
		return cli_usage("%s and %s both say what to send; give one of them",
				 options->input_option, option);
	options->input = input;
	options->input_option = option;
	return 0;
}

static int set_delimiter(struct publish_options *options, const char *option, const char *delimiter,
			 size_t len)
{
	options->delimiter = delimiter;
	options->delimiter_len = len;
	return set_input(options, PUBLISH_INPUT_PIECES, option);
}

/* The arguments of a command are its own to change: the sequences are replaced in place. */
static int unescape(const char *option, const char *value, size_t *ret_len)
{
	if (!cli_unescape((char *)(uintptr_t)value, ret_len))
		return cli_usage(
			"%s knows no such sequence; there are \\n \\t \\r \\0 \\a \\e \\v \\\\ "
			"\\xHH",
			option);
	return 0;
}

static int read_delimiter(struct publish_options *options, const char *value)
{
	size_t len;
	int status = unescape("--delimiter", value, &len);

	if (status != 0)
		return status;
	if (len == 0)
		return cli_usage("--delimiter wants at least one byte");
	return set_delimiter(options, "--delimiter", value, len);
}

static int read_separator(struct publish_options *options, const char *value)
{
	size_t len;
	int status = unescape("--topic-sep", value, &len);

	if (status != 0)
		return status;
	if (len != 1)
		return cli_usage("--topic-sep wants a single byte");
	options->topic_separator = (unsigned char)value[0];
	return 0;
}

/* KEY=VALUE or KEY:=JSON. A key contains neither '=' nor ':'. */
static int read_header(struct publish_options *options, const char *value)
{
	const char *equals = strchr(value, '=');
	bool typed = equals != NULL && equals > value && equals[-1] == ':';
	char *key = (char *)(uintptr_t)value;
	int result;

	if (equals == NULL || equals == value || (typed && equals - 1 == value))
		return cli_usage("-H wants KEY=TEXT or KEY:=JSON, not '%s'", value);
	if (options->headers == NULL && fsps_headers_new(&options->headers) < 0)
		return cli_fail_library(FSPS_ERR_NO_MEMORY, NULL);
	key[equals - value - typed] = '\0';
	if (typed)
		result = fsps_headers_set_json(options->headers, key, equals + 1);
	else
		result = fsps_headers_set_string(options->headers, key, equals + 1);
	if (result == FSPS_ERR_NO_MEMORY)
		return cli_fail_library(result, NULL);
	if (result < 0)
		return cli_usage("-H %s%s%s: %s", key, typed ? ":=" : "=", equals + 1,
				 fsps_last_error()->text);
	return 0;
}

static int read_ttl(struct publish_options *options, const char *value)
{
	int64_t ttl_ms;
	int status = cli_ms_option("--ttl", value, 1, FSPS_TTL_MS_MAX, &ttl_ms);

	if (status != 0)
		return status;
	if (options->headers == NULL && fsps_headers_new(&options->headers) < 0)
		return cli_fail_library(FSPS_ERR_NO_MEMORY, NULL);
	if (fsps_headers_set_int(options->headers, FSPS_HEADER_TTL_MS, ttl_ms) < 0)
		return cli_fail_library(fsps_last_error()->code, NULL);
	return 0;
}

static int read_watermark(struct publish_options *options, const char *value)
{
	if (!cli_parse_count(value, &options->watermark_percent) ||
	    options->watermark_percent < 1 || options->watermark_percent > 100)
		return cli_usage("--watermark wants a percentage from 1 to 100 (100: no limit), "
				 "not '%s'",
				 value);
	return 0;
}

static int read_qos(struct publish_options *options, const char *value)
{
	if (strcmp(value, "0") != 0 && strcmp(value, "1") != 0)
		return cli_usage(
			"-q wants 0 (a full channel misses it) or 1 (wait for room), not '%s'",
			value);
	options->qos = value[0] - '0';
	return 0;
}

static int read_rate(struct publish_options *options, const char *value)
{
	options->rate_given = true;
	if (!cli_parse_rate(value, &options->rate_interval_ns))
		return cli_usage("--rate wants a number above 0, as 10 or 0.5/s, not '%s'", value);
	return 0;
}

static int apply_input(struct publish_options *options, int id, const char *value)
{
	switch (id) {
	case PUBLISH_MESSAGE:
		options->body = value;
		return set_input(options, PUBLISH_INPUT_BODY, "-m");
	case PUBLISH_FILE:
		options->file = value;
		return set_input(options, PUBLISH_INPUT_FILE, "-f");
	case PUBLISH_STDIN:
		options->file = "-";
		return set_input(options, PUBLISH_INPUT_FILE, "-s");
	case PUBLISH_EMPTY:
		return set_input(options, PUBLISH_INPUT_EMPTY, "-n");
	case PUBLISH_LINES:
		return set_delimiter(options, "-l", "\n", 1);
	case PUBLISH_NUL:
		return set_delimiter(options, "-0", "\0", 1);
	case PUBLISH_DELIMITER:
		return read_delimiter(options, value);
	case PUBLISH_JSON_LINES:
		return set_input(options, PUBLISH_INPUT_JSON_LINES, "--json-lines");
	default:
		return cli_usage("unknown option");
	}
}

static int apply_number(struct publish_options *options, int id, const char *value)
{
	switch (id) {
	case PUBLISH_REPEAT:
		options->repeat_given = true;
		return cli_count_option("--repeat", value, 1, INT64_MAX, &options->repeat);
	case PUBLISH_REPEAT_DELAY:
		options->delay_given = true;
		return cli_seconds_option("--repeat-delay", value, &options->repeat_delay_ns);
	case PUBLISH_RATE:
		return read_rate(options, value);
	case PUBLISH_AT_LEAST:
		return cli_count_option("--at-least", value, 0, INT_MAX, &options->at_least);
	case PUBLISH_WAIT_SUBSCRIBERS:
		return cli_count_option("--wait-subscribers", value, 1, INT_MAX,
					&options->wait_subscribers);
	case PUBLISH_TIMEOUT:
		return cli_seconds_option("-W", value, &options->timeout_ns);
	case PUBLISH_TTL:
		return read_ttl(options, value);
	case PUBLISH_WATERMARK:
		return read_watermark(options, value);
	default:
		return apply_input(options, id, value);
	}
}

static int apply(void *settings, int id, const char *value, char **rest)
{
	struct publish_options *options = settings;

	(void)rest;
	switch (id) {
	case PUBLISH_TOPIC:
		if (options->topic_option != NULL)
			return cli_usage("-t is there twice; a message has one topic");
		options->topic_option = value;
		return 0;
	case PUBLISH_TOPIC_SEPARATOR:
		return read_separator(options, value);
	case PUBLISH_HEADER:
		return read_header(options, value);
	case PUBLISH_QOS:
		return read_qos(options, value);
	default:
		return apply_number(options, id, value);
	}
}

static int operand_apply(void *settings, const char *operand)
{
	struct publish_options *options = settings;

	if (options->operands_count == 2)
		return cli_usage("unexpected '%s'; put a BODY of several words in quotes", operand);
	options->operands[options->operands_count++] = operand;
	return 0;
}

static const char synopsis[] = "TOPIC [BODY] [OPTION...]";

static const char examples[] = "  pubsub-publish sensors.kitchen 21.5\n"
			       "  pubsub-publish -H unit=C -H floor:=2 sensors.kitchen 21.5\n"
			       "  pubsub-publish -f photo.jpg cameras.door\n"
			       "  tail -f /var/log/syslog | pubsub-publish -l log.syslog\n";

static const char notes[] =
	"A topic is made of A-Z a-z 0-9 . and -, up to 1,024 bytes. That nobody\n"
	"subscribes is no error. Standard input is read only with -s, -f -, -l, -0,\n"
	"--delimiter and --json-lines.\n"
	"\n"
	"Exit codes: 0 done, 1 error, 2 usage, 3 fewer than --at-least, 4 something was\n"
	"full or dropped it, 5 no permission, 124 no subscribers in time.\n"
	"More: man pubsub-publish\n";

static const struct cli_operand more_operands[] = {{.name = "BODY"}, {0}};

const struct cli_command publish_command = {
	.name = "pubsub-publish",
	.synopsis = synopsis,
	.summary = "Send a message to everybody on this machine who subscribes to its topic.",
	.examples = examples,
	.notes = notes,
	.operand = "TOPIC",
	.operand_completes = CLI_COMPLETE_TOPIC,
	.more_operands = more_operands,
	.unknown_hint = "for a BODY that begins with '-', write: TOPIC -- BODY",
	.options = publish_table,
	.apply = apply,
	.operand_apply = operand_apply,
	.check = publish_options_check,
};

void publish_options_init(struct publish_options *options)
{
	*options = (struct publish_options){.topic_separator = PUBLISH_NO_SEPARATOR,
					    .repeat = 1,
					    .timeout_ns = PUBLISH_NO_LIMIT,
					    .qos = PUBLISH_QOS_DEFAULT};
}

void publish_options_deinit(struct publish_options *options)
{
	fsps_headers_free(options->headers);
}
