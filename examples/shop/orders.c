/* SPDX-License-Identifier: MIT */
/*
 * Takes orders, has them seen to, and knows what became of each:
 *
 *     orders LEDGER
 *
 * An order has a number, which the customer gives it: sent twice, it is one order. README.md has
 * the picture of who tells whom what.
 */
#include <stdio.h>
#include <string.h>

#include "service.h"

/* A new order; or one that is known, for which somebody may not have been told. */
static int take_order(struct service *service, const char *number, const char *item)
{
	const char *known = ledger_find(service->ledger, number);

	if (known != NULL && strcmp(known, item) != 0) {
		fprintf(stderr, "orders: %s was %s, and is not changed\n", number, known);
		return FSPS_REJECT;
	}
	if (known == NULL) {
		if (service_note(service, number, item) != FSPS_CONTINUE)
			return FSPS_RETRY;
		printf("order %s: %s\n", number, item);
		fflush(stdout);
	}
	return service_tell(service, "shop.stock.wanted", number, item);
}

/* What became of it is the last that happens to an order. */
static int close_order(struct service *service, const char *number, const char *outcome)
{
	char key[64];

	snprintf(key, sizeof key, "%s.is", number);
	if (ledger_find(service->ledger, key) != NULL)
		return FSPS_CONTINUE;
	printf("order %s is %s\n", number, outcome);
	return service_note(service, key, outcome);
}

static int handle(struct service *service, const char *topic, const char *number, const char *text,
		  const fsps_headers *headers)
{
	(void)headers;
	if (strcmp(topic, "shop.order.new") == 0)
		return take_order(service, number, text);
	if (strcmp(topic, "shop.order.refused") == 0)
		return close_order(service, number, "refused");
	if (strcmp(topic, "shop.order.shipped") == 0)
		return close_order(service, number, "shipped");
	return FSPS_REJECT;
}

int main(int argc, char **argv)
{
	struct service service = {.name = "orders", .pattern = "shop.order.=", .handle = handle};

	if (argc != 2) {
		fprintf(stderr, "usage: orders LEDGER\n");
		return 2;
	}
	return service_run(&service, argv[1]);
}
