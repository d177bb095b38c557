/* SPDX-License-Identifier: MIT */
/* Implements fault.h: what is in a home, seen from outside the library. */
#include "fault/fault.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "store/control.h"
#include "store/names.h"
#include "stream/format.h"
#include "stream/segment.h"

static DIR *open_in_home(const char *name)
{
	char path[1024];

	snprintf(path, sizeof path, "%s/%s", fault_home(), name);
	return opendir(path);
}

static bool is_dots(const char *name)
{
	return strcmp(name, ".") == 0 || strcmp(name, "..") == 0;
}

unsigned fault_count_names(const char *directory, const char *prefix)
{
	DIR *names = open_in_home(directory);
	unsigned count = 0;
	struct dirent *entry;

	while (names != NULL && (entry = readdir(names)) != NULL)
		if (!is_dots(entry->d_name) && strncmp(entry->d_name, prefix, strlen(prefix)) == 0)
			count++;
	if (names != NULL)
		closedir(names);
	return count;
}

unsigned fault_count_living(const struct fault_channels *channels)
{
	unsigned count = 0;

	for (unsigned i = 0; i < channels->count; i++) {
		DIR *directory = open_in_home(fsps_channel_name(channels->list[i]));

		if (directory == NULL)
			continue;
		closedir(directory);
		count++;
	}
	return count;
}

static void expect_state(unsigned members)
{
	DIR *names = open_in_home(FSI_NAME_STATE);
	unsigned found = 0;
	struct dirent *entry;

	while (names != NULL && (entry = readdir(names)) != NULL) {
		const char *member;

		if (is_dots(entry->d_name) || strcmp(entry->d_name, FSI_NAME_COUNTER) == 0)
			continue;
		ck_assert_msg(fsi_lock_name_parse(entry->d_name, &member), "left over: .fsps/%s",
			      entry->d_name);
		found++;
	}
	if (names != NULL)
		closedir(names);
	ck_assert_msg(found == members, "%u members, %u expected", found, members);
}

static void expect_channel(const char *channel)
{
	DIR *names = open_in_home(channel);
	struct dirent *entry;

	ck_assert_ptr_nonnull(names);
	while ((entry = readdir(names)) != NULL)
		ck_assert_msg(is_dots(entry->d_name) ||
				      strcmp(entry->d_name, FSI_NAME_QUEUE) == 0 ||
				      strcmp(entry->d_name, FSI_NAME_CONTROL) == 0,
			      "left over: %s/%s", channel, entry->d_name);
	closedir(names);
}

void fault_expect_clean(unsigned channels, unsigned members)
{
	DIR *names = open_in_home(".");
	struct fsi_channel_name parsed;
	unsigned found = 0;
	struct dirent *entry;

	ck_assert_ptr_nonnull(names);
	while ((entry = readdir(names)) != NULL) {
		if (is_dots(entry->d_name) || strcmp(entry->d_name, FSI_NAME_STATE) == 0 ||
		    strcmp(entry->d_name, FSI_NAME_STAGING) == 0)
			continue;
		ck_assert_msg(fsi_channel_name_parse(entry->d_name, &parsed), "left over: %s",
			      entry->d_name);
		expect_channel(entry->d_name);
		found++;
	}
	closedir(names);
	ck_assert_msg(found == channels, "%u channels, %u expected", found, channels);
	ck_assert_msg(fault_count_names(FSI_NAME_STAGING, "") == 0, "left over in tmp");
	expect_state(members);
}

/* Reads to its end a file in the home. */
static size_t read_file(const char *path, unsigned char *to, size_t room)
{
	size_t length = 0;
	char full[1024];
	ssize_t got;
	int fd;

	snprintf(full, sizeof full, "%s/%s", fault_home(), path);
	fd = open(full, O_RDONLY | O_CLOEXEC);
	ck_assert_msg(fd >= 0, "cannot open %s", full);
	while ((got = read(fd, to + length, room - length)) > 0)
		length += (size_t)got;
	close(fd);
	ck_assert_int_eq(got, 0);
	ck_assert_uint_lt(length, room);
	return length;
}

static unsigned number_of_file(const char *directory, const char *name)
{
	unsigned char bytes[8192];
	fsps_message *message = NULL;
	char path[600];
	unsigned number;
	size_t length;

	snprintf(path, sizeof path, "%s/%s", directory, name);
	length = read_file(path, bytes, sizeof bytes);
	ck_assert_msg(fsps_message_decode(bytes, length, &message) == FSPS_OK, "%s is torn: %s",
		      path, fsps_last_error()->text);
	number = fault_number_of(message);
	fsps_message_unref(message);
	return number;
}

/* Where a channel's reader is in a segment, by what its control block says. */
static uint64_t place_in(const char *channel, uint64_t key, uint64_t offset)
{
	static unsigned char bytes[FSI_CONTROL_BYTES + 1];
	const struct fsi_control *control = (const struct fsi_control *)(const void *)bytes;
	char path[600];

	snprintf(path, sizeof path, "%s/" FSI_NAME_CONTROL, channel);
	(void)read_file(path, bytes, sizeof bytes);
	for (unsigned i = 0; i < FSI_CONTROL_PLACES; i++)
		if (control->places[i].key == key)
			return control->places[i].offset;
	return offset;
}

/* The number of the message in a frame, which must be whole. */
static unsigned number_of_frame(const unsigned char *frame, uint32_t length)
{
	const struct fsi_frame *head = (const struct fsi_frame *)(const void *)frame;
	fsps_message *message = NULL;
	unsigned number;

	ck_assert_int_eq(fsps_message_decode(frame + sizeof *head + head->padding,
					     length - head->padding, &message),
			 FSPS_OK);
	number = fault_number_of(message);
	fsps_message_unref(message);
	return number;
}

static void each_frame(const char *channel, const char *name, uint64_t key, uint64_t offset,
		       void (*visit)(unsigned number, void *userdata), void *userdata)
{
	/* The largest that a publisher begins, and a byte more to see its end. */
	static unsigned char bytes[FSI_SEGMENT_BYTES_MOST + 1];
	const struct fsi_segment_header *header =
		(const struct fsi_segment_header *)(const void *)bytes;
	char path[600];
	size_t length;

	snprintf(path, sizeof path, "%s/%s", channel, name);
	length = read_file(path, bytes, sizeof bytes);
	for (uint64_t at = place_in(channel, key, offset); at + sizeof(uint64_t) <= length;) {
		uint64_t word;

		memcpy(&word, bytes + at, sizeof word);
		if (word >> 32 != header->generation || (uint32_t)word == FSI_FRAME_END)
			break;
		visit(number_of_frame(bytes + at, (uint32_t)word), userdata);
		at += fsi_frame_bytes((uint32_t)word);
	}
}

/* One that was set aside is as good as one that waits. */
static bool is_segment(const char *name, uint64_t *ret_key, uint64_t *ret_offset)
{
	static const char dead[] = FSI_PREFIX_DEAD "segment-0-";

	*ret_offset = FSI_SEGMENT_START;
	if (strncmp(name, dead, sizeof dead - 1) == 0)
		return fsi_id_parse(name + sizeof dead - 1, ret_key);
	return fsi_segment_name_parse(name, ret_key, ret_offset);
}

void fault_each_message(const char *channel, void (*visit)(unsigned number, void *userdata),
			void *userdata)
{
	DIR *names = open_in_home(channel);
	struct dirent *entry;

	ck_assert_ptr_nonnull(names);
	while ((entry = readdir(names)) != NULL) {
		uint64_t offset;
		uint64_t id;

		if (is_segment(entry->d_name, &id, &offset))
			each_frame(channel, entry->d_name, id, offset, visit, userdata);
		else if (fsi_id_parse(entry->d_name, &id) ||
			 strncmp(entry->d_name, FSI_PREFIX_TAKEN, sizeof FSI_PREFIX_TAKEN - 1) ==
				 0 ||
			 strncmp(entry->d_name, FSI_PREFIX_DEAD, sizeof FSI_PREFIX_DEAD - 1) == 0)
			visit(number_of_file(channel, entry->d_name), userdata);
	}
	closedir(names);
}

static bool write_text(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	bool written = fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text);

	if (fd >= 0)
		close(fd);
	return written;
}

bool fault_unshare(int namespaces)
{
	unsigned long user = geteuid();
	unsigned long group = getegid();
	char users[64];
	char groups[64];

	if (unshare(namespaces) == 0)
		return true;
	snprintf(users, sizeof users, "%lu %lu 1", user, user);
	snprintf(groups, sizeof groups, "%lu %lu 1", group, group);
	return unshare(CLONE_NEWUSER | namespaces) == 0 &&
	       write_text("/proc/self/uid_map", users) &&
	       write_text("/proc/self/setgroups", "deny") &&
	       write_text("/proc/self/gid_map", groups);
}

pid_t fault_make_dead_subscriber(unsigned channels)
{
	pid_t child = fork();
	int status;

	ck_assert_int_ge(child, 0);
	if (child == 0) {
		fsps_bus *bus = fault_bus();

		for (unsigned i = 0; i < channels; i++)
			(void)fault_channel(bus, FAULT_TOPIC);
		_exit(EXIT_SUCCESS);
	}
	ck_assert_int_eq(waitpid(child, &status, 0), child);
	ck_assert_int_eq(status, 0);
	return child;
}
