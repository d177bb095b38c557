/* SPDX-License-Identifier: MIT */
/*
 * Payloads built where the reader finds them, and read where they were built: a camera that sends
 * itself ten frames and keeps the brightest.
 *
 * A large payload is never copied on its way then: fsps_reserve() gives room in the file that
 * readers will map, and what they receive is borrowed from it. A publisher's first few messages are
 * files of their own, which are copied; the program is the same.
 */
#include <stdio.h>
#include <string.h>

#include <fsps/fsps.h>

enum { WIDTH = 320, HEIGHT = 200, PIXELS = WIDTH * HEIGHT, FRAMES = 10 };

static int complain(void)
{
	fprintf(stderr, "in_place: %s\n", fsps_last_error()->text);
	return -1;
}

/* Frame 6 is the brightest. */
static int publish_frame(fsps_publisher *publisher, int number)
{
	void *pixels = NULL;

	if (fsps_reserve(publisher, "camera.door", NULL, PIXELS, &pixels) < 0)
		return complain();
	memset(pixels, number <= 6 ? 20 * number : 10, PIXELS);
	return fsps_commit(publisher, PIXELS, NULL) < 0 ? complain() : 0;
}

/* The sum of a frame's pixels, read where they are. */
static unsigned long brightness(const fsps_message *message)
{
	size_t len = 0;
	const unsigned char *pixels = fsps_message_payload(message, &len);
	unsigned long sum = 0;

	for (size_t i = 0; i < len; i++)
		sum += pixels[i];
	return sum;
}

struct seen {
	fsps_message *brightest;
	int borrowed;
};

/* To hold on to a borrowed message would keep the file that it lies in, with all others: so a
 * message that is to stay is copied. One that is no longer wanted is only given back. */
static int look_at_frame(struct seen *seen, fsps_channel *channel)
{
	fsps_message *message = NULL;
	fsps_message *kept = NULL;
	int result = 0;

	if (fsps_channel_receive(channel, 5000, &message) != 1)
		return complain();
	seen->borrowed += fsps_message_is_borrowed(message);
	if (seen->brightest == NULL || brightness(message) > brightness(seen->brightest)) {
		result = fsps_message_keep(message, &kept);
		if (result == FSPS_OK) {
			fsps_message_unref(seen->brightest);
			seen->brightest = kept;
		}
	}
	fsps_message_unref(message);
	return result < 0 ? complain() : 0;
}

static int film(fsps_publisher *publisher, fsps_channel *channel)
{
	struct seen seen = {.borrowed = 0};
	int failed = 0;

	for (int number = 1; number <= FRAMES && !failed; number++)
		failed = publish_frame(publisher, number) || look_at_frame(&seen, channel);
	if (!failed) {
		const unsigned char *pixels = fsps_message_payload(seen.brightest, NULL);

		printf("the brightest pixel is %d\n", pixels[0]);
		printf("%s frames were read in place\n", seen.borrowed > 0 ? "some" : "no");
	}
	fsps_message_unref(seen.brightest);
	return failed;
}

int main(void)
{
	fsps_publisher *publisher = NULL;
	fsps_channel *channel = NULL;
	fsps_bus *bus = NULL;
	int failed;

	if (fsps_bus_open(NULL, &bus) < 0 ||
	    fsps_channel_open(bus, "camera.=", NULL, &channel) < 0 ||
	    fsps_publisher_open(bus, NULL, &publisher) < 0)
		failed = complain();
	else
		failed = film(publisher, channel);
	fsps_publisher_close(publisher);
	fsps_channel_close(channel);
	fsps_bus_close(bus);
	return failed != 0;
}
