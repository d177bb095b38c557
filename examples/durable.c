/* SPDX-License-Identifier: MIT */
/*
 * A durable channel from its creation to its removal: it collects while nobody listens, gives each
 * message until somebody says what became of it, and keeps those that nobody could handle.
 *
 *     durable
 *
 * Bakes what was ordered. An order without a name for its pizza can't be handled; the oven fails
 * once, and the order comes again. At the end the channel is removed with what is in it.
 */
#include <stdio.h>
#include <string.h>

#include <fsps/fsps.h>

enum { ORDERS = 3 };

static const char *const orders[ORDERS] = {"margherita", "", "funghi"};

static int publish_orders(fsps_bus *bus)
{
	fsps_publisher *publisher = NULL;
	int reached = fsps_publisher_open(bus, NULL, &publisher);

	for (int i = 0; i < ORDERS && reached >= 0; i++)
		reached = fsps_publish(publisher, "orders.new", NULL, orders[i], strlen(orders[i]),
				       NULL);
	fsps_publisher_close(publisher);
	return reached;
}

/* Says what became of a message by what it answers. The first attempt at a funghi fails. */
static int bake(fsps_message *message, void *userdata)
{
	const char *pizza = fsps_message_payload(message, NULL);
	int *baked = userdata;

	if (pizza[0] == '\0')
		return FSPS_REJECT;
	if (strcmp(pizza, "funghi") == 0 && fsps_message_attempt(message) == 1) {
		printf("%s: the oven failed, once more in a second\n", pizza);
		return FSPS_RETRY;
	}
	(*baked)++;
	printf("%s is ready, at attempt %u\n", pizza, (unsigned)fsps_message_attempt(message));
	return *baked == ORDERS - 1 ? FSPS_STOP : FSPS_CONTINUE;
}

/* Closed in between, or killed, it would go on where it was. */
static int64_t bake_all(fsps_bus *bus)
{
	const struct fsps_channel_options options = {.size = sizeof options, .durable = "bakery"};
	fsps_channel *channel = NULL;
	int64_t result = fsps_channel_open(bus, "orders.=", &options, &channel);
	int baked = 0;

	if (result >= 0)
		result = fsps_subscribe(channel, bake, &baked, FSPS_FOREVER);
	fsps_channel_close(channel);
	return result;
}

static int show_letter(const struct fsps_dead_letter *letter, void *userdata)
{
	(void)userdata;
	printf("an order was %s at attempt %u\n", letter->reason, (unsigned)letter->attempts);
	return 0;
}

static int count(const struct fsps_waiting *waiting, void *userdata)
{
	(void)waiting;
	(void)userdata;
	return 0;
}

static int64_t live(fsps_bus *bus, const char *name)
{
	int64_t result = publish_orders(bus);

	if (result >= 0)
		result = fsps_channel_peek(bus, name, count, NULL);
	if (result >= 0) {
		printf("%d orders wait\n", (int)result);
		result = bake_all(bus);
	}
	if (result >= 0)
		result = fsps_dead_list(bus, name, show_letter, NULL);
	return result;
}

int main(void)
{
	static const char name[] = "orders.=_bakery"; /* <pattern>_<name> */
	fsps_bus *bus = NULL;
	int64_t result = fsps_bus_open(NULL, &bus);

	if (result >= 0)
		result = fsps_durable_create(bus, "orders.=", "bakery");
	if (result >= 0)
		result = live(bus, name);
	if (result >= 0)
		result = fsps_durable_remove(bus, name, 0);
	if (result < 0)
		fprintf(stderr, "durable: %s\n", fsps_last_error()->text);
	fsps_bus_close(bus);
	return result < 0;
}
