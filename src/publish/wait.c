/* SPDX-License-Identifier: MIT */
/* Implements publish/publisher.h: who would get a message, and waiting until somebody would. */
#include <limits.h>
#include <string.h>

#include "base/error.h"
#include "base/sys.h"
#include "publish/delivery.h"
#include "publish/publisher.h"
#include "publish/surroundings.h"
#include "watch/home_watch.h"

static int matched_locked(fsps_publisher *publisher, const char *topic, size_t topic_len)
{
	struct fsi_route *route = NULL;
	int count = 0;
	int r = fsi_publisher_route(publisher, topic, topic_len, FSI_LOOK_NOW, &route);

	if (r <= 0)
		return r;
	r = fsi_home_open_state(publisher->home);
	if (r == FSPS_ERR_VERSION)
		return r;
	for (size_t i = 0; i < route->count; i++)
		if (fsi_delivery_prepare(publisher, route->targets[i]) == FSI_DELIVERED) {
			fsi_delivery_spare_bell(publisher, route->targets[i]);
			count++;
		}
	return count;
}

int fsi_publisher_matched(fsps_publisher *publisher, const char *topic, size_t topic_len)
{
	int r;

	pthread_mutex_lock(&publisher->lock);
	r = matched_locked(publisher, topic, topic_len);
	pthread_mutex_unlock(&publisher->lock);
	return r;
}

int fsi_publisher_wait(fsps_publisher *publisher, const char *topic, size_t topic_len, int count,
		       int64_t timeout_ms)
{
	uint64_t start_ms = fsi_sys_monotonic_ms();
	struct fsi_home_watch watch;

	fsi_home_watch_init(&watch);
	for (bool watching = false;; watching = true) {
		uint64_t passed_ms;
		int r;

		/* Watch first, then look: what comes in between wakes us. Only the first look goes
		 * without, as a watch costs some 10 ms to give back. */
		if (watching)
			fsi_home_watch_start(&watch, publisher->bus->path);
		r = fsi_publisher_matched(publisher, topic, topic_len);
		passed_ms = fsi_sys_monotonic_ms() - start_ms;
		if (r < 0 || r >= count) {
			fsi_home_watch_deinit(&watch);
			return r;
		}
		if (timeout_ms >= 0 && passed_ms >= (uint64_t)timeout_ms) {
			fsi_home_watch_deinit(&watch);
			return fsi_fail(FSPS_ERR_TIMEOUT, topic,
					"%d of %d subscribers of %s came in the time given", r,
					count, topic);
		}
		if (watching)
			fsi_home_watch_wait(&watch, timeout_ms < 0
							    ? UINT64_MAX
							    : (uint64_t)timeout_ms - passed_ms);
	}
}
