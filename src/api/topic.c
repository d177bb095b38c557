/* SPDX-License-Identifier: MIT */
/* Implements fsps/topic.h: checks the arguments, and leaves the rest to the topic layer. */
#include <fsps/topic.h>

#include <string.h>

#include <fsps/error.h>

#include "base/error.h"
#include "topic/match.h"
#include "topic/name.h"

static int fail_null(const char *function, const char *argument)
{
	return fsi_fail(FSPS_ERR_ARGUMENT, NULL, "%s() needs a %s, not NULL", function, argument);
}

int fsps_topic_check(const char *topic)
{
	if (topic == NULL)
		return fail_null(__func__, "topic");
	return fsi_topic_check(topic);
}

int fsps_pattern_check(const char *pattern)
{
	if (pattern == NULL)
		return fail_null(__func__, "pattern");
	return fsi_pattern_check(pattern);
}

int fsps_match(const char *pattern, const char *topic)
{
	int result;

	if (pattern == NULL)
		return fail_null(__func__, "pattern");
	if (topic == NULL)
		return fail_null(__func__, "topic");
	result = fsi_pattern_check(pattern);
	if (result == FSPS_OK)
		result = fsi_topic_check(topic);
	if (result != FSPS_OK)
		return result;
	return fsi_match(pattern, strlen(pattern), topic, strlen(topic));
}
