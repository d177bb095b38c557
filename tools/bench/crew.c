/* SPDX-License-Identifier: MIT */
/* Implements bench/crew.h. */
#include "bench/crew.h"

#include <inttypes.h>
#include <poll.h>
#include <unistd.h>

#include "bench/member.h"
#include "cli/cleanup.h"
#include "cli/clock.h"
#include "cli/fail.h"
#include "cli/number.h"
#include "cli/signals.h"
#include "cli/status.h"

enum { LOOK_MS = 100, NAMED_MAX = 4 };

/* What keeps a crew from going on: 0 if nothing does. */
static int trouble(const struct bench_members *crew)
{
	if (cli_stop_signal() != 0)
		return CLI_SIGNAL + cli_stop_signal();
	return crew->status;
}

/* ---- a run that does not go on ---- */

/* Who has not done its part, as far as there is room to name them. */
static void name_missing(const struct bench_members *crew, uint64_t wanted)
{
	size_t named = 0;

	for (size_t i = 0; i < crew->count; i++) {
		const struct bench_member *member = &crew->list[i];
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
static int give_up(const struct bench_members *crew)
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
static int await_ready(struct bench_members *crew, size_t count)
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
			bench_members_reap(crew);
		if (got <= 0 && cli_now_ns() > end_ns)
			return give_up(crew);
		if (got > 0)
			end_ns = cli_now_ns() + patience_of(crew->job->options);
	}
	return trouble(crew);
}

static int start_all(struct bench_members *crew)
{
	const struct bench_case *what = crew->job->what;
	int status = 0;

	for (size_t i = 0; i < what->subscribers && status == 0; i++)
		status = bench_members_start(crew, false, i);
	if (status == 0)
		status = await_ready(crew, what->subscribers);
	for (size_t i = 0; i < what->publishers && status == 0; i++)
		status = bench_members_start(crew, true, i);
	return status == 0 ? await_ready(crew, what->publishers) : status;
}

static int await_end(struct bench_members *crew)
{
	int64_t patience_ns = patience_of(crew->job->options);

	while (crew->running > 0 && trouble(crew) == 0) {
		cli_children_wait(bench_progress_pause_ms(crew->progress));
		if (cli_children_changed())
			bench_members_reap(crew);
		if (bench_progress_look(crew->progress, crew->job->shared) > patience_ns &&
		    crew->running > 0)
			return give_up(crew);
	}
	return trouble(crew);
}

int bench_crew_run(struct bench_job *job, struct bench_progress *progress)
{
	CLI_CLEANUP(bench_members_deinit) struct bench_members crew = {0};
	int status = bench_members_init(&crew, job, progress);

	if (status == 0)
		status = start_all(&crew);
	if (status == 0) {
		bench_shared_go(job->shared);
		status = await_end(&crew);
	}
	/* How those end that are ended now is no news. */
	crew.status = status;
	bench_members_end(&crew);
	bench_progress_clear(progress);
	return status;
}
