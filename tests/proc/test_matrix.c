/* SPDX-License-Identifier: MIT */
/*
 * Who may do what: each operation of the API by the home's owner, a member of its group and a
 * stranger, in homes of all three profiles, with its exact answer. What there is stands in
 * proc/shared.h. Of the attacks by hand see test_threats.c.
 */
#include "proc/shared.h"
#include "unit/check_main.h"

/* What an operation works with. */
struct visit {
	fsps_bus *bus;
	const struct shared_names *names;
	int profile;
};

/* ---- the home ---- */

static int init_home(const struct visit *visit)
{
	const struct fsps_home_options options = {
		.size = sizeof options,
		.profile = visit->profile,
		.gid = visit->profile == FSPS_PROFILE_GROUP ? GROUP : 0};

	return fsps_home_init(visit->bus, &options);
}

static int look_at_home(const struct visit *visit)
{
	struct fsps_home_info info = {.size = sizeof info};
	int r = fsps_home_look(visit->bus, &info);

	if (r == 1) {
		ck_assert_int_eq(info.profile, visit->profile);
		ck_assert_uint_eq(info.uid, ALICE);
	}
	return r;
}

static int create_home(const struct visit *visit)
{
	return fsps_bus_create_home(visit->bus);
}

static int count_channel(const struct fsps_channel_info *info, void *userdata)
{
	(void)info;
	(void)userdata;
	return 0;
}

static int list(const struct visit *visit)
{
	return fsps_bus_list(visit->bus, count_channel, NULL);
}

/* ---- publishing ---- */

static int publish(const struct visit *visit, const char *topic)
{
	fsps_publisher *publisher = fixture_open_publisher(visit->bus);
	int r = fixture_publish(publisher, topic, "x");

	fsps_publisher_close(publisher);
	return r;
}

static int publish_to_nobody(const struct visit *visit)
{
	return publish(visit, "nobody");
}

static int publish_to_open(const struct visit *visit)
{
	return publish(visit, "open");
}

static int publish_to_ours(const struct visit *visit)
{
	return publish(visit, "ours");
}

static int publish_to_team(const struct visit *visit)
{
	return publish(visit, "team");
}

static int publish_to_club(const struct visit *visit)
{
	return publish(visit, "club");
}

static int publish_to_durable(const struct visit *visit)
{
	return publish(visit, "jobs");
}

/* What it reached, and ten for each that was forbidden. */
static int publish_to_mix(const struct visit *visit)
{
	fsps_publisher *publisher = fixture_open_publisher(visit->bus);
	fsps_receipt *receipt = NULL;
	int r;

	ck_assert_int_eq(fsps_receipt_new(&receipt), FSPS_OK);
	r = fsps_publish(publisher, "mix", NULL, "x", 1, receipt);
	ck_assert_int_eq(fsps_receipt_refused(receipt), 0);
	if (r >= 0)
		r += 10 * fsps_receipt_forbidden(receipt);
	fsps_receipt_free(receipt);
	fsps_publisher_close(publisher);
	return r;
}

/* Each by a publisher that has begun with segments where it can. */
static int publish_many(const struct visit *visit)
{
	fsps_publisher *publisher = fixture_open_publisher(visit->bus);
	struct fsps_outgoing messages[20] = {{.topic = NULL}};
	int r;

	for (size_t i = 0; i < 20; i++)
		messages[i].topic = "mix";
	r = fsps_publish_batch(publisher, messages, 20, NULL);
	fsps_publisher_close(publisher);
	return r;
}

static int publish_prepared(const struct visit *visit)
{
	fsps_publisher *publisher = fixture_open_publisher(visit->bus);
	fsps_prepared *prepared = NULL;
	int r = fsps_prepare(publisher, "open", NULL, &prepared);

	if (r == FSPS_OK)
		r = fsps_publish_prepared(prepared, "x", 1, NULL);
	fsps_prepared_free(prepared);
	fsps_publisher_close(publisher);
	return r;
}

static int reserve_and_commit(const struct visit *visit)
{
	fsps_publisher *publisher = fixture_open_publisher(visit->bus);
	void *payload;
	int r = fsps_reserve(publisher, "open", NULL, 8, &payload);

	if (r == FSPS_OK) {
		memset(payload, 'x', 8);
		r = fsps_commit(publisher, 8, NULL);
	}
	fsps_publisher_close(publisher);
	return r;
}

static int count_matched(const struct visit *visit)
{
	fsps_publisher *publisher = fixture_open_publisher(visit->bus);
	int r = fsps_publisher_matched(publisher, "mix");

	fsps_publisher_close(publisher);
	return r;
}

static int wait_for_subscribers(const struct visit *visit)
{
	fsps_publisher *publisher = fixture_open_publisher(visit->bus);
	int r = fsps_publisher_wait_subscribers(publisher, "open", 1, 0);

	fsps_publisher_close(publisher);
	return r;
}

/* ---- one's own channels ---- */

static int subscribe_and_receive(const struct visit *visit)
{
	fsps_channel *channel = NULL;
	int r = fsps_channel_open(visit->bus, "mine", NULL, &channel);

	if (r < 0)
		return r;
	ck_assert_int_eq(publish(visit, "mine"), 1);
	fixture_expect(channel, "x");
	fsps_channel_close(channel);
	return 0;
}

static int restrict_to_team(const struct visit *visit)
{
	const struct fsps_channel_options options = {.size = sizeof options, .publishers = TEAM};
	fsps_channel *channel = NULL;
	int r = fsps_channel_open(visit->bus, "mine", &options, &channel);

	fsps_channel_close(channel);
	return r;
}

static int note_letter(const struct fsps_dead_letter *letter, void *userdata)
{
	snprintf(userdata, 256, "%s", letter->file_name);
	return 0;
}

static int pass_waiting(const struct fsps_waiting *waiting, void *userdata)
{
	(void)waiting;
	(void)userdata;
	return 0;
}

/* Claims one and settles it in that way. */
static void settle(fsps_channel *channel, int (*way)(fsps_channel *channel, fsps_message *message))
{
	fsps_message *message = fixture_receive(channel);

	ck_assert_int_eq(way(channel, message), FSPS_OK);
	fsps_message_unref(message);
}

static int nack(fsps_channel *channel, fsps_message *message)
{
	return fsps_message_nack(channel, message, 0, NULL);
}

static int reject(fsps_channel *channel, fsps_message *message)
{
	return fsps_message_reject(channel, message, NULL);
}

/* Whoever may make a durable channel may do with it all that there is. */
static int work_on_own_durable(const struct visit *visit)
{
	const struct fsps_channel_options options = {
		.size = sizeof options, .durable = "own", .shared = 1};
	struct fsps_limits limits = {.size = sizeof limits};
	fsps_channel *channel = NULL;
	char letter[256];
	int r = fsps_durable_create(visit->bus, "mine", "own");

	if (r < 0)
		return r;
	ck_assert_int_eq(publish(visit, "mine"), 1);
	ck_assert_int_eq(publish(visit, "mine"), 1);
	ck_assert_int_eq(fsps_channel_peek(visit->bus, "mine_own", pass_waiting, NULL), 2);
	ck_assert_int_eq(fsps_channel_open(visit->bus, "mine", &options, &channel), FSPS_OK);
	settle(channel, fsps_message_ack);
	settle(channel, nack);
	settle(channel, reject);
	fsps_channel_close(channel);
	ck_assert_int_eq(fsps_dead_list(visit->bus, "mine_own", note_letter, letter), 1);
	ck_assert_int_eq(fsps_dead_replay(visit->bus, "mine_own", letter), FSPS_OK);
	ck_assert_int_eq(fsps_channel_purge(visit->bus, "mine_own"), 1);
	ck_assert_int_eq(fsps_channel_get_limits(visit->bus, "mine_own", &limits), FSPS_OK);
	ck_assert_int_eq(fsps_channel_set_limits(visit->bus, "mine_own", &limits), FSPS_OK);
	ck_assert_int_eq(fsps_durable_remove(visit->bus, "mine_own", 0), FSPS_OK);
	return r;
}

/* ---- the owner's channels ---- */

static int create_durable_again(const struct visit *visit)
{
	return fsps_durable_create(visit->bus, "jobs", "mail");
}

static int attach(const struct visit *visit, int shared)
{
	const struct fsps_channel_options options = {
		.size = sizeof options, .durable = "mail", .shared = shared};
	fsps_channel *channel = NULL;
	int r = fsps_channel_open(visit->bus, "jobs", &options, &channel);

	fsps_channel_close(channel);
	return r;
}

static int attach_alone(const struct visit *visit)
{
	return attach(visit, 0);
}

static int attach_to_group(const struct visit *visit)
{
	return attach(visit, 1);
}

static int peek_durable(const struct visit *visit)
{
	return (int)fsps_channel_peek(visit->bus, SHARED_JOBS, pass_waiting, NULL);
}

static int purge_durable(const struct visit *visit)
{
	return (int)fsps_channel_purge(visit->bus, SHARED_JOBS);
}

static int remove_durable(const struct visit *visit)
{
	return fsps_durable_remove(visit->bus, SHARED_JOBS, 0);
}

static int remove_durable_by_force(const struct visit *visit)
{
	return fsps_durable_remove(visit->bus, SHARED_JOBS, FSPS_DURABLE_FORCE);
}

static int list_letters(const struct visit *visit)
{
	char letter[256];

	return (int)fsps_dead_list(visit->bus, SHARED_JOBS, note_letter, letter);
}

static int replay_letter(const struct visit *visit)
{
	return fsps_dead_replay(visit->bus, SHARED_JOBS, visit->names->dead_letter);
}

static int discard_letter(const struct visit *visit)
{
	return fsps_dead_discard(visit->bus, SHARED_JOBS, visit->names->dead_letter);
}

static int get_limits(const struct visit *visit)
{
	struct fsps_limits limits = {.size = sizeof limits};

	return fsps_channel_get_limits(visit->bus, visit->names->open, &limits);
}

static int set_limits(const struct visit *visit)
{
	const struct fsps_limits limits = {
		.size = sizeof limits, .messages = 1, .when_full = FSPS_FULL_REFUSE};

	return fsps_channel_set_limits(visit->bus, visit->names->open, &limits);
}

static int peek_live(const struct visit *visit)
{
	return (int)fsps_channel_peek(visit->bus, visit->names->open, pass_waiting, NULL);
}

static int purge_live(const struct visit *visit)
{
	return (int)fsps_channel_purge(visit->bus, visit->names->open);
}

/* ---- the matrix ---- */

enum {
	PERM = FSPS_ERR_PERMISSION,
	UNSF = FSPS_ERR_UNSAFE_HOME,
	/* Nobody was reached, and the channel is forbidden. */
	REFD = FSPS_ERR_REFUSED,
};

struct row {
	const char *what;
	int (*run)(const struct visit *visit);
	/* By profile. */
	int expected[3][SHARED_USERS];
};

#define ROW(run, ...)                                                                              \
	{                                                                                          \
#run, run,                                                                         \
		{                                                                                  \
			__VA_ARGS__                                                                \
		}                                                                                  \
	}

/* clang-format off */
static const struct row rows[] = {
	/* owner, member, stranger:  private             group               public */
	ROW(init_home,               {   0, PERM, PERM}, {   0, UNSF, PERM}, {   0, UNSF, UNSF}),
	ROW(look_at_home,            {   1, PERM, PERM}, {   1,    1, PERM}, {   1,    1,    1}),
	ROW(create_home,             {   0, PERM, PERM}, {   0,    0, PERM}, {   0,    0,    0}),
	ROW(list,                    {   7, PERM, PERM}, {   7,    7, PERM}, {   7,    7,    7}),

	ROW(publish_to_nobody,       {   0, PERM, PERM}, {   0,    0, PERM}, {   0,    0,    0}),
	ROW(publish_to_open,         {   1, PERM, PERM}, {   1,    1, PERM}, {   1,    1,    1}),
	ROW(publish_to_ours,         {   1, PERM, PERM}, {   1, REFD, PERM}, {   1, REFD, REFD}),
	ROW(publish_to_team,         {   1, PERM, PERM}, {   1,    1, PERM}, {   1,    1, REFD}),
	ROW(publish_to_club,         {   1, PERM, PERM}, {   1, REFD, PERM}, {   1, REFD, REFD}),
	ROW(publish_to_durable,      {   1, PERM, PERM}, {   1,    1, PERM}, {   1,    1,    1}),
	/* Reached, and ten for each that was forbidden. */
	ROW(publish_to_mix,          {   2, PERM, PERM}, {   2,   11, PERM}, {   2,   11,   11}),
	ROW(publish_many,            {  20, PERM, PERM}, {  20,   20, PERM}, {  20,   20,   20}),
	ROW(publish_prepared,        {   1, PERM, PERM}, {   1,    1, PERM}, {   1,    1,    1}),
	ROW(reserve_and_commit,      {   1, PERM, PERM}, {   1,    1, PERM}, {   1,    1,    1}),
	/* Who may be reached. */
	ROW(count_matched,           {   2, PERM, PERM}, {   2,    1, PERM}, {   2,    1,    1}),
	ROW(wait_for_subscribers,    {   1, PERM, PERM}, {   1,    1, PERM}, {   1,    1,    1}),

	ROW(subscribe_and_receive,   {   0, PERM, PERM}, {   0,    0, PERM}, {   0,    0,    0}),
	/* Only who is of a group may give it something. */
	ROW(restrict_to_team,        {   0, PERM, PERM}, {   0,    0, PERM}, {   0,    0, PERM}),
	ROW(work_on_own_durable,     {   1, PERM, PERM}, {   1,    1, PERM}, {   1,    1,    1}),

	/* That it is there is no secret. */
	ROW(create_durable_again,    {   0, PERM, PERM}, {   0,    0, PERM}, {   0,    0,    0}),
	ROW(attach_alone,            {   0, PERM, PERM}, {   0, PERM, PERM}, {   0, PERM, PERM}),
	ROW(attach_to_group,         {   0, PERM, PERM}, {   0, PERM, PERM}, {   0, PERM, PERM}),
	ROW(peek_durable,            {   1, PERM, PERM}, {   1, PERM, PERM}, {   1, PERM, PERM}),
	ROW(purge_durable,           {   1, PERM, PERM}, {   1, PERM, PERM}, {   1, PERM, PERM}),
	ROW(remove_durable,          {   0, PERM, PERM}, {   0, PERM, PERM}, {   0, PERM, PERM}),
	ROW(remove_durable_by_force, {   0, PERM, PERM}, {   0, PERM, PERM}, {   0, PERM, PERM}),
	ROW(list_letters,            {   1, PERM, PERM}, {   1, PERM, PERM}, {   1, PERM, PERM}),
	ROW(replay_letter,           {   0, PERM, PERM}, {   0, PERM, PERM}, {   0, PERM, PERM}),
	ROW(discard_letter,          {   0, PERM, PERM}, {   0, PERM, PERM}, {   0, PERM, PERM}),
	ROW(get_limits,              {   0, PERM, PERM}, {   0, PERM, PERM}, {   0, PERM, PERM}),
	ROW(set_limits,              {   0, PERM, PERM}, {   0, PERM, PERM}, {   0, PERM, PERM}),
	ROW(peek_live,               {   0, PERM, PERM}, {   0, PERM, PERM}, {   0, PERM, PERM}),
	ROW(purge_live,              {   0, PERM, PERM}, {   0, PERM, PERM}, {   0, PERM, PERM}),
};
/* clang-format on */

struct order {
	const struct row *row;
	const struct shared_names *names;
	enum shared_user user;
	int profile;
};

static void carry_out(const struct process_ends *ends, void *userdata)
{
	const struct order *order = userdata;
	struct visit visit = {.names = order->names, .profile = order->profile};
	int answer;

	shared_become(order->user);
	visit.bus = fixture_open_bus();
	answer = order->row->run(&visit);
	fsps_bus_close(visit.bus);
	process_say(ends, &answer, sizeof answer);
}

/* The owner last: what he does leaves others nothing to try. */
START_TEST(each_user_may_do_just_what_the_table_says)
{
	const struct row *row = &rows[_i / 3];
	const int profile = FSPS_PROFILE_PRIVATE + _i % 3;
	struct shared_names names;
	struct process host = shared_start(profile, &names);

	for (int user = SHARED_STRANGER; user >= SHARED_OWNER; user--) {
		struct order order = {.row = row,
				      .names = &names,
				      .user = (enum shared_user)user,
				      .profile = profile};
		struct process visitor = process_start(carry_out, &order);
		int answer = 0;

		ck_assert_msg(process_read(&visitor, &answer, sizeof answer), "%s, profile %d, %s",
			      row->what, profile, shared_identities[user].name);
		process_join(&visitor);
		ck_assert_msg(answer == row->expected[profile - 1][user],
			      "%s, profile %d, %s: %d and not %d", row->what, profile,
			      shared_identities[user].name, answer,
			      row->expected[profile - 1][user]);
	}
	shared_end(&host);
}
END_TEST

int main(void)
{
	Suite *suite;

	if (user_skipped())
		return EXIT_SUCCESS;
	suite = suite_create("matrix");
	tcase_add_loop_test(fixture_tcase(suite, "matrix"),
			    each_user_may_do_just_what_the_table_says, 0,
			    3 * (int)(sizeof rows / sizeof rows[0]));
	return check_main(suite);
}
