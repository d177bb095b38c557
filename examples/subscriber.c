/* SPDX-License-Identifier: MIT */
/* Prints every order until it is killed, which may be done in any way. Stands in the README. */
#include <stdio.h>

#include <fsps/fsps.h>

static int print_order(fsps_message *message, void *userdata)
{
	const char *order = fsps_message_payload(message, NULL); /* a NUL follows it */

	(void)userdata;
	printf("%s: %s\n", fsps_message_topic(message), order);
	return fflush(stdout); /* 0: go on */
}

int main(void)
{
	fsps_channel *channel = NULL;
	fsps_bus *bus = NULL;
	int64_t handled = -1;

	if (fsps_bus_open(NULL, &bus) == 0 &&
	    fsps_channel_open(bus, "orders.=", NULL, &channel) == 0)
		handled = fsps_subscribe(channel, print_order, NULL, FSPS_FOREVER);
	if (handled < 0)
		fprintf(stderr, "%s\n", fsps_last_error()->text);
	fsps_channel_close(channel);
	fsps_bus_close(bus);
	return handled < 0;
}
