/* SPDX-License-Identifier: MIT */
/* The PMSG v1 codec: the golden vector both ways, and every way to break it. */
#include "message/codec.h"

#include <stdlib.h>
#include <string.h>

#include <fsps/error.h>
#include <fsps/topic.h>

#include "base/bytes.h"
#include "check_main.h"
#include "message/json.h"
#include "message_golden.h"
#include "message_random.h"

enum { SENDER = 1234 };

/* Decodes a copy of bytes; frees it if it stays ours. */
static int decode(const void *bytes, size_t len, fsps_message **ret_message)
{
	unsigned char *copy = malloc(len + 1);
	int result;

	if (copy == NULL)
		abort();
	memcpy(copy, bytes, len);
	/* Not NUL, so that only the decoder can have put one there. */
	copy[len] = 'x';
	result = fsi_message_decode(copy, len, SENDER, ret_message);
	if (result < 0)
		free(copy);
	return result;
}

/* The code that decoding bytes ends with; a message that comes out of it is dropped. */
static int decode_code(const void *bytes, size_t len)
{
	FSI_CLEANUP(fsi_cleanup_message) fsps_message *message = NULL;

	return decode(bytes, len, &message);
}

/* An encoded message in a block of ret_len bytes. */
static unsigned char *encode(const char *topic, size_t topic_len, const char *headers,
			     size_t headers_len, const void *payload, size_t payload_len,
			     size_t *ret_len)
{
	size_t prefix_len = fsi_message_prefix_bytes(topic_len, headers_len);
	unsigned char *bytes = malloc(prefix_len + payload_len + 1);

	if (bytes == NULL)
		abort();
	fsi_message_encode_prefix(bytes, 1, 2, topic, topic_len, headers, headers_len, payload_len);
	memcpy(bytes + prefix_len, payload, payload_len);
	*ret_len = prefix_len + payload_len;
	return bytes;
}

/* The code of a message with this topic and headers, and no payload. */
static int code_of(const char *topic, size_t topic_len, const char *headers, size_t headers_len)
{
	size_t len;
	FSI_CLEANUP(fsi_cleanup_free)
	unsigned char *bytes = encode(topic, topic_len, headers, headers_len, "", 0, &len);

	return decode_code(bytes, len);
}

static bool encodes_to(const fsps_message *message, const void *bytes, size_t len)
{
	FSI_CLEANUP(fsi_cleanup_free) unsigned char *encoded = NULL;
	size_t encoded_len;

	if (fsi_message_encode(message, &encoded, &encoded_len) < 0)
		return false;
	return encoded_len == len && memcmp(encoded, bytes, len) == 0;
}

/* ---- the golden vector ---- */

START_TEST(the_golden_vector_is_encoded_byte_for_byte)
{
	FSI_CLEANUP(fsi_cleanup_headers) fsps_headers *headers = NULL;
	FSI_CLEANUP(fsi_cleanup_free) char *json = NULL;
	unsigned char bytes[sizeof golden_bytes];
	size_t json_len, prefix_len;

	ck_assert_int_eq(fsi_headers_new(&headers), FSPS_OK);
	ck_assert_int_eq(fsi_headers_set_int(headers, "k", 1), FSPS_OK);
	ck_assert_int_eq(fsi_headers_set_null(headers, "n"), FSPS_OK);
	ck_assert_int_eq(fsi_headers_set_bool(headers, "b", true), FSPS_OK);
	ck_assert_int_eq(fsi_headers_set_double(headers, "f", 1.5), FSPS_OK);
	ck_assert_int_eq(fsi_headers_write_json(headers, &json, &json_len), FSPS_OK);
	ck_assert_str_eq(json, GOLDEN_HEADERS);
	prefix_len = fsi_message_prefix_bytes(3, json_len);
	ck_assert_uint_eq(prefix_len + 2, sizeof golden_bytes);
	fsi_message_encode_prefix(bytes, GOLDEN_ID, GOLDEN_TIMESTAMP_US, GOLDEN_TOPIC, 3, json,
				  json_len, 2);
	memcpy(bytes + prefix_len, GOLDEN_PAYLOAD, 2);
	ck_assert_mem_eq(bytes, golden_bytes, sizeof golden_bytes);
}
END_TEST

START_TEST(the_golden_vector_decodes_to_its_values)
{
	FSI_CLEANUP(fsi_cleanup_message) fsps_message *message = NULL;
	struct fsps_header header;
	int64_t integer;
	double number;
	bool boolean;

	ck_assert_int_eq(decode(golden_bytes, sizeof golden_bytes, &message), FSPS_OK);
	ck_assert_uint_eq(message->id, GOLDEN_ID);
	ck_assert_uint_eq(message->timestamp_us, GOLDEN_TIMESTAMP_US);
	ck_assert_uint_eq(message->sender_uid, SENDER);
	ck_assert_str_eq(message->topic, GOLDEN_TOPIC);
	ck_assert_uint_eq(message->topic_len, 3);
	ck_assert_uint_eq(message->payload_len, 2);
	ck_assert_str_eq((const char *)message->payload, GOLDEN_PAYLOAD);
	ck_assert_uint_eq(fsi_headers_count(&message->headers), 4);
	ck_assert_int_eq(fsi_headers_get_int(&message->headers, "k", &integer), FSPS_OK);
	ck_assert_int_eq(integer, 1);
	ck_assert_int_eq(fsi_headers_find(&message->headers, "n", &header), FSPS_OK);
	ck_assert_int_eq(header.type, FSPS_HEADER_NULL);
	ck_assert_int_eq(fsi_headers_get_bool(&message->headers, "b", &boolean), FSPS_OK);
	ck_assert(boolean);
	ck_assert_int_eq(fsi_headers_get_double(&message->headers, "f", &number), FSPS_OK);
	ck_assert_double_eq(number, 1.5);
}
END_TEST

START_TEST(a_decoded_message_encodes_to_the_bytes_that_it_came_from)
{
	FSI_CLEANUP(fsi_cleanup_message) fsps_message *message = NULL;

	ck_assert_int_eq(decode(golden_bytes, sizeof golden_bytes, &message), FSPS_OK);
	ck_assert(encodes_to(message, golden_bytes, sizeof golden_bytes));
}
END_TEST

START_TEST(setting_the_id_of_a_prefix_changes_nothing_else)
{
	unsigned char bytes[sizeof golden_bytes];

	memcpy(bytes, golden_bytes, sizeof bytes);
	fsi_message_prefix_set_id(bytes, UINT64_C(0xfffefdfcfbfaf9f8));
	ck_assert_mem_eq(bytes + 5, "\xff\xfe\xfd\xfc\xfb\xfa\xf9\xf8", 8);
	fsi_message_prefix_set_id(bytes, GOLDEN_ID);
	ck_assert_mem_eq(bytes, golden_bytes, sizeof bytes);
}
END_TEST

/* ---- broken bytes ---- */

START_TEST(a_message_cut_at_any_byte_is_corrupt)
{
	for (size_t len = 0; len < sizeof golden_bytes; len++) {
		int code = decode_code(golden_bytes, len);

		if (code != FSPS_ERR_CORRUPT)
			ck_abort_msg("cut to %zu bytes: %d", len, code);
	}
}
END_TEST

START_TEST(bytes_behind_a_message_make_it_corrupt)
{
	unsigned char bytes[sizeof golden_bytes + 3] = {0};

	memcpy(bytes, golden_bytes, sizeof golden_bytes);
	ck_assert_int_eq(decode_code(bytes, sizeof golden_bytes + 1), FSPS_ERR_CORRUPT);
	ck_assert_int_eq(decode_code(bytes, sizeof golden_bytes + 3), FSPS_ERR_CORRUPT);
}
END_TEST

/* What a flipped bit at a place of the golden vector may lead to, besides success. */
static bool is_code_of_place(int code, size_t at)
{
	if (at < FSI_MESSAGE_AT_VERSION)
		return code == FSPS_ERR_CORRUPT;
	if (at < FSI_MESSAGE_AT_ID)
		return code == FSPS_ERR_VERSION;
	if (at < FSI_MESSAGE_AT_TOPIC_LENGTH)
		return false;
	if (at < FSI_MESSAGE_AT_TOPIC)
		return code == FSPS_ERR_CORRUPT || code == FSPS_ERR_TOPIC;
	if (at < GOLDEN_HEADERS_LENGTH_AT)
		return code == FSPS_ERR_TOPIC;
	if (at < GOLDEN_PAYLOAD_LENGTH_AT)
		return code == FSPS_ERR_CORRUPT || code == FSPS_ERR_HEADER;
	return code == FSPS_ERR_CORRUPT;
}

START_TEST(a_message_with_any_bit_flipped_is_refused_or_encodes_to_its_own_bytes)
{
	size_t accepted = 0;

	for (size_t bit = 0; bit < sizeof golden_bytes * 8; bit++) {
		FSI_CLEANUP(fsi_cleanup_message) fsps_message *message = NULL;
		unsigned char bytes[sizeof golden_bytes];
		int code;

		memcpy(bytes, golden_bytes, sizeof bytes);
		bytes[bit / 8] = (unsigned char)(bytes[bit / 8] ^ (1 << bit % 8));
		code = decode(bytes, sizeof bytes, &message);
		if (code < 0 && !is_code_of_place(code, bit / 8))
			ck_abort_msg("bit %zu: code %d", bit, code);
		if (code >= 0 && !encodes_to(message, bytes, sizeof bytes))
			ck_abort_msg("bit %zu: other bytes came back", bit);
		accepted += code >= 0;
	}
	/* ID, timestamp and payload at least can be anything. */
	ck_assert_uint_ge(accepted, (8 + 8 + 2) * 8);
}
END_TEST

START_TEST(random_bytes_in_a_message_are_refused_or_come_back)
{
	uint64_t seed = random_seed(), state = seed;

	for (int round = 0; round < 50000; round++) {
		FSI_CLEANUP(fsi_cleanup_message) fsps_message *message = NULL;
		unsigned char bytes[sizeof golden_bytes];
		size_t len = sizeof bytes - (random_below(&state, 4) == 0 ? 1 : 0);

		memcpy(bytes, golden_bytes, sizeof bytes);
		for (size_t n = 1 + random_below(&state, 4); n > 0; n--)
			bytes[random_below(&state, len)] = (unsigned char)random_next(&state);
		if (decode(bytes, len, &message) >= 0 && !encodes_to(message, bytes, len))
			ck_abort_msg("FSPS_SEED=%ju round %d", (uintmax_t)seed, round);
	}
}
END_TEST

START_TEST(only_version_1_is_known)
{
	static const unsigned char versions[] = {0, 2, 255};
	unsigned char bytes[sizeof golden_bytes];

	memcpy(bytes, golden_bytes, sizeof bytes);
	for (size_t i = 0; i < sizeof versions; i++) {
		bytes[FSI_MESSAGE_AT_VERSION] = versions[i];
		ck_assert_int_eq(decode_code(bytes, sizeof bytes), FSPS_ERR_VERSION);
		/* Another version may be shorter: it is told apart before its length is judged. */
		ck_assert_int_eq(decode_code(bytes, 5), FSPS_ERR_VERSION);
	}
}
END_TEST

START_TEST(an_id_of_0_is_corrupt_and_any_other_is_accepted)
{
	unsigned char bytes[sizeof golden_bytes];

	memcpy(bytes, golden_bytes, sizeof bytes);
	fsi_message_prefix_set_id(bytes, 0);
	ck_assert_int_eq(decode_code(bytes, sizeof bytes), FSPS_ERR_CORRUPT);
	fsi_message_prefix_set_id(bytes, UINT64_MAX);
	ck_assert_int_eq(decode_code(bytes, sizeof bytes), FSPS_OK);
}
END_TEST

/* What each length field of the golden vector leads to when it says something else. */
static const struct {
	size_t at;
	uint32_t length;
	int code;
} wrong_lengths[] = {
	{GOLDEN_TOPIC_LENGTH_AT, 0, FSPS_ERR_TOPIC},
	/* The rest is read as shifted fields, and is too short for them. */
	{GOLDEN_TOPIC_LENGTH_AT, 2, FSPS_ERR_CORRUPT},
	/* The topic takes in a byte of the next length. */
	{GOLDEN_TOPIC_LENGTH_AT, 4, FSPS_ERR_TOPIC},
	{GOLDEN_TOPIC_LENGTH_AT, 53, FSPS_ERR_TOPIC},
	{GOLDEN_TOPIC_LENGTH_AT, 54, FSPS_ERR_CORRUPT},
	{GOLDEN_TOPIC_LENGTH_AT, UINT32_MAX, FSPS_ERR_CORRUPT},
	{GOLDEN_HEADERS_LENGTH_AT, 0, FSPS_ERR_CORRUPT},
	{GOLDEN_HEADERS_LENGTH_AT, 39, FSPS_ERR_HEADER},
	{GOLDEN_HEADERS_LENGTH_AT, 41, FSPS_ERR_HEADER},
	{GOLDEN_HEADERS_LENGTH_AT, 46, FSPS_ERR_HEADER},
	{GOLDEN_HEADERS_LENGTH_AT, 47, FSPS_ERR_CORRUPT},
	{GOLDEN_HEADERS_LENGTH_AT, UINT32_MAX, FSPS_ERR_CORRUPT},
	{GOLDEN_PAYLOAD_LENGTH_AT, 0, FSPS_ERR_CORRUPT},
	{GOLDEN_PAYLOAD_LENGTH_AT, 1, FSPS_ERR_CORRUPT},
	{GOLDEN_PAYLOAD_LENGTH_AT, 3, FSPS_ERR_CORRUPT},
	{GOLDEN_PAYLOAD_LENGTH_AT, UINT32_MAX, FSPS_ERR_CORRUPT},
};

START_TEST(a_wrong_length_is_refused)
{
	unsigned char bytes[sizeof golden_bytes];

	memcpy(bytes, golden_bytes, sizeof bytes);
	fsi_put_u32(bytes + wrong_lengths[_i].at, wrong_lengths[_i].length);
	ck_assert_int_eq(decode_code(bytes, sizeof bytes), wrong_lengths[_i].code);
}
END_TEST

START_TEST(a_message_that_is_refused_leaves_its_bytes_and_the_result_alone)
{
	fsps_message *message = NULL;
	unsigned char *bytes = malloc(sizeof golden_bytes);

	ck_assert_ptr_nonnull(bytes);
	memcpy(bytes, golden_bytes, sizeof golden_bytes);
	ck_assert_int_eq(fsi_message_decode(bytes, sizeof golden_bytes - 1, SENDER, &message),
			 FSPS_ERR_CORRUPT);
	ck_assert_ptr_null(message);
	ck_assert_mem_eq(bytes, golden_bytes, sizeof golden_bytes);
	free(bytes);
}
END_TEST

/* ---- topics, headers, payloads ---- */

START_TEST(a_topic_has_1_to_1024_bytes)
{
	char topic[FSPS_TOPIC_MAX + 1];

	memset(topic, 'a', sizeof topic);
	ck_assert_int_eq(code_of(topic, 0, "{}", 2), FSPS_ERR_TOPIC);
	ck_assert_int_eq(code_of(topic, 1, "{}", 2), FSPS_OK);
	ck_assert_int_eq(code_of(topic, FSPS_TOPIC_MAX, "{}", 2), FSPS_OK);
	ck_assert_int_eq(code_of(topic, FSPS_TOPIC_MAX + 1, "{}", 2), FSPS_ERR_TOPIC);
}
END_TEST

START_TEST(a_topic_has_visible_ascii_bytes_only)
{
	for (int byte = 0; byte < 256; byte++) {
		char topic[] = {'a', (char)byte, 'b'};
		int expected = byte > ' ' && byte < 0x7f ? FSPS_OK : FSPS_ERR_TOPIC;
		int code = code_of(topic, sizeof topic, "{}", 2);

		if (code != expected)
			ck_abort_msg("byte 0x%02x: %d", (unsigned)byte, code);
	}
}
END_TEST

START_TEST(the_topic_ends_with_a_nul_whatever_the_headers_length)
{
	static char json[FSPS_HEADERS_BYTES_MAX];
	static const size_t lengths[] = {2, 255, 256, 65535, FSPS_HEADERS_BYTES_MAX};

	memset(json, ' ', sizeof json);
	memcpy(json, "{}", 2);
	for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
		FSI_CLEANUP(fsi_cleanup_message) fsps_message *message = NULL;
		size_t len;
		FSI_CLEANUP(fsi_cleanup_free)
		unsigned char *bytes = encode("a.b", 3, json, lengths[i], "", 0, &len);

		ck_assert_int_eq(decode(bytes, len, &message), FSPS_OK);
		ck_assert_str_eq(message->topic, "a.b");
	}
}
END_TEST

START_TEST(headers_of_more_than_64_kib_are_refused)
{
	static char json[FSPS_HEADERS_BYTES_MAX + 1];

	memset(json, ' ', sizeof json);
	memcpy(json, "{}", 2);
	ck_assert_int_eq(code_of("t", 1, json, FSPS_HEADERS_BYTES_MAX), FSPS_OK);
	ck_assert_int_eq(code_of("t", 1, json, FSPS_HEADERS_BYTES_MAX + 1), FSPS_ERR_HEADER);
}
END_TEST

START_TEST(headers_of_no_bytes_are_empty_headers)
{
	FSI_CLEANUP(fsi_cleanup_message) fsps_message *message = NULL;
	size_t len;
	FSI_CLEANUP(fsi_cleanup_free) unsigned char *bytes = encode("t", 1, "", 0, "x", 1, &len);

	ck_assert_int_eq(decode(bytes, len, &message), FSPS_OK);
	ck_assert_uint_eq(fsi_headers_count(&message->headers), 0);
	ck_assert(encodes_to(message, bytes, len));
}
END_TEST

START_TEST(headers_that_are_no_flat_json_object_are_refused)
{
	static const char *const bad[] = {"{",          "[]",          "null",
					  "{\"a\":{}}", "{\"a\":NaN}", "{\"a\":1e999}",
					  "{\"a\":1}x", "\"a\""};

	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
		ck_assert_int_eq(code_of("t", 1, bad[i], strlen(bad[i])), FSPS_ERR_HEADER);
}
END_TEST

START_TEST(a_payload_is_any_bytes_and_has_a_nul_behind_it)
{
	static const size_t lengths[] = {0, 1, 255, 256, 65536, 1 << 20};
	static unsigned char payload[1 << 20];

	for (size_t i = 0; i < sizeof payload; i++)
		payload[i] = (unsigned char)(i * 7 + i / 256);
	for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
		FSI_CLEANUP(fsi_cleanup_message) fsps_message *message = NULL;
		size_t len;
		FSI_CLEANUP(fsi_cleanup_free)
		unsigned char *bytes = encode("t", 1, "{}", 2, payload, lengths[i], &len);

		ck_assert_int_eq(decode(bytes, len, &message), FSPS_OK);
		ck_assert_uint_eq(message->payload_len, lengths[i]);
		ck_assert_int_eq(memcmp(message->payload, payload, lengths[i]), 0);
		ck_assert_int_eq(message->payload[lengths[i]], 0);
	}
}
END_TEST

/* ---- references ---- */

START_TEST(a_message_lives_until_its_last_reference_is_given_back)
{
	fsps_message *message = NULL;

	ck_assert_int_eq(decode(golden_bytes, sizeof golden_bytes, &message), FSPS_OK);
	ck_assert_ptr_eq(fsi_message_ref(message), message);
	fsi_message_unref(message);
	ck_assert_str_eq(message->topic, GOLDEN_TOPIC);
	fsi_message_unref(message);
}
END_TEST

START_TEST(giving_back_no_message_does_nothing)
{
	fsi_message_unref(NULL);
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("message_codec");
	TCase *golden = tcase_create("golden");
	TCase *broken = tcase_create("broken");
	TCase *parts = tcase_create("parts");

	tcase_add_test(golden, the_golden_vector_is_encoded_byte_for_byte);
	tcase_add_test(golden, the_golden_vector_decodes_to_its_values);
	tcase_add_test(golden, a_decoded_message_encodes_to_the_bytes_that_it_came_from);
	tcase_add_test(golden, setting_the_id_of_a_prefix_changes_nothing_else);
	suite_add_tcase(suite, golden);
	tcase_set_timeout(broken, 60);
	tcase_add_test(broken, a_message_cut_at_any_byte_is_corrupt);
	tcase_add_test(broken, bytes_behind_a_message_make_it_corrupt);
	tcase_add_test(broken,
		       a_message_with_any_bit_flipped_is_refused_or_encodes_to_its_own_bytes);
	tcase_add_test(broken, random_bytes_in_a_message_are_refused_or_come_back);
	tcase_add_test(broken, only_version_1_is_known);
	tcase_add_test(broken, an_id_of_0_is_corrupt_and_any_other_is_accepted);
	tcase_add_loop_test(broken, a_wrong_length_is_refused, 0,
			    sizeof wrong_lengths / sizeof wrong_lengths[0]);
	tcase_add_test(broken, a_message_that_is_refused_leaves_its_bytes_and_the_result_alone);
	suite_add_tcase(suite, broken);
	tcase_add_test(parts, a_topic_has_1_to_1024_bytes);
	tcase_add_test(parts, a_topic_has_visible_ascii_bytes_only);
	tcase_add_test(parts, the_topic_ends_with_a_nul_whatever_the_headers_length);
	tcase_add_test(parts, headers_of_more_than_64_kib_are_refused);
	tcase_add_test(parts, headers_of_no_bytes_are_empty_headers);
	tcase_add_test(parts, headers_that_are_no_flat_json_object_are_refused);
	tcase_add_test(parts, a_payload_is_any_bytes_and_has_a_nul_behind_it);
	tcase_add_test(parts, a_message_lives_until_its_last_reference_is_given_back);
	tcase_add_test(parts, giving_back_no_message_does_nothing);
	suite_add_tcase(suite, parts);
	return suite;
}

int main(void)
{
	return check_main(make_suite());
}
