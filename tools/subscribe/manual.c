/* SPDX-License-Identifier: MIT */
/* Implements subscribe/manual.h. */
#include "subscribe/manual.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/clock.h"
#include "cli/fail.h"
#include "cli/number.h"
#include "cli/status.h"

/* A message that was printed and is unsettled. */
struct subscribe_manual_message {
	struct subscribe_delivery delivery;
	/* When it is no longer ours for sure. */
	int64_t end_ns;
};

int subscribe_manual_open(struct subscribe_manual *manual, struct subscribe_settle *settle)
{
	*manual = (struct subscribe_manual){
		.settle = settle,
		.held = calloc(SUBSCRIBE_MANUAL_MAX, sizeof *manual->held),
		.line = malloc(SUBSCRIBE_MANUAL_LINE_BYTES)};
	return manual->held == NULL || manual->line == NULL ? -1 : 0;
}

void subscribe_manual_close(struct subscribe_manual *manual)
{
	for (size_t i = 0; i < manual->count; i++)
		subscribe_delivery_deinit(&manual->held[i].delivery);
	free(manual->held);
	free(manual->line);
	*manual = (struct subscribe_manual){0};
}

/* ---- what is unsettled ---- */

static struct subscribe_manual_message *find(const struct subscribe_manual *manual, uint64_t id)
{
	for (size_t i = 0; i < manual->count; i++) {
		if (fsps_message_id(manual->held[i].delivery.message) == id)
			return &manual->held[i];
	}
	return NULL;
}

static void forget(struct subscribe_manual *manual, struct subscribe_manual_message *message)
{
	subscribe_delivery_deinit(&message->delivery);
	*message = manual->held[--manual->count];
}

/* It has its whole deadline from now, and a moment for clocks that are read at different times. */
static void set_end(const struct subscribe_manual *manual, struct subscribe_manual_message *message)
{
	int64_t ms = subscribe_durability_deadline_ms(manual->settle->options);

	message->end_ns = cli_now_ns() + ms * CLI_NS_PER_MS + CLI_NS_PER_S;
}

bool subscribe_manual_is_full(const struct subscribe_manual *manual)
{
	return manual->count == SUBSCRIBE_MANUAL_MAX;
}

void subscribe_manual_forget_late(struct subscribe_manual *manual)
{
	int64_t now_ns = cli_now_ns();

	for (size_t i = manual->count; i > 0; i--) {
		if (now_ns >= manual->held[i - 1].end_ns)
			forget(manual, &manual->held[i - 1]);
	}
}

void subscribe_manual_add(struct subscribe_manual *manual, struct subscribe_delivery *delivery)
{
	struct subscribe_manual_message *before = find(manual, fsps_message_id(delivery->message));
	struct subscribe_manual_message *message;

	/* Its deadline had passed, and it came again. */
	if (before != NULL)
		forget(manual, before);
	message = &manual->held[manual->count++];
	message->delivery = subscribe_delivery_steal(delivery);
	set_end(manual, message);
}

/* ---- lines ---- */

static const char not_understood[] = "not 'ack ID', 'nack ID [SECONDS]', 'reject ID [TEXT]' or "
				     "'extend ID'";

static void wrong_line(struct subscribe_manual *manual, const char *what, const char *line)
{
	manual->wrong++;
	cli_say("standard input: %s: '%.80s'", what, line);
}

/* Cuts a word off; what follows it, without blanks before, is left in *text. */
static char *next_word(char **text)
{
	char *word = *text + strspn(*text, " \t");
	char *end = word + strcspn(word, " \t");

	*text = end;
	if (*end != '\0') {
		*end = '\0';
		*text = end + 1 + strspn(end + 1, " \t");
	}
	return word;
}

/* The delay of a nack. False if it is none. */
static bool read_delay(const struct subscribe_manual *manual, const char *text, int64_t *ret_ms)
{
	int64_t ns;

	*ret_ms = manual->settle->options->retry_delay_ms;
	if (*text == '\0')
		return true;
	if (!cli_parse_seconds(text, &ns) || cli_ns_to_ms(ns) > FSPS_DELAY_MS_MAX)
		return false;
	*ret_ms = cli_ns_to_ms(ns);
	return true;
}

/* What an answer says is done. False if it makes no sense. */
static bool settle(struct subscribe_manual *manual, struct subscribe_manual_message *message,
		   const char *verb, const char *rest)
{
	const struct subscribe_delivery *delivery = &message->delivery;
	int64_t delay_ms;

	if (strcmp(verb, "reject") == 0) {
		subscribe_settle_reject(manual->settle, delivery, *rest == '\0' ? NULL : rest);
	} else if (strcmp(verb, "nack") == 0) {
		if (!read_delay(manual, rest, &delay_ms))
			return false;
		subscribe_settle_nack(manual->settle, delivery, delay_ms, NULL);
	} else if (strcmp(verb, "ack") == 0 && *rest == '\0') {
		subscribe_settle_ack(manual->settle, delivery);
	} else {
		return false;
	}
	forget(manual, message);
	return true;
}

static void extend(struct subscribe_manual *manual, struct subscribe_manual_message *message)
{
	if (subscribe_settle_extend(manual->settle, &message->delivery))
		set_end(manual, message);
	else
		forget(manual, message);
}

static void follow(struct subscribe_manual *manual, char *line)
{
	char whole[100];
	char *rest = line;
	const char *verb;
	struct subscribe_manual_message *message;
	int64_t id;
	uint64_t late = manual->settle->late;

	strncpy(whole, line, sizeof whole - 1);
	whole[sizeof whole - 1] = '\0';
	verb = next_word(&rest);
	if (*verb == '\0')
		return;
	if (!cli_parse_count(next_word(&rest), &id))
		return wrong_line(manual, not_understood, whole);
	message = find(manual, (uint64_t)id);
	if (message == NULL)
		return wrong_line(manual, "no such message is unsettled here", whole);
	if (strcmp(verb, "extend") == 0 && *rest == '\0')
		extend(manual, message);
	else if (!settle(manual, message, verb, rest))
		return wrong_line(manual, not_understood, whole);
	/* Said already. */
	manual->wrong += manual->settle->late - late;
}

/* ---- reading ---- */

/* Ends the line at hand. One that is too long is cut, which only a text can be. */
static void end_line(struct subscribe_manual *manual)
{
	manual->line[manual->line_len] = '\0';
	manual->line_len = 0;
	follow(manual, manual->line);
}

static void take(struct subscribe_manual *manual, const char *bytes, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if (bytes[i] == '\n')
			end_line(manual);
		else if (manual->line_len < SUBSCRIBE_MANUAL_LINE_BYTES - 1)
			manual->line[manual->line_len++] = bytes[i];
	}
}

void subscribe_manual_read(struct subscribe_manual *manual)
{
	/* Others may share the descriptor: it is not made non-blocking. */
	struct pollfd input = {.fd = STDIN_FILENO, .events = POLLIN};
	char bytes[4096];
	ssize_t len;

	if (manual->held == NULL || manual->ended || poll(&input, 1, 0) <= 0)
		return;
	len = read(STDIN_FILENO, bytes, sizeof bytes);
	if (len < 0 && (errno == EINTR || errno == EAGAIN))
		return;
	if (len > 0) {
		take(manual, bytes, (size_t)len);
		return;
	}
	manual->ended = true;
	if (len < 0)
		manual->error = errno;
	else if (manual->line_len > 0)
		end_line(manual);
}

int subscribe_manual_status(const struct subscribe_manual *manual)
{
	if (manual->error != 0)
		return cli_fail(CLI_ERROR, "cannot read standard input: %s",
				strerror(manual->error));
	if (manual->wrong == 0)
		return 0;
	return cli_fail(CLI_ERROR, "lines of standard input that had no effect: %" PRIu64,
			manual->wrong);
}
