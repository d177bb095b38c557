/* SPDX-License-Identifier: MIT */
/* Implements fault.h: homes, handles, numbered messages, and stepping time. */
#include "fault/fault.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/sys.h"
#include "publish/publisher.h"
#include "store/counter.h"
#include "subscribe/channel.h"

/* ---- cases ---- */

static struct {
	/* Removed at the end of a case. */
	char directory[256];
	char home[300];
	unsigned descriptors;
} place;

const char *fault_find_disk(void)
{
	const char *const places[] = {getenv("TMPDIR"), "/tmp", "/var/tmp", "."};

	for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
		struct statfs status;

		if (places[i] != NULL && access(places[i], W_OK) == 0 &&
		    statfs(places[i], &status) == 0 && (uint32_t)status.f_type != TMPFS_MAGIC &&
		    (uint32_t)status.f_type != RAMFS_MAGIC)
			return places[i];
	}
	return NULL;
}

static const char *find_place(void)
{
	const char *above = getenv("TMPDIR");

	if (getenv("FSPS_FAULT_DISK") != NULL)
		return fault_find_disk();
	if (access("/dev/shm", W_OK) == 0)
		return "/dev/shm";
	return above != NULL ? above : "/tmp";
}

bool fault_has_place(void)
{
	return find_place() != NULL;
}

static void make_directory(void)
{
	snprintf(place.directory, sizeof place.directory, "%s/fsps-fault-XXXXXX", find_place());
	if (mkdtemp(place.directory) == NULL)
		abort();
}

static void remove_directory(void)
{
	fault_remove_tree(place.directory);
}

/* Fails where check can't tell yet or any more in which test it is. */
static void start(void)
{
	snprintf(place.home, sizeof place.home, "%s/home-%ld", place.directory, (long)getpid());
	place.descriptors = fault_count_descriptors();
}

static void stop(void)
{
	fsi_sys_intercept = NULL;
	ck_assert_uint_eq(fault_count_descriptors(), place.descriptors);
	fault_remove_tree(place.home);
}

TCase *fault_case(Suite *suite, const char *name)
{
	TCase *made = tcase_create(name);

	tcase_add_unchecked_fixture(made, make_directory, remove_directory);
	tcase_add_checked_fixture(made, start, stop);
	tcase_set_timeout(made, 60);
	suite_add_tcase(suite, made);
	return made;
}

const char *fault_home(void)
{
	return place.home;
}

unsigned fault_count_descriptors(void)
{
	DIR *directory = opendir("/proc/self/fd");
	unsigned count = 0;

	ck_assert_ptr_nonnull(directory);
	while (readdir(directory) != NULL)
		count++;
	closedir(directory);
	return count;
}

void fault_age_home(void)
{
	const struct timespec long_ago[2] = {{.tv_sec = 1}, {.tv_sec = 1}};

	ck_assert_int_eq(utimensat(AT_FDCWD, place.home, long_ago, 0), 0);
}

static void remove_entries(int fd)
{
	DIR *directory = fdopendir(fd);
	struct dirent *entry;

	while (directory != NULL && (entry = readdir(directory)) != NULL) {
		int inner;

		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
			continue;
		if (unlinkat(fd, entry->d_name, 0) == 0)
			continue;
		inner = openat(fd, entry->d_name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		if (inner >= 0)
			remove_entries(inner);
		(void)unlinkat(fd, entry->d_name, AT_REMOVEDIR);
	}
	if (directory != NULL)
		closedir(directory);
}

void fault_remove_tree(const char *path)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	if (fd < 0)
		return;
	remove_entries(fd);
	(void)rmdir(path);
}

/* ---- lanes ---- */

bool fault_is_fast(void)
{
	const char *lane = getenv("FSPS_LANE");

	return lane != NULL && strcmp(lane, "fast") == 0;
}

unsigned fault_count_files(unsigned messages)
{
	enum { FILES_FIRST = 3 };

	if (fault_is_fast())
		return 0;
	return messages < FILES_FIRST ? messages : FILES_FIRST;
}

void fault_use_files(void)
{
	ck_assert_int_eq(setenv("FSPS_LANE", "plain", 1), 0);
}

void fault_use_segments(void)
{
	ck_assert_int_eq(setenv("FSPS_LANE", "fast", 1), 0);
}

/* ---- handles ---- */

fsps_bus *fault_bus(void)
{
	const struct fsps_bus_options options = {.size = sizeof options, .home = place.home};
	fsps_bus *bus = NULL;

	ck_assert_int_eq(fsps_bus_open(&options, &bus), FSPS_OK);
	return bus;
}

fsps_channel *fault_channel(fsps_bus *bus, const char *pattern)
{
	fsps_channel *channel = NULL;
	int r = fsps_channel_open(bus, pattern, NULL, &channel);

	ck_assert_msg(r == FSPS_OK, "channel: %s", fsps_last_error()->text);
	return channel;
}

fsps_publisher *fault_publisher(fsps_bus *bus)
{
	fsps_publisher *publisher = NULL;

	ck_assert_int_eq(fsps_publisher_open(bus, NULL, &publisher), FSPS_OK);
	return publisher;
}

void fault_channels_open(struct fault_channels *channels, unsigned count)
{
	static const char *const patterns[FAULT_CHANNELS_MAX] = {FAULT_TOPIC, "fault.=", "+",
								 "=.test", FAULT_TOPIC};

	*channels = (struct fault_channels){.bus = fault_bus(), .count = count};
	for (unsigned i = 0; i < count; i++)
		channels->list[i] = fault_channel(channels->bus, patterns[i]);
}

void fault_channels_close(struct fault_channels *channels)
{
	for (unsigned i = 0; i < channels->count; i++)
		fsps_channel_close(channels->list[i]);
	fsps_bus_close(channels->bus);
}

void fault_scene_set(struct fault_scene *scene, unsigned channels)
{
	scene->bus = fault_bus();
	fault_channels_open(&scene->channels, channels);
	scene->publisher = fault_publisher(scene->bus);
	for (unsigned i = 0; i < channels; i++)
		ck_assert_int_eq(fault_fetch(scene->channels.list[i]), -1);
}

void fault_scene_clear(struct fault_scene *scene)
{
	fsps_publisher_close(scene->publisher);
	fsps_bus_close(scene->bus);
	fault_channels_close(&scene->channels);
}

/* ---- numbered messages ---- */

enum { PAYLOAD_BYTES_MIN = 2000, PAYLOAD_BYTES_MAX = 2000 + 97 };

/* No two numbers that are near each other have the same bytes or length. */
static size_t fill_payload(unsigned number, unsigned char *to)
{
	size_t length = PAYLOAD_BYTES_MIN + number % 97;

	for (size_t i = 0; i < length; i++)
		to[i] = (unsigned char)((i * 7 + i / 251 + number * 31u) & 255u);
	return length;
}

int fault_publish(fsps_publisher *publisher, unsigned number, fsps_receipt *receipt)
{
	unsigned char payload[PAYLOAD_BYTES_MAX];
	size_t length = fill_payload(number, payload);
	fsps_headers *headers = NULL;
	int r;

	fault_assert(fsps_headers_new(&headers) == FSPS_OK &&
			     fsps_headers_set_int(headers, "number", number) == FSPS_OK,
		     "headers: %s", fsps_last_error()->text);
	r = fsps_publish(publisher, FAULT_TOPIC, headers, payload, length, receipt);
	fsps_headers_free(headers);
	return r;
}

unsigned fault_number_of(const fsps_message *message)
{
	unsigned char expected[PAYLOAD_BYTES_MAX];
	int64_t number = -1;
	size_t length = 0;
	const void *payload = fsps_message_payload(message, &length);

	fault_assert(strcmp(fsps_message_topic(message), FAULT_TOPIC) == 0, "of topic %s",
		     fsps_message_topic(message));
	fault_assert(fsps_headers_get_int(fsps_message_headers(message), "number", &number) ==
				     FSPS_OK &&
			     number >= 0,
		     "a message without its number");
	fault_assert(length == fill_payload((unsigned)number, expected) &&
			     memcmp(payload, expected, length) == 0,
		     "message %lld is torn", (long long)number);
	return (unsigned)number;
}

int fault_fetch(fsps_channel *channel)
{
	fsps_message *message = NULL;
	int r = fsps_channel_fetch(channel, &message);
	int number;

	ck_assert_msg(r >= 0, "fetch: %s", fsps_last_error()->text);
	if (r == 0)
		return -1;
	number = (int)fault_number_of(message);
	fsps_message_unref(message);
	return number;
}

int fault_fetch_now(fsps_channel *channel)
{
	fault_hold_second(channel);
	return fault_fetch(channel);
}

void fault_drain(fsps_channel *channel, unsigned below, unsigned *ret_counts)
{
	int last = -1;
	int number;

	for (unsigned i = 0; i < below; i++)
		ret_counts[i] = 0;
	fault_let_second_pass(channel);
	while ((number = fault_fetch(channel)) >= 0) {
		ck_assert_uint_lt((unsigned)number, below);
		ck_assert_int_ge(number, last);
		ret_counts[number]++;
		last = number;
	}
	fault_let_second_pass(channel);
	ck_assert_int_eq(fault_fetch(channel), -1);
}

/* ---- bells ---- */

bool fault_is_readable(fsps_channel *channel)
{
	struct pollfd fd = {.fd = fsps_channel_fd(channel), .events = POLLIN};

	return poll(&fd, 1, 0) == 1;
}

void fault_ring(fsps_channel *channel, uint64_t id)
{
	unsigned char record[8];

	fsi_put_u64(record, id);
	ck_assert_int_eq(write(channel->bell_fd, record, sizeof record), sizeof record);
}

void fault_fill_bell(fsps_channel *channel)
{
	unsigned char record[8];

	fsi_put_u64(record, 12345);
	while (write(channel->bell_fd, record, sizeof record) == sizeof record)
		;
	ck_assert_int_eq(errno, EAGAIN);
}

/* Moves a file of the first channel out of it, or back. */
static void move_message(struct fault_scene *scene, const char *name, bool back)
{
	char in_channel[800];
	char hidden[400];

	snprintf(hidden, sizeof hidden, "%s/hidden", place.home);
	snprintf(in_channel, sizeof in_channel, "%s/%s/%s", place.home,
		 fsps_channel_name(scene->channels.list[0]), name);
	ck_assert_int_eq(back ? rename(hidden, in_channel) : rename(in_channel, hidden), 0);
}

void fault_hide_message(struct fault_scene *scene, char *ret_name)
{
	ck_assert_int_gt(fault_publish(scene->publisher, 0, NULL), 0);
	(void)fsi_id_format(ret_name, scene->publisher->receipt.id);
	move_message(scene, ret_name, false);
	ck_assert_int_eq(fault_fetch_now(scene->channels.list[0]), -1);
}

void fault_show_message(struct fault_scene *scene, const char *name)
{
	move_message(scene, name, true);
}

/* ---- stepping time ---- */

void fault_let_second_pass(fsps_channel *channel)
{
	channel->upkeep_due = true;
}

void fault_hold_second(fsps_channel *channel)
{
	channel->upkeep_ms = fsi_sys_coarse_ms();
}

void fault_let_scan(fsps_channel *channel)
{
	channel->scan_due = true;
}

void fault_let_publisher_second_pass(fsps_publisher *publisher)
{
	publisher->upkeep_ms = 0;
	publisher->home_checked_ms = 0;
	publisher->looked_us = 0;
	for (uint32_t i = 0; i < publisher->set.slot_count; i++)
		if (publisher->set.slots[i] != NULL)
			publisher->set.slots[i]->checked_ms = 0;
}

void fault_let_publisher_look(fsps_publisher *publisher)
{
	publisher->looked_us = 0;
}

void fault_let_sweep(void)
{
	struct fsi_counter_page *page;
	char path[400];
	int fd;

	snprintf(path, sizeof path, "%s/.fsps/seq", place.home);
	fd = open(path, O_RDWR | O_CLOEXEC);
	if (fd < 0)
		return;
	page = mmap(NULL, FSI_COUNTER_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	ck_assert_ptr_ne(page, MAP_FAILED);
	atomic_store(&page->swept_ms, 0);
	munmap(page, FSI_COUNTER_BYTES);
	close(fd);
}

void fault_visit(void)
{
	fsps_bus *bus = fault_bus();

	fault_let_sweep();
	fsps_channel_close(fault_channel(bus, "visitor"));
	fsps_bus_close(bus);
}
