/* SPDX-License-Identifier: MIT */
/*
 * A segment's file of any content, seen by a reader (stream/view.h): it is refused, or its frames
 * are read to an end, and nothing outside of what the file says is allocated is ever touched.
 *
 * The first byte says how the link is called and whether what follows is the file as it is or
 * instructions for one that is nearly good (content.h).
 */
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include "fuzz/content.h"
#include "fuzz/home.h"
#include "fuzz/require.h"
#include "message/codec.h"
#include "store/names.h"
#include "stream/view.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { KEY = 7 };

struct lender {
	struct fsi_bytes_owner owner;
	int given_back;
};

static void take_back(struct fsi_bytes_owner *owner)
{
	((struct lender *)owner)->given_back++;
}

/* ---- the file ---- */

static size_t fill(struct fuzz_input *input, bool raw, uint8_t *content)
{
	const uint8_t *bytes;
	size_t len;

	if (!raw) {
		len = fuzz_content_segment(input, content, KEY);
		fuzz_content_spoil(input, content, len);
		return len;
	}
	len = fuzz_bytes(input, FUZZ_CONTENT_MAX, &bytes);
	if (len > 0)
		memcpy(content, bytes, len);
	return len;
}

/* Its name's offset: the beginning, a place of a frame or none, what is behind all. */
static uint64_t choose_offset(uint8_t choice)
{
	static const uint64_t offsets[] = {64, 64, 64, 72, 128, 65, 4096, FSI_ID_LIMIT - 8};

	return offsets[choice % 8];
}

static void make_link(struct fuzz_input *input, uint8_t how, uint64_t offset)
{
	_Alignas(8) uint8_t content[FUZZ_CONTENT_MAX] = {0};
	char name[FSI_NAME_BYTES];
	size_t len = fill(input, (how & 0x80) != 0, content);
	int fd;

	fsi_segment_name_format(name, KEY, offset);
	fd = openat(fuzz_home_fd(), name, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0600);
	fuzz_require(fd >= 0 && write(fd, content, len) == (ssize_t)len, "a file is written");
	close(fd);
}

/* ---- reading it ---- */

static void check_body(const struct fsi_view *view, const unsigned char *body, uint32_t len)
{
	const unsigned char *map = view->mapping.map;
	struct lender lender = {.owner = {.give_back = take_back}};
	fsps_message *message = NULL;
	bool known = false;

	fuzz_require(body >= map && view->end <= view->mapping.bytes &&
			     body + len < map + view->end,
		     "a frame lies within what is allocated");
	fuzz_require(body[len] == '\0', "a NUL stands behind a frame");
	if (fsi_message_decode_lent(body, len, 0, &lender.owner, NULL, &known, &message) < 0) {
		fuzz_require(lender.given_back == 0, "what is no message borrows nothing");
		return;
	}
	fuzz_require(message->payload + message->payload_len <= body + len && message->id != 0,
		     "a message lies within its frame");
	fsi_message_unref(message);
	fuzz_require(lender.given_back == 1, "what was borrowed is given back once");
}

static size_t read_frames(struct fsi_view *view)
{
	struct fsi_view_frame frame;
	size_t count = 0;

	while (fsi_view_look(view) == FSI_VIEW_FRAME) {
		size_t at = view->at;

		(void)fsi_view_epoch(view);
		check_body(view, fsi_view_body(view), view->head_len);
		fuzz_require(fsi_view_frame_at(view, at, &frame) &&
				     frame.body == fsi_view_body(view) &&
				     frame.body_len == view->head_len,
			     "a frame is the same, looked at in either way");
		fsi_view_advance(view);
		fuzz_require(view->at > at && view->at == frame.next, "a reader gets on");
		count++;
	}
	return count;
}

/* Where no frame begins, too. */
static void look_around(const struct fsi_view *view)
{
	struct fsi_view_frame frame;

	for (size_t at = FSI_SEGMENT_START; at < view->end; at += FSI_FRAME_ALIGNMENT)
		if (fsi_view_frame_at(view, at, &frame))
			check_body(view, frame.body, frame.body_len);
}

static void read_link(uint64_t offset, struct fsi_mapping_cache *cache)
{
	struct fsi_view *view = NULL;
	uint64_t first_us;
	uint64_t count;

	if (fsi_view_open(fuzz_home_fd(), KEY, offset, cache, &view) != FSI_VIEW_OPEN)
		return;
	fuzz_require(view->at == offset && view->end <= view->mapping.bytes, "it begins in it");
	look_around(view);
	count = fsi_view_count(view, &first_us);
	/* One with a wrong checksum, or wrong padding, ends what is read and not what is counted.
	 */
	fuzz_require(read_frames(view) <= count, "no more frames are read than are counted");
	fsi_view_close(view, cache);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_input input = {.data = data, .left = size};
	struct fsi_mapping_cache cache = {.count = 0};
	uint8_t how = fuzz_byte(&input);
	uint64_t offset = choose_offset(how);

	if (size > FUZZ_CONTENT_MAX)
		return 0;
	fuzz_empty_home();
	make_link(&input, how, offset);
	read_link(offset, &cache);
	/* Once more, with the mapping that was kept. */
	read_link(offset, &cache);
	fsi_mapping_cache_clear(&cache);
	return 0;
}
