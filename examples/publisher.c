/* SPDX-License-Identifier: MIT */
/* Publishes one message and says how many subscribers have it. Stands in the README. */
#include <stdio.h>

#include <fsps/fsps.h>

int main(void)
{
	fsps_publisher *publisher = NULL;
	fsps_bus *bus = NULL;
	int reached = -1;

	if (fsps_bus_open(NULL, &bus) == 0 && fsps_publisher_open(bus, NULL, &publisher) == 0)
		reached = fsps_publish(publisher, "orders.new", NULL, "two pizzas", 10, NULL);
	if (reached < 0)
		fprintf(stderr, "%s\n", fsps_last_error()->text);
	else
		printf("%d subscribers have it\n", reached);
	fsps_publisher_close(publisher);
	fsps_bus_close(bus);
	return reached < 0;
}
