/* SPDX-License-Identifier: MIT */
/*
 * A shared home as tests of permissions want it: made with a profile by its owner, a common user,
 * who subscribes in it; a member of its group; and a stranger. The others trust the owner, as
 * PUBSUB_HOME_OWNER says.
 *
 * The owner's channels, all of them drop boxes but the second:
 *
 *	open	whom the home lets publish
 *	ours	himself alone
 *	team	a group that the member is of, too
 *	club	a group that he alone is of
 *	mix	twice: one as "open", one as "ours"
 *	jobs	durable, with the name "mail": a message that waits, and a dead letter
 */
#ifndef TESTS_PROC_SHARED_H
#define TESTS_PROC_SHARED_H

#include <stdlib.h>
#include <string.h>

#include "proc/process.h"
#include "proc/user.h"

enum { STRANGER = 54323, GROUP = 54320, TEAM = 54330, CLUB = 54331 };

enum shared_user { SHARED_OWNER, SHARED_MEMBER, SHARED_STRANGER, SHARED_USERS };

static const struct shared_identity {
	const char *name;
	uid_t uid;
	gid_t groups[3];
	size_t count;
} shared_identities[SHARED_USERS] = {
	{"owner", ALICE, {GROUP, TEAM, CLUB}, 3},
	{"member", BOB, {GROUP, TEAM}, 2},
	{"stranger", STRANGER, {0}, 0},
};

#define SHARED_JOBS "jobs_mail"

/* What the owner has made. */
struct shared_names {
	char open[256];
	char ours[256];
	char dead_letter[256];
};

static inline void shared_become(enum shared_user user)
{
	const struct shared_identity *as = &shared_identities[user];
	char owner[16];

	snprintf(owner, sizeof owner, "%d", ALICE);
	ck_assert_int_eq(setenv("PUBSUB_HOME_OWNER", owner, 1), 0);
	user_become_in(as->uid, as->groups, as->count);
}

/* ---- the owner's side ---- */

static inline fsps_channel *shared_subscribe(fsps_bus *bus, const char *pattern, int64_t publishers)
{
	const struct fsps_channel_options options = {.size = sizeof options,
						     .publishers = publishers};
	fsps_channel *channel = NULL;
	int r = fsps_channel_open(bus, pattern, &options, &channel);

	ck_assert_msg(r == FSPS_OK, "%s: %s", pattern, fsps_last_error()->text);
	return channel;
}

static inline int shared_note_letter(const struct fsps_dead_letter *letter, void *userdata)
{
	struct shared_names *names = userdata;

	snprintf(names->dead_letter, sizeof names->dead_letter, "%s", letter->file_name);
	return 0;
}

/* A message that was rejected, and one that waits. */
static inline void shared_make_jobs(fsps_bus *bus, struct shared_names *names)
{
	const struct fsps_channel_options options = {.size = sizeof options, .durable = "mail"};
	fsps_publisher *publisher = fixture_open_file_publisher(bus);
	fsps_channel *channel = NULL;
	fsps_message *message;

	ck_assert_int_eq(fsps_channel_open(bus, "jobs", &options, &channel), FSPS_OK);
	ck_assert_int_eq(fixture_publish(publisher, "jobs", "bad"), 1);
	message = fixture_receive(channel);
	ck_assert_int_eq(fsps_message_reject(channel, message, NULL), FSPS_OK);
	fsps_message_unref(message);
	fsps_channel_close(channel);
	ck_assert_int_eq(fixture_publish(publisher, "jobs", "good"), 1);
	fsps_publisher_close(publisher);
	ck_assert_int_eq(fsps_dead_list(bus, SHARED_JOBS, shared_note_letter, names), 1);
}

/* Makes all of it, tells the names, and keeps it until it is let go; userdata: the profile. */
static inline void shared_host(const struct process_ends *ends, void *userdata)
{
	const struct fsps_home_options options = {
		.size = sizeof options,
		.profile = *(const int *)userdata,
		.gid = *(const int *)userdata == FSPS_PROFILE_GROUP ? GROUP : 0};
	struct shared_names names = {.open = ""};
	fsps_channel *channels[6];
	fsps_bus *bus;

	shared_become(SHARED_OWNER);
	bus = fixture_open_bus();
	ck_assert_int_eq(fsps_home_init(bus, &options), 0);
	shared_make_jobs(bus, &names);
	channels[0] = shared_subscribe(bus, "open", 0);
	channels[1] = shared_subscribe(bus, "ours", FSPS_PUBLISHERS_OURS);
	channels[2] = shared_subscribe(bus, "team", TEAM);
	channels[3] = shared_subscribe(bus, "club", CLUB);
	channels[4] = shared_subscribe(bus, "mix", 0);
	channels[5] = shared_subscribe(bus, "mix", FSPS_PUBLISHERS_OURS);
	strcpy(names.open, fsps_channel_name(channels[0]));
	strcpy(names.ours, fsps_channel_name(channels[1]));
	process_say(ends, &names, sizeof names);
	(void)process_hear(ends);
	for (size_t i = 0; i < sizeof channels / sizeof channels[0]; i++)
		fsps_channel_close(channels[i]);
	fsps_bus_close(bus);
}

/* Root makes the empty directory, for the owner could not, and starts him. */
static inline struct process shared_start(int profile, struct shared_names *ret_names)
{
	struct process host;

	user_make_home(ALICE, 0700);
	host = process_start(shared_host, &profile);
	ck_assert(process_read(&host, ret_names, sizeof *ret_names));
	return host;
}

static inline void shared_end(struct process *host)
{
	process_let_go(host);
	process_join(host);
}

#endif
