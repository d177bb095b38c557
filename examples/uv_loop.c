/* SPDX-License-Identifier: MIT */
/*
 * A channel in a loop of libuv, beside a timer and signals:
 *
 *     uv_loop INTERVAL_MS TOPIC PATTERN
 *
 * publishes 1, 2, 3 and so on on TOPIC, a number every INTERVAL_MS milliseconds, and prints what
 * comes for PATTERN, until SIGINT or SIGTERM.
 *
 * libuv closes its handles in the loop, some time after it is told to. A channel must live as long
 * as the handle that watches it, so it is closed when the loop has nothing left.
 */
#include <stdio.h>
#include <stdlib.h>

#include <uv.h>

#include <fsps/fsps.h>

struct program {
	uv_loop_t loop;
	uv_poll_t messages;
	uv_timer_t timer;
	uv_signal_t interrupted;
	uv_signal_t terminated;
	const char *topic;
	fsps_bus *bus;
	fsps_publisher *publisher;
	fsps_channel *channel;
	int published;
	int failed;
};

/* uv_run() returns once none of the handles is left. */
static void close_handle(uv_handle_t *handle, void *unused)
{
	(void)unused;
	if (!uv_is_closing(handle))
		uv_close(handle, NULL);
}

static void end(struct program *program)
{
	uv_walk(&program->loop, close_handle, NULL);
}

static void complain(struct program *program, const char *what)
{
	fprintf(stderr, "uv_loop: %s: %s\n", what, fsps_last_error()->text);
	program->failed = 1;
	end(program);
}

/* One message a turn is enough: the descriptor stays readable while more wait, and libuv asks
 * again. Readable does not promise a message. */
static void on_readable(uv_poll_t *handle, int status, int events)
{
	struct program *program = handle->data;
	fsps_message *message = NULL;
	int result = status < 0 ? status : fsps_channel_fetch(program->channel, &message);

	(void)events;
	if (result == 1) {
		printf("%s: %s\n", fsps_message_topic(message),
		       (const char *)fsps_message_payload(message, NULL));
		fflush(stdout);
		fsps_message_unref(message);
	} else if (result < 0) {
		complain(program, "receive");
	}
}

static void on_time(uv_timer_t *handle)
{
	struct program *program = handle->data;
	char text[16];
	int len = snprintf(text, sizeof text, "%d", ++program->published);

	if (fsps_publish(program->publisher, program->topic, NULL, text, (size_t)len, NULL) < 0)
		complain(program, program->topic);
}

static void on_signal(uv_signal_t *handle, int number)
{
	(void)number;
	end(handle->data);
}

static int open_bus(struct program *program, const char *pattern)
{
	if (fsps_bus_open(NULL, &program->bus) < 0 ||
	    fsps_publisher_open(program->bus, NULL, &program->publisher) < 0 ||
	    fsps_channel_open(program->bus, pattern, NULL, &program->channel) < 0) {
		complain(program, pattern);
		return -1;
	}
	return 0;
}

/* Returns 0 or an error of libuv. */
static int start(struct program *program, uint64_t interval_ms)
{
	uv_loop_t *loop = &program->loop;
	int result = uv_poll_init(loop, &program->messages, fsps_channel_fd(program->channel));

	if (result < 0)
		return result;
	uv_timer_init(loop, &program->timer);
	uv_signal_init(loop, &program->interrupted);
	uv_signal_init(loop, &program->terminated);
	program->messages.data = program->timer.data = program;
	program->interrupted.data = program->terminated.data = program;
	result = uv_poll_start(&program->messages, UV_READABLE, on_readable);
	if (result == 0)
		result = uv_timer_start(&program->timer, on_time, interval_ms, interval_ms);
	if (result == 0)
		result = uv_signal_start(&program->interrupted, on_signal, SIGINT);
	if (result == 0)
		result = uv_signal_start(&program->terminated, on_signal, SIGTERM);
	return result;
}

static void run(struct program *program, uint64_t interval_ms)
{
	int result = start(program, interval_ms);

	if (result < 0) {
		fprintf(stderr, "uv_loop: %s\n", uv_strerror(result));
		program->failed = 1;
		end(program);
	}
	uv_run(&program->loop, UV_RUN_DEFAULT);
}

int main(int argc, char **argv)
{
	struct program program = {.topic = argc == 4 ? argv[2] : NULL};
	long interval_ms = argc == 4 ? strtol(argv[1], NULL, 10) : 0;

	if (interval_ms <= 0) {
		fprintf(stderr, "usage: uv_loop INTERVAL_MS TOPIC PATTERN\n");
		return 2;
	}
	if (uv_loop_init(&program.loop) < 0)
		return 1;
	if (open_bus(&program, argv[3]) == 0)
		run(&program, (uint64_t)interval_ms);
	fsps_channel_close(program.channel);
	fsps_publisher_close(program.publisher);
	fsps_bus_close(program.bus);
	uv_loop_close(&program.loop);
	return program.failed;
}
