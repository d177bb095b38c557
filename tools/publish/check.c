/* SPDX-License-Identifier: MIT */
/* Implements publish/check.h: an option that would be ignored is refused, not ignored. */
#include "publish/check.h"

#include <fsps/error.h>
#include <fsps/publisher.h>
#include <fsps/topic.h>

#include "cli/fail.h"
#include "cli/number.h"
#include "cli/status.h"

bool publish_options_stream(const struct publish_options *options)
{
	return options->input == PUBLISH_INPUT_PIECES || options->input == PUBLISH_INPUT_JSON_LINES;
}

bool publish_options_batches(const struct publish_options *options)
{
	bool many = publish_options_stream(options) || options->repeat > 1;

	/* A receipt is one message's, and so is a place in time. */
	return many && !options->verbose && !options->json && options->at_least == 0 &&
	       !options->rate_given && options->repeat_delay_ns == 0;
}

int64_t publish_options_wait_ms(const struct publish_options *options)
{
	/* Whoever feeds a file wants all of it delivered; whoever sends one reading wants to go on.
	 */
	bool waits = options->qos == PUBLISH_QOS_DEFAULT ? publish_options_stream(options)
							 : options->qos == 1;

	if (!waits)
		return 0;
	return options->timeout_ns == PUBLISH_NO_LIMIT ? FSPS_FOREVER
						       : cli_ns_to_ms(options->timeout_ns);
}

/* With -t the operand is the body, else topic and body. */
static int settle_operands(struct publish_options *options)
{
	int body_at = options->topic_option == NULL ? 1 : 0;

	options->topic =
		options->topic_option == NULL ? options->operands[0] : options->topic_option;
	if (options->operands_count <= body_at)
		return 0;
	if (options->operands_count > body_at + 1)
		return cli_usage("unexpected '%s': the topic comes from -t and the body from '%s'",
				 options->operands[1], options->operands[0]);
	if (options->input != PUBLISH_INPUT_NONE)
		return cli_usage("%s and the BODY '%s' both say what to send; give one of them",
				 options->input_option, options->operands[body_at]);
	options->input = PUBLISH_INPUT_BODY;
	options->body = options->operands[body_at];
	return 0;
}

static int check_topic(const struct publish_options *options)
{
	bool own_topics = options->input == PUBLISH_INPUT_JSON_LINES ||
			  options->topic_separator != PUBLISH_NO_SEPARATOR;

	if (options->topic == NULL)
		return own_topics ? 0 : cli_usage("no TOPIC; the first operand names it, or -t");
	if (options->topic_separator != PUBLISH_NO_SEPARATOR)
		return cli_usage("--topic-sep takes the topics from the messages; leave out '%s'",
				 options->topic);
	if (fsps_topic_check(options->topic) < 0)
		return cli_usage("%s", fsps_last_error()->text);
	return 0;
}

static int check_input(const struct publish_options *options)
{
	if (options->topic_separator != PUBLISH_NO_SEPARATOR &&
	    options->input != PUBLISH_INPUT_PIECES)
		return cli_usage("--topic-sep goes with -l, -0 or --delimiter");
	if (options->input == PUBLISH_INPUT_NONE)
		return cli_usage(
			"no message; add a BODY, -n for an empty one, -f FILE, -s for standard "
			"input or -l for its lines");
	return 0;
}

static int check_pace(const struct publish_options *options)
{
	bool stream = publish_options_stream(options);

	if (options->repeat_given && stream)
		return cli_usage("--repeat goes with one message, not with %s",
				 options->input_option);
	if (options->delay_given && !options->repeat_given)
		return cli_usage("--repeat-delay goes with --repeat");
	if (options->rate_given && !options->repeat_given && !stream)
		return cli_usage("--rate goes with --repeat or with many messages (-l, -0, ...)");
	if (options->rate_given && options->delay_given)
		return cli_contradict("--rate", "--repeat-delay");
	return 0;
}

static int check_waits(const struct publish_options *options)
{
	if (options->wait_subscribers > 0 && options->topic == NULL)
		return cli_usage("--wait-subscribers needs a TOPIC on the command line");
	if (options->timeout_ns != PUBLISH_NO_LIMIT && options->wait_subscribers == 0 &&
	    publish_options_wait_ms(options) == 0 && options->timeout_ns != 0)
		return cli_usage("-W has nothing to limit; add -q 1 or --wait-subscribers N");
	if (options->verbose && options->json)
		return cli_usage("-v and --json print the same in two ways; give one of them");
	return 0;
}

int publish_options_check(void *settings)
{
	struct publish_options *options = settings;
	int status = settle_operands(options);

	if (status == 0)
		status = check_topic(options);
	if (status == 0)
		status = check_input(options);
	if (status == 0)
		status = check_pace(options);
	if (status == 0)
		status = check_waits(options);
	return status;
}
