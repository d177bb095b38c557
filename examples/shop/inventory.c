/* SPDX-License-Identifier: MIT */
/*
 * Knows what is on the shelves, and sets aside what was ordered:
 *
 *     inventory LEDGER
 *
 * A delivery has a number, too: told of twice, it is one delivery. The ledger is all that is kept;
 * what is on the shelves is counted again from it at each start.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "service.h"

enum { ITEMS_MAX = 100 };

struct shelves {
	struct {
		char item[64];
		long count;
	} items[ITEMS_MAX];
	size_t used;
};

/* The count of an item, which may be new; NULL if there is no shelf left. */
static long *count_of(struct shelves *shelves, const char *item)
{
	for (size_t i = 0; i < shelves->used; i++)
		if (strcmp(shelves->items[i].item, item) == 0)
			return &shelves->items[i].count;
	if (shelves->used == ITEMS_MAX)
		return NULL;
	snprintf(shelves->items[shelves->used].item, sizeof shelves->items[0].item, "%s", item);
	return &shelves->items[shelves->used++].count;
}

/* The lines of the ledger: "delivery-NUMBER COUNT ITEM", "order-NUMBER -1 ITEM", and
 * "order-NUMBER 0 ITEM" for one that was refused. */
static void remember(const char *line, void *userdata)
{
	const char *text = strchr(line, ' ');
	char *item;
	long change = text != NULL ? strtol(text, &item, 10) : 0;
	long *count = change != 0 ? count_of(userdata, item + 1) : NULL;

	if (count != NULL)
		*count += change;
}

/* Notes a change of what is on the shelves, and makes it. */
static int change(struct service *service, const char *key, long by, const char *item)
{
	long *count = count_of(service->userdata, item);
	char text[96];

	if (count == NULL)
		return FSPS_REJECT;
	snprintf(text, sizeof text, "%ld %s", by, item);
	if (service_note(service, key, text) != FSPS_CONTINUE)
		return FSPS_RETRY;
	*count += by;
	printf("%s %s\n", key, text);
	fflush(stdout);
	return FSPS_CONTINUE;
}

static int take_delivery(struct service *service, const char *number, const char *item,
			 const fsps_headers *headers)
{
	int64_t count;
	char key[64];

	snprintf(key, sizeof key, "delivery-%s", number);
	if (ledger_find(service->ledger, key) != NULL)
		return FSPS_CONTINUE;
	if (fsps_headers_get_int(headers, "count", &count) < 0 || count < 1 || count > 1000000)
		return FSPS_REJECT;
	return change(service, key, (long)count, item);
}

/* What was decided once stays so, also if there is more on the shelves by now. */
static int set_aside(struct service *service, const char *number, const char *item)
{
	const long *count = count_of(service->userdata, item);
	const char *decided;
	char key[64];
	int answer;

	snprintf(key, sizeof key, "order-%s", number);
	decided = ledger_find(service->ledger, key);
	if (decided == NULL) {
		answer = change(service, key, count != NULL && *count > 0 ? -1 : 0, item);
		if (answer != FSPS_CONTINUE)
			return answer;
		decided = ledger_find(service->ledger, key);
	}
	if (strncmp(decided, "-1 ", 3) == 0)
		return service_tell(service, "shop.parcel.wanted", number, item);
	return service_tell(service, "shop.order.refused", number, item);
}

static int handle(struct service *service, const char *topic, const char *number, const char *text,
		  const fsps_headers *headers)
{
	if (strcmp(topic, "shop.stock.wanted") == 0)
		return set_aside(service, number, text);
	if (strcmp(topic, "shop.stock.arrived") == 0)
		return take_delivery(service, number, text, headers);
	return FSPS_REJECT;
}

int main(int argc, char **argv)
{
	struct shelves shelves = {.used = 0};
	struct service service = {.name = "inventory",
				  .pattern = "shop.stock.=",
				  .handle = handle,
				  .remember = remember,
				  .userdata = &shelves};

	if (argc != 2) {
		fprintf(stderr, "usage: inventory LEDGER\n");
		return 2;
	}
	return service_run(&service, argv[1]);
}
