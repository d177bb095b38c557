/* SPDX-License-Identifier: MIT */
/* Checks who may use the home, whether all in it agrees with that, and whose format it is. */
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#include "cli/clock.h"
#include "cli/users.h"
#include "doctor/checks.h"

enum { US_PER_S = 1000000, CLOCK_BEHIND_S = 60 };

/* Says so if the home can't be looked at; another check tells why. */
static bool is_unknown(const struct doctor_home *home, struct doctor_result *result)
{
	if (home->known == 1)
		return false;
	doctor_skip(result, home->known == 0 ? "there is no home" : "the home can't be used");
	return true;
}

static uint32_t mode_of_profile(int profile)
{
	if (profile == FSPS_PROFILE_PUBLIC)
		return 01777;
	return profile == FSPS_PROFILE_GROUP ? 03770 : 0700;
}

static void mend_by_init(const struct doctor_home *home, struct doctor_result *result)
{
	const char *sudo = home->info.uid == geteuid() ? "" : "sudo ";

	doctor_mend(result, "%spubsub-init --home %s --profile %s", sudo,
		    doctor_quoted(home->path).text, doctor_profile_text(home->info.profile));
}

void doctor_check_home_mode(const struct doctor_facts *facts, struct doctor_result *result)
{
	const struct doctor_home *home = &facts->home;
	const struct fsps_home_info *info = &home->info;
	bool is_private = info->profile == FSPS_PROFILE_PRIVATE;
	const char *profile = doctor_profile_text(info->profile);

	if (is_unknown(home, result))
		return;
	if (info->mode == mode_of_profile(info->profile))
		return doctor_pass(result, "mode %04" PRIo32 ", as of a %s home", info->mode,
				   profile);
	/* formix-pubsub makes them so. */
	if (is_private && (info->mode & 0700) == 0700)
		doctor_find(result, DOCTOR_NOTE,
			    "mode %04" PRIo32 ": others may see who subscribes to what",
			    info->mode);
	else
		doctor_find(result, DOCTOR_WARNING,
			    "mode %04" PRIo32 " instead of %04" PRIo32 ", which a %s home has",
			    info->mode, mode_of_profile(info->profile), profile);
	mend_by_init(home, result);
}

/* One of the two directories. Returns whether all is well with it. */
static bool inside_is_well(const struct doctor_home *home, const char *name, uint32_t uid,
			   uint32_t mode, struct doctor_result *result)
{
	uint32_t wanted = mode_of_profile(home->info.profile);
	char owner[CLI_ID_TEXT_BYTES];

	if (mode == 0)
		return true;
	if (uid != home->info.uid && uid != 0 && uid != geteuid()) {
		cli_user_text(uid, owner);
		doctor_find(result, DOCTOR_PROBLEM, "%s/%s belongs to %s, not to the home's owner",
			    home->path, name, owner);
		doctor_mend(result, "sudo rm -r %s/%s    # while nobody uses the home",
			    doctor_quoted(home->path).text, name);
		return false;
	}
	if ((mode & wanted) == wanted)
		return true;
	doctor_find(result, DOCTOR_WARNING,
		    "%s/%s has mode %04" PRIo32 ", which shuts out who may use a %s home",
		    home->path, name, mode, doctor_profile_text(home->info.profile));
	mend_by_init(home, result);
	return false;
}

void doctor_check_home_inside(const struct doctor_facts *facts, struct doctor_result *result)
{
	const struct fsps_home_info *info = &facts->home.info;

	if (is_unknown(&facts->home, result))
		return;
	if (inside_is_well(&facts->home, ".fsps", info->state_uid, info->state_mode, result) &&
	    inside_is_well(&facts->home, "tmp", info->staging_uid, info->staging_mode, result))
		doctor_pass(result, "what all its users share is open to them");
}

void doctor_check_home_trust(const struct doctor_facts *facts, struct doctor_result *result)
{
	const struct doctor_home *home = &facts->home;
	char owner[CLI_ID_TEXT_BYTES];

	if (is_unknown(home, result))
		return;
	if (!doctor_home_is_shared(home) || home->info.uid == 0)
		return doctor_pass(result, "nobody has to trust another user");
	cli_user_text(home->info.uid, owner);
	doctor_find(result, DOCTOR_NOTE, "all who use %s have to trust %s, whose it is", home->path,
		    owner);
	doctor_mend(result, "export PUBSUB_HOME_OWNER=%" PRIu32 "    # in each of their sessions",
		    home->info.uid);
	doctor_mend(result, "cd %s && sudo chown root . .fsps tmp    # while nobody uses it",
		    doctor_quoted(home->path).text);
}

void doctor_check_home_version(const struct doctor_facts *facts, struct doctor_result *result)
{
	const struct doctor_home *home = &facts->home;
	uint32_t version = home->info.format_version;

	if (is_unknown(home, result))
		return;
	if (version == 0)
		return doctor_skip(result, "it has none yet, or we may not look");
	if (version == FSPS_FORMAT_VERSION)
		return doctor_pass(result, "version %" PRIu32, version);
	doctor_find(result, DOCTOR_PROBLEM,
		    "%s has format version %" PRIu32 "; this libfsps (%s) knows %d", home->path,
		    version, fsps_version(), FSPS_FORMAT_VERSION);
	doctor_mend(result, "sudo apt install --only-upgrade pubsub-tools libfsps0");
	doctor_mend(result, "mv %s %s.old    # after all who use it have ended",
		    doctor_quoted(home->path).text, doctor_quoted(home->path).text);
}

void doctor_check_clock(const struct doctor_facts *facts, struct doctor_result *result)
{
	uint64_t last_us = facts->home.info.last_id;
	char span[CLI_SPAN_BYTES];

	if (last_us < facts->now_us + (uint64_t)CLOCK_BEHIND_S * US_PER_S)
		return doctor_pass(result, "the clock is not behind the IDs of messages");
	cli_format_span(last_us - facts->now_us, span);
	doctor_find(result, DOCTOR_WARNING,
		    "the last message's ID is %s ahead of the clock: it was set back, or IDs were "
		    "given away faster than one a microsecond",
		    span);
	doctor_mend(result, "timedatectl    # is the time right?");
}
