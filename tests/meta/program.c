/* SPDX-License-Identifier: MIT */
/*
 * What a stranger writes against the installed library, valid as C and as C++: a message to
 * himself. Prints it. test_install.py compiles and runs this outside of the tree.
 */
#include <stdio.h>
#include <string.h>

#include <fsps/fsps.h>

static int refused(const char *what)
{
	fprintf(stderr, "%s: %s\n", what, fsps_last_error()->text);
	return 1;
}

static int receive(fsps_channel *channel)
{
	fsps_message *message = NULL;
	const void *payload;
	size_t len;

	if (fsps_channel_receive(channel, 10000, &message) != 1)
		return refused("receive");
	payload = fsps_message_payload(message, &len);
	fwrite(payload, 1, len, stdout);
	printf(" on %s with %s\n", fsps_message_topic(message), fsps_version());
	fsps_message_unref(message);
	return 0;
}

static int talk(fsps_bus *bus, fsps_channel *channel)
{
	fsps_publisher *publisher = NULL;
	int result;

	if (fsps_publisher_open(bus, NULL, &publisher) < 0)
		return refused("publisher");
	if (fsps_publish(publisher, "out.side", NULL, "hello", strlen("hello"), NULL) == 1)
		result = receive(channel);
	else
		result = refused("publish");
	fsps_publisher_close(publisher);
	return result;
}

int main(void)
{
	fsps_bus *bus = NULL;
	fsps_channel *channel = NULL;
	int result;

	if (fsps_bus_open(NULL, &bus) < 0)
		return refused("bus");
	if (fsps_channel_open(bus, "out.=", NULL, &channel) < 0)
		return refused("channel");
	result = talk(bus, channel);
	fsps_channel_close(channel);
	fsps_bus_close(bus);
	return result;
}
