/* SPDX-License-Identifier: MIT */
/* Implements tests/fuzz/content.h. */
#include "fuzz/content.h"

#include <stdbool.h>
#include <string.h>
#include <unistd.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "message/codec.h"
#include "store/control.h"
#include "store/counter.h"
#include "stream/format.h"

/* What is interesting in a word of 64 bits. */
static uint64_t word(struct fuzz_input *input)
{
	uint8_t choice = fuzz_byte(input);

	switch (choice % 8) {
	case 0:
		return 0;
	case 1:
		return UINT64_MAX;
	case 2:
		return INT64_MAX;
	case 3:
		return UINT64_C(1) << (choice / 8);
	case 4:
		return fuzz_number(input, 8);
	default:
		return fuzz_number(input, 2);
	}
}

static size_t headers(struct fuzz_input *input, const char **ret_json)
{
	static const char *const some[] = {
		"{}",
		"{\"fsps-ttl-ms\": 1}",
		"{\"fsps-ttl-ms\": -1}",
		"{\"fsps-ttl-ms\": 9223372036854775807}",
		"{\"fsps-ttl-ms\": \"1\"}",
		"{\"k\": 1, \"n\": null, \"b\": true, \"f\": 1.5, \"s\": \"x\"}",
		"[]",
		"",
	};

	*ret_json = some[fuzz_byte(input) % (sizeof some / sizeof some[0])];
	return strlen(*ret_json);
}

size_t fuzz_content_message(struct fuzz_input *input, uint8_t *to, uint64_t id)
{
	const char *json;
	size_t json_len = headers(input, &json);
	size_t prefix_len = fsi_message_prefix_bytes(1, json_len);
	const uint8_t *payload;
	size_t len = fuzz_bytes(input, fuzz_byte(input), &payload);

	fsi_message_encode_prefix(to, id, word(input), "t", 1, json, json_len, len);
	if (len > 0)
		memcpy(to + prefix_len, payload, len);
	return prefix_len + len;
}

/* ---- segments ---- */

static size_t put_frame(struct fuzz_input *input, uint8_t *to, size_t at,
			const struct fsi_segment_header *header)
{
	struct fsi_frame *frame = (struct fsi_frame *)(void *)(to + at);
	uint8_t message[FUZZ_CONTENT_MAX] = {0};
	uint8_t flags = fuzz_byte(input);
	size_t len = fuzz_content_message(input, message, header->key + flags % 16);

	frame->epoch = 1 + flags / 64;
	frame->padding = flags / 16 % 4 == 3 ? 4 : 0;
	memcpy(to + at + sizeof *frame + frame->padding, message, len);
	if ((header->flags & FSI_SEGMENT_CHECKSUMS) != 0)
		frame->checksum = XXH3_64bits(message, len);
	len += frame->padding;
	frame->commit = fsi_frame_commit_word(header->generation, (uint32_t)len);
	return at + fsi_frame_bytes(len);
}

/* A page less than the file is the rest that was given back. */
size_t fuzz_content_segment(struct fuzz_input *input, uint8_t *to, uint64_t key)
{
	struct fsi_segment_header *header = (struct fsi_segment_header *)(void *)to;
	uint8_t flags = fuzz_byte(input);
	size_t at = FSI_SEGMENT_START;

	header->magic = FSI_SEGMENT_MAGIC;
	header->version = FSI_SEGMENT_VERSION;
	header->key = key;
	header->generation = 1 + (flags & 1);
	header->flags = (flags & 2) != 0 ? FSI_SEGMENT_CHECKSUMS : 0;
	header->bytes = (flags & 4) != 0 ? FUZZ_CONTENT_MAX : FUZZ_CONTENT_MAX / 2;
	header->allocated_bytes = header->bytes;
	memcpy(header->member, "AAAAAAAAAAAA", FSI_MEMBER_LEN);
	header->member[0] = (char)('A' + flags / 128);
	header->publisher = flags / 64 % 2;
	header->in_use = flags / 32 % 2;
	for (int frames = flags / 8 % 4; frames > 0 && at + 1024 < header->bytes; frames--)
		at = put_frame(input, to, at, header);
	if ((flags & 64) != 0)
		((struct fsi_frame *)(void *)(to + at))->commit =
			fsi_frame_commit_word(header->generation, FSI_FRAME_END);
	return (size_t)header->bytes;
}

/* ---- words of a channel and of a home ---- */

static void put_places(struct fuzz_input *input, struct fsi_control *control)
{
	for (int i = 0; i < FSI_CONTROL_PLACES && input->left > 0 && fuzz_byte(input) != 0; i++) {
		control->places[i].key = word(input);
		control->places[i].offset = word(input);
	}
	for (int i = 0; i < FSI_CONTROL_READERS && input->left > 0 && fuzz_byte(input) != 0; i++) {
		memset(control->readers[i].member, 'A' + i, sizeof control->readers[i].member);
		control->readers[i].pid = (uint32_t)word(input);
	}
}

static void put_counts(struct fuzz_input *input, struct fsi_control *control)
{
	control->published = word(input);
	control->held_bytes = (int64_t)word(input);
	control->held_messages = (int64_t)word(input);
	control->dropped_oldest = word(input);
	control->drops = (uint32_t)word(input);
	control->delivered = word(input);
	control->frames = word(input);
	control->deadline_ms_most = word(input);
	control->delay_ms_most = word(input);
	control->attempts_max = (uint32_t)word(input);
	control->missed = word(input);
}

size_t fuzz_content_control(struct fuzz_input *input, uint8_t *to)
{
	struct fsi_control *control = (struct fsi_control *)(void *)to;
	uint8_t flags = fuzz_byte(input);

	control->magic = FSI_CONTROL_MAGIC;
	control->version = FSI_CONTROL_VERSION;
	control->kind = (flags & 1) != 0 ? FSI_CONTROL_DURABLE : FSI_CONTROL_LIVE;
	control->owner_uid = geteuid();
	control->owner_pid = 1;
	control->features = (flags & 2) != 0 ? FSI_CONTROL_READS_SEGMENTS : 0;
	control->created_us = word(input);
	memset(control->member, 'A', FSI_MEMBER_LEN);
	memcpy(control->identity, "somebody\x1b[m", 11);
	control->limit_bytes = (flags & 4) != 0 ? word(input) : UINT64_MAX;
	control->waiting_offset =
		FSI_CONTROL_WAITING_FIRST + FSI_CONTROL_LINE * (uint32_t)(flags / 16);
	control->when_full = flags / 8 % 8;
	if ((flags & 8) != 0) {
		control->limit_messages = word(input);
		control->ttl_ms = word(input);
		/* Who waits for room would keep the fuzzer waiting, too. */
		control->block_ms = fuzz_byte(input) % 4;
		put_counts(input, control);
		put_places(input, control);
	}
	return FSI_CONTROL_BYTES;
}

size_t fuzz_content_counter(struct fuzz_input *input, uint8_t *to)
{
	struct fsi_counter_page *page = (struct fsi_counter_page *)(void *)to;

	page->magic = FSI_COUNTER_MAGIC;
	page->version = FSI_COUNTER_VERSION;
	page->last_id = word(input);
	page->generation = word(input);
	page->swept_ms = word(input);
	return FSI_COUNTER_BYTES;
}

void fuzz_content_spoil(struct fuzz_input *input, uint8_t *bytes, size_t len)
{
	for (int times = fuzz_byte(input) % 16; times > 0 && len > 0; times--) {
		size_t at = (size_t)fuzz_number(input, 2) % len;

		bytes[at] = fuzz_byte(input);
	}
}
