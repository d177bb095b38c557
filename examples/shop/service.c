/* SPDX-License-Identifier: MIT */
/*
 * The loop of a service, and its calls with errors told.
 *
 * A message without a number or with a text that is no word is nobody's fault here, and will be no
 * better the next time: it becomes a dead letter. What may work later comes again.
 */
#include "service.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

/* How long a channel or home that is full is waited for: less than a message's deadline. */
enum { PATIENCE_MS = 10000 };

/* For the signal handler, which has no other way to know it. */
static fsps_channel *channel;

static void on_signal(int number)
{
	(void)number;
	fsps_channel_wake(channel);
}

static void catch_signals(void)
{
	struct sigaction action = {.sa_handler = on_signal};

	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
}

static void complain(const struct service *service, const char *text)
{
	fprintf(stderr, "%s: %s\n", service->name, text);
}

int service_note(struct service *service, const char *key, const char *text)
{
	if (ledger_add(service->ledger, key, text) == 0)
		return FSPS_CONTINUE;
	complain(service, strerror(errno));
	return FSPS_RETRY;
}

int service_tell(struct service *service, const char *topic, const char *number, const char *text)
{
	fsps_headers *headers = NULL;
	int reached = fsps_headers_new(&headers);

	if (reached >= 0)
		reached = fsps_headers_set_json(headers, "number", number);
	if (reached >= 0)
		reached =
			fsps_publish(service->publisher, topic, headers, text, strlen(text), NULL);
	fsps_headers_free(headers);
	if (reached < 0)
		complain(service, fsps_last_error()->text);
	if (reached == 0)
		complain(service, "nobody would get the message: is the shop open?");
	return reached > 0 ? FSPS_CONTINUE : FSPS_RETRY;
}

static int is_word(const char *text, size_t len)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyz-";

	return len > 0 && len <= 60 && strspn(text, letters) == len;
}

static int handle(fsps_message *message, void *userdata)
{
	struct service *service = userdata;
	const fsps_headers *headers = fsps_message_headers(message);
	size_t len = 0;
	const char *text = fsps_message_payload(message, &len);
	int64_t order_number;
	char number[32];
	int answer;

	if (fsps_headers_get_int(headers, "number", &order_number) < 0 || order_number < 0 ||
	    !is_word(text, len))
		return FSPS_REJECT;
	snprintf(number, sizeof number, "%lld", (long long)order_number);
	answer = service->handle(service, fsps_message_topic(message), number, text, headers);
	fflush(stdout);
	return answer;
}

/* The channel first: who has it is its only reader, and so the ledger's only writer. */
static int64_t serve(struct service *service, fsps_bus *bus, const char *ledger_path)
{
	const struct fsps_publisher_options waits = {.size = sizeof waits, .wait_ms = PATIENCE_MS};
	const struct fsps_channel_options durable = {.size = sizeof durable,
						     .durable = service->name};
	int64_t result = fsps_publisher_open(bus, &waits, &service->publisher);

	if (result >= 0)
		result = fsps_channel_open(bus, service->pattern, &durable, &channel);
	if (result < 0)
		return result;
	catch_signals();
	if (ledger_open(ledger_path, &service->ledger) < 0) {
		perror(ledger_path);
		return 1;
	}
	if (service->remember != NULL)
		ledger_each(service->ledger, service->remember, service->userdata);
	result = fsps_subscribe(channel, handle, service, FSPS_FOREVER);
	return result < 0 ? result : 0;
}

int service_run(struct service *service, const char *ledger_path)
{
	fsps_bus *bus = NULL;
	int64_t result = fsps_bus_open(NULL, &bus);

	if (result >= 0)
		result = serve(service, bus, ledger_path);
	if (result < 0)
		complain(service, fsps_last_error()->text);
	ledger_close(service->ledger);
	fsps_channel_close(channel);
	fsps_publisher_close(service->publisher);
	fsps_bus_close(bus);
	return result != 0;
}
