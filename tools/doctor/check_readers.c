/* SPDX-License-Identifier: MIT */
/* Checks whether those who read keep up with what is published. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "cli/clock.h"
#include "doctor/checks.h"

enum {
	FILLING_PERCENT = 80,
	FULL_PERCENT = 100,
	/* What the FIFO of a channel of formix-pubsub holds: it knows no other limit. */
	FORMIX_RECORDS = 8192,
	BEHIND_S = 60,
};

/* How much of a limit is used, in percent; 0 without one. */
static unsigned of_limit(uint64_t held, uint64_t limit)
{
	if (limit == 0)
		return 0;
	return held >= limit ? FULL_PERCENT : (unsigned)((double)held * 100 / (double)limit);
}

static unsigned fullness(const struct fsps_channel_info *info)
{
	unsigned bytes = of_limit(info->held_bytes, info->limit_bytes);
	unsigned messages = of_limit(info->backlog, info->limit_messages);

	if (doctor_is_formix(info))
		return of_limit(info->backlog, FORMIX_RECORDS);
	return bytes > messages ? bytes : messages;
}

/* The channels from one fullness up to below another. */
static struct doctor_names filled(const struct doctor_facts *facts, unsigned from, unsigned below)
{
	struct doctor_names names = {0};

	for (size_t i = 0; i < facts->channels.count; i++) {
		unsigned percent = fullness(&facts->channels.list[i]);

		if (percent >= from && percent < below)
			doctor_names_add(&names, &facts->channels.list[i]);
	}
	return names;
}

static const char *becomes(const struct fsps_channel_info *info)
{
	switch (info->when_full) {
	case FSPS_FULL_DROP_NEW:
		return "what is new is dropped";
	case FSPS_FULL_DROP_OLDEST:
		return "the oldest are dropped";
	case FSPS_FULL_BLOCK:
		return "publishers wait, and are refused then";
	default:
		return "publishers are refused";
	}
}

static bool is_dropping(const struct fsps_channel_info *info)
{
	return info->when_full == FSPS_FULL_DROP_NEW || info->when_full == FSPS_FULL_DROP_OLDEST;
}

static void mend_by_room(const struct doctor_facts *facts, const struct fsps_channel_info *info,
			 struct doctor_result *result)
{
	struct doctor_word channel =
		doctor_quoted(doctor_is_durable(info) ? info->durable : info->name);

	doctor_mend_here(facts, result, "pubsub-ls -l", "%s    # who reads, and how much may wait",
			 channel.text);
	if (doctor_is_durable(info))
		doctor_mend_here(facts, result, "pubsub-subscribe",
				 "%s --durable %s -E --max-bytes %s",
				 doctor_quoted(info->pattern).text, info->durable,
				 info->limit_messages == 0 ? "1G" : "none --max-messages 100000");
	doctor_mend_here(facts, result, "pubsub-purge", "%s    # what waits is lost", channel.text);
}

void doctor_check_channel_full(const struct doctor_facts *facts, struct doctor_result *result)
{
	struct doctor_names names = filled(facts, FULL_PERCENT, FULL_PERCENT + 1);
	bool refuses = false;

	if (doctor_channels_unknown(&facts->channels, result))
		return;
	if (names.count == 0)
		return doctor_pass(result, "none");
	for (size_t i = 0; i < names.count && i < DOCTOR_NAMED_MAX; i++)
		refuses |= !is_dropping(names.first[i]);
	doctor_find(result, refuses ? DOCTOR_PROBLEM : DOCTOR_WARNING, "full: %s; %s",
		    doctor_names_text(&names).text, becomes(names.first[0]));
	mend_by_room(facts, names.first[0], result);
}

void doctor_check_channel_filling(const struct doctor_facts *facts, struct doctor_result *result)
{
	struct doctor_names names = filled(facts, FILLING_PERCENT, FULL_PERCENT);

	if (doctor_channels_unknown(&facts->channels, result))
		return;
	if (names.count == 0)
		return doctor_pass(result, "none is above %d %% of its limit", FILLING_PERCENT);
	doctor_find(result, DOCTOR_WARNING, "above %d %% of the limit: %s (%u %%)", FILLING_PERCENT,
		    doctor_names_text(&names).text, fullness(names.first[0]));
	mend_by_room(facts, names.first[0], result);
}

static uint64_t missed_by(const struct fsps_channel_info *info)
{
	return info->refused + info->dropped_new + info->dropped_oldest + info->expired +
	       info->evicted;
}

void doctor_check_messages_missed(const struct doctor_facts *facts, struct doctor_result *result)
{
	struct doctor_names names = {0};
	uint64_t missed = 0;

	if (doctor_channels_unknown(&facts->channels, result))
		return;
	for (size_t i = 0; i < facts->channels.count; i++) {
		const struct fsps_channel_info *info = &facts->channels.list[i];

		missed += missed_by(info);
		if (missed_by(info) > 0)
			doctor_names_add(&names, info);
	}
	if (names.count == 0)
		return doctor_pass(result, "every channel got all that was published to it");
	doctor_find(result, DOCTOR_NOTE,
		    "%" PRIu64 " %s refused, dropped or too old since %s made: %s", missed,
		    missed == 1 ? "message was" : "messages were",
		    names.count == 1 ? "the channel was" : "the channels were",
		    doctor_names_text(&names).text);
	doctor_mend_here(facts, result, "pubsub-ls -l", "   # REFUSED, DROPPED, EXPIRED, EVICTED");
}

/* ---- the processes ---- */

static bool has_reader(const struct fsps_channel_info *info)
{
	return info->kind != FSPS_KIND_INBOX && info->alive == FSPS_ALIVE_YES && info->pid > 0;
}

/* Says which process it is; it may have come to lie in another namespace of PIDs. */
static void name_reader(const struct doctor_facts *facts, const struct fsps_channel_info *info,
			char *ret_text, size_t size)
{
	struct doctor_process process = doctor_process_look(&facts->system, info->pid);

	snprintf(ret_text, size, "process %" PRId64 "%s%s%s", info->pid,
		 process.name[0] == '\0' ? "" : " (", process.name,
		 process.name[0] == '\0' ? "" : ")");
}

static bool is_stopped(const struct doctor_facts *facts, const struct fsps_channel_info *info)
{
	char state = has_reader(info) ? doctor_process_look(&facts->system, info->pid).state : 0;

	return state == 'T' || state == 't';
}

void doctor_check_reader_stopped(const struct doctor_facts *facts, struct doctor_result *result)
{
	struct doctor_names names = {0};
	char reader[128];

	if (doctor_channels_unknown(&facts->channels, result))
		return;
	for (size_t i = 0; i < facts->channels.count; i++) {
		if (is_stopped(facts, &facts->channels.list[i]))
			doctor_names_add(&names, &facts->channels.list[i]);
	}
	if (names.count == 0)
		return doctor_pass(result, "no reader is stopped");
	name_reader(facts, names.first[0], reader, sizeof reader);
	doctor_find(result, DOCTOR_WARNING, "%s is stopped, which reads from %s", reader,
		    doctor_names_text(&names).text);
	doctor_mend(result, "kill -CONT %" PRId64, names.first[0]->pid);
}

static bool is_behind(const struct doctor_facts *facts, const struct fsps_channel_info *info)
{
	return has_reader(info) && info->backlog > 0 && info->oldest_us != 0 &&
	       facts->now_us > info->oldest_us + (uint64_t)BEHIND_S * 1000000 &&
	       !is_stopped(facts, info);
}

void doctor_check_reader_behind(const struct doctor_facts *facts, struct doctor_result *result)
{
	struct doctor_names names = {0};
	char age[CLI_SPAN_BYTES];
	char reader[128];

	if (doctor_channels_unknown(&facts->channels, result))
		return;
	for (size_t i = 0; i < facts->channels.count; i++) {
		if (is_behind(facts, &facts->channels.list[i]))
			doctor_names_add(&names, &facts->channels.list[i]);
	}
	if (names.count == 0)
		return doctor_pass(result, "no reader lets messages wait for %d s", BEHIND_S);
	cli_format_span(facts->now_us - names.first[0]->oldest_us, age);
	name_reader(facts, names.first[0], reader, sizeof reader);
	doctor_find(result, DOCTOR_WARNING,
		    "%s has let %" PRIu64 " %s wait, the oldest for %s, in %s", reader,
		    names.first[0]->backlog, names.first[0]->backlog == 1 ? "message" : "messages",
		    age, doctor_names_text(&names).text);
	doctor_mend_here(facts, result, "pubsub-peek", "%s    # what comes next?",
			 doctor_quoted(names.first[0]->name).text);
	doctor_mend(result, "ps -o pid,stat,wchan:32,args -p %" PRId64 "    # what does it do?",
		    names.first[0]->pid);
}
