/* SPDX-License-Identifier: MIT */
/*
 * Asks for products, all at once, and prints the answers as they come:
 *
 *     rpc_client TIMEOUT_MS A,B...
 *
 * rpc_server.c says how a question finds its answer. Here every question has a "correlation-id" of
 * its own, so that answers may come in any order. What is not answered TIMEOUT_MS milliseconds
 * after the last question was sent is given up. Exit status 0: all have a product; 1: not all.
 *
 * The channel for the answers is there before the first question is asked: no answer is missed.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <fsps/fsps.h>

#define TOPIC "rpc.math.multiply"

enum { QUESTIONS_MAX = 100 };

struct client {
	char answer_topic[64];
	int64_t timeout_ms;
	char **questions;
	int count;
	int open; /* asked and not answered */
	int answered;
	unsigned char is_open[QUESTIONS_MAX];
	fsps_publisher *publisher;
	fsps_channel *channel;
};

static int64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* A server that finds the question only after we have given up need not work on it. */
static int describe(const struct client *client, int number, fsps_headers *headers)
{
	char id[16];
	int result;

	snprintf(id, sizeof id, "%d", number);
	result = fsps_headers_set_string(headers, "response-topic", client->answer_topic);
	if (result >= 0)
		result = fsps_headers_set_string(headers, "correlation-id", id);
	if (result >= 0)
		result = fsps_headers_set_int(headers, FSPS_HEADER_TTL_MS, client->timeout_ms);
	return result;
}

/* Returns 0, or a negative code. A question that reaches nobody is not waited for. */
static int ask(struct client *client, int number, fsps_headers *headers)
{
	const char *question = client->questions[number];
	int reached = describe(client, number, headers);

	if (reached >= 0)
		reached = fsps_publish(client->publisher, TOPIC, headers, question,
				       strlen(question), NULL);
	if (reached > 0) {
		client->is_open[number] = 1;
		client->open++;
	}
	if (reached == 0)
		fprintf(stderr, "rpc_client: nobody is there to answer %s\n", question);
	return reached < 0 ? reached : 0;
}

static int ask_all(struct client *client)
{
	fsps_headers *headers = NULL;
	int result = fsps_headers_new(&headers);

	for (int i = 0; i < client->count && result >= 0; i++)
		result = ask(client, i, headers);
	fsps_headers_free(headers);
	return result;
}

/* Anybody may publish on our topic, and a second server may answer, too: only the first answer to
 * an open question counts. */
static void take_answer(struct client *client, const fsps_message *answer)
{
	const fsps_headers *headers = fsps_message_headers(answer);
	const char *id = fsps_headers_get_string(headers, "correlation-id");
	const char *error;
	char *end = NULL;
	long number = id != NULL ? strtol(id, &end, 10) : -1;

	if (number < 0 || number >= client->count || *end != '\0' || !client->is_open[number])
		return;
	client->is_open[number] = 0;
	client->open--;
	error = fsps_headers_get_string(headers, "error");
	if (error != NULL) {
		fprintf(stderr, "rpc_client: %s: %s\n", client->questions[number], error);
		return;
	}
	client->answered++;
	printf("%s = %s\n", client->questions[number],
	       (const char *)fsps_message_payload(answer, NULL));
	fflush(stdout);
}

static int collect(struct client *client)
{
	int64_t end_ms = now_ms() + client->timeout_ms;
	int64_t left_ms = client->timeout_ms;

	while (client->open > 0 && left_ms > 0) {
		fsps_message *answer = NULL;
		int result = fsps_channel_receive(client->channel, left_ms, &answer);

		if (result < 0)
			return result;
		if (result == 1)
			take_answer(client, answer);
		fsps_message_unref(answer);
		left_ms = end_ms - now_ms();
	}
	for (int i = 0; i < client->count; i++)
		if (client->is_open[i])
			fprintf(stderr, "rpc_client: no answer to %s within %" PRId64 " ms\n",
				client->questions[i], client->timeout_ms);
	return 0;
}

static int run(struct client *client)
{
	fsps_bus *bus = NULL;
	int result = fsps_bus_open(NULL, &bus);

	snprintf(client->answer_topic, sizeof client->answer_topic, "rpc.response.%ld",
		 (long)getpid());
	if (result >= 0)
		result = fsps_publisher_open(bus, NULL, &client->publisher);
	if (result >= 0)
		result = fsps_channel_open(bus, client->answer_topic, NULL, &client->channel);
	if (result >= 0)
		result = ask_all(client);
	if (result >= 0)
		result = collect(client);
	if (result < 0)
		fprintf(stderr, "rpc_client: %s\n", fsps_last_error()->text);
	fsps_channel_close(client->channel);
	fsps_publisher_close(client->publisher);
	fsps_bus_close(bus);
	return result;
}

int main(int argc, char **argv)
{
	struct client client = {.questions = argv + 2, .count = argc - 2};

	if (argc > 1)
		client.timeout_ms = strtoll(argv[1], NULL, 10);
	if (client.timeout_ms <= 0 || client.count < 1 || client.count > QUESTIONS_MAX) {
		fprintf(stderr, "usage: rpc_client TIMEOUT_MS A,B...\n");
		return 2;
	}
	return run(&client) < 0 || client.answered < client.count;
}
