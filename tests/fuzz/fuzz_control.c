/* SPDX-License-Identifier: MIT */
/*
 * A durable channel whose control block has any content, beside a segment and messages: whoever
 * looks on, publishes to it, opens it and reads it goes by these words, and none of them leads
 * astray. Nothing is asserted of how many messages come: a place or an attempt may be wrong, and
 * then messages come twice or not at all, as docs/design/protocol.md says.
 *
 * The input is a byte that says how, the block, either as it is or as instructions (content.h), and
 * more of these for a segment, and for a message that waits.
 */
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fuzz/answers.h"
#include "fuzz/clock.h"
#include "fuzz/content.h"
#include "fuzz/home.h"
#include "fuzz/require.h"
#include "store/control.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define CHANNEL "t_dur"

/* ---- the channel ---- */

static void write_file(int directory, const char *name, const uint8_t *content, size_t len)
{
	int fd = openat(directory, name, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0600);

	fuzz_require(fd >= 0 && write(fd, content, len) == (ssize_t)len, "a file is written");
	close(fd);
}

/* How long a publisher waits for room is the only word that is to be believed: a fuzzer has no
 * hour to spare. */
static void be_impatient(uint8_t *block)
{
	((struct fsi_control *)(void *)block)->block_ms %= 4u;
}

static void make_control(struct fuzz_input *input, bool raw, int directory)
{
	_Alignas(8) uint8_t block[FUZZ_CONTENT_MAX] = {0};
	const uint8_t *bytes;
	size_t len;

	if (raw) {
		len = fuzz_bytes(input, FSI_CONTROL_BYTES, &bytes);
		if (len > 0)
			memcpy(block, bytes, len);
	} else {
		(void)fuzz_content_control(input, block);
		fuzz_content_spoil(input, block, sizeof(struct fsi_control));
	}
	be_impatient(block);
	write_file(directory, ".c", block, FSI_CONTROL_BYTES);
}

static void make_channel(struct fuzz_input *input, uint8_t how)
{
	_Alignas(8) uint8_t content[FUZZ_CONTENT_MAX] = {0};
	int directory;
	size_t len;

	fuzz_require(mkdirat(fuzz_home_fd(), CHANNEL, 0700) == 0, "a channel is made");
	directory = openat(fuzz_home_fd(), CHANNEL, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	fuzz_require(mkfifoat(directory, "queue", 0600) == 0, "a bell is made");
	make_control(input, (how & 1) != 0, directory);
	if ((how & 2) != 0) {
		len = fuzz_content_segment(input, content, 7);
		write_file(directory, ".s-7-64", content, len);
	}
	if ((how & 4) != 0) {
		memset(content, 0, sizeof content);
		len = fuzz_content_message(input, content, 5);
		write_file(directory, (how & 8) != 0 ? ".r-1-1-5" : "5", content, len);
	}
	close(directory);
}

/* ---- using it ---- */

static int see_channel(const struct fsps_channel_info *info, void *userdata)
{
	(void)userdata;
	fuzz_require(strcmp(info->name, CHANNEL) == 0 && strlen(info->identity) < 128,
		     "what is listed is the channel");
	return 0;
}

static void look_on(fsps_bus *bus)
{
	struct fsps_limits limits = {.size = sizeof limits};

	(void)FUZZ_CALL(FUZZ_ANSWERS_LOOK, fsps_bus_list(bus, see_channel, NULL));
	(void)FUZZ_CALL(FUZZ_ANSWERS_LOOK, fsps_channel_get_limits(bus, CHANNEL, &limits));
}

static void publish(fsps_bus *bus)
{
	fsps_publisher *publisher;

	fuzz_require(fsps_publisher_open(bus, NULL, &publisher) == 0, "a publisher opens");
	/* Files, then segments. */
	for (int i = 0; i < 6; i++)
		(void)FUZZ_CALL(FUZZ_ANSWERS_PUBLISH,
				fsps_publish(publisher, "t", NULL, "x", 1, NULL));
	fsps_publisher_close(publisher);
}

static void read_all(fsps_bus *bus, uint8_t how)
{
	struct fsps_channel_options options = {
		.size = sizeof options, .durable = "dur", .shared = (how & 16) != 0};
	fsps_channel *channel;
	fsps_message *message;

	if (FUZZ_CALL(FUZZ_ANSWERS_OPEN, fsps_channel_open(bus, "t", &options, &channel)) < 0)
		return;
	/* No input makes more than a few messages. */
	for (int i = 0; i < 64; i++) {
		if (FUZZ_CALL(FUZZ_ANSWERS_FETCH, fsps_channel_fetch(channel, &message)) != 1)
			break;
		fuzz_require(i < 63, "messages come to an end");
		(void)FUZZ_CALL(FUZZ_ANSWERS_SETTLE, fsps_message_ack(channel, message));
		fsps_message_unref(message);
	}
	(void)FUZZ_CALL(FUZZ_ANSWERS_FETCH, fsps_channel_backlog(channel));
	fsps_channel_close(channel);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_input input = {.data = data, .left = size};
	uint8_t how = fuzz_byte(&input);
	fsps_bus *bus;

	if (size > FSI_CONTROL_BYTES + 1024)
		return 0;
	fuzz_clock_restart();
	fuzz_empty_home();
	make_channel(&input, how);
	bus = fuzz_bus();
	look_on(bus);
	if ((how & 32) != 0)
		publish(bus);
	if ((how & 64) != 0)
		fuzz_clock_leap(2000);
	read_all(bus, how);
	publish(bus);
	look_on(bus);
	read_all(bus, how);
	fsps_bus_close(bus);
	return 0;
}
