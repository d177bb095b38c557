/* SPDX-License-Identifier: MIT */
/*
 * mosquitto, MQTT's QoS 0: the publisher hears nothing of what becomes of a message. See
 * common/mqtt.h for why none is lost here.
 *
 * requires: libmosquitto-dev
 * server: mosquitto
 * runs: one four trip sizes
 * messages: 2
 */
#include "common/mqtt.h"

static int open_end(void *end, const struct broker_ways *ways)
{
	return mqtt_end_open(end, ways, 0);
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
