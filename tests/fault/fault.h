/* SPDX-License-Identifier: MIT */
/*
 * What the fault tests share: a home of its own for each case, numbered messages that show any
 * tear, plans of faults to strike at the k-th kernel call, and looks at what is left on disk.
 *
 * Time is stepped, never waited for: what the library does once a second is made due by hand.
 * Needs the library built with FSI_FAULT. All of it is for one thread.
 */
#ifndef TESTS_FAULT_FAULT_H
#define TESTS_FAULT_FAULT_H

#include <check.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <fsps/fsps.h>

/* What all numbered messages are published to. */
#define FAULT_TOPIC "fault.test"

enum {
	/* The channels of the largest fan-out. */
	FAULT_CHANNELS_MAX = 5,
	/* Calls that one plan remembers the names of. */
	FAULT_CALLS_MAX = 1000,
};

/* As ck_assert_msg(), for what is checked many thousand times: of each assertion that passes check
 * tells its parent, which is a system call. */
#define fault_assert(condition, ...)                                                               \
	do {                                                                                       \
		if (!(condition))                                                                  \
			ck_abort_msg(__VA_ARGS__);                                                 \
	} while (0)

/* ---- cases ---- */

/* A test case in a suite: each test gets a path for a home that is not there yet, in a directory
 * that is removed at the end; no test may leave descriptors behind. */
TCase *fault_case(Suite *suite, const char *name);

/* A directory on a file system that outlives the machine, which we may write to, or NULL. */
const char *fault_find_disk(void);
/* Where the environment says FSPS_FAULT_DISK, homes lie on a disk: whether there is one. */
bool fault_has_place(void);

/* The path of this test's home. */
const char *fault_home(void);
/* How many descriptors the process has open. */
unsigned fault_count_descriptors(void);
/* The home looks as if it had not changed for long: a publisher need not read its names twice. */
void fault_age_home(void);
/* Removes a directory with all that is in it, to any depth; one that is missing is no matter. */
void fault_remove_tree(const char *path);

/* Takes the calling process, or its children to come, into namespaces of their own; as root, or by
 * a user namespace in which it stays who it is. Returns whether that can be done here. */
bool fault_unshare(int namespaces);

/* ---- lanes ---- */

/* Test programs also run with FSPS_LANE=fast: then each message goes into a segment, else a
 * publisher's first ones are files. */
bool fault_is_fast(void);
/* How many of that many first messages of a publisher are files. */
unsigned fault_count_files(unsigned messages);
/* For tests about files: publishers that are opened from now on make nothing else. */
void fault_use_files(void);
/* For those about segments. */
void fault_use_segments(void);

/* ---- handles, each of which must come out ---- */

fsps_bus *fault_bus(void);
fsps_channel *fault_channel(fsps_bus *bus, const char *pattern);
fsps_publisher *fault_publisher(fsps_bus *bus);

/* Several channels that all match FAULT_TOPIC, on one bus. */
struct fault_channels {
	fsps_bus *bus;
	fsps_channel *list[FAULT_CHANNELS_MAX];
	unsigned count;
};

void fault_channels_open(struct fault_channels *channels, unsigned count);
void fault_channels_close(struct fault_channels *channels);

/* A publisher on one bus and channels on another, which have looked once and found nothing. */
struct fault_scene {
	fsps_bus *bus;
	fsps_publisher *publisher;
	struct fault_channels channels;
};

void fault_scene_set(struct fault_scene *scene, unsigned channels);
void fault_scene_clear(struct fault_scene *scene);

/* ---- numbered messages ---- */

/* Publishes message `number`. As fsps_publish(). */
int fault_publish(fsps_publisher *publisher, unsigned number, fsps_receipt *receipt);
/* Fetches a message that must be whole: its number, or -1 if none comes. */
int fault_fetch(fsps_channel *channel);
/* Checks that a message is whole and what was published; its number. */
unsigned fault_number_of(const fsps_message *message);
/* The same within a second: without what a reader does only then. */
int fault_fetch_now(fsps_channel *channel);
/* How often a number occurs among all that waits in a channel, which is taken out; what has no
 * number below `below` is an error, as is anything out of order. Takes two seconds of its reader:
 * in the second one it knows of each segment whether its publisher lives. */
void fault_drain(fsps_channel *channel, unsigned below, unsigned *ret_counts);

/* ---- bells ---- */

/* Whether the channel's descriptor says that there is something. */
bool fault_is_readable(fsps_channel *channel);
void fault_ring(fsps_channel *channel, uint64_t id);
/* Rings of messages that are not there, until no more go in. */
void fault_fill_bell(fsps_channel *channel);

/* Bytes of a message file's name. */
enum { FAULT_NAME_BYTES = 32 };

/* Publishes message 0 and takes it out of the first channel, with its ring, unseen. Fills in the
 * name that its file had. */
void fault_hide_message(struct fault_scene *scene, char *ret_name);
/* Puts it back under a name, without a ring. */
void fault_show_message(struct fault_scene *scene, const char *name);

/* ---- stepping time ---- */

/* A reader's next fetch does what it does once a second. */
void fault_let_second_pass(fsps_channel *channel);
/* And this keeps it from doing that for a second from now. */
void fault_hold_second(fsps_channel *channel);
/* A reader's next fetch reads the directory, and nothing else of what it does once a second. */
void fault_let_scan(fsps_channel *channel);
/* A publisher's next publish does what it does once a second. */
void fault_let_publisher_second_pass(fsps_publisher *publisher);
/* Its next publish looks at the home, as one that uses segments does once a millisecond. */
void fault_let_publisher_look(fsps_publisher *publisher);
/* The home may be swept again. */
void fault_let_sweep(void);
/* Somebody comes by: sweeps the home. Leaves nothing of its own. */
void fault_visit(void);

/* ---- plans ---- */

/* From now on the file system has no nameless files (O_TMPFILE), as NFS and others; or it has
 * again. Holds with and without a plan. */
void fault_set_nameless(bool possible);

enum fault_kind {
	/* Only counts. */
	FAULT_NONE,
	/* SIGKILL right before the call. */
	FAULT_KILL,
	/* SIGSTOP right before the call. */
	FAULT_PAUSE,
	/* The call fails. */
	FAULT_ONCE,
	/* The call fails, and all that follow. */
	FAULT_FROM_THEN_ON,
	/* Every call fails three times, then goes on: only for EINTR, which no kernel gives for
	 * ever. */
	FAULT_STORM,
};

struct fault_plan {
	enum fault_kind kind;
	/* The call that it strikes at, counted from 0. */
	unsigned at;
	int error;
	/* Only calls of this name count; NULL: all do. */
	const char *only;
	/* Filled in: how many calls there were, and the names of the first. */
	unsigned calls;
	char names[FAULT_CALLS_MAX][20];
};

void fault_plan_start(struct fault_plan *plan);
void fault_plan_stop(void);
/* Whether the call to strike at was reached. */
bool fault_plan_struck(const struct fault_plan *plan);
/* How many calls of a name there were from a place on. */
unsigned fault_plan_count(const struct fault_plan *plan, const char *name, unsigned from);

/* Whether to go on with the next call, which it is set to then. A storm is everywhere at once. */
bool fault_plan_next(struct fault_plan *plan);

/* Tests of every errno have numbers, two for each of twelve: once, and from then on. */
enum { FAULT_ERRNO_TESTS = 24 };

/* The plan of a test's number, to strike at call 0. */
struct fault_plan fault_errno_plan(int test);

/* ---- pokes ---- */

/*
 * Lets something happen right before a kernel call, as another process might do it then: what two
 * processes do at once becomes one order of steps, the same in each run. What `act` does calls the
 * kernel unwatched. It must use handles of another bus than the call that is under way.
 */
struct fault_poke {
	void (*act)(void *userdata);
	void *userdata;
	/* The call that it comes before, counted from 0. */
	unsigned at;
	/* Only calls of this name count; NULL: all do. */
	const char *only;
	/* Filled in. */
	unsigned calls;
};

/* Comes before the plan, if there is one too. */
void fault_poke_start(struct fault_poke *poke);
void fault_poke_stop(void);
bool fault_poke_acted(const struct fault_poke *poke);

/* ---- what is on disk ---- */

/* How many of the channels are still there. */
unsigned fault_count_living(const struct fault_channels *channels);
/* How many entries of a directory in the home have names with that prefix. */
unsigned fault_count_names(const char *directory, const char *prefix);
/* The home holds `channels` channels, a member for each of `members`, and nothing else. */
void fault_expect_clean(unsigned channels, unsigned members);
/* Calls visit with the number of each message in a channel's directory, which must be whole: in
 * files, and in segments from where its reader is on. */
void fault_each_message(const char *channel, void (*visit)(unsigned number, void *userdata),
			void *userdata);
/* A process that opened `channels` channels and died with them. Its process ID. */
pid_t fault_make_dead_subscriber(unsigned channels);

/* ---- errors ---- */

/*
 * Checks that r is a success, what an errno becomes wherever a system call may fail (see
 * fsps/error.h), or one of the codes that the function documents besides (ended with 0); and that
 * the last error says the same code.
 */
void fault_expect_documented(int64_t r, const int *codes, const char *what);

#endif
