/* SPDX-License-Identifier: MIT */
/*
 * A channel's FIFO that anybody writes anything into: the reader delivers each good message
 * exactly once and in order, whatever the bell says, and comes to an end.
 *
 * The input is what is written; every 16th byte also says where a real message is published.
 */
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "fuzz/clock.h"
#include "fuzz/home.h"
#include "fuzz/require.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static fsps_bus *bus;
static fsps_channel *channel;
static fsps_publisher *publisher;
static int bell;

static void set_up(void)
{
	char path[512];

	if (bus != NULL)
		return;
	bus = fuzz_bus();
	fuzz_require(fsps_channel_open(bus, "t", NULL, &channel) == 0, "a channel opens");
	fuzz_require(fsps_publisher_open(bus, NULL, &publisher) == 0, "a publisher opens");
	snprintf(path, sizeof path, "%s/%s/queue", fsps_bus_home(bus), fsps_channel_name(channel));
	bell = open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC);
	fuzz_require(bell >= 0, "the bell opens");
}

static uint32_t publish(uint32_t number)
{
	fuzz_require(fsps_publish(publisher, "t", NULL, &number, sizeof number, NULL) == 1,
		     "a publish reaches the channel");
	return number + 1;
}

/* Takes what there is; the numbers must follow each other. */
static uint32_t fetch(uint32_t expected)
{
	fsps_message *message;
	int r;

	while ((r = fsps_channel_fetch(channel, &message)) == 1) {
		size_t len;
		uint32_t number;

		memcpy(&number, fsps_message_payload(message, &len), sizeof number);
		fsps_message_unref(message);
		fuzz_require(len == sizeof number && number == expected,
			     "messages come once and in order");
		expected++;
	}
	fuzz_require(r == 0, "a fetch ends with empty");
	return expected;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint32_t published = 0;
	uint32_t fetched = 0;

	set_up();
	if (size > 4096)
		return 0;
	for (size_t at = 0; at < size; at += 16) {
		size_t piece = size - at < 16 ? size - at : 16;

		if ((data[at] & 1) != 0)
			published = publish(published);
		(void)!write(bell, data + at, piece);
		if ((data[at] & 2) != 0)
			fetched = fetch(fetched);
	}
	/* One that rings an even bell wakes the reader for whatever a torn record hid. */
	published = publish(published);
	fetched = fetch(fetched);
	/* The rest is found by who looks once a second. */
	for (int seconds = 0; fetched < published && seconds < 3; seconds++) {
		fuzz_clock_leap(1100);
		fetched = fetch(fetched);
	}
	fuzz_require(fetched == published, "what a torn bell hid is found within seconds");
	return 0;
}
