/* SPDX-License-Identifier: MIT */
/*
 * One thread and one poll(2) for everything: messages, standard input and signals.
 *
 *     poll_loop TOPIC PATTERN
 *
 * publishes each line of standard input on TOPIC and prints what comes for PATTERN. It ends at the
 * end of the input, at SIGINT and at SIGTERM, and takes its channel with it.
 */
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <fsps/fsps.h>

enum { INPUT, SIGNALS, MESSAGES, FDS };

static int complain(const char *what)
{
	fprintf(stderr, "poll_loop: %s: %s\n", what, fsps_last_error()->text);
	return -1;
}

/* A descriptor that is readable when we are asked to end. */
static int open_signals(void)
{
	sigset_t signals;

	sigemptyset(&signals);
	sigaddset(&signals, SIGINT);
	sigaddset(&signals, SIGTERM);
	sigprocmask(SIG_BLOCK, &signals, NULL);
	return signalfd(-1, &signals, SFD_CLOEXEC);
}

/* What was read and has no end of line yet. */
struct input {
	char text[4096];
	size_t len;
};

static void publish_line(fsps_publisher *publisher, const char *topic, const char *line, size_t len)
{
	/* That somebody refused it (a receipt would say who) is no reason to stop talking. */
	if (fsps_publish(publisher, topic, NULL, line, len, NULL) < 0)
		complain(topic);
}

/* Publishes the lines that are complete, and what fills the buffer without an end of line. */
static void publish_lines(struct input *input, fsps_publisher *publisher, const char *topic)
{
	const char *line = input->text;
	const char *end;

	while ((end = memchr(line, '\n', input->len)) != NULL) {
		publish_line(publisher, topic, line, (size_t)(end - line));
		input->len -= (size_t)(end + 1 - line);
		line = end + 1;
	}
	memmove(input->text, line, input->len);
	if (input->len == sizeof input->text) {
		publish_line(publisher, topic, input->text, input->len);
		input->len = 0;
	}
}

/* Returns 1 to go on, 0 at the end of the input. */
static int read_input(struct input *input, fsps_publisher *publisher, const char *topic)
{
	ssize_t got = read(STDIN_FILENO, input->text + input->len, sizeof input->text - input->len);

	if (got <= 0) {
		if (input->len > 0)
			publish_line(publisher, topic, input->text, input->len);
		return 0;
	}
	input->len += (size_t)got;
	publish_lines(input, publisher, topic);
	return 1;
}

/* Takes what waits now: the descriptor stays readable while anything does, so that one message at
 * a time would do as well. A readable descriptor promises none. */
static int print_messages(fsps_channel *channel)
{
	fsps_message *message = NULL;
	int result;

	while ((result = fsps_channel_fetch(channel, &message)) == 1) {
		size_t len = 0;
		const void *payload = fsps_message_payload(message, &len);

		printf("%s: %.*s\n", fsps_message_topic(message), (int)len, (const char *)payload);
		fsps_message_unref(message);
	}
	fflush(stdout);
	return result < 0 ? complain("fetch") : 1;
}

static int loop(fsps_publisher *publisher, fsps_channel *channel, const char *topic, int signals)
{
	struct pollfd fds[FDS] = {
		[INPUT] = {.fd = STDIN_FILENO, .events = POLLIN},
		[SIGNALS] = {.fd = signals, .events = POLLIN},
		[MESSAGES] = {.fd = fsps_channel_fd(channel), .events = POLLIN},
	};
	struct input input = {.len = 0};
	int go_on = 1;

	while (go_on > 0 && poll(fds, FDS, -1) >= 0) {
		if (fds[MESSAGES].revents != 0)
			go_on = print_messages(channel);
		if (go_on > 0 && fds[INPUT].revents != 0)
			go_on = read_input(&input, publisher, topic);
		if (fds[SIGNALS].revents != 0)
			go_on = 0;
	}
	return go_on;
}

int main(int argc, char **argv)
{
	fsps_publisher *publisher = NULL;
	fsps_channel *channel = NULL;
	fsps_bus *bus = NULL;
	int signals = open_signals();
	int result;

	if (argc != 3) {
		fprintf(stderr, "usage: poll_loop TOPIC PATTERN\n");
		return 2;
	}
	if (fsps_bus_open(NULL, &bus) < 0 || fsps_publisher_open(bus, NULL, &publisher) < 0 ||
	    fsps_channel_open(bus, argv[2], NULL, &channel) < 0)
		result = complain(argv[2]);
	else
		result = loop(publisher, channel, argv[1], signals);
	fsps_channel_close(channel);
	fsps_publisher_close(publisher);
	fsps_bus_close(bus);
	return result < 0;
}
