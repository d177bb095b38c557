/* SPDX-License-Identifier: MIT */
/* Implements publish/send.h. */
#include "publish/send.h"

#include <string.h>

#include "base/error.h"
#include "base/sys.h"
#include "message/codec.h"
#include "publish/delivery.h"
#include "publish/surroundings.h"

/* How often a route is looked up again because channels turned out to be gone. */
enum { ATTEMPTS = 8 };

int fsi_send_check_size(const fsps_publisher *publisher, const char *topic, size_t prefix_len,
			size_t payload_len)
{
	uint64_t most = publisher->bus->message_bytes_max;

	if (payload_len <= most && prefix_len + payload_len <= most)
		return 0;
	return fsi_fail(FSPS_ERR_TOO_LARGE, topic,
			"message for topic %s is %zu bytes, more than the limit of %llu", topic,
			prefix_len + payload_len, (unsigned long long)most);
}

static int number(fsps_publisher *publisher, const struct fsi_sending *sending)
{
	struct fsi_prefix *prefix = sending->prefix;
	uint64_t id = sending->id;

	if (id == 0)
		id = fsi_counter_take(&publisher->home->counter, sending->now_us, 1);
	if (id == 0)
		return fsi_fail(FSPS_ERR_IO, publisher->home->path, "home %s has used up all IDs",
				publisher->home->path);
	publisher->receipt.id = id;
	fsi_message_prefix_set_id(prefix->bytes, id);
	fsi_message_prefix_set_rest(prefix->bytes, prefix->len, sending->now_us,
				    sending->payload_len);
	return 0;
}

static uint64_t deadline_of(int64_t wait_ms)
{
	if (wait_ms == 0)
		return 0;
	return wait_ms < 0 ? UINT64_MAX : fsi_sys_monotonic_ms() + (uint64_t)wait_ms;
}

static int result_of(const struct fsps_receipt *receipt)
{
	/* Others' channels that are closed to us are no failure, unless there was nothing else. */
	if (receipt->refused == 0 &&
	    (receipt->forbidden == 0 || receipt->forbidden < receipt->matched))
		return receipt->reached;
	if (receipt->refused == 0)
		return fsi_fail(FSPS_ERR_REFUSED,
				receipt->noted > 0 ? receipt->refusals[0].channel : NULL,
				"the channels that match are other users', who do not let us "
				"publish to them");
	return fsi_fail(
		FSPS_ERR_REFUSED, receipt->noted > 0 ? receipt->refusals[0].channel : NULL,
		"%d of %d channels refused the message, first %s (%s)", receipt->refused,
		receipt->matched, receipt->noted > 0 ? receipt->refusals[0].channel : "one",
		fsi_error_words(receipt->noted > 0 ? receipt->refusals[0].code : FSPS_ERR_NO_MEMORY)
			->sentence);
}

/* ---- by segment ---- */

/* Where a payload that was built in place has its prefix: right before it. */
static size_t padding_of(const fsps_publisher *publisher, const struct fsi_sending *sending)
{
	return sending->in_place ? publisher->reservation.padding : 0;
}

static void commit(fsps_publisher *publisher, struct fsi_fan *fan,
		   const struct fsi_sending *sending)
{
	const struct fsi_prefix *prefix = sending->prefix;
	size_t padding = padding_of(publisher, sending);
	unsigned char *body = fsi_segment_body(fan->segment, padding);

	memcpy(body, prefix->bytes, prefix->len);
	if (!sending->in_place && sending->payload_len > 0)
		memcpy(body + prefix->len, sending->payload, sending->payload_len);
	fsi_sys_between_stores();
	fsi_fan_commit(publisher, fan, padding, prefix->len + sending->payload_len,
		       sending->wake_later);
}

static size_t frame_bytes_of(const fsps_publisher *publisher, const struct fsi_sending *sending)
{
	return fsi_frame_bytes(padding_of(publisher, sending) + sending->prefix->len +
			       sending->payload_len);
}

/* Whether the last message of this topic went into one fan alone, and this one may go behind it
 * with nothing more to look at. */
static bool is_hot(fsps_publisher *publisher, const struct fsi_sending *sending)
{
	const struct fsi_prefix *prefix = sending->prefix;
	const struct fsi_fan *fan = prefix->fan;

	return prefix->fan_stamp == publisher->fast.stamp && !publisher->forked &&
	       (sending->now_us - publisher->looked_us < FSI_LOOK_PERIOD_US ||
		fsi_publisher_look_quickly(publisher, sending->now_us)) &&
	       publisher->fast.version == publisher->set.version &&
	       publisher->fast.generation == publisher->set.read_generation &&
	       fsi_channel_set_is_current(&publisher->set, publisher->home) &&
	       fan->linked == fan->count && fan->segment != NULL && fan->frames < fan->paid &&
	       !publisher->fast.to_announce &&
	       (publisher->reservation.segment != fan->segment || sending->in_place) &&
	       fsi_segment_fits(fan->segment, frame_bytes_of(publisher, sending));
}

/* Waits for space if the options say so. */
static int wait_for_space(fsps_publisher *publisher, unsigned *pause_ms, uint64_t deadline_ms)
{
	if (!fsi_delivery_pause(publisher, pause_ms, deadline_ms))
		return fsi_fail(FSPS_ERR_TIMEOUT, publisher->home->path,
				"home %s had no space in the time given", publisher->home->path);
	return 0;
}

static int make_room(fsps_publisher *publisher, struct fsi_fan *fan,
		     const struct fsi_sending *sending, size_t frame_bytes, uint64_t deadline_ms)
{
	unsigned pause_ms = 1;
	int r;

	fan->used_ms = fsi_sys_coarse_ms();
	/* As often as the home is looked at thoroughly. */
	if (sending->now_us == publisher->looked_us)
		fsi_fan_check(publisher, fan);
	/* Where the next frame would go somebody is building a payload. */
	if (!sending->in_place && fan->segment != NULL &&
	    publisher->reservation.segment == fan->segment)
		fsi_fan_seal(publisher, fan);
	while ((r = fsi_fan_make_room(publisher, fan, frame_bytes)) == FSPS_ERR_NO_SPACE &&
	       deadline_ms > 0) {
		r = wait_for_space(publisher, &pause_ms, deadline_ms);
		if (r < 0)
			return r;
	}
	return r;
}

/* ---- by file ---- */

/* On a file system in memory each of its names takes an inode. */
static int write_file(fsps_publisher *publisher)
{
	struct fsi_staged *staged = &publisher->staged;
	int r = fsi_watermark_take(&publisher->watermark, publisher->home,
				   staged->parts[0].iov_len + staged->parts[1].iov_len,
				   1 + publisher->leg_count);

	return r < 0 ? r : fsi_staged_write(staged);
}

static int stage(fsps_publisher *publisher, const struct fsi_sending *sending, uint64_t deadline_ms)
{
	struct fsi_staged *staged = &publisher->staged;
	unsigned pause_ms = 1;
	int r;

	staged->id = publisher->receipt.id;
	staged->parts[0] =
		(struct iovec){.iov_base = sending->prefix->bytes, .iov_len = sending->prefix->len};
	/* iovec has no const; the payload is only read. */
	staged->parts[1] = (struct iovec){.iov_len = sending->payload_len};
	memcpy(&staged->parts[1].iov_base, &sending->payload, sizeof(void *));
	while ((r = write_file(publisher)) == FSPS_ERR_NO_SPACE && deadline_ms > 0) {
		r = wait_for_space(publisher, &pause_ms, deadline_ms);
		if (r < 0)
			return r;
	}
	return r;
}

/* ---- both ---- */

/* Whether what was found is still so: whoever makes room may find that channels are gone. */
static bool has_changed(const fsps_publisher *publisher, uint64_t version, uint64_t stamp)
{
	return publisher->set.version != version || publisher->fast.stamp != stamp;
}

/*
 * The route of a message and the fan of those of its channels that get segments, with room for a
 * frame; NULL if there are none. Returns 1, 0 if there is no home or nobody listens, or a failure.
 */
static int find(fsps_publisher *publisher, const struct fsi_sending *sending, size_t frame_bytes,
		uint64_t deadline_ms, struct fsi_route **ret_route, struct fsi_fan **ret_fan)
{
	for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
		struct fsi_route *route = NULL;
		uint64_t version;
		uint64_t stamp;
		int r = fsi_publisher_route(publisher, sending->topic, sending->topic_len,
					    sending->now_us, &route);

		if (r <= 0)
			return r;
		version = publisher->set.version;
		if (route->count == 0) {
			/* Nobody listens, but perhaps somebody died here. */
			(void)fsi_home_look_at_state(publisher->home);
			fsi_publisher_keep_up(publisher);
			return 0;
		}
		/* Without ".fsps" (a home of somebody else's) IDs and intents go by other rules. */
		r = fsi_home_open_state(publisher->home);
		if (r == FSPS_ERR_VERSION)
			return r;
		fsi_publisher_keep_up(publisher);
		if (publisher->set.version != version)
			continue;
		r = fsi_fast_find(publisher, route, ret_fan);
		if (r == FSI_FAST_CHANGED)
			continue;
		stamp = publisher->fast.stamp;
		if (r == 0 && *ret_fan != NULL)
			r = make_room(publisher, *ret_fan, sending, frame_bytes, deadline_ms);
		if (r == FSPS_ERR_GONE) {
			/* The home, or only what was staged in it: that is to be looked at. */
			publisher->looked_us = 0;
			continue;
		}
		if (r < 0)
			return r;
		*ret_route = route;
		if (!has_changed(publisher, version, stamp))
			return 1;
	}
	return fsi_fail(FSPS_ERR_IO, publisher->home->path,
			"channels of home %s come and go too fast", publisher->home->path);
}

/* The next message of this topic needs no looking up. */
static void remember(const fsps_publisher *publisher, struct fsi_prefix *prefix,
		     const struct fsi_route *route, struct fsi_fan *fan)
{
	prefix->fan = fan;
	prefix->fan_stamp = fan != NULL && fan->count == route->count ? publisher->fast.stamp : 0;
}

/* Frames from now on say that there is a segment which their readers may not know. This fan's is
 * told of with its first frame; that of another, which got none after all, before. */
static void announce_others(fsps_publisher *publisher, struct fsi_fan *fan)
{
	bool own = fan->to_announce;

	fan->to_announce = false;
	if (publisher->fast.to_announce)
		fsi_fast_announce(publisher);
	fan->to_announce = own;
}

/* Commits it once somebody has a link, and then links those that had no room before. *frame: where
 * it was committed, 0 before. Returns until when some are waited for that may have room later. */
static uint64_t try_fan(fsps_publisher *publisher, struct fsi_fan *fan,
			const struct fsi_sending *sending, size_t *frame)
{
	size_t at = fan->segment->at;

	if (*frame == 0 && fan->linked == 0)
		fsi_fan_link_late(publisher, fan, at);
	if (*frame == 0 && fan->linked > 0) {
		commit(publisher, fan, sending);
		*frame = at;
	}
	if (*frame != 0 && fan->linked < fan->count)
		fsi_fan_link_late(publisher, fan, *frame);
	return fsi_fan_wait_until(publisher, fan);
}

/* Nobody waits for those that are full: each gets it as soon as that is possible. */
static void deliver_to_all(fsps_publisher *publisher, const struct fsi_sending *sending,
			   struct fsi_fan *fan, bool has_files)
{
	unsigned pause_ms = 1;
	size_t frame = 0;

	for (;;) {
		uint64_t fan_until = fan != NULL ? try_fan(publisher, fan, sending, &frame) : 0;
		uint64_t files_until = has_files ? fsi_delivery_try(publisher) : 0;
		uint64_t until = fan_until > files_until ? fan_until : files_until;

		if (until == 0)
			break;
		publisher->patience.over = !fsi_delivery_pause(publisher, &pause_ms, until);
	}
	if (fan != NULL)
		fsi_fan_account(publisher, fan);
}

static int deliver(fsps_publisher *publisher, const struct fsi_sending *sending,
		   const struct fsi_route *route, struct fsi_fan *fan, uint64_t deadline_ms)
{
	bool has_files = fan == NULL || fan->count < route->count;
	int r = number(publisher, sending);

	if (r == 0 && has_files)
		r = fsi_delivery_lay(publisher, route, fan);
	if (r == 0 && has_files)
		r = stage(publisher, sending, deadline_ms);
	if (r < 0)
		return r;
	remember(publisher, sending->prefix, route, fan);
	if (fan != NULL)
		announce_others(publisher, fan);
	publisher->patience = (struct fsi_patience){.deadline_ms = deadline_ms};
	deliver_to_all(publisher, sending, fan, has_files);
	fsi_staged_drop(&publisher->staged);
	if (fan == NULL)
		fsi_fast_count(&publisher->fast);
	return result_of(&publisher->receipt);
}

static int send_hot(fsps_publisher *publisher, const struct fsi_sending *sending)
{
	int r = number(publisher, sending);

	if (r < 0)
		return r;
	commit(publisher, sending->prefix->fan, sending);
	fsi_fan_account(publisher, sending->prefix->fan);
	return publisher->receipt.reached;
}

/* With all the looking up; what was built in place is copied. */
static int send_anywhere(fsps_publisher *publisher, const struct fsi_sending *sending)
{
	struct fsi_sending copied = *sending;
	struct fsi_route *route = NULL;
	struct fsi_fan *fan = NULL;
	uint64_t deadline_ms = deadline_of(publisher->wait_ms);
	int r;

	copied.in_place = false;
	r = find(publisher, &copied, frame_bytes_of(publisher, &copied), deadline_ms, &route, &fan);
	return r <= 0 ? r : deliver(publisher, &copied, route, fan, deadline_ms);
}

int fsi_send(fsps_publisher *publisher, const struct fsi_sending *sending)
{
	int r = fsi_send_check_size(publisher, sending->topic, sending->prefix->len,
				    sending->payload_len);

	if (r < 0)
		return r;
	return is_hot(publisher, sending) ? send_hot(publisher, sending)
					  : send_anywhere(publisher, sending);
}

int fsi_send_find_room(fsps_publisher *publisher, const struct fsi_sending *sending,
		       struct fsi_fan **ret_fan)
{
	struct fsi_route *route = NULL;
	struct fsi_fan *fan = NULL;
	int r;

	if (is_hot(publisher, sending)) {
		*ret_fan = sending->prefix->fan;
		return 1;
	}
	r = find(publisher, sending, frame_bytes_of(publisher, sending), 0, &route, &fan);
	if (r <= 0)
		return r;
	if (fan == NULL || fan->count < route->count || fan->linked < fan->count)
		return 0;
	/* Others may get frames before this one does. */
	fsi_fast_announce(publisher);
	remember(publisher, sending->prefix, route, fan);
	*ret_fan = fan;
	return 1;
}

void fsi_send_wake(fsps_publisher *publisher)
{
	for (size_t i = 0; i < publisher->fast.count; i++) {
		struct fsi_fan *fan = publisher->fast.fans[i];

		if (!fan->to_wake)
			continue;
		/* The last messages of a batch may have found that channels are gone. */
		(void)fsi_fan_drop_gone(publisher, fan);
		fsi_fan_wake(publisher, fan);
	}
}
