/* SPDX-License-Identifier: MIT */
/* Implements story.h. */
#include "fault/story.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

struct story *story_begin(void)
{
	struct story *story = mmap(NULL, sizeof *story, PROT_READ | PROT_WRITE,
				   MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	ck_assert_ptr_ne(story, MAP_FAILED);
	ck_assert_int_eq(pipe2(story->ready, O_CLOEXEC), 0);
	ck_assert_int_eq(pipe2(story->go, O_CLOEXEC), 0);
	return story;
}

void story_end(struct story *story)
{
	for (int i = 0; i < 2; i++) {
		close(story->ready[i]);
		close(story->go[i]);
	}
	munmap(story, sizeof *story);
}

static pid_t start(struct story *story, story_work work, enum fault_kind kind, unsigned at)
{
	pid_t child;

	story->completed = false;
	story->answered = story->fetched_count = story->calls_at_fetch = 0;
	story->channel[0] = '\0';
	story->plan.kind = kind;
	story->plan.at = at;
	child = fork();
	ck_assert_int_ge(child, 0);
	if (child == 0) {
		work(story);
		fault_plan_stop();
		story->completed = true;
		_exit(EXIT_SUCCESS);
	}
	return child;
}

pid_t story_start(struct story *story, story_work work, unsigned at)
{
	return start(story, work, FAULT_KILL, at);
}

bool story_pause(struct story *story, story_work work, unsigned at, pid_t *ret_child)
{
	pid_t child = start(story, work, FAULT_PAUSE, at);
	int status = 0;

	ck_assert_int_eq(waitpid(child, &status, WUNTRACED), child);
	*ret_child = child;
	if (WIFSTOPPED(status))
		return true;
	ck_assert_int_eq(status, 0);
	ck_assert(story->completed);
	return false;
}

void story_go_on(const struct story *story, pid_t child)
{
	int status = 0;

	ck_assert_int_eq(kill(child, SIGCONT), 0);
	ck_assert_int_eq(waitpid(child, &status, 0), child);
	ck_assert_int_eq(status, 0);
	ck_assert(story->completed);
}

bool story_finish(const struct story *story, pid_t child)
{
	int status = 0;

	ck_assert_int_eq(waitpid(child, &status, 0), child);
	if (WIFSIGNALED(status)) {
		ck_assert_int_eq(WTERMSIG(status), SIGKILL);
		ck_assert_uint_eq(story->plan.calls, story->plan.at);
		return true;
	}
	ck_assert_int_eq(status, 0);
	ck_assert(story->completed);
	ck_assert_uint_le(story->plan.calls, story->plan.at);
	return false;
}

bool story_run(struct story *story, story_work work, unsigned at)
{
	return story_finish(story, story_start(story, work, at));
}

void story_expect_calls(const struct story *story, const char *name, unsigned least)
{
	unsigned count = fault_plan_count(&story->plan, name, 0);

	ck_assert_msg(count >= least, "%u calls of %s, at least %u expected", count, name, least);
}

void story_publish(struct story *story)
{
	fsps_publisher *publisher;
	fsps_bus *bus = fault_bus();

	publisher = fault_publisher(bus);
	fault_plan_start(&story->plan);
	for (unsigned i = 0; i < STORY_MESSAGES; i++) {
		story->answers[i] = fault_publish(publisher, i, NULL);
		story->answered = i + 1;
	}
	fsps_publisher_close(publisher);
	fsps_bus_close(bus);
}
