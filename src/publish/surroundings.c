/* SPDX-License-Identifier: MIT */
/* Implements publish/surroundings.h. */
#include "publish/surroundings.h"

#include "base/error.h"
#include "base/sys.h"
#include "publish/sync.h"
#include "recover/sweep.h"

enum {
	UPKEEP_PERIOD_MS = 1000,
	/* How long quick looks do. */
	THOROUGH_PERIOD_MS = 10,
};

void fsi_publisher_forget_home(fsps_publisher *publisher)
{
	fsi_fast_close(publisher);
	fsi_channel_set_deinit(&publisher->set);
	fsi_channel_set_init(&publisher->set);
	fsi_home_unref(publisher->home);
	publisher->home = NULL;
	publisher->open_bells = 0;
	publisher->looked_us = 0;
	publisher->upkeep_ms = 0;
	/* Not its parts: a message may be waiting for the next home. */
	publisher->staged.named_only = false;
	publisher->staged.check_mode = true;
}

/* Closes bells that nobody rings any more, and counts those that stay. */
static void tidy_bells(fsps_publisher *publisher, uint64_t now_ms)
{
	enum { IDLE_MS = 10000 };

	publisher->open_bells = 0;
	for (uint32_t i = 0; i < publisher->set.slot_count; i++) {
		struct fsi_target *target = publisher->set.slots[i];

		if (target == NULL || target->bell_fd < 0)
			continue;
		if (now_ms - target->used_ms > IDLE_MS)
			fsi_target_close_bell(target);
		else
			publisher->open_bells++;
	}
}

static void expire_old(fsps_publisher *publisher)
{
	for (uint32_t i = 0; i < publisher->set.slot_count; i++)
		if (publisher->set.slots[i] != NULL)
			fsi_full_expire(publisher, publisher->set.slots[i]);
}

/* Once a second while it publishes: what else would have to be done at each message. */
void fsi_publisher_keep_up(fsps_publisher *publisher)
{
	uint64_t now_ms = fsi_sys_coarse_ms();

	if (publisher->upkeep_ms != 0 && now_ms - publisher->upkeep_ms < UPKEEP_PERIOD_MS)
		return;
	publisher->upkeep_ms = now_ms;
	publisher->bell_limit = fsi_channel_set_bell_limit();
	publisher->staged.check_mode = true;
	fsi_home_check_member(publisher->home);
	fsi_recover_sweep(publisher->home);
	fsi_fast_keep_up(publisher);
	tidy_bells(publisher, now_ms);
	expire_old(publisher);
}

/* The home at its path may be another one by now; asked once a second, and when it shows. */
static bool is_stale(fsps_publisher *publisher)
{
	uint64_t now_ms = fsi_sys_coarse_ms();

	if (publisher->forked)
		return true;
	if (publisher->home == NULL || now_ms - publisher->home_checked_ms < UPKEEP_PERIOD_MS)
		return false;
	publisher->home_checked_ms = now_ms;
	return fsi_home_is_gone(publisher->home);
}

static int open_home(fsps_publisher *publisher)
{
	int r;

	if (is_stale(publisher)) {
		publisher->forked = false;
		fsi_publisher_forget_home(publisher);
	}
	if (publisher->home != NULL)
		return 1;
	r = fsi_bus_home(publisher->bus, false, &publisher->home);
	if (r == 1) {
		publisher->staged.home = publisher->home;
		publisher->staged.sync = publisher->sync && fsi_sync_is_needed(publisher->home);
		publisher->home_checked_ms = fsi_sys_coarse_ms();
	}
	return r;
}

/* Asking the kernel at each message would cost more than the rest of it. A clock that was set back
 * asks at once. */
static bool was_just_looked_at(const fsps_publisher *publisher, uint64_t now_us)
{
	return publisher->fast.count > 0 && publisher->looked_us != 0 &&
	       now_us - publisher->looked_us < FSI_LOOK_PERIOD_US &&
	       fsi_channel_set_is_current(&publisher->set, publisher->home);
}

static int look(fsps_publisher *publisher, uint64_t now_us)
{
	int r = fsi_channel_set_refresh(&publisher->set, publisher->home);

	publisher->looked_us = r == 0 ? now_us : 0;
	return r;
}

static int look_thoroughly(fsps_publisher *publisher, uint64_t now_us)
{
	publisher->thorough_ms = fsi_sys_coarse_ms();
	return look(publisher, now_us);
}

bool fsi_publisher_look_quickly(fsps_publisher *publisher, uint64_t now_us)
{
	if (publisher->home == NULL || publisher->looked_us == 0 ||
	    fsi_sys_coarse_ms() - publisher->thorough_ms >= THOROUGH_PERIOD_MS)
		return false;
	return look(publisher, now_us) == 0;
}

int fsi_publisher_route(fsps_publisher *publisher, const char *topic, size_t topic_len,
			uint64_t now_us, struct fsi_route **ret_route)
{
	for (int attempt = 0;; attempt++) {
		int r = open_home(publisher);

		if (r <= 0)
			return r;
		r = was_just_looked_at(publisher, now_us) ? 0 : look_thoroughly(publisher, now_us);
		if (r == 0)
			r = fsi_channel_set_find(&publisher->set, topic, topic_len, ret_route);
		if (r == 0)
			return 1;
		if (r != FSPS_ERR_GONE)
			return r;
		fsi_publisher_forget_home(publisher);
		/* Removed again: in no home nobody listens. */
		if (attempt > 0)
			return 0;
	}
}
