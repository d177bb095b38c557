/* SPDX-License-Identifier: MIT */
/*
 * What the peers of mosquitto share: libmosquitto, MQTT 3.1.1, a connection a process, driven by
 * poll(2) and mosquitto_loop_read() and _write(), which is less work than its own loop or a thread
 * of it. Nothing is lost: a publisher waits until the socket has taken each message, and the
 * server's limits on what waits for a subscriber are off (servers/mosquitto.conf).
 */
#ifndef BENCH_MQTT_H
#define BENCH_MQTT_H

#include <mosquitto.h>
#include <stdbool.h>

#include "common/broker.h"

/* One process' connection. */
struct mqtt_end {
	struct mosquitto *client;
	struct broker_ways ways;
	int qos;
	/* What the server has answered to so far: the connection, the subscription. */
	bool connected;
	bool subscribed;
	/* Messages of QoS 1 that the server has not acknowledged. */
	int unacknowledged;
	/* The last message, and whether nobody has taken it yet. */
	unsigned char *kept;
	size_t kept_size;
	size_t kept_room;
	bool came;
};

/* For struct broker_peer; open takes the quality of service for both ways. */
int mqtt_end_open(struct mqtt_end *self, const struct broker_ways *ways, int qos);
void mqtt_end_close(void *end);
int mqtt_end_put(void *end, const unsigned char *payload, size_t size);
int mqtt_end_finish(void *end);
int mqtt_end_take(void *end, int timeout_ms, const unsigned char **ret_payload, size_t *ret_size);

#endif
