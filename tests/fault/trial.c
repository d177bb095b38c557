/* SPDX-License-Identifier: MIT */
/* Implements trial.h: preparing a home, and running a scenario in it. */
#include "fault/trial.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fault/failing_malloc.h"
#include "store/names.h"

enum { TEXT_BYTES = TRIAL_BIG_BYTES + 32, PATIENCE_S = 10 };

/* ---- the disk ---- */

/* Set in what is tried; what prepares it and looks at it need not wait for a disk. */
static bool syncs;

int fsync(int fd)
{
	return syncs ? (int)syscall(SYS_fsync, fd) : 0;
}

/* ---- files beside the home ---- */

static const char *path_of(const char *what)
{
	static char path[512];

	snprintf(path, sizeof path, "%s-%s", fault_home(), what);
	return path;
}

static void write_file(const char *what, const void *bytes, size_t length)
{
	int fd = open(path_of(what), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(write(fd, bytes, length), (ssize_t)length);
	close(fd);
}

/* Ends it with a NUL. */
static size_t read_file(const char *what, char *to, size_t size)
{
	int fd = open(path_of(what), O_RDONLY | O_CLOEXEC);
	ssize_t got;

	ck_assert_int_ge(fd, 0);
	got = read(fd, to, size - 1);
	ck_assert_int_ge(got, 0);
	close(fd);
	to[got] = '\0';
	return (size_t)got;
}

/* ---- messages ---- */

const char *trial_payload(unsigned number)
{
	static char text[16];

	snprintf(text, sizeof text, "%u", number);
	return text;
}

static size_t fill_big(char *to)
{
	int length = sprintf(to, "%u ", TRIAL_QUEUED);

	memset(to + length, 'x', TRIAL_BIG_BYTES);
	return (size_t)length + TRIAL_BIG_BYTES;
}

unsigned trial_number_of(const fsps_message *message)
{
	static char big[TEXT_BYTES];
	size_t length = 0;
	const char *payload = fsps_message_payload(message, &length);
	unsigned number = 0;

	if (length > 8) {
		fault_assert(length == fill_big(big) && memcmp(payload, big, length) == 0,
			     "a large message is torn");
		return TRIAL_QUEUED;
	}
	for (size_t i = 0; i < length; i++)
		number = number * 10 + (unsigned)(payload[i] - '0');
	fault_assert(length > 0 && number < TRIAL_MESSAGES, "'%.*s' is no message", (int)length,
		     payload);
	return number;
}

/* ---- a home ---- */

/* For commands, and those that they start. */
static void set_environment(void)
{
	const char *directory = getenv("PUBSUB_BINDIR");
	const char *others = getenv("PATH");
	char path[4096];

	snprintf(path, sizeof path, "%s:%s", directory != NULL ? directory : "",
		 others != NULL ? others : "/usr/bin:/bin");
	ck_assert_int_eq(setenv("PATH", path, 1), 0);
	ck_assert_int_eq(setenv("PUBSUB_HOME", fault_home(), 1), 0);
}

struct trial *trial_new(const struct trial_scenario *scenario)
{
	struct trial *trial = mmap(NULL, sizeof *trial, PROT_READ | PROT_WRITE,
				   MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	ck_assert_ptr_ne(trial, MAP_FAILED);
	trial->scenario = scenario;
	/* What a command starts is waited for by us once the command is dead. */
	ck_assert_int_eq(prctl(PR_SET_CHILD_SUBREAPER, 1), 0);
	set_environment();
	return trial;
}

void trial_free(struct trial *trial)
{
	static const char *const files[] = {"in", "out", "err", "big", "memory"};

	for (size_t i = 0; i < sizeof files / sizeof files[0]; i++)
		(void)unlink(path_of(files[i]));
	munmap(trial, sizeof *trial);
}

static fsps_channel *attach(fsps_bus *bus, const char *name)
{
	const struct fsps_channel_options options = {.size = sizeof options, .durable = name};
	fsps_channel *channel = NULL;
	int r = fsps_channel_open(bus, FAULT_TOPIC, &options, &channel);

	fault_assert(r == FSPS_OK, "attach: %s", fsps_last_error()->text);
	return channel;
}

static void reject_two(fsps_bus *bus)
{
	fsps_channel *channel = attach(bus, "keep");

	for (unsigned i = 0; i < 2; i++) {
		fsps_message *message = NULL;

		ck_assert_int_eq(fsps_channel_fetch(channel, &message), 1);
		ck_assert_uint_eq(trial_number_of(message), i);
		ck_assert_int_eq(fsps_message_reject(channel, message, "never"), FSPS_OK);
		fsps_message_unref(message);
	}
	fsps_channel_close(channel);
}

static void leave_remains(void)
{
	char path[512];

	(void)fault_make_dead_subscriber(2);
	snprintf(path, sizeof path, "%s/" FSI_NAME_STAGING, fault_home());
	(void)mkdir(path, 0700);
	snprintf(path, sizeof path, "%s/" FSI_NAME_STAGING "/.i-abcdefghijkl-77", fault_home());
	close(open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
	snprintf(path, sizeof path, "%s/.x-abcdefghijkl-1", fault_home());
	ck_assert_int_eq(mkdir(path, 0700), 0);
	fault_let_sweep();
}

void trial_limit(fsps_bus *bus, uint64_t messages)
{
	const struct fsps_limits limits = {
		.size = sizeof limits, .messages = messages, .when_full = FSPS_FULL_DROP_OLDEST};

	fault_assert(fsps_channel_set_limits(bus, TRIAL_KEEP, &limits) == FSPS_OK, "limits: %s",
		     fsps_last_error()->text);
}

static void queue_messages(fsps_bus *bus)
{
	fsps_publisher *publisher = fault_publisher(bus);

	for (unsigned i = 0; i < TRIAL_QUEUED; i++) {
		const char *payload = trial_payload(i);

		fault_assert(fsps_publish(publisher, FAULT_TOPIC, NULL, payload, strlen(payload),
					  NULL) == TRIAL_CHANNELS,
			     "publish: %s", fsps_last_error()->text);
	}
	fsps_publisher_close(publisher);
}

void trial_prepare(struct trial *trial)
{
	const struct trial_scenario *scenario = trial->scenario;
	const bool counts_memory = trial->counts_memory;
	fsps_bus *bus;

	memset(trial, 0, sizeof *trial);
	trial->scenario = scenario;
	trial->counts_memory = counts_memory;
	fault_remove_tree(fault_home());
	bus = fault_bus();
	ck_assert_int_ge(fsps_durable_create(bus, FAULT_TOPIC, "keep"), 0);
	ck_assert_int_ge(fsps_durable_create(bus, FAULT_TOPIC, "also"), 0);
	queue_messages(bus);
	if ((scenario->effects & TRIAL_LETTERS) != 0)
		reject_two(bus);
	if ((scenario->effects & TRIAL_DROPS) != 0)
		trial_limit(bus, TRIAL_QUEUED);
	fsps_bus_close(bus);
	if ((scenario->effects & TRIAL_REMAINS) != 0)
		leave_remains();
}

/* ---- functions ---- */

void trial_watch(struct trial *trial)
{
	if (!trial->counts_memory)
		trace_watch();
	else
		failing_malloc->armed = 1;
}

void trial_unwatch(struct trial *trial)
{
	if (!trial->counts_memory)
		trace_unwatch();
	else
		failing_malloc->armed = 0;
}

int64_t trial_note(struct trial *trial, int64_t answer)
{
	const bool armed = trial->counts_memory && failing_malloc->armed != 0;

	if (answer >= 0)
		return answer;
	/* To say what is wrong takes memory. */
	if (armed)
		failing_malloc->armed = 0;
	if (trial->scenario->codes != NULL)
		fault_expect_documented(answer, trial->scenario->codes, trial->scenario->name);
	if (armed)
		failing_malloc->armed = 1;
	trial->answer = (int)answer;
	return answer;
}

int trial_note_publish(struct trial *trial, unsigned number, int answer)
{
	if (answer >= TRIAL_CHANNELS)
		trial->acknowledged[number] = true;
	return (int)trial_note(trial, answer);
}

static void run_function(void *userdata)
{
	struct trial *trial = userdata;
	unsigned descriptors = fault_count_descriptors();

	syncs = true;
	trial->scenario->run(trial);
	trial_unwatch(trial);
	trial->leaked = fault_count_descriptors() != descriptors;
	trial->completed = true;
	_exit(EXIT_SUCCESS);
}

/* ---- commands ---- */

/* The words of a command line as they are run. */
static char **make_words(const struct trial_scenario *scenario)
{
	static char program[512];
	static char big[512];
	static char *words[TRIAL_WORDS_MAX + 1];
	const char *directory = getenv("PUBSUB_BINDIR");

	ck_assert_ptr_nonnull(directory);
	snprintf(program, sizeof program, "%s/%s", directory, scenario->words[0]);
	snprintf(big, sizeof big, "%s", path_of("big"));
	for (int i = 0; i < TRIAL_WORDS_MAX; i++) {
		const char *word = scenario->words[i];

		words[i] =
			word != NULL && strcmp(word, "@big") == 0 ? big : (char *)(uintptr_t)word;
	}
	words[0] = program;
	return words;
}

/* For each message that a subscriber prints: prints its number, and answers that it is done. */
static void settle_by_hand(int from, int answers)
{
	int to = open(path_of("out"), O_WRONLY | O_APPEND | O_CLOEXEC);
	FILE *lines = fdopen(from, "re");
	unsigned long long id;
	unsigned number;

	(void)signal(SIGPIPE, SIG_IGN);
	while (fscanf(lines, "%llu %u", &id, &number) == 2)
		if (dprintf(to, "%u\n", number) < 0 || dprintf(answers, "ack %llu\n", id) < 0)
			break;
	_exit(EXIT_SUCCESS);
}

static void connect_hand(struct trace_start *start)
{
	int printed[2];
	int answers[2];
	pid_t hand;

	ck_assert_int_eq(pipe2(printed, O_CLOEXEC), 0);
	ck_assert_int_eq(pipe2(answers, O_CLOEXEC), 0);
	hand = fork();
	ck_assert_int_ge(hand, 0);
	if (hand == 0) {
		close(printed[1]);
		close(answers[0]);
		settle_by_hand(printed[0], answers[1]);
	}
	close(printed[0]);
	close(answers[1]);
	close(start->fds[0]);
	close(start->fds[1]);
	start->fds[0] = answers[0];
	start->fds[1] = printed[1];
}

static struct trace_start make_start(struct trial *trial)
{
	const struct trial_scenario *scenario = trial->scenario;
	struct trace_start start = {.fds = {-1, -1, -1}};
	static char big[TEXT_BYTES];

	if (scenario->run != NULL) {
		start.run = run_function;
		start.userdata = trial;
		return start;
	}
	start.words = make_words(scenario);
	start.environment = environ;
	write_file("big", big, fill_big(big));
	write_file("in", scenario->input, scenario->input != NULL ? strlen(scenario->input) : 0);
	write_file("out", "", 0);
	write_file("err", "", 0);
	start.fds[0] = open(path_of("in"), O_RDONLY | O_CLOEXEC);
	start.fds[1] = open(path_of("out"), O_WRONLY | O_APPEND | O_CLOEXEC);
	start.fds[2] = open(path_of("err"), O_WRONLY | O_APPEND | O_CLOEXEC);
	if ((scenario->effects & TRIAL_BY_HAND) != 0)
		connect_hand(&start);
	return start;
}

static void close_start(struct trace_start *start)
{
	for (int i = 0; i < 3; i++)
		if (start->fds[i] >= 0)
			close(start->fds[i]);
	/* And what the process may have left running. */
	while (waitpid(-1, NULL, 0) > 0)
		;
}

/* What a command printed is done with; it is expected to be numbers. */
static void read_output(struct trial *trial)
{
	static char text[2 * TEXT_BYTES];
	char *rest = text;
	char *word;

	(void)read_file("out", text, sizeof text);
	while ((trial->scenario->effects & TRIAL_TAKES) != 0 &&
	       (word = strsep(&rest, "\n ")) != NULL) {
		unsigned long number = strtoul(word, &word, 10);

		if (*word == '\0' && number < TRIAL_MESSAGES && word > text && word[-1] != '\0')
			trial->done[number]++;
	}
}

static bool may_crash(const struct trial *trial)
{
	return trial->counts_memory && (trial->scenario->effects & TRIAL_NAMES) != 0;
}

/* A command says by its exit code and on standard error that it failed. */
static void judge_status(struct trial *trial, int status)
{
	char text[4096] = "";

	if (trial->scenario->run == NULL)
		(void)read_file("err", text, sizeof text);
	trial->outcome.killed = WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL;
	if (may_crash(trial) && WIFSIGNALED(status))
		return;
	fault_assert(!WIFSIGNALED(status) || trial->outcome.killed, "%s: signal %d: %s",
		     trial->scenario->name, WTERMSIG(status), text);
	if (trial->outcome.killed)
		return;
	trial->outcome.status = WEXITSTATUS(status);
	fault_assert(trial->outcome.status == 0 || trial->outcome.status == 124 || text[0] != '\0',
		     "%s: exit code %d, and no word why", trial->scenario->name,
		     trial->outcome.status);
}

void trial_run(struct trial *trial, struct trace_plan *plan)
{
	struct trace_start start = make_start(trial);
	int status = trace_run(plan, &start);

	close_start(&start);
	fault_assert(!plan->hung, "%s: hangs, call %u (number %ld), errno %d",
		     trial->scenario->name, plan->at, plan->number, plan->error);
	if (trial->scenario->run == NULL)
		read_output(trial);
	judge_status(trial, status);
}

/* ---- without memory ---- */

static void run_child(const struct trace_start *start, struct failing_malloc *plan)
{
	const char *library = getenv("FSPS_FAILING_MALLOC_LIBRARY");

	alarm(PATIENCE_S);
	failing_malloc = plan;
	if (start->words == NULL)
		start->run(start->userdata);
	for (int i = 0; i < 3; i++)
		(void)dup2(start->fds[i], i);
	(void)setenv("LD_PRELOAD", library != NULL ? library : "", 1);
	(void)setenv("FSPS_FAILING_MALLOC", path_of("memory"), 1);
	execve(start->words[0], start->words, environ);
	_exit(EXIT_FAILURE);
}

bool trial_run_without_memory(struct trial *trial, unsigned at, bool all)
{
	struct failing_malloc plan = {.at = at, .all = all};
	struct trace_start start = make_start(trial);
	struct failing_malloc *shared;
	int status = 0;
	pid_t child;
	int fd;

	write_file("memory", &plan, sizeof plan);
	fd = open(path_of("memory"), O_RDWR | O_CLOEXEC);
	shared = mmap(NULL, sizeof plan, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	ck_assert_ptr_ne(shared, MAP_FAILED);
	close(fd);
	child = fork();
	ck_assert_int_ge(child, 0);
	if (child == 0)
		run_child(&start, shared);
	ck_assert_int_eq(waitpid(child, &status, 0), child);
	close_start(&start);
	if (trial->scenario->run == NULL)
		read_output(trial);
	judge_status(trial, status);
	plan = *shared;
	munmap(shared, sizeof plan);
	return plan.calls > at;
}
