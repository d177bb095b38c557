/* SPDX-License-Identifier: MIT */
/* Implements tests/cli/capture.h. */
#include "cli/capture.h"

#include <endian.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <check.h>
#include <fsps/error.h>

void capture_begin(struct capture *capture)
{
	int fd = memfd_create("capture", MFD_CLOEXEC);

	ck_assert_int_ge(fd, 0);
	cli_output_init(&capture->output, fd);
}

void capture_end(struct capture *capture)
{
	ssize_t len;

	ck_assert_int_eq(cli_output_flush(&capture->output), 0);
	len = pread(capture->output.fd, capture->text, sizeof capture->text - 1, 0);
	ck_assert_int_ge(len, 0);
	capture->len = (size_t)len;
	capture->text[len] = '\0';
	close(capture->output.fd);
}

void capture_expect(struct capture *capture, const char *expected)
{
	capture_end(capture);
	ck_assert_str_eq(capture->text, expected);
	ck_assert_uint_eq(capture->len, strlen(expected));
}

static unsigned char *put_u32(unsigned char *to, size_t value)
{
	uint32_t big_endian = htobe32((uint32_t)value);

	memcpy(to, &big_endian, sizeof big_endian);
	return to + sizeof big_endian;
}

static unsigned char *put_u64(unsigned char *to, uint64_t value)
{
	uint64_t big_endian = htobe64(value);

	memcpy(to, &big_endian, sizeof big_endian);
	return to + sizeof big_endian;
}

static unsigned char *put_bytes(unsigned char *to, const void *bytes, size_t len)
{
	to = put_u32(to, len);
	memcpy(to, bytes, len);
	return to + len;
}

fsps_message *message_of(uint64_t id, uint64_t timestamp_us, const char *topic,
			 const char *headers_json, const void *payload, size_t payload_len)
{
	unsigned char *bytes = malloc(64 + strlen(topic) + strlen(headers_json) + payload_len);
	unsigned char *end = bytes;
	fsps_message *message = NULL;

	end = put_u32(end, 0x504D5347);
	*end++ = 1;
	end = put_u64(end, id);
	end = put_u64(end, timestamp_us);
	end = put_bytes(end, topic, strlen(topic));
	end = put_bytes(end, headers_json, strlen(headers_json));
	end = put_bytes(end, payload, payload_len);
	ck_assert_int_eq(fsps_message_decode(bytes, (size_t)(end - bytes), &message), FSPS_OK);
	free(bytes);
	return message;
}
