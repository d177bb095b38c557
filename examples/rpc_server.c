/* SPDX-License-Identifier: MIT */
/*
 * Answers questions: multiplies what is asked for on the topic rpc.math.multiply.
 *
 *     rpc_server [GROUP]
 *
 * A question's payload is two numbers with a comma between them. Its headers say where the answer
 * goes and which question it is about: "response-topic" and "correlation-id", which the answer
 * takes along; if there is no product, it has a header "error". Runs until SIGINT or SIGTERM.
 * The recipe is that of the Python package formix-pubsub, whose clients and servers work with
 * these.
 *
 * Whoever asked may be gone: then the answer reaches nobody, which is no failure.
 *
 * Several servers would each answer every question. With a GROUP those of the same group share the
 * questions, which wait in a durable channel of that name, also while no server runs: pubsub-rm(1)
 * removes it.
 */
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <fsps/fsps.h>

#define TOPIC "rpc.math.multiply"
/* Where answers may go. Else a question could have us publish on any topic. */
#define ANSWERS_BELOW "rpc.response."

struct server {
	fsps_publisher *publisher;
	fsps_headers *headers; /* of the answer, used again */
};

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

/* Returns 1 if the payload is two numbers. */
static int multiply(const char *payload, double *product)
{
	char *end;
	double left = strtod(payload, &end);
	const char *second = end + 1;
	double right;

	if (end == payload || *end != ',')
		return 0;
	right = strtod(second, &end);
	*product = left * right;
	return end != second && *end == '\0' && isfinite(*product);
}

static int is_answerable(const char *topic, const char *id)
{
	return topic != NULL && id != NULL &&
	       strncmp(topic, ANSWERS_BELOW, strlen(ANSWERS_BELOW)) == 0;
}

/* Returns how many have the answer, or a negative code. error: why there is none, or NULL. A client
 * that does not know that header sees that the product is no number. */
static int answer(struct server *server, const char *topic, const char *id, double product,
		  const char *error)
{
	char text[32];
	int len = snprintf(text, sizeof text, "%.15g", product);
	int result;

	fsps_headers_clear(server->headers);
	result = fsps_headers_set_string(server->headers, "correlation-id", id);
	if (result >= 0 && error != NULL)
		result = fsps_headers_set_string(server->headers, "error", error);
	if (result < 0)
		return result;
	return fsps_publish(server->publisher, topic, server->headers, text, (size_t)len, NULL);
}

/* What can't be answered is told of; nobody's question ends the service. */
static int handle(fsps_message *question, void *userdata)
{
	const fsps_headers *headers = fsps_message_headers(question);
	const char *topic = fsps_headers_get_string(headers, "response-topic");
	const char *id = fsps_headers_get_string(headers, "correlation-id");
	const char *payload = fsps_message_payload(question, NULL);
	const char *error = NULL;
	double product = NAN;
	int reached;

	if (!is_answerable(topic, id)) {
		fprintf(stderr, "rpc_server: a question without a place for its answer\n");
		return FSPS_CONTINUE;
	}
	if (!multiply(payload, &product)) {
		product = NAN;
		error = "not two numbers";
	}
	reached = answer(userdata, topic, id, product, error);
	if (reached < 0)
		fprintf(stderr, "rpc_server: %s\n", fsps_last_error()->text);
	else
		printf("[%s] %s: %.15g%s\n", id, payload, product,
		       reached == 0 ? ", but nobody waits for it" : "");
	fflush(stdout);
	return FSPS_CONTINUE;
}

int main(int argc, char **argv)
{
	const struct fsps_channel_options options = {
		.size = sizeof options, .durable = argc > 1 ? argv[1] : NULL, .shared = argc > 1};
	struct server server = {.publisher = NULL};
	fsps_bus *bus = NULL;
	int64_t result = fsps_bus_open(NULL, &bus);

	if (result >= 0)
		result = fsps_publisher_open(bus, NULL, &server.publisher);
	if (result >= 0)
		result = fsps_headers_new(&server.headers);
	if (result >= 0)
		result = fsps_channel_open(bus, TOPIC, &options, &channel);
	if (result >= 0) {
		catch_signals();
		result = fsps_subscribe(channel, handle, &server, FSPS_FOREVER);
	}
	if (result < 0)
		fprintf(stderr, "rpc_server: %s\n", fsps_last_error()->text);
	fsps_channel_close(channel);
	fsps_headers_free(server.headers);
	fsps_publisher_close(server.publisher);
	fsps_bus_close(bus);
	return result < 0;
}
