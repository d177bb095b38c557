/* SPDX-License-Identifier: MIT */
/* The API of <fsps/delivery.h>: checks arguments. */
#include <fsps/delivery.h>

#include "api/argument.h"
#include "base/error.h"
#include "message/codec.h"
#include "subscribe/work.h"

static int check(const char *function, const fsps_channel *channel, const fsps_message *message)
{
	if (channel != NULL && message != NULL)
		return 0;
	return fsi_fail(FSPS_ERR_ARGUMENT, NULL, "%s: channel or message is NULL", function);
}

int fsps_message_ack(fsps_channel *channel, fsps_message *message)
{
	int r = check("fsps_message_ack", channel, message);

	return r < 0 ? r : fsi_work_acknowledge(channel, message);
}

int fsps_message_nack(fsps_channel *channel, fsps_message *message, int64_t delay_ms,
		      const char *error)
{
	int r = check("fsps_message_nack", channel, message);

	if (r < 0)
		return r;
	if (delay_ms < FSPS_BACKOFF || delay_ms > FSPS_DELAY_MS_MAX)
		return fsi_fail(FSPS_ERR_ARGUMENT, NULL,
				"fsps_message_nack: delay_ms is %lld, allowed are 0 to %lld and "
				"FSPS_BACKOFF",
				(long long)delay_ms, (long long)FSPS_DELAY_MS_MAX);
	return fsi_work_nack(channel, message, delay_ms, error);
}

int fsps_message_reject(fsps_channel *channel, fsps_message *message, const char *error)
{
	int r = check("fsps_message_reject", channel, message);

	return r < 0 ? r : fsi_work_reject(channel, message, error);
}

int fsps_message_extend(fsps_channel *channel, fsps_message *message, int64_t deadline_ms)
{
	int r = check("fsps_message_extend", channel, message);

	if (r < 0)
		return r;
	if (deadline_ms < 0 || deadline_ms > FSPS_DELAY_MS_MAX)
		return fsi_fail(FSPS_ERR_ARGUMENT, NULL,
				"fsps_message_extend: deadline_ms is %lld, allowed are 0 to %lld",
				(long long)deadline_ms, (long long)FSPS_DELAY_MS_MAX);
	return fsi_work_extend(channel, message, deadline_ms);
}

uint32_t fsps_message_attempt(const fsps_message *message)
{
	return message == NULL ? 0 : message->attempt;
}
