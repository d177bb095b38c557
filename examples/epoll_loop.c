/* SPDX-License-Identifier: MIT */
/*
 * One thread and one epoll(7) for several channels, a timer and signals:
 *
 *     epoll_loop INTERVAL_MS PATTERN...
 *
 * prints what comes for each pattern, and every INTERVAL_MS milliseconds how much that was so far.
 * SIGINT and SIGTERM have it print what waits already, and end with its channels removed.
 *
 * Each source is one struct whose address epoll carries: what is ready says itself what to do.
 */
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include <fsps/fsps.h>

enum { CHANNELS_MAX = 16, EVENTS = 8, TURN = 100 };

struct loop;

/* Something to wait for. ready() answers 1 to go on, 0 to end, or a negative number. */
struct source {
	int (*ready)(struct loop *loop, struct source *source);
	int fd;
	fsps_channel *channel;
	uint64_t received;
};

struct loop {
	int epoll;
	struct source timer;
	struct source signals;
	struct source channels[CHANNELS_MAX];
	size_t count;
};

/* For errors of libfsps. */
static int complain(const char *what)
{
	fprintf(stderr, "epoll_loop: %s: %s\n", what, fsps_last_error()->text);
	return -1;
}

/* For errors of the system. */
static int fail(const char *what)
{
	perror(what);
	return -1;
}

/* A hundred messages at most, so that a fast publisher does not keep us from all else: the
 * descriptor stays readable while more wait. */
static int print_messages(struct loop *loop, struct source *source)
{
	fsps_message *message = NULL;
	int result = 1;

	(void)loop;
	for (int i = 0; i < TURN && result == 1; i++) {
		result = fsps_channel_fetch(source->channel, &message);
		if (result != 1)
			break;
		source->received++;
		printf("%s: %s\n", fsps_message_topic(message),
		       (const char *)fsps_message_payload(message, NULL));
		fsps_message_unref(message);
	}
	fflush(stdout);
	return result < 0 ? complain(fsps_channel_pattern(source->channel)) : 1;
}

static int tell_counts(struct loop *loop, struct source *source)
{
	uint64_t intervals;

	/* Without this read the timer would stay readable. */
	if (read(source->fd, &intervals, sizeof intervals) < 0)
		return errno == EAGAIN ? 1 : fail("timer");
	printf("so far");
	for (size_t i = 0; i < loop->count; i++)
		printf(" %s=%" PRIu64, fsps_channel_pattern(loop->channels[i].channel),
		       loop->channels[i].received);
	printf("\n");
	fflush(stdout);
	return 1;
}

/* What was published before the signal is printed; what comes meanwhile is not waited for. */
static int finish(struct loop *loop, struct source *source)
{
	(void)source;
	for (size_t i = 0; i < loop->count; i++) {
		struct source *channel = &loop->channels[i];
		int64_t waiting = fsps_channel_backlog(channel->channel);

		for (; waiting > 0; waiting -= TURN)
			if (print_messages(loop, channel) < 0)
				return -1;
	}
	return 0;
}

static int watch(struct loop *loop, struct source *source)
{
	struct epoll_event event = {.events = EPOLLIN, .data.ptr = source};

	if (source->fd < 0 || epoll_ctl(loop->epoll, EPOLL_CTL_ADD, source->fd, &event) < 0)
		return fail("epoll_loop");
	return 0;
}

static int open_timer(struct loop *loop, long interval_ms)
{
	const struct timespec interval = {.tv_sec = interval_ms / 1000,
					  .tv_nsec = interval_ms % 1000 * 1000000};
	const struct itimerspec times = {.it_interval = interval, .it_value = interval};
	int fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);

	loop->timer = (struct source){.ready = tell_counts, .fd = fd};
	if (fd >= 0 && timerfd_settime(fd, 0, &times, NULL) < 0)
		return fail("timer");
	return watch(loop, &loop->timer);
}

/* Blocked, so that they arrive here only, and before anything is there that they could end. */
static int open_signals(struct loop *loop)
{
	sigset_t signals;

	sigemptyset(&signals);
	sigaddset(&signals, SIGINT);
	sigaddset(&signals, SIGTERM);
	sigprocmask(SIG_BLOCK, &signals, NULL);
	loop->signals = (struct source){.ready = finish, .fd = signalfd(-1, &signals, SFD_CLOEXEC)};
	return watch(loop, &loop->signals);
}

static int open_channel(struct loop *loop, fsps_bus *bus, const char *pattern)
{
	struct source *source = &loop->channels[loop->count];

	*source = (struct source){.ready = print_messages};
	if (fsps_channel_open(bus, pattern, NULL, &source->channel) < 0)
		return complain(pattern);
	loop->count++;
	source->fd = fsps_channel_fd(source->channel);
	return watch(loop, source);
}

/* Returns 0 once it was asked to end. */
static int run(struct loop *loop)
{
	struct epoll_event events[EVENTS];
	int result = 1;

	while (result > 0) {
		int count = epoll_wait(loop->epoll, events, EVENTS, -1);

		if (count < 0 && errno != EINTR)
			return fail("epoll_wait");
		for (int i = 0; i < count && result > 0; i++) {
			struct source *source = events[i].data.ptr;

			result = source->ready(loop, source);
		}
	}
	return result;
}

static void close_all(struct loop *loop)
{
	for (size_t i = 0; i < loop->count; i++)
		fsps_channel_close(loop->channels[i].channel);
	close(loop->timer.fd);
	close(loop->signals.fd);
	close(loop->epoll);
}

int main(int argc, char **argv)
{
	struct loop loop = {
		.epoll = epoll_create1(EPOLL_CLOEXEC), .timer.fd = -1, .signals.fd = -1};
	long interval_ms = argc > 1 ? strtol(argv[1], NULL, 10) : 0;
	fsps_bus *bus = NULL;
	int result;

	if (interval_ms <= 0 || argc < 3 || argc - 2 > CHANNELS_MAX) {
		fprintf(stderr, "usage: epoll_loop INTERVAL_MS PATTERN...\n");
		return 2;
	}
	result = fsps_bus_open(NULL, &bus) < 0 ? complain("bus") : open_signals(&loop);
	for (int i = 2; i < argc && result == 0; i++)
		result = open_channel(&loop, bus, argv[i]);
	if (result == 0)
		result = open_timer(&loop, interval_ms);
	if (result == 0)
		result = run(&loop);
	close_all(&loop);
	fsps_bus_close(bus);
	return result < 0;
}
