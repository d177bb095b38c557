/* SPDX-License-Identifier: MIT */
/* Implements bench/member.h. */
#include "bench/member.h"

#include <errno.h>
#include <signal.h>
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

enum { END_WAIT_MS = 2000, LOOK_MS = 100 };

static const char *role_of(const struct bench_member *member)
{
	return member->publishes ? "publisher" : "subscriber";
}

int bench_members_init(struct bench_members *members, struct bench_job *job,
		       struct bench_progress *progress)
{
	*members = (struct bench_members){
		.job = job,
		.progress = progress,
		.list = calloc(job->what->publishers + job->what->subscribers,
			       sizeof *members->list),
	};
	if (members->list == NULL || cli_children_watch() < 0)
		return cli_fail(CLI_ERROR, "no memory");
	return 0;
}

void bench_members_deinit(struct bench_members *members)
{
	free(members->list);
}

/* ---- being one ---- */

/* Where it runs: publishers come first. */
static size_t place_of(const struct bench_job *job, const struct bench_member *member)
{
	return member->publishes ? member->index : job->what->publishers + member->index;
}

static int work(struct bench_job *job, const struct bench_member *member)
{
	bool trips = job->what->mode == BENCH_LATENCY;

	if (member->publishes)
		return trips ? bench_ping(job) : bench_publish(job, member->index);
	return trips ? bench_pong(job) : bench_subscribe(job, member->index);
}

static int be_child(struct bench_job *job, const struct bench_member *member, pid_t parent_pid)
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

int bench_members_start(struct bench_members *members, bool publishes, size_t index)
{
	struct bench_member *member = &members->list[members->count];
	pid_t parent_pid = getpid();

	*member = (struct bench_member){.publishes = publishes, .index = index, .running = true};
	member->pid = fork();
	if (member->pid < 0)
		return cli_fail(CLI_ERROR, "cannot start %s %zu: %s", role_of(member), index + 1,
				strerror(errno));
	if (member->pid == 0)
		exit(be_child(members->job, member, parent_pid));
	members->count++;
	members->running++;
	return 0;
}

/* ---- how they end ---- */

/* How a child ended that should not have ended so. */
static void note_end(struct bench_members *members, const struct bench_member *member,
		     int wait_status)
{
	int status = cli_child_status(wait_status);

	if (status == 0 || members->status != 0 || cli_stop_signal() != 0)
		return;
	bench_progress_clear(members->progress);
	if (WIFSIGNALED(wait_status)) {
		cli_say("%s %zu was killed by signal %d (%s)", role_of(member), member->index + 1,
			WTERMSIG(wait_status), strsignal(WTERMSIG(wait_status)));
		members->status = CLI_ERROR;
		return;
	}
	/* It has said why; what a signal of its own did to it nobody asked for. */
	cli_say("%s %zu could not go on", role_of(member), member->index + 1);
	members->status = status > CLI_SIGNAL ? CLI_ERROR : status;
}

void bench_members_reap(struct bench_members *members)
{
	for (size_t i = 0; i < members->count; i++) {
		struct bench_member *member = &members->list[i];
		int wait_status;

		if (!member->running || waitpid(member->pid, &wait_status, WNOHANG) != member->pid)
			continue;
		member->running = false;
		members->running--;
		note_end(members, member, wait_status);
	}
}

static void signal_side(const struct bench_members *members, bool publishers, int number)
{
	for (size_t i = 0; i < members->count; i++) {
		const struct bench_member *member = &members->list[i];

		if (member->running && member->publishes == publishers)
			kill(member->pid, number);
	}
}

static bool any_runs(const struct bench_members *members, bool publishers)
{
	for (size_t i = 0; i < members->count; i++) {
		if (members->list[i].running && members->list[i].publishes == publishers)
			return true;
	}
	return false;
}

/* Ends those of one side that still run. */
static void end_side(struct bench_members *members, bool publishers)
{
	int64_t end_ns = cli_now_ns() + (int64_t)END_WAIT_MS * CLI_NS_PER_MS;

	signal_side(members, publishers, SIGTERM);
	while (any_runs(members, publishers)) {
		if (cli_now_ns() > end_ns)
			signal_side(members, publishers, SIGKILL);
		cli_children_wait(LOOK_MS);
		cli_children_changed();
		bench_members_reap(members);
	}
}

void bench_members_end(struct bench_members *members)
{
	/* Those that were stopped could not hear of it. */
	signal_side(members, false, SIGCONT);
	signal_side(members, true, SIGCONT);
	end_side(members, true);
	end_side(members, false);
}
