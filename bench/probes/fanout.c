/* SPDX-License-Identifier: MIT */
/*
 * What a delivery costs with many channels or topics, through the public API: one publisher, and
 * one process that reads all of the channels, an event loop over their descriptors.
 *
 * fanout CHANNELS MESSAGES SIZE [TOPICS [AT_ONCE]]
 * TOPICS: the messages go to so many topics in turn, and the channels are of all topics; else the
 * channels are of the one topic. AT_ONCE: messages while both sides run, else MESSAGES.
 * It prints one line of JSON, nanoseconds a delivery (a message to one channel):
 * - "first_ns": the publisher's first publish, whole; "slice_ns": of slices of 256 publishes while
 *   the reader does not read the median, a publish; "longest_ns": the longest such slice, whole
 * - "write_ns": publishing while the reader does not read, so that nobody sleeps
 * - "read_ns": reading these messages, from the first to the last
 * - "busy_ns", "both_ns": both at once: publishing alone, and from the first publish to the last
 *   receive; "write_cpu_ns" and "read_cpu_ns": the processor time of both sides meanwhile
 * "lost" counts messages that did not come, or not in order. The home is PUBSUB_HOME. A channel
 * takes five descriptors of the reader; the limit is raised as far as it goes.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fsps/fsps.h>

#include "common/peer.h"

enum {
	/* Beyond those that go as files; with topics, each of them once, too. */
	WARM_UP = 16,
	/* Channels on one bus: the kernel lets no more than 500 that share its timer into one epoll
	 * descriptor. */
	BUS_CHANNELS = 250,
	EVENTS = 64,
	IDLE_MS = 10000,
	/* Publishes whose time is taken together. */
	SLICE = 256,
	SLICES_MAX = 65536,
	SIZE_MAX_BYTES = 65536,
	TOPICS_MAX = 100000,
	NAME_BYTES = 32
};

#define TOPIC      "fanout"
#define EVERYTHING "+"

/* What the reader tells after each part. */
struct told {
	int64_t first_ns;
	int64_t last_ns;
	int64_t cpu_ns;
	uint64_t lost;
};

struct job {
	size_t channels;
	uint64_t warm_up;
	uint64_t messages;
	uint64_t at_once;
	size_t size;
	/* As many names as there are topics; NULL: TOPIC alone. */
	char (*names)[NAME_BYTES];
	size_t topics;
	/* From the publisher to the reader, and back. */
	int there[2];
	int back[2];
};

static int refused(const char *what)
{
	fprintf(stderr, "fanout: %s: %s\n", what, fsps_last_error()->text);
	return 1;
}

static int64_t in_ns(struct timeval time)
{
	return ((int64_t)time.tv_sec * 1000000 + time.tv_usec) * 1000;
}

static int64_t cpu_ns(void)
{
	struct rusage used;

	getrusage(RUSAGE_SELF, &used);
	return in_ns(used.ru_utime) + in_ns(used.ru_stime);
}

static int tell(const int *pipe_ends, const struct told *told)
{
	return write(pipe_ends[1], told, sizeof *told) == sizeof *told ? 0 : -1;
}

static int hear(const int *pipe_ends, struct told *ret_told)
{
	return read(pipe_ends[0], ret_told, sizeof *ret_told) == sizeof *ret_told ? 0 : -1;
}

/* ---- the reader ---- */

struct seat {
	/* NULL: that of a seat before it. */
	fsps_bus *bus;
	fsps_channel *channel;
	/* The number that comes next. */
	uint64_t next;
};

struct reader {
	struct seat *seats;
	int epoll;
	uint64_t left;
	struct told told;
};

/* The event loop is told of the channel's descriptor. */
static int open_seat(struct reader *self, fsps_bus *bus, const char *pattern, struct seat *seat)
{
	struct epoll_event event = {.events = EPOLLIN, .data.ptr = seat};

	if (fsps_channel_open(bus, pattern, NULL, &seat->channel) < 0)
		return refused("fsps_channel_open");
	if (epoll_ctl(self->epoll, EPOLL_CTL_ADD, fsps_channel_fd(seat->channel), &event) < 0)
		return peer_broken("epoll_ctl");
	return 0;
}

static int open_seats(struct reader *self, size_t count, const char *pattern)
{
	fsps_bus *bus = NULL;
	int result = 0;

	self->seats = calloc(count, sizeof *self->seats);
	self->epoll = epoll_create1(EPOLL_CLOEXEC);
	if (self->seats == NULL || self->epoll < 0)
		return peer_broken("epoll");
	for (size_t i = 0; i < count && result == 0; i++) {
		if (i % BUS_CHANNELS == 0) {
			if (fsps_bus_open(NULL, &self->seats[i].bus) < 0)
				return refused("fsps_bus_open");
			bus = self->seats[i].bus;
		}
		result = open_seat(self, bus, pattern, &self->seats[i]);
	}
	return result;
}

static void close_seats(struct reader *self, size_t count)
{
	for (size_t i = 0; self->seats != NULL && i < count; i++) {
		fsps_channel_close(self->seats[i].channel);
		fsps_bus_close(self->seats[i].bus);
	}
	free(self->seats);
}

static void note(struct reader *self, struct seat *seat, const fsps_message *message)
{
	const unsigned char *payload = fsps_message_payload(message, NULL);
	uint64_t number;

	if (self->told.first_ns == 0)
		self->told.first_ns = peer_now_ns();
	memcpy(&number, payload, sizeof number);
	if (number != seat->next)
		self->told.lost++;
	seat->next = number + 1;
	self->left--;
}

/* All that waits in one channel. */
static int empty(struct reader *self, struct seat *seat)
{
	fsps_message *message;
	int got;

	while ((got = fsps_channel_fetch(seat->channel, &message)) > 0) {
		note(self, seat, message);
		fsps_message_unref(message);
	}
	return got < 0 ? refused("fsps_channel_fetch") : 0;
}

/* Reads so many messages, whichever channel they are in, and tells. */
static int read_part(struct reader *self, const struct job *job, uint64_t count)
{
	struct epoll_event events[EVENTS];
	int64_t before_ns = cpu_ns();

	self->told = (struct told){0};
	self->left = count * job->channels;
	while (self->left > 0) {
		int ready = epoll_wait(self->epoll, events, EVENTS, IDLE_MS);

		if (ready < 0 && errno != EINTR)
			return peer_broken("epoll_wait");
		if (ready == 0)
			break;
		for (int i = 0; i < ready; i++)
			if (empty(self, events[i].data.ptr) != 0)
				return 1;
	}
	self->told.lost += self->left;
	self->told.last_ns = peer_now_ns();
	self->told.cpu_ns = cpu_ns() - before_ns;
	return tell(job->back, &self->told) < 0 ? peer_broken("pipe") : 0;
}

static int be_reader(const struct job *job)
{
	struct reader self = {0};
	struct told go;
	int result = open_seats(&self, job->channels, job->names ? EVERYTHING : TOPIC);

	/* Ready; then what was written meanwhile; then both at once. */
	if (result == 0 && (tell(job->back, &self.told) < 0 || hear(job->there, &go) < 0))
		result = 1;
	if (result == 0)
		result = read_part(&self, job, job->warm_up + job->messages);
	if (result == 0)
		result = read_part(&self, job, job->at_once);
	close_seats(&self, job->channels);
	return result;
}

/* ---- the publisher ---- */

/* What the publisher saw of one part. */
struct part {
	/* The first publish alone; the median and the longest slice. */
	int64_t first_ns;
	int64_t slice_ns;
	int64_t longest_ns;
	int64_t start_ns;
	int64_t taken_ns;
	int64_t cpu_ns;
};

static const char *topic_of(const struct job *job, uint64_t number)
{
	return job->names ? job->names[number % job->topics] : TOPIC;
}

static int by_length(const void *one, const void *other)
{
	const int64_t a = *(const int64_t *)one;
	const int64_t b = *(const int64_t *)other;

	return (a > b) - (a < b);
}

/* Sorts them, too. */
static void note_slices(int64_t *lengths, size_t count, struct part *part)
{
	if (count == 0)
		return;
	qsort(lengths, count, sizeof *lengths, by_length);
	part->slice_ns = lengths[count / 2];
	part->longest_ns = lengths[count - 1];
}

static int publish(fsps_publisher *publisher, const struct job *job, uint64_t first, uint64_t count,
		   struct part *ret_part)
{
	static unsigned char payload[SIZE_MAX_BYTES];
	static int64_t slices[SLICES_MAX];
	size_t sliced = 0;
	int64_t before_ns = cpu_ns();
	struct part part = {.start_ns = peer_now_ns()};
	int64_t slice_start_ns = part.start_ns;

	for (uint64_t i = 0; i < count; i++) {
		int reached;

		peer_fill(payload, job->size, first + i);
		reached = fsps_publish(publisher, topic_of(job, i), NULL, payload, job->size, NULL);
		if (i == 0)
			part.first_ns = peer_now_ns() - part.start_ns;
		if (i % SLICE == SLICE - 1 && sliced < SLICES_MAX) {
			int64_t now_ns = peer_now_ns();

			slices[sliced++] = now_ns - slice_start_ns;
			slice_start_ns = now_ns;
		}
		if (reached < 0)
			return refused("fsps_publish");
		if ((size_t)reached != job->channels) {
			fprintf(stderr, "fanout: %d channels reached\n", reached);
			return 1;
		}
	}
	part.taken_ns = peer_now_ns() - part.start_ns;
	part.cpu_ns = cpu_ns() - before_ns;
	note_slices(slices, sliced, &part);
	*ret_part = part;
	return 0;
}

/* What was seen of all parts. */
struct seen {
	struct part warm;
	struct part alone;
	struct part busy;
	struct told backlog;
	struct told both;
};

static void report(const struct job *job, const struct seen *seen)
{
	double deliveries = (double)job->channels * (double)job->messages;
	double at_once = (double)job->channels * (double)job->at_once;
	const struct part *busy = &seen->busy;

	printf("{\"channels\": %zu, \"messages\": %" PRIu64 ", \"lost\": %" PRIu64, job->channels,
	       job->messages, seen->backlog.lost + seen->both.lost);
	printf(", \"first_ns\": %" PRId64 ", \"slice_ns\": %.1f, \"longest_ns\": %" PRId64,
	       seen->warm.first_ns, (double)seen->alone.slice_ns / SLICE, seen->alone.longest_ns);
	printf(", \"write_ns\": %.2f, \"read_ns\": %.2f", (double)seen->alone.taken_ns / deliveries,
	       (double)(seen->backlog.last_ns - seen->backlog.first_ns) /
		       (deliveries + (double)job->warm_up * (double)job->channels));
	printf(", \"busy_ns\": %.2f, \"both_ns\": %.2f", (double)busy->taken_ns / at_once,
	       (double)(seen->both.last_ns - busy->start_ns) / at_once);
	printf(", \"write_cpu_ns\": %.2f, \"read_cpu_ns\": %.2f}\n", (double)busy->cpu_ns / at_once,
	       (double)seen->both.cpu_ns / at_once);
}

static int measure(fsps_publisher *publisher, const struct job *job)
{
	const uint64_t later = job->warm_up + job->messages;
	struct told go = {0};
	struct seen seen;

	if (hear(job->back, &go) < 0 || publish(publisher, job, 0, job->warm_up, &seen.warm) != 0 ||
	    publish(publisher, job, job->warm_up, job->messages, &seen.alone) != 0)
		return 1;
	if (tell(job->there, &go) < 0 || hear(job->back, &seen.backlog) < 0 ||
	    publish(publisher, job, later, job->at_once, &seen.busy) != 0 ||
	    hear(job->back, &seen.both) < 0)
		return 1;
	report(job, &seen);
	return seen.backlog.lost + seen.both.lost == 0 ? 0 : 1;
}

static int be_publisher(const struct job *job)
{
	struct fsps_publisher_options options = {.size = sizeof options, .wait_ms = FSPS_FOREVER};
	fsps_publisher *publisher = NULL;
	fsps_bus *bus = NULL;
	int result;

	if (fsps_bus_open(NULL, &bus) < 0 || fsps_publisher_open(bus, &options, &publisher) < 0)
		result = refused("open");
	else
		result = measure(publisher, job);
	fsps_publisher_close(publisher);
	fsps_bus_close(bus);
	return result;
}

static void raise_limit(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
		return;
	limit.rlim_cur = limit.rlim_max;
	setrlimit(RLIMIT_NOFILE, &limit);
}

/* Forks before anything of libfsps is there. Each side keeps its ends of the pipes alone, so that
 * the death of the other is seen. */
static int run(struct job *job)
{
	pid_t child;
	int result;
	int status;

	if (pipe(job->there) < 0 || pipe(job->back) < 0)
		return peer_broken("pipe");
	child = fork();
	if (child < 0)
		return peer_broken("fork");
	if (child == 0) {
		close(job->there[1]);
		close(job->back[0]);
		return be_reader(job);
	}
	close(job->there[0]);
	close(job->back[1]);
	result = be_publisher(job);
	close(job->there[1]);
	if (waitpid(child, &status, 0) < 0 || status != 0)
		return 1;
	return result;
}

static int name_topics(struct job *job)
{
	job->names = calloc(job->topics, sizeof *job->names);
	if (job->names == NULL)
		return peer_broken("topics");
	for (size_t i = 0; i < job->topics; i++)
		snprintf(job->names[i], sizeof job->names[i], TOPIC ".%zu", i);
	return 0;
}

static bool is_sound(const struct job *job)
{
	return job->channels >= 1 && job->messages >= 1 && job->at_once >= 1 &&
	       job->size >= PEER_SIZE_MIN && job->size <= SIZE_MAX_BYTES &&
	       job->topics <= TOPICS_MAX;
}

int main(int argc, char **argv)
{
	struct job job = {0};
	int result = 0;

	if (argc >= 4 && argc <= 6) {
		job.channels = strtoul(argv[1], NULL, 10);
		job.messages = strtoull(argv[2], NULL, 10);
		job.size = strtoul(argv[3], NULL, 10);
		job.topics = argc > 4 ? strtoul(argv[4], NULL, 10) : 0;
		job.at_once = argc > 5 ? strtoull(argv[5], NULL, 10) : job.messages;
	}
	if (!is_sound(&job)) {
		fprintf(stderr,
			"usage: fanout CHANNELS MESSAGES SIZE [TOPICS [AT_ONCE]]\n"
			"SIZE is %d to %d bytes, TOPICS at most %d, 0 for one\n",
			PEER_SIZE_MIN, SIZE_MAX_BYTES, TOPICS_MAX);
		return 2;
	}
	job.warm_up = WARM_UP + job.topics;
	raise_limit();
	if (job.topics > 0)
		result = name_topics(&job);
	if (result == 0)
		result = run(&job);
	free(job.names);
	return result;
}
