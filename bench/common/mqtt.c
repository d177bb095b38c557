/* SPDX-License-Identifier: MIT */
/*
 * Implements common/mqtt.h. libmosquitto hands a message out to a callback and frees it after that,
 * so it is copied there for whoever takes it.
 */
#include "common/mqtt.h"

#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>

enum {
	/* Messages of QoS 1 on their way at once. 20, libmosquitto's default, are slower; 1,000 and
	 * 10,000 are no faster. */
	WINDOW = 100,
	ANSWER_MS = 30000,
	KEEPALIVE_S = 3600
};

static int check(const char *what, int result)
{
	if (result == MOSQ_ERR_SUCCESS)
		return 0;
	return broker_refused(what, result == MOSQ_ERR_ERRNO ? strerror(errno)
							     : mosquitto_strerror(result));
}

/* ---- what libmosquitto calls ---- */

static void on_connect(struct mosquitto *client, void *end, int code)
{
	struct mqtt_end *self = end;

	(void)client;
	self->connected = code == 0;
}

static void on_subscribe(struct mosquitto *client, void *end, int id, int count, const int *granted)
{
	struct mqtt_end *self = end;

	(void)client;
	(void)id;
	self->subscribed = count == 1 && granted[0] == self->qos;
}

static void on_publish(struct mosquitto *client, void *end, int id)
{
	struct mqtt_end *self = end;

	(void)client;
	(void)id;
	self->unacknowledged--;
}

static void on_message(struct mosquitto *client, void *end, const struct mosquitto_message *message)
{
	struct mqtt_end *self = end;
	size_t size = (size_t)message->payloadlen;

	(void)client;
	self->came = true;
	if (size > self->kept_room) {
		free(self->kept);
		self->kept = malloc(size);
		self->kept_room = self->kept == NULL ? 0 : size;
	}
	self->kept_size = size < self->kept_room ? size : self->kept_room;
	if (self->kept_size > 0)
		memcpy(self->kept, message->payload, self->kept_size);
}

/* ---- the loop ---- */

/* Reads a packet, if one is there, and writes what waits to be written. */
static int turn(struct mqtt_end *self)
{
	if (check("mosquitto_loop_read", mosquitto_loop_read(self->client, 1)) < 0)
		return -1;
	if (!mosquitto_want_write(self->client))
		return 0;
	return check("mosquitto_loop_write", mosquitto_loop_write(self->client, 1));
}

/* Waits until there is something to read or, if something waits for that, room to write. 1, 0 after
 * timeout_ms, or -1. */
static int wait_ready(struct mqtt_end *self, int timeout_ms)
{
	struct pollfd waited = {.fd = mosquitto_socket(self->client), .events = POLLIN};
	int ready;

	if (mosquitto_want_write(self->client))
		waited.events |= POLLOUT;
	ready = poll(&waited, 1, timeout_ms);
	if (ready < 0)
		peer_broken("poll");
	return ready;
}

/* Until *done, which a callback sets. */
static int wait_done(struct mqtt_end *self, const bool *done, const char *what)
{
	while (!*done) {
		if (wait_ready(self, ANSWER_MS) <= 0)
			return broker_refused(what, "no answer");
		if (turn(self) < 0)
			return -1;
	}
	return 0;
}

/* ---- an end ---- */

static int connect_to(struct mqtt_end *self)
{
	mosquitto_lib_init();
	self->client = mosquitto_new(NULL, true, self);
	if (self->client == NULL)
		return broker_refused("mosquitto_new", strerror(errno));
	mosquitto_connect_callback_set(self->client, on_connect);
	mosquitto_subscribe_callback_set(self->client, on_subscribe);
	mosquitto_message_callback_set(self->client, on_message);
	if (self->qos > 0) {
		mosquitto_publish_callback_set(self->client, on_publish);
		mosquitto_max_inflight_messages_set(self->client, WINDOW);
	}
	if (check("mosquitto_connect",
		  mosquitto_connect(self->client, self->ways.address, 0, KEEPALIVE_S)) < 0)
		return -1;
	return wait_done(self, &self->connected, "CONNECT");
}

static int listen_to(struct mqtt_end *self)
{
	if (self->ways.in == NULL)
		return 0;
	if (check("mosquitto_subscribe",
		  mosquitto_subscribe(self->client, NULL, self->ways.in, self->qos)) < 0)
		return -1;
	return wait_done(self, &self->subscribed, "SUBSCRIBE");
}

int mqtt_end_open(struct mqtt_end *self, const struct broker_ways *ways, int qos)
{
	self->ways = *ways;
	self->qos = qos;
	if (connect_to(self) == 0 && listen_to(self) == 0)
		return 0;
	mqtt_end_close(self);
	return -1;
}

void mqtt_end_close(void *end)
{
	struct mqtt_end *self = end;

	if (self->client != NULL) {
		mosquitto_disconnect(self->client);
		mosquitto_destroy(self->client);
	}
	free(self->kept);
	mosquitto_lib_cleanup();
}

/* Until the socket has taken all, and at most so many messages are not acknowledged. */
static int settle(struct mqtt_end *self, int unacknowledged_max)
{
	while (self->unacknowledged > unacknowledged_max || mosquitto_want_write(self->client)) {
		if (wait_ready(self, ANSWER_MS) <= 0)
			return broker_refused("PUBLISH", "the server does not go on");
		if (turn(self) < 0)
			return -1;
	}
	return 0;
}

int mqtt_end_put(void *end, const unsigned char *payload, size_t size)
{
	struct mqtt_end *self = end;

	if (check("mosquitto_publish", mosquitto_publish(self->client, NULL, self->ways.out,
							 (int)size, payload, self->qos, false)) < 0)
		return -1;
	if (self->qos > 0)
		self->unacknowledged++;
	return settle(self, WINDOW - 1);
}

int mqtt_end_finish(void *end)
{
	return settle(end, 0);
}

int mqtt_end_take(void *end, int timeout_ms, const unsigned char **ret_payload, size_t *ret_size)
{
	struct mqtt_end *self = end;

	while (turn(self) == 0) {
		int ready;

		if (self->came) {
			self->came = false;
			*ret_payload = self->kept;
			*ret_size = self->kept_size;
			return 1;
		}
		ready = wait_ready(self, timeout_ms);
		if (ready <= 0)
			return ready;
	}
	return -1;
}
