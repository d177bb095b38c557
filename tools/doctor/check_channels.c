/* SPDX-License-Identifier: MIT */
/* Checks what lies in the home: channels that nobody reads, or that we can't read. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/clock.h"
#include "cli/human.h"
#include "cli/users.h"
#include "doctor/checks.h"

/* From how many messages, or from what age on, a backlog without a reader is one that was
 * forgotten. */
enum { UNREAD_MESSAGES = 1000, UNREAD_HOURS = 1 };
#define UNREAD_US (UINT64_C(3600000000) * UNREAD_HOURS)

/* Notes the channels that something holds of. */
static struct doctor_names names_of(const struct doctor_facts *facts,
				    bool (*holds)(const struct doctor_facts *facts,
						  const struct fsps_channel_info *info))
{
	struct doctor_names names = {0};

	for (size_t i = 0; i < facts->channels.count; i++) {
		if (holds(facts, &facts->channels.list[i]))
			doctor_names_add(&names, &facts->channels.list[i]);
	}
	return names;
}

/* "is", "are". */
static const char *are(size_t count)
{
	return count == 1 ? "is" : "are";
}

static const char *channels_word(size_t count)
{
	return count == 1 ? "channel" : "channels";
}

/* What a command takes for a channel. */
static struct doctor_word operand(const struct fsps_channel_info *info)
{
	return doctor_quoted(doctor_is_durable(info) ? info->durable : info->name);
}

/* ---- others ---- */

static bool is_closed(const struct doctor_facts *facts, const struct fsps_channel_info *info)
{
	(void)facts;
	return info->plain && info->uid != geteuid();
}

void doctor_check_channels_closed(const struct doctor_facts *facts, struct doctor_result *result)
{
	struct doctor_names names = names_of(facts, is_closed);
	char user[CLI_ID_TEXT_BYTES];

	if (doctor_channels_unknown(&facts->channels, result))
		return;
	if (names.count == 0)
		return doctor_pass(result, "all channels are ours");
	doctor_find(result, DOCTOR_NOTE, "%zu %s %s another user's: %s", names.count,
		    channels_word(names.count), are(names.count), doctor_names_text(&names).text);
	cli_user_text(names.first[0]->uid, user);
	doctor_mend(result, "sudo -u %s pubsub-doctor --home %s --home-owner %" PRIu32, user,
		    doctor_quoted(facts->home.path).text, facts->home.info.uid);
}

static bool has_other_version(const struct doctor_facts *facts,
			      const struct fsps_channel_info *info)
{
	(void)facts;
	return info->format_version != 0 && info->format_version != FSPS_FORMAT_VERSION;
}

void doctor_check_channel_version(const struct doctor_facts *facts, struct doctor_result *result)
{
	struct doctor_names names = names_of(facts, has_other_version);

	if (doctor_channels_unknown(&facts->channels, result))
		return;
	if (names.count == 0)
		return doctor_pass(result, "none of another version");
	doctor_find(result, DOCTOR_PROBLEM,
		    "%zu %s %s of format version %" PRIu32 "; this libfsps (%s) knows %d: %s",
		    names.count, channels_word(names.count), are(names.count),
		    names.first[0]->format_version, fsps_version(), FSPS_FORMAT_VERSION,
		    doctor_names_text(&names).text);
	doctor_mend(result, "sudo apt install --only-upgrade pubsub-tools libfsps0");
}

static bool is_formix(const struct doctor_facts *facts, const struct fsps_channel_info *info)
{
	(void)facts;
	return doctor_is_formix(info);
}

void doctor_check_formix(const struct doctor_facts *facts, struct doctor_result *result)
{
	struct doctor_names names = names_of(facts, is_formix);

	if (doctor_channels_unknown(&facts->channels, result))
		return;
	if (names.count == 0)
		return doctor_pass(result, "none of formix-pubsub");
	doctor_find(result, DOCTOR_NOTE, "%zu %s %s formix-pubsub's: %s", names.count,
		    channels_word(names.count), are(names.count), doctor_names_text(&names).text);
}

void doctor_check_strange_names(const struct doctor_facts *facts, struct doctor_result *result)
{
	const struct doctor_strange *strange = &facts->strange;
	struct doctor_names formix = names_of(facts, is_formix);

	if (doctor_channels_unknown(&facts->channels, result))
		return;
	if (strange->count == 0)
		return doctor_pass(result, "none");
	doctor_find(result, formix.count > 0 ? DOCTOR_WARNING : DOCTOR_NOTE,
		    "%s in %s is no channel and has a name like one", strange->name,
		    facts->home.path);
	doctor_mend(result, "mv %s/%s .", doctor_quoted(facts->home.path).text,
		    doctor_quoted(strange->name).text);
}

/* ---- the dead ---- */

/* Says so if nobody could look for them. */
static bool is_unswept(const struct doctor_facts *facts, struct doctor_result *result)
{
	if (facts->leftovers.answer >= 0)
		return false;
	doctor_skip(result, "the home can't be looked through");
	return true;
}

void doctor_check_dead_channels(const struct doctor_facts *facts, struct doctor_result *result)
{
	const struct doctor_names *names = &facts->leftovers.channels;

	if (is_unswept(facts, result))
		return;
	if (names->count == 0)
		return doctor_pass(result, "each live channel has its process");
	doctor_find(result, DOCTOR_WARNING, "the %s of %zu %s %s gone: %s",
		    names->count == 1 ? "process" : "processes", names->count,
		    channels_word(names->count), are(names->count), doctor_names_text(names).text);
	doctor_mend_here(facts, result, "pubsub-gc", "%s", "");
}

void doctor_check_leftovers(const struct doctor_facts *facts, struct doctor_result *result)
{
	const struct doctor_leftovers *leftovers = &facts->leftovers;
	char size[CLI_HUMAN_BYTES];

	if (is_unswept(facts, result))
		return;
	if (leftovers->others == 0)
		return doctor_pass(result, "nothing");
	cli_human_kib((leftovers->bytes + 1023) / 1024, size);
	doctor_find(result, leftovers->more_than_locks > 0 ? DOCTOR_WARNING : DOCTOR_NOTE,
		    "%" PRIu64 " %s of processes that are gone, of which %" PRIu64
		    " are more than a lock file; they take %s",
		    leftovers->others, leftovers->others == 1 ? "file" : "files",
		    leftovers->more_than_locks, size);
	doctor_mend_here(facts, result, "pubsub-gc", "%s", "");
}

void doctor_check_unjudged(const struct doctor_facts *facts, struct doctor_result *result)
{
	const struct doctor_leftovers *leftovers = &facts->leftovers;

	if (is_unswept(facts, result))
		return;
	if (leftovers->unjudged == 0)
		return doctor_pass(result, "of all that lies there we know whether it is in use");
	doctor_find(result, DOCTOR_NOTE, "%" PRIu64 " of them, such as %s", leftovers->unjudged,
		    leftovers->first_unjudged);
	doctor_mend(result, "sudo pubsub-gc --home %s --dry-run",
		    doctor_quoted(facts->home.path).text);
}

static bool has_dead_letters(const struct doctor_facts *facts, const struct fsps_channel_info *info)
{
	(void)facts;
	return info->dead_letters > 0;
}

void doctor_check_dead_letters(const struct doctor_facts *facts, struct doctor_result *result)
{
	struct doctor_names names = names_of(facts, has_dead_letters);
	uint64_t letters = 0;

	if (doctor_channels_unknown(&facts->channels, result))
		return;
	for (size_t i = 0; i < facts->channels.count; i++)
		letters += facts->channels.list[i].dead_letters;
	if (names.count == 0)
		return doctor_pass(result, "none");
	doctor_find(result, DOCTOR_WARNING, "%" PRIu64 " %s set aside in %s", letters,
		    letters == 1 ? "message was" : "messages were", doctor_names_text(&names).text);
	doctor_mend_here(facts, result, "pubsub-dead list", "   # what failed, and why");
	doctor_mend_here(facts, result, "pubsub-dead replay", "%s --all    # once that is mended",
			 operand(names.first[0]).text);
	doctor_mend_here(facts, result, "pubsub-dead discard", "%s --all",
			 operand(names.first[0]).text);
}

/* ---- nobody reads ---- */

static bool is_forgotten(const struct doctor_facts *facts, const struct fsps_channel_info *info)
{
	bool is_old = info->oldest_us != 0 && facts->now_us > info->oldest_us &&
		      facts->now_us - info->oldest_us >= UNREAD_US;

	return doctor_is_durable(info) && info->alive == FSPS_ALIVE_NO && info->backlog > 0 &&
	       (info->backlog >= UNREAD_MESSAGES || is_old);
}

void doctor_check_backlog_unread(const struct doctor_facts *facts, struct doctor_result *result)
{
	struct doctor_names names = names_of(facts, is_forgotten);
	const struct fsps_channel_info *first = names.first[0];
	char age[CLI_SPAN_BYTES] = "0s";

	if (doctor_channels_unknown(&facts->channels, result))
		return;
	if (names.count == 0)
		return doctor_pass(result, "no durable channel was forgotten");
	if (first->oldest_us != 0 && facts->now_us > first->oldest_us)
		cli_format_span(facts->now_us - first->oldest_us, age);
	doctor_find(result, DOCTOR_WARNING,
		    "nobody reads from %s, where %" PRIu64 " %s, the oldest for %s%s",
		    doctor_names_text(&names).text, first->backlog,
		    first->backlog == 1 ? "message waits" : "messages wait", age,
		    first->limit_bytes == 0 && first->limit_messages == 0 && first->ttl_ms == 0
			    ? ", without a limit"
			    : "");
	doctor_mend_here(facts, result, "pubsub-subscribe",
			 "%s --durable %s    # or start what reads from it",
			 doctor_quoted(first->pattern).text, first->durable);
	doctor_mend_here(facts, result, "pubsub-rm", "%s    # if nobody needs it any more",
			 first->durable);
}
