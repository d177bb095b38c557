/* SPDX-License-Identifier: MIT */
/*
 * Implements bench/crew.h. Whoever stops us stops our children through us, publishers first: one
 * that finds no subscribers any more would take it for a failure. So a terminal's Ctrl-C, which
 * reaches all at once, is not for them. Those that don't end in time are killed.
 */
#include "bench/crew.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench/publisher.h"
#include "bench/self.h"
#include "bench/subscriber.h"
#include "bench/trip.h"
#include "cli/child.h"
#include "cli/clock.h"
#include "cli/fail.h"
#include "cli/number.h"
#include "cli/signals.h"
#include "cli/status.h"

enum { END_WAIT_MS = 2000, LOOK_MS = 100, NAMED_MAX = 4 };

struct member {
	pid_t pid;
	bool publishes;
	/* Among its like. */
	size_t index;
	bool running;
};

struct crew {
	struct bench_job *job;
	struct bench_progress *progress;
	struct member *members;
	size_t count;
	size_t running;
	/* Of those who failed the first one's exit code. */
	int status;
};

static const char *role_of(const struct member *member)
{
	return member->publishes ? "publisher" : "subscriber";
}

/* ---- children ---- */

/* Where it runs: publishers come first. */
static size_t place_of(const struct bench_job *job, const struct member *member)
{
	return member->publishes ? member->index : job->what->publishers + member->index;
}

static int work(struct bench_job *job, const struct member *member)
{
	bool trips = job->what->mode == BENCH_LATENCY;

	if (member->publishes)
		return trips ? bench_ping(job) : bench_publish(job, member->index);
	return trips ? bench_pong(job) : bench_subscribe(job, member->index);
}

static int be_child(struct bench_job *job, const struct member *member, pid_t parent_pid)
{
	int status = 0;

	signal(SIGINT, SIG_IGN);
	signal(SIGHUP, SIG_IGN);
	if (!bench_self_follow_parent(parent_pid))
		return CLI_ERROR;
	/* Waiting for room in a channel is not ended by a signal. */
	cli_signals_impatient(true);
	if (job->options->pin)
		status = bench_self_pin(place_of(job, member));
	return status == 0 ? work(job, member) : status;
}

static int start(struct crew *crew, bool publishes, size_t index)
{
	struct member *member = &crew->members[crew->count];
	pid_t parent_pid = getpid();

	*member = (struct member){.publishes = publishes, .index = index, .running = true};
	member->pid = fork();
	if (member->pid < 0)
		return cli_fail(CLI_ERROR, "cannot start %s %zu: %s", role_of(member), index + 1,
				strerror(errno));
	if (member->pid == 0)
		exit(be_child(crew->job, member, parent_pid));
	crew->count++;
	crew->running++;
	return 0;
}

/* ---- watching them ---- */

/* How a child ended that should not have ended so. */
static void note_end(struct crew *crew, const struct member *member, int wait_status)
{
	int status = cli_child_status(wait_status);

	if (status == 0 || crew->status != 0 || cli_stop_signal() != 0)
		return;
	bench_progress_clear(crew->progress);
	if (WIFSIGNALED(wait_status)) {
		cli_say("%s %zu was killed by signal %d (%s)", role_of(member), member->index + 1,
			WTERMSIG(wait_status), strsignal(WTERMSIG(wait_status)));
		crew->status = CLI_ERROR;
		return;
	}
	/* It has said why; what a signal of its own did to it nobody asked for. */
	cli_say("%s %zu could not go on", role_of(member), member->index + 1);
	crew->status = status > CLI_SIGNAL ? CLI_ERROR : status;
}

static void reap(struct crew *crew)
{
	for (size_t i = 0; i < crew->count; i++) {
		struct member *member = &crew->members[i];
		int wait_status;

		if (!member->running || waitpid(member->pid, &wait_status, WNOHANG) != member->pid)
			continue;
		member->running = false;
		crew->running--;
		note_end(crew, member, wait_status);
	}
}

static void signal_side(const struct crew *crew, bool publishers, int number)
{
	for (size_t i = 0; i < crew->count; i++) {
		const struct member *member = &crew->members[i];

		if (member->running && member->publishes == publishers)
			kill(member->pid, number);
	}
}

static bool any_runs(const struct crew *crew, bool publishers)
{
	for (size_t i = 0; i < crew->count; i++) {
		if (crew->members[i].running && crew->members[i].publishes == publishers)
			return true;
	}
	return false;
}

/* Ends those of one side that still run. */
static void end_side(struct crew *crew, bool publishers)
{
	int64_t end_ns = cli_now_ns() + (int64_t)END_WAIT_MS * CLI_NS_PER_MS;

	signal_side(crew, publishers, SIGTERM);
	while (any_runs(crew, publishers)) {
		if (cli_now_ns() > end_ns)
			signal_side(crew, publishers, SIGKILL);
		cli_children_wait(LOOK_MS);
		cli_children_changed();
		reap(crew);
	}
}

static void end_all(struct crew *crew)
{
	/* Those that were stopped could not hear of it. */
	signal_side(crew, false, SIGCONT);
	signal_side(crew, true, SIGCONT);
	end_side(crew, true);
	end_side(crew, false);
}

/* What keeps a crew from going on: 0 if nothing does. */
static int trouble(const struct crew *crew)
{
	if (cli_stop_signal() != 0)
		return CLI_SIGNAL + cli_stop_signal();
	return crew->status;
}

/* ---- a run that does not go on ---- */

/* Who has not done its part, as far as there is room to name them. */
static void name_missing(const struct crew *crew, uint64_t wanted)
{
	size_t named = 0;

	for (size_t i = 0; i < crew->count; i++) {
		const struct member *member = &crew->members[i];
		const struct bench_shared *shared = crew->job->shared;
		const struct bench_seat *seat =
			member->publishes ? bench_shared_publisher(shared, member->index)
					  : bench_shared_subscriber(shared, member->index);

		if (!member->running)
			continue;
		if (++named > NAMED_MAX) {
			cli_say("and others");
			return;
		}
		if (member->publishes)
			cli_say("publisher %zu is not done, after %" PRIu64 " messages",
				member->index + 1, bench_load(&seat->messages));
		else
			cli_say("subscriber %zu has %" PRIu64 " of %" PRIu64 " messages",
				member->index + 1, bench_load(&seat->messages), wanted);
	}
}

static bool publishers_are_done(const struct bench_shared *shared)
{
	for (size_t i = 0; i < shared->publishers; i++) {
		if (bench_load(&bench_shared_publisher(shared, i)->done) == 0)
			return false;
	}
	return true;
}

/* A slow timetable is no standstill. */
static int64_t patience_of(const struct bench_options *options)
{
	return options->patience_ns + options->interval_ns;
}

/* Says what is missing. What was published and never came is lost. */
static int give_up(const struct crew *crew)
{
	const struct bench_shared *shared = crew->job->shared;
	uint64_t wanted = bench_shared_published(shared) * crew->job->what->channels;

	bench_progress_clear(crew->progress);
	cli_say("nothing went on for %.3g seconds (see --timeout)",
		(double)patience_of(crew->job->options) / CLI_NS_PER_S);
	name_missing(crew, wanted);
	return publishers_are_done(shared) &&
			       bench_shared_received(shared) < wanted * shared->subscribers
		       ? CLI_FULL
		       : CLI_TIMEOUT;
}

/* ---- a round ---- */

/* Waits until as many have said that they are ready. */
static int await_ready(struct crew *crew, size_t count)
{
	struct pollfd fds[2] = {{.fd = crew->job->shared->ready_pipe[0], .events = POLLIN},
				{.fd = cli_children_watch(), .events = POLLIN}};
	int64_t end_ns = cli_now_ns() + patience_of(crew->job->options);
	char bytes[64];

	while (count > 0 && trouble(crew) == 0) {
		ssize_t got = 0;

		if (poll(fds, 2, LOOK_MS) > 0 && (fds[0].revents & POLLIN) != 0)
			got = read(fds[0].fd, bytes, count < sizeof bytes ? count : sizeof bytes);
		count -= got > 0 ? (size_t)got : 0;
		if (cli_children_changed())
			reap(crew);
		if (got <= 0 && cli_now_ns() > end_ns)
			return give_up(crew);
		if (got > 0)
			end_ns = cli_now_ns() + patience_of(crew->job->options);
	}
	return trouble(crew);
}

static int start_all(struct crew *crew)
{
	const struct bench_case *what = crew->job->what;
	int status = 0;

	for (size_t i = 0; i < what->subscribers && status == 0; i++)
		status = start(crew, false, i);
	if (status == 0)
		status = await_ready(crew, what->subscribers);
	for (size_t i = 0; i < what->publishers && status == 0; i++)
		status = start(crew, true, i);
	return status == 0 ? await_ready(crew, what->publishers) : status;
}

static int await_end(struct crew *crew)
{
	int64_t patience_ns = patience_of(crew->job->options);

	while (crew->running > 0 && trouble(crew) == 0) {
		cli_children_wait(bench_progress_pause_ms(crew->progress));
		if (cli_children_changed())
			reap(crew);
		if (bench_progress_look(crew->progress, crew->job->shared) > patience_ns &&
		    crew->running > 0)
			return give_up(crew);
	}
	return trouble(crew);
}

int bench_crew_run(struct bench_job *job, struct bench_progress *progress)
{
	struct crew crew = {.job = job, .progress = progress};
	int status;

	crew.members = calloc(job->what->publishers + job->what->subscribers, sizeof *crew.members);
	if (crew.members == NULL || cli_children_watch() < 0)
		return cli_fail(CLI_ERROR, "no memory");
	status = start_all(&crew);
	if (status == 0) {
		bench_shared_go(job->shared);
		status = await_end(&crew);
	}
	/* How those end that are ended now is no news. */
	crew.status = status;
	end_all(&crew);
	bench_progress_clear(progress);
	free(crew.members);
	return status;
}
