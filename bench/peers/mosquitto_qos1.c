/* SPDX-License-Identifier: MIT */
/*
 * mosquitto, MQTT's QoS 1: each message is acknowledged on its way to the server and on its way to
 * the subscriber, with a window of them under way at once. See common/mqtt.h.
 *
 * requires: libmosquitto-dev
 * server: mosquitto
 * runs: one four trip sizes
 * messages: 1
 */
#include "common/mqtt.h"

static int open_end(void *end, const struct broker_ways *ways)
{
	return mqtt_end_open(end, ways, 1);
}

const struct broker_peer broker_peer = {
	.end_size = sizeof(struct mqtt_end),
	.open = open_end,
	.close = mqtt_end_close,
	.put = mqtt_end_put,
	.finish = mqtt_end_finish,
	.take = mqtt_end_take,
	.take_copies = true,
};
