/* SPDX-License-Identifier: MIT */
/* Implements subscribe/take.h. */
#include "subscribe/take.h"

static const struct subscribe_durability *durability(const struct subscribe_run *run)
{
	return &run->options->durability;
}

/* ---- printing ---- */

/* A message that was printed, until it is acknowledged. */
static void hold_shown(struct subscribe_run *run, struct subscribe_delivery *delivery)
{
	if (subscribe_shown_is_full(&run->shown)) {
		cli_output_flush(run->output);
		subscribe_take_acknowledge(run);
	}
	/* If that failed nothing is printed any more, and the channel keeps it. */
	if (!subscribe_shown_is_full(&run->shown))
		subscribe_shown_add(&run->shown, delivery, run->output->marks);
}

static void show(struct subscribe_run *run, struct subscribe_delivery *delivery)
{
	bool shown = subscribe_show_message(&run->show, delivery->message);

	switch (durability(run)->ack) {
	case SUBSCRIBE_ACK_AUTO:
	case SUBSCRIBE_ACK_MANUAL:
		break;
	case SUBSCRIBE_ACK_UNSAID:
	case SUBSCRIBE_ACK_NONE:
	case SUBSCRIBE_ACK_EXEC:
		return;
	}
	/* It would fail again whenever it came. */
	if (!shown)
		subscribe_settle_reject(&run->settle, delivery,
					"it can't be shown in the format that was asked for");
	else if (durability(run)->ack == SUBSCRIBE_ACK_AUTO)
		hold_shown(run, delivery);
	else
		subscribe_manual_add(&run->manual, delivery);
}

void subscribe_take_acknowledge(struct subscribe_run *run)
{
	subscribe_shown_acknowledge(&run->shown, &run->settle, run->output->marks_flushed);
}

/* ---- taking ---- */

void subscribe_take(struct subscribe_run *run, struct subscribe_delivery *delivery)
{
	/* A group delivers at least once: who wants less has to settle it before. */
	if (durability(run)->ack == SUBSCRIBE_ACK_NONE && durability(run)->shared &&
	    !subscribe_settle_ack(&run->settle, delivery))
		return;
	run->received++;
	subscribe_spin_message(&run->spin);
	if (!subscribe_runs_commands(run))
		return show(run, delivery);
	run->status = subscribe_exec_start(&run->exec, delivery);
	if (run->status != 0)
		run->end = SUBSCRIBE_END_FAILED;
}

/* ---- how many ---- */

static uint64_t in_flight(const struct subscribe_run *run)
{
	return run->exec.running + run->manual.count;
}

/* Where somebody says what came of messages, those count that will not come again. */
static uint64_t counted(const struct subscribe_run *run)
{
	return subscribe_durability_awaits(durability(run)) ? run->settle.done : run->received;
}

/* Whether something has to be settled before the next message is fetched. */
static bool is_full(const struct subscribe_run *run)
{
	int64_t count = run->options->count;

	if (subscribe_runs_commands(run) && subscribe_exec_full(&run->exec))
		return true;
	if (run->manual.held != NULL && subscribe_manual_is_full(&run->manual))
		return true;
	return subscribe_durability_awaits(durability(run)) && count != CLI_NO_LIMIT &&
	       counted(run) + in_flight(run) >= (uint64_t)count;
}

bool subscribe_take_is_full(struct subscribe_run *run)
{
	if (!is_full(run))
		return false;
	if (run->manual.count == 0)
		return true;
	subscribe_manual_forget_late(&run->manual);
	return is_full(run);
}

bool subscribe_take_is_busy(const struct subscribe_run *run)
{
	return subscribe_durability_awaits(durability(run)) && in_flight(run) > 0;
}

bool subscribe_take_is_enough(const struct subscribe_run *run)
{
	int64_t count = run->options->count;

	return count != CLI_NO_LIMIT && counted(run) >= (uint64_t)count;
}
