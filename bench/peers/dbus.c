/* SPDX-License-Identifier: MIT */
/*
 * D-Bus: a signal a message, by sd-bus of libsystemd over a dbus-daemon of its own; the payload is
 * an array of bytes. sd-bus writes each signal by itself; what the socket does not take at once is
 * waited for, and the bus no longer reads from who sends faster than others receive
 * (servers/dbus.conf): nothing is lost.
 *
 * requires: libsystemd-dev
 * server: dbus
 * runs: one four trip sizes
 * messages: 1
 * gigabytes: 1/2
 */
#include <errno.h>
#include <stdio.h>
#include <systemd/sd-bus.h>

#include "common/broker.h"

#define OBJECT "/bench"
#define MEMBER "Message"

struct end {
	sd_bus *bus;
	struct broker_ways ways;
	sd_bus_message *message;
};

static int check(const char *what, int result)
{
	return result >= 0 ? 0 : broker_refused(what, strerror(-result));
}

static int connect_to(struct end *self)
{
	char address[256];
	int result = sd_bus_new(&self->bus);

	snprintf(address, sizeof address, "unix:path=%s", self->ways.address);
	if (result >= 0)
		result = sd_bus_set_address(self->bus, address);
	if (result >= 0)
		result = sd_bus_set_bus_client(self->bus, true);
	if (result >= 0)
		result = sd_bus_start(self->bus);
	return check("sd_bus_start", result);
}

/* By hand, since messages are to come out of sd_bus_process() rather than go to a callback. */
static int listen_to(struct end *self)
{
	char rule[256];

	if (self->ways.in == NULL)
		return 0;
	snprintf(rule, sizeof rule, "type='signal',interface='%s'", self->ways.in);
	return check("AddMatch",
		     sd_bus_call_method(self->bus, "org.freedesktop.DBus", "/org/freedesktop/DBus",
					"org.freedesktop.DBus", "AddMatch", NULL, NULL, "s", rule));
}

static void close_end(void *end)
{
	struct end *self = end;

	sd_bus_message_unref(self->message);
	sd_bus_close_unref(self->bus);
}

static int open_end(void *end, const struct broker_ways *ways)
{
	struct end *self = end;

	self->ways = *ways;
	if (connect_to(self) == 0 && listen_to(self) == 0)
		return 0;
	close_end(self);
	return -1;
}

/* Sends a signal, and waits until the socket has taken it. */
static int send_signal(struct end *self, sd_bus_message *signal)
{
	uint64_t unsent = 0;
	int result = sd_bus_send(self->bus, signal, NULL);

	if (result >= 0)
		result = sd_bus_get_n_queued_write(self->bus, &unsent);
	if (result >= 0 && unsent > 0)
		result = sd_bus_flush(self->bus);
	return result;
}

static int put(void *end, const unsigned char *payload, size_t size)
{
	struct end *self = end;
	sd_bus_message *signal = NULL;
	int result = sd_bus_message_new_signal(self->bus, &signal, OBJECT, self->ways.out, MEMBER);

	if (result >= 0)
		result = sd_bus_message_append_array(signal, 'y', payload, size);
	if (result >= 0)
		result = send_signal(self, signal);
	sd_bus_message_unref(signal);
	return check("sd_bus_send", result);
}

static int finish(void *end)
{
	const struct end *self = end;

	return check("sd_bus_flush", sd_bus_flush(self->bus));
}

/* The next signal of the topic. 1, 0 if none came within timeout_ms, or -errno. */
static int next(struct end *self, int timeout_ms)
{
	for (;;) {
		int result = sd_bus_process(self->bus, &self->message);

		if (result < 0)
			return result;
		if (self->message != NULL &&
		    sd_bus_message_is_signal(self->message, self->ways.in, MEMBER) > 0)
			return 1;
		self->message = sd_bus_message_unref(self->message);
		if (result > 0)
			continue;
		result = sd_bus_wait(self->bus, (uint64_t)timeout_ms * 1000);
		if (result <= 0)
			return result;
	}
}

static int take(void *end, int timeout_ms, const unsigned char **ret_payload, size_t *ret_size)
{
	struct end *self = end;
	const void *payload;
	int result;

	self->message = sd_bus_message_unref(self->message);
	result = next(self, timeout_ms);
	if (result == 0)
		return 0;
	if (result > 0)
		result = sd_bus_message_read_array(self->message, 'y', &payload, ret_size);
	if (check("sd_bus_process", result) < 0)
		return -1;
	*ret_payload = payload;
	return 1;
}

const struct broker_peer broker_peer = {
	.end_size = sizeof(struct end),
	.open = open_end,
	.close = close_end,
	.put = put,
	.finish = finish,
	.take = take,
};
