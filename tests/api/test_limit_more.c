/* SPDX-License-Identifier: MIT */
/*
 * Limits where several things come together: channels that go, or whose limits change, in the
 * middle of a batch; several publishers at a channel that is full; and what is counted where one
 * publisher does nothing for a while.
 */
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "api/lane.h"
#include "api/pmsg.h"
#include "unit/check_main.h"

static fsps_bus *bus;
static fsps_receipt *receipt;

static void set_up(void)
{
	bus = fixture_open_bus();
	ck_assert_int_eq(fsps_receipt_new(&receipt), FSPS_OK);
}

static void tear_down(void)
{
	fsps_receipt_free(receipt);
	fsps_bus_close(bus);
}

static fsps_channel *open_with(const char *pattern, const struct fsps_channel_options *options)
{
	fsps_channel *channel = NULL;
	int r = fsps_channel_open(bus, pattern, options, &channel);

	ck_assert_msg(r == FSPS_OK, "opening: %s", fsps_last_error()->text);
	return channel;
}

static struct fsps_channel_options limited(uint64_t messages, uint64_t bytes, int when_full)
{
	return (struct fsps_channel_options){.size = sizeof(struct fsps_channel_options),
					     .limit_messages = messages,
					     .limit_bytes = bytes,
					     .when_full = when_full};
}

/* ---- in the middle of a batch ---- */

/* What is done before the message of a batch whose topic is "turn". */
struct turn {
	void (*act)(struct turn *turn);
	fsps_channel *channels[8];
};

static int take_turn(const struct fsps_publish_event *event, void *userdata)
{
	struct turn *turn = userdata;

	if (event->stage == FSPS_PUBLISH_BEFORE && strcmp(event->topic, "turn") == 0)
		turn->act(turn);
	return 0;
}

/* As a script does it: no publisher is told. */
static void remove_channels(struct turn *turn)
{
	for (size_t i = 0; i < sizeof turn->channels / sizeof turn->channels[0]; i++)
		fixture_remove(fixture_path("%s", fsps_channel_name(turn->channels[i])));
}

/* Whoever drops the oldest ends own segments there, whose other readers are woken first. */
START_TEST(a_batch_survives_channels_that_go_while_another_drops)
{
	enum { LONG = 40000, LIMIT = 50000 };
	/* A home that was just changed is read again at each message. */
	static const struct timespec long_ago[2] = {{.tv_sec = 1000000000}, {.tv_sec = 1000000000}};
	static unsigned char payload[LONG];
	const struct fsps_channel_options options = limited(0, LIMIT, FSPS_FULL_DROP_OLDEST);
	struct turn turn = {.act = remove_channels};
	fsps_publisher *publisher = lane_open_publisher(bus);
	/* Those that go are met before the one that drops, or after it. */
	fsps_channel *dropping = _i == 0 ? open_with("+", &options) : NULL;
	fsps_channel *third = fixture_subscribe(bus, "turn");
	struct fsps_outgoing batch[2];

	for (size_t i = 0; i < sizeof turn.channels / sizeof turn.channels[0]; i++)
		turn.channels[i] = fixture_subscribe(bus, "+");
	if (dropping == NULL)
		dropping = open_with("+", &options);
	for (size_t i = 0; i < 2; i++)
		batch[i] = (struct fsps_outgoing){.topic = i == 0 ? "first" : "turn",
						  .payload = payload,
						  .payload_len = sizeof payload};
	ck_assert_int_eq(fsps_bus_add_publish_hook(bus, take_turn, &turn), FSPS_OK);
	ck_assert_int_eq(utimensat(AT_FDCWD, fixture_home, long_ago, 0), 0);
	ck_assert_int_eq(fsps_publish_batch(publisher, batch, 2, receipt), 2);
	ck_assert_int_eq(fsps_receipt_reached(receipt), 2);
	for (size_t i = 0; i < sizeof turn.channels / sizeof turn.channels[0]; i++)
		fsps_channel_close(turn.channels[i]);
	fsps_channel_close(third);
	fsps_channel_close(dropping);
	fsps_publisher_close(publisher);
}
END_TEST

/* ---- several publishers ---- */

static int publish_many(unsigned count)
{
	fsps_bus *own = fixture_open_bus();
	fsps_publisher *publisher = fixture_open_publisher(own);
	unsigned taken = 0;

	for (unsigned i = 0; i < count; i++)
		taken += fixture_publish(publisher, "a", "x") == 1;
	fsps_publisher_close(publisher);
	fsps_bus_close(own);
	return taken == count ? 0 : 1;
}

START_TEST(publishers_at_a_channel_of_the_latest_message_are_never_refused)
{
	enum { PUBLISHERS = 3, EACH = 1000 };
	const struct fsps_channel_options options = limited(1, 0, FSPS_FULL_DROP_OLDEST);
	fsps_channel *channel = open_with("a", &options);
	pid_t pids[PUBLISHERS];

	for (int i = 0; i < PUBLISHERS; i++) {
		pids[i] = fork();
		ck_assert_int_ge(pids[i], 0);
		if (pids[i] == 0)
			_exit(publish_many(EACH));
	}
	for (int i = 0; i < PUBLISHERS; i++) {
		int status = 0;

		ck_assert_int_eq(waitpid(pids[i], &status, 0), pids[i]);
		ck_assert_int_eq(status, 0);
	}
	ck_assert_int_eq(fsps_channel_backlog(channel), 1);
	ck_assert_uint_eq(fixture_info(bus).dropped_oldest, PUBLISHERS * EACH - 1);
	fsps_channel_close(channel);
}
END_TEST

START_TEST(many_publishers_of_a_few_messages_do_not_fill_a_channel_that_is_read)
{
	enum { PUBLISHERS = 60, ROUNDS = 5, LIMIT = 400 };
	const struct fsps_channel_options options = limited(LIMIT, 0, FSPS_FULL_REFUSE);
	fsps_channel *channel = open_with("a", &options);
	fsps_publisher *publishers[PUBLISHERS];

	for (int i = 0; i < PUBLISHERS; i++)
		publishers[i] = lane_open_publisher(bus);
	for (int round = 0; round < ROUNDS; round++) {
		for (int i = 0; i < PUBLISHERS; i++)
			ck_assert_int_eq(fixture_publish(publishers[i], "a", "x"), 1);
		for (int i = 0; i < PUBLISHERS; i++)
			fixture_expect(channel, "x");
	}
	for (int i = 0; i < PUBLISHERS; i++)
		fsps_publisher_close(publishers[i]);
	fsps_channel_close(channel);
}
END_TEST

/* Segments that others still write to are not dropped. */
START_TEST(many_publishers_are_not_refused_where_the_oldest_are_dropped)
{
	enum { PUBLISHERS = 40, LIMIT = 1 << 20 };
	const struct fsps_channel_options options = limited(0, LIMIT, FSPS_FULL_DROP_OLDEST);
	fsps_channel *channel = open_with("a", &options);
	fsps_publisher *publishers[PUBLISHERS];

	for (int i = 0; i < PUBLISHERS; i++) {
		publishers[i] = lane_open_publisher(bus);
		ck_assert_int_eq(fixture_publish(publishers[i], "a", "x"), 1);
	}
	/* One of them does not go beyond the limit again and again. */
	for (int i = 0; i < 100000; i++)
		ck_assert_int_eq(fixture_publish(publishers[PUBLISHERS - 1], "a", "x"), 1);
	ck_assert_uint_lt(fixture_info(bus).held_bytes, 4 * LIMIT);
	for (int i = 0; i < PUBLISHERS; i++)
		fsps_publisher_close(publishers[i]);
	fsps_channel_close(channel);
}
END_TEST

static uint32_t fill(fsps_publisher *publisher)
{
	uint32_t count = 0;

	while (fixture_publish(publisher, "a", "x") == 1)
		ck_assert_uint_lt(count++, 1000000);
	return count;
}

/* What it had set apart, and did not use, others have counted as nobody's meanwhile. */
START_TEST(a_publisher_that_did_nothing_for_long_takes_no_more_than_there_is_room_for)
{
	enum { LIMIT = 200 };
	const struct fsps_channel_options options = limited(LIMIT, 0, FSPS_FULL_REFUSE);
	const struct fsps_publisher_options waiting = {.size = sizeof waiting, .wait_ms = 5000};
	fsps_publisher *idle = lane_open_publisher(bus);
	fsps_publisher *busy = lane_open_publisher(bus);
	fsps_publisher *patient = NULL;
	fsps_channel *channel = open_with("a", &options);
	uint32_t taken = 0;

	for (uint32_t i = 0; i < 20; i++)
		taken += fixture_publish(idle, "a", "x") == 1;
	taken += fill(busy);
	ck_assert_int_eq(fsps_publisher_open(bus, &waiting, &patient), FSPS_OK);
	/* It waits until what the idle one has is nobody's. */
	while (taken < LIMIT && fixture_publish(patient, "a", "x") == 1)
		taken++;
	ck_assert_uint_eq(taken, LIMIT);
	taken += fill(idle);
	taken += fill(busy);
	ck_assert_uint_eq(taken, LIMIT);
	ck_assert_int_eq(fsps_channel_backlog(channel), LIMIT);
	fsps_publisher_close(patient);
	fsps_publisher_close(busy);
	fsps_publisher_close(idle);
	fsps_channel_close(channel);
}
END_TEST

/* Their publishers can't count here. Only root can play them. */
START_TEST(what_other_users_put_there_takes_nothing_off_what_is_ours)
{
	enum { OURS = 10, PAGE = 4096, LONG = 100000, FIRST_ID = 1000, SOMEBODY = 12345 };
	static unsigned char bytes[LONG + 100];
	static char payload[LONG];
	const struct fsps_channel_options options = limited(0, 1 << 20, FSPS_FULL_REFUSE);
	fsps_publisher *publisher = fixture_open_file_publisher(bus);
	fsps_channel *channel = open_with("a", &options);
	const char *path = fixture_path("%s/%d", fsps_channel_name(channel), FIRST_ID);
	fsps_message *message;

	memset(payload, 'x', sizeof payload - 1);
	fixture_write(path, bytes, pmsg_build(bytes, FIRST_ID, "a", "{}", payload));
	ck_assert_int_eq(chown(path, SOMEBODY, SOMEBODY), 0);
	for (int i = 0; i < OURS; i++)
		ck_assert_int_eq(fixture_publish(publisher, "a", "x"), 1);
	message = fixture_receive(channel);
	ck_assert_uint_eq(fsps_message_id(message), FIRST_ID);
	ck_assert_uint_eq(fixture_info(bus).held_bytes, OURS * PAGE);
	fsps_message_unref(message);
	fsps_channel_close(channel);
	fsps_publisher_close(publisher);
}
END_TEST

/* ---- at most once ---- */

/* The link of a segment is ahead of what is handed out. */
START_TEST(what_a_reader_had_ahead_of_it_is_dropped_and_counted)
{
	enum { LIMIT = 2000, ALL = 6000, LENGTH = 300 };
	struct fsps_channel_options options = limited(LIMIT, 0, FSPS_FULL_DROP_OLDEST);
	fsps_publisher *publisher = lane_open_publisher(bus);
	fsps_channel *channel;
	fsps_message *message;
	uint64_t seen = 0;

	options.durable = "w";
	options.delivery = FSPS_AT_MOST_ONCE;
	channel = open_with("a", &options);
	for (uint32_t i = 0; i < ALL; i++) {
		ck_assert_int_eq(lane_publish(publisher, "a", i, LENGTH, receipt), 1);
		if (i != 100)
			continue;
		lane_expect(channel, 0);
		seen++;
	}
	for (; fsps_channel_fetch(channel, &message) == 1; fsps_message_unref(message)) {
		seen += fsps_message_missed(message);
		ck_assert_uint_eq(lane_number_of(message), seen++);
	}
	ck_assert_uint_eq(seen, ALL);
	fsps_channel_close(channel);
	fsps_publisher_close(publisher);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("limit_more");
	TCase *tcase = fixture_tcase(suite, "limit_more");

	tcase_add_checked_fixture(tcase, set_up, tear_down);
	tcase_add_loop_test(tcase, a_batch_survives_channels_that_go_while_another_drops, 0, 2);
	tcase_add_test(tcase, publishers_at_a_channel_of_the_latest_message_are_never_refused);
	tcase_add_test(tcase, many_publishers_of_a_few_messages_do_not_fill_a_channel_that_is_read);
	tcase_add_test(tcase,
		       a_publisher_that_did_nothing_for_long_takes_no_more_than_there_is_room_for);
	if (geteuid() == 0)
		tcase_add_test(tcase, what_other_users_put_there_takes_nothing_off_what_is_ours);
	tcase_add_test(tcase, what_a_reader_had_ahead_of_it_is_dropped_and_counted);
	tcase_add_test(tcase, many_publishers_are_not_refused_where_the_oldest_are_dropped);
	return check_main(suite);
}
