/* SPDX-License-Identifier: MIT */
/* Implements subscribe/durability.h. An option that would be ignored is refused. */
#include "subscribe/durability.h"

#include <string.h>

#include <fsps/delivery.h>
#include <fsps/durable.h>

#include "cli/fail.h"
#include "cli/number.h"
#include "subscribe/table.h"

/* As fsps/channel.h has them. */
enum { ATTEMPTS_MAX = 1000000 };

/* ---- reading ---- */

static int set_name(struct subscribe_durability *durability, const char *name, bool shared)
{
	static const char allowed[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-";
	size_t len = strlen(name);

	if (len < 1 || len > FSPS_DURABLE_NAME_MAX || strspn(name, allowed) != len)
		return cli_usage("%s wants a name of 1 to %d of A-Z a-z 0-9 -, not '%s'",
				 shared ? "--group" : "--durable", FSPS_DURABLE_NAME_MAX, name);
	if (durability->name != NULL && durability->shared != shared)
		return cli_usage("--durable and --group contradict each other: one reader or many "
				 "who share; give one of them");
	durability->name = name;
	durability->shared = shared;
	return 0;
}

static int read_ack(struct subscribe_durability *durability, const char *value)
{
	static const struct {
		const char *name;
		enum subscribe_ack ack;
	} words[] = {{"none", SUBSCRIBE_ACK_NONE},
		     {"auto", SUBSCRIBE_ACK_AUTO},
		     {"exec", SUBSCRIBE_ACK_EXEC},
		     {"manual", SUBSCRIBE_ACK_MANUAL}};

	for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
		if (strcmp(value, words[i].name) == 0) {
			durability->ack = words[i].ack;
			return 0;
		}
	}
	return cli_usage("--ack wants auto, exec, none or manual, not '%s'", value);
}

int subscribe_durability_apply(struct subscribe_durability *durability, int id, const char *value,
			       bool *ret_known)
{
	*ret_known = true;
	switch (id) {
	case SUBSCRIBE_DURABLE:
		return set_name(durability, value, false);
	case SUBSCRIBE_GROUP:
		return set_name(durability, value, true);
	case SUBSCRIBE_ACK:
		return read_ack(durability, value);
	case SUBSCRIBE_ATTEMPTS:
		return cli_count_option("--attempts", value, 1, ATTEMPTS_MAX,
					&durability->attempts);
	case SUBSCRIBE_DEADLINE:
		return cli_ms_option("--deadline", value, 1, FSPS_DELAY_MS_MAX,
				     &durability->deadline_ms);
	case SUBSCRIBE_RETRY_DELAY:
		return cli_ms_option("--retry-delay", value, 0, FSPS_DELAY_MS_MAX,
				     &durability->retry_delay_ms);
	default:
		*ret_known = false;
		return 0;
	}
}

/* ---- checking ---- */

static enum subscribe_ack default_ack(const struct subscribe_durability *durability, bool runs)
{
	if (runs)
		return SUBSCRIBE_ACK_EXEC;
	return durability->name != NULL ? SUBSCRIBE_ACK_AUTO : SUBSCRIBE_ACK_NONE;
}

static int check_ack(const struct subscribe_durability *durability, bool runs, bool then)
{
	if (durability->ack == SUBSCRIBE_ACK_EXEC && !runs)
		return cli_usage("--ack exec goes with --exec");
	if (runs && durability->ack != SUBSCRIBE_ACK_EXEC && durability->ack != SUBSCRIBE_ACK_NONE)
		return cli_usage("with --exec the command's exit status acknowledges: --ack exec "
				 "or none");
	if (then && durability->ack == SUBSCRIBE_ACK_MANUAL)
		return cli_usage("--ack manual reads standard input, which is the command's of "
				 "--then; give one of them");
	return 0;
}

int subscribe_durability_check(struct subscribe_durability *durability, bool runs, bool then)
{
	int status;

	if (durability->create_only && durability->name == NULL)
		return cli_usage("-E creates durable channels; give --durable NAME or --group "
				 "NAME");
	if (durability->ack == SUBSCRIBE_ACK_UNSAID)
		durability->ack = default_ack(durability, runs);
	status = check_ack(durability, runs, then);
	if (status != 0)
		return status;
	if (durability->ack == SUBSCRIBE_ACK_NONE &&
	    (durability->attempts > 0 || durability->deadline_ms > 0))
		return cli_usage("--attempts and --deadline are for messages that are "
				 "acknowledged; give --durable, --group, --exec or --ack");
	if (!subscribe_durability_awaits(durability) && durability->retry_delay_ms != FSPS_BACKOFF)
		return cli_usage("--retry-delay goes with --exec or --ack manual");
	return 0;
}

/* ---- what follows ---- */

bool subscribe_durability_settles(const struct subscribe_durability *durability)
{
	return durability->ack != SUBSCRIBE_ACK_NONE || durability->shared;
}

bool subscribe_durability_awaits(const struct subscribe_durability *durability)
{
	return durability->ack == SUBSCRIBE_ACK_EXEC || durability->ack == SUBSCRIBE_ACK_MANUAL;
}

struct fsps_channel_options
subscribe_durability_channel(const struct subscribe_durability *durability, uint64_t spin_us,
			     uint32_t unsettled_max)
{
	return (struct fsps_channel_options){.size = sizeof(struct fsps_channel_options),
					     .spin_us = spin_us,
					     .durable = durability->name,
					     .shared = durability->shared,
					     .delivery = subscribe_durability_settles(durability)
								 ? FSPS_AT_LEAST_ONCE
								 : FSPS_AT_MOST_ONCE,
					     .deadline_ms = durability->deadline_ms,
					     .attempts_max = (uint32_t)durability->attempts,
					     .unsettled_max = unsettled_max};
}

int64_t subscribe_durability_deadline_ms(const struct subscribe_durability *durability)
{
	return durability->deadline_ms > 0 ? durability->deadline_ms : FSPS_DEADLINE_MS_DEFAULT;
}
