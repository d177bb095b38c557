/* SPDX-License-Identifier: MIT */
/*
 * Drawn sequences of all that a reader of a durable channel can do, beside a model of what has to
 * come of it: nothing is lost, nothing comes while somebody has it or after it was acknowledged,
 * attempts are counted, whoever reads next.
 */
#include "api/work.h"
#include "unit/check_main.h"

enum { MESSAGES_MAX = 4000, STEPS = 1500, OUT_MAX = 300, DRAWS = 12 };

/* What is known of a message. */
struct known {
	enum { TO_COME, OUT, DONE, DEAD } state;
	/* Counted so far. */
	unsigned attempts;
};

struct model {
	uint64_t random;
	int draw;
	fsps_bus *bus;
	fsps_publisher *publisher;
	fsps_channel *channel;
	struct known known[MESSAGES_MAX];
	unsigned published;
	fsps_message *out[OUT_MAX];
	unsigned out_count;
	unsigned dead;
	/* The reader is one of a group. */
	bool shared;
};

static unsigned below(struct model *model, unsigned limit)
{
	model->random ^= model->random << 13;
	model->random ^= model->random >> 7;
	model->random ^= model->random << 17;
	return (unsigned)(model->random >> 33) % limit;
}

static void open_reader(struct model *model)
{
	struct fsps_channel_options options = work_options();

	options.attempts_max = 1000000;
	options.shared = model->shared;
	model->channel = work_open_with(model->bus, &options);
}

static void begin(struct model *model, int draw)
{
	memset(model, 0, sizeof *model);
	model->draw = draw;
	model->random = UINT64_C(0x9e3779b97f4a7c15) * (uint64_t)(draw + 1);
	model->bus = fixture_open_bus();
	model->publisher = fixture_open_publisher(model->bus);
	open_reader(model);
}

/* ---- steps ---- */

static void publish_some(struct model *model)
{
	unsigned count = 1 + below(model, 12);

	if (model->published + count > MESSAGES_MAX)
		return;
	work_publish(model->publisher, model->published, count);
	model->published += count;
}

static void note_taken(struct model *model, fsps_message *message)
{
	unsigned number = work_number(message);
	struct known *known = &model->known[number];

	ck_assert_uint_lt(number, model->published);
	ck_assert_msg(known->state == TO_COME, "draw %d: %u came while it was %d", model->draw,
		      number, (int)known->state);
	ck_assert_msg(fsps_message_attempt(message) == known->attempts + 1,
		      "draw %d: attempt %u at %u, after %u", model->draw,
		      fsps_message_attempt(message), number, known->attempts);
	known->state = OUT;
	model->out[model->out_count++] = message;
}

static void take_some(struct model *model)
{
	for (unsigned count = below(model, 20); count > 0 && model->out_count < OUT_MAX; count--) {
		fsps_message *message = NULL;
		int r = fsps_channel_fetch(model->channel, &message);

		ck_assert_msg(r >= 0, "draw %d: %s", model->draw, fsps_last_error()->text);
		if (r == 0)
			return;
		note_taken(model, message);
	}
}

/* Takes one of those that are out from the list. */
static fsps_message *draw_out(struct model *model)
{
	unsigned place = below(model, model->out_count);
	fsps_message *message = model->out[place];

	model->out[place] = model->out[--model->out_count];
	return message;
}

static void settle_one(struct model *model)
{
	fsps_message *message = draw_out(model);
	struct known *known = &model->known[work_number(message)];
	unsigned what = below(model, 20);

	if (what < 14) {
		ck_assert_int_eq(fsps_message_ack(model->channel, message), FSPS_OK);
		known->state = DONE;
	} else if (what < 18) {
		ck_assert_int_eq(fsps_message_nack(model->channel, message, 0, NULL), FSPS_OK);
		known->state = TO_COME;
		known->attempts++;
	} else if (what < 19) {
		ck_assert_int_eq(fsps_message_reject(model->channel, message, "drawn"), FSPS_OK);
		known->state = DEAD;
		model->dead++;
	} else {
		ck_assert_int_eq(fsps_message_extend(model->channel, message, 50000), FSPS_OK);
		model->out[model->out_count++] = fsps_message_ref(message);
	}
	fsps_message_unref(message);
}

static void settle_some(struct model *model)
{
	for (unsigned count = below(model, 25); count > 0 && model->out_count > 0; count--)
		settle_one(model);
}

/* What is out is given back, uncounted. */
static void change_readers(struct model *model)
{
	fsps_channel_close(model->channel);
	while (model->out_count > 0) {
		fsps_message *message = model->out[--model->out_count];

		model->known[work_number(message)].state = TO_COME;
		fsps_message_unref(message);
	}
	model->shared = below(model, 3) == 0;
	open_reader(model);
}

static void step(struct model *model)
{
	unsigned what = below(model, 100);

	if (what < 30)
		publish_some(model);
	else if (what < 65)
		take_some(model);
	else if (what < 97)
		settle_some(model);
	else
		change_readers(model);
}

/* ---- the end ---- */

static unsigned count_to_come(const struct model *model)
{
	unsigned count = 0;

	for (unsigned i = 0; i < model->published; i++)
		count += model->known[i].state == TO_COME;
	return count;
}

static void end(struct model *model)
{
	change_readers(model);
	for (unsigned left = count_to_come(model); left > 0; left--) {
		fsps_message *message = fixture_receive(model->channel);

		note_taken(model, message);
		ck_assert_int_eq(fsps_message_ack(model->channel, message), FSPS_OK);
		model->known[work_number(message)].state = DONE;
		fsps_message_unref(model->out[--model->out_count]);
	}
	fixture_expect_nothing(model->channel);
	ck_assert_uint_eq(fixture_stats(model->channel).unsettled, 0);
	fsps_channel_close(model->channel);
	work_expect_empty(model->bus);
	ck_assert_int_eq(work_letters(model->bus).count, (int)model->dead);
	fsps_publisher_close(model->publisher);
	fsps_bus_close(model->bus);
}

static struct model model;

START_TEST(nothing_is_lost_and_nothing_comes_again_that_was_acknowledged)
{
	begin(&model, _i);
	for (int i = 0; i < STEPS; i++)
		step(&model);
	end(&model);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("drawn");
	TCase *tcase = fixture_tcase(suite, "drawn");

	tcase_add_loop_test(tcase, nothing_is_lost_and_nothing_comes_again_that_was_acknowledged, 0,
			    DRAWS);
	return check_main(suite);
}
