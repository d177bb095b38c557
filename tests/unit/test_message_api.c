/* SPDX-License-Identifier: MIT */
/* The public functions of messages, and what those of messages and headers say of NULL. */
#include <fsps/message.h>

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <fsps/error.h>
#include <fsps/headers.h>

#include "base/cleanup.h"
#include "base/limits.h"
#include "check_main.h"
#include "message/codec.h"
#include "message_golden.h"

static fsps_headers *headers;
static fsps_message *message;

static void setup(void)
{
	ck_assert_int_eq(fsps_headers_new(&headers), FSPS_OK);
	ck_assert_int_eq(fsps_message_decode(golden_bytes, sizeof golden_bytes, &message), FSPS_OK);
}

static void teardown(void)
{
	fsps_headers_free(headers);
	fsps_message_unref(message);
}

/* ---- messages ---- */

START_TEST(a_message_shows_what_its_bytes_say)
{
	size_t len;

	ck_assert_uint_eq(fsps_message_id(message), GOLDEN_ID);
	ck_assert_uint_eq(fsps_message_timestamp_us(message), GOLDEN_TIMESTAMP_US);
	ck_assert_str_eq(fsps_message_topic(message), GOLDEN_TOPIC);
	ck_assert_uint_eq(fsps_headers_count(fsps_message_headers(message)), 4);
	ck_assert_str_eq((const char *)fsps_message_payload(message, &len), GOLDEN_PAYLOAD);
	ck_assert_uint_eq(len, 2);
	ck_assert_ptr_nonnull(fsps_message_payload(message, NULL));
}
END_TEST

START_TEST(a_message_that_was_decoded_by_us_was_sent_by_us)
{
	ck_assert_uint_eq(fsps_message_sender_uid(message), geteuid());
}
END_TEST

START_TEST(a_message_is_encoded_to_the_bytes_that_it_came_from)
{
	FSI_CLEANUP(fsi_cleanup_free) void *bytes = NULL;
	size_t len;

	ck_assert_int_eq(fsps_message_encode(message, &bytes, &len), FSPS_OK);
	ck_assert_uint_eq(len, sizeof golden_bytes);
	ck_assert_mem_eq(bytes, golden_bytes, sizeof golden_bytes);
}
END_TEST

START_TEST(a_referenced_message_outlives_the_first_unref)
{
	ck_assert_ptr_eq(fsps_message_ref(message), message);
	fsps_message_unref(message);
	ck_assert_str_eq(fsps_message_topic(message), GOLDEN_TOPIC);
}
END_TEST

START_TEST(decoding_judges_every_byte_of_the_topic)
{
	unsigned char bytes[sizeof golden_bytes];
	fsps_message *other = NULL;

	memcpy(bytes, golden_bytes, sizeof bytes);
	for (const char *wrong = "=+_/ ~"; *wrong != '\0'; wrong++) {
		bytes[FSI_MESSAGE_AT_TOPIC] = (unsigned char)*wrong;
		ck_assert_int_eq(fsps_message_decode(bytes, sizeof bytes, &other), FSPS_ERR_TOPIC);
	}
	ck_assert_ptr_null(other);
}
END_TEST

START_TEST(decoding_says_what_is_wrong)
{
	fsps_message *other = NULL;

	ck_assert_int_eq(fsps_message_decode("PMSG\2", 5, &other), FSPS_ERR_VERSION);
	ck_assert_str_eq(fsps_last_error()->text, "the message's format is version 2, not 1");
	ck_assert_int_eq(fsps_message_decode("", 0, &other), FSPS_ERR_CORRUPT);
	ck_assert_ptr_null(other);
}
END_TEST

START_TEST(more_bytes_than_any_message_has_are_corrupt_unseen)
{
	fsps_message *other = NULL;

	ck_assert_int_eq(fsps_message_decode("", FSI_MESSAGE_BYTES_LIMIT + 1, &other),
			 FSPS_ERR_CORRUPT);
	ck_assert_int_eq(fsps_message_decode("", SIZE_MAX, &other), FSPS_ERR_CORRUPT);
	ck_assert_ptr_null(other);
}
END_TEST

/* ---- arguments ---- */

START_TEST(no_message_answers_as_an_empty_one)
{
	size_t len = 7;

	ck_assert_ptr_null(fsps_message_ref(NULL));
	fsps_message_unref(NULL);
	ck_assert_uint_eq(fsps_message_id(NULL), 0);
	ck_assert_uint_eq(fsps_message_timestamp_us(NULL), 0);
	ck_assert_str_eq(fsps_message_topic(NULL), "");
	ck_assert_uint_eq(fsps_headers_count(fsps_message_headers(NULL)), 0);
	ck_assert_str_eq((const char *)fsps_message_payload(NULL, &len), "");
	ck_assert_uint_eq(len, 0);
	ck_assert_uint_eq(fsps_message_sender_uid(NULL), UINT32_MAX);
}
END_TEST

START_TEST(null_for_messages_and_bytes_is_an_argument_error)
{
	fsps_message *other = NULL;
	void *bytes;
	size_t len;

	ck_assert_int_eq(fsps_message_decode(NULL, 0, &other), FSPS_ERR_ARGUMENT);
	ck_assert_int_eq(fsps_message_decode("", 0, NULL), FSPS_ERR_ARGUMENT);
	ck_assert_int_eq(fsps_message_encode(NULL, &bytes, &len), FSPS_ERR_ARGUMENT);
	ck_assert_int_eq(fsps_message_encode(message, NULL, &len), FSPS_ERR_ARGUMENT);
	ck_assert_int_eq(fsps_message_encode(message, &bytes, NULL), FSPS_ERR_ARGUMENT);
	ck_assert_str_eq(fsps_last_error()->text,
			 "fsps_message_encode() was given NULL as ret_len");
}
END_TEST

START_TEST(null_where_an_object_is_needed_is_an_argument_error)
{
	struct fsps_header header;
	int64_t integer;
	double number;
	size_t len;
	char *json;
	bool boolean;

	ck_assert_int_eq(fsps_headers_new(NULL), FSPS_ERR_ARGUMENT);
	ck_assert_int_eq(fsps_headers_set_string(NULL, "k", "v"), FSPS_ERR_ARGUMENT);
	ck_assert_int_eq(fsps_headers_set_bytes(NULL, "k", "v", 1), FSPS_ERR_ARGUMENT);
	ck_assert_int_eq(fsps_headers_set_int(NULL, "k", 1), FSPS_ERR_ARGUMENT);
	ck_assert_int_eq(fsps_headers_set_double(NULL, "k", 1), FSPS_ERR_ARGUMENT);
	ck_assert_int_eq(fsps_headers_set_bool(NULL, "k", true), FSPS_ERR_ARGUMENT);
	ck_assert_int_eq(fsps_headers_set_null(NULL, "k"), FSPS_ERR_ARGUMENT);
	ck_assert_int_eq(fsps_headers_set_json(NULL, "k", "1"), FSPS_ERR_ARGUMENT);
	ck_assert_int_eq(fsps_headers_remove(NULL, "k"), FSPS_ERR_ARGUMENT);
	ck_assert_int_eq(fsps_headers_at(NULL, 0, &header), FSPS_ERR_ARGUMENT);
	ck_assert_int_eq(fsps_headers_find(NULL, "k", &header), FSPS_ERR_ARGUMENT);
	ck_assert_ptr_null(fsps_headers_get_string(NULL, "k"));
	ck_assert_int_eq(fsps_headers_get_int(NULL, "k", &integer), FSPS_ERR_ARGUMENT);
	ck_assert_int_eq(fsps_headers_get_double(NULL, "k", &number), FSPS_ERR_ARGUMENT);
	ck_assert_int_eq(fsps_headers_get_bool(NULL, "k", &boolean), FSPS_ERR_ARGUMENT);
	ck_assert_int_eq(fsps_headers_to_json(NULL, &json, &len), FSPS_ERR_ARGUMENT);
	ck_assert_int_eq(fsps_last_error()->code, FSPS_ERR_ARGUMENT);
}
END_TEST

START_TEST(null_as_key_value_or_result_is_an_argument_error)
{
	struct fsps_header header;
	fsps_headers *other;

	ck_assert_int_eq(fsps_headers_set_int(headers, NULL, 1), FSPS_ERR_ARGUMENT);
	ck_assert_int_eq(fsps_headers_set_string(headers, "k", NULL), FSPS_ERR_ARGUMENT);
	ck_assert_int_eq(fsps_headers_set_bytes(headers, "k", NULL, 0), FSPS_ERR_ARGUMENT);
	ck_assert_int_eq(fsps_headers_set_json(headers, "k", NULL), FSPS_ERR_ARGUMENT);
	ck_assert_int_eq(fsps_headers_remove(headers, NULL), FSPS_ERR_ARGUMENT);
	ck_assert_int_eq(fsps_headers_at(headers, 0, NULL), FSPS_ERR_ARGUMENT);
	ck_assert_int_eq(fsps_headers_find(headers, "k", NULL), FSPS_ERR_ARGUMENT);
	ck_assert_int_eq(fsps_headers_find(headers, NULL, &header), FSPS_ERR_ARGUMENT);
	ck_assert_ptr_null(fsps_headers_get_string(headers, NULL));
	ck_assert_int_eq(fsps_headers_get_int(headers, "k", NULL), FSPS_ERR_ARGUMENT);
	ck_assert_int_eq(fsps_headers_get_double(headers, "k", NULL), FSPS_ERR_ARGUMENT);
	ck_assert_int_eq(fsps_headers_get_bool(headers, "k", NULL), FSPS_ERR_ARGUMENT);
	ck_assert_int_eq(fsps_headers_to_json(headers, NULL, NULL), FSPS_ERR_ARGUMENT);
	ck_assert_int_eq(fsps_headers_from_json(NULL, 0, &other), FSPS_ERR_ARGUMENT);
	ck_assert_int_eq(fsps_headers_from_json("{}", 2, NULL), FSPS_ERR_ARGUMENT);
	fsps_headers_free(NULL);
	fsps_headers_clear(NULL);
	ck_assert_int_eq(fsps_last_error()->code, FSPS_ERR_ARGUMENT);
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("message_api");
	TCase *tcase = tcase_create("message_api");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, a_message_shows_what_its_bytes_say);
	tcase_add_test(tcase, a_message_that_was_decoded_by_us_was_sent_by_us);
	tcase_add_test(tcase, a_message_is_encoded_to_the_bytes_that_it_came_from);
	tcase_add_test(tcase, a_referenced_message_outlives_the_first_unref);
	tcase_add_test(tcase, decoding_judges_every_byte_of_the_topic);
	tcase_add_test(tcase, decoding_says_what_is_wrong);
	tcase_add_test(tcase, more_bytes_than_any_message_has_are_corrupt_unseen);
	tcase_add_test(tcase, no_message_answers_as_an_empty_one);
	tcase_add_test(tcase, null_for_messages_and_bytes_is_an_argument_error);
	tcase_add_test(tcase, null_where_an_object_is_needed_is_an_argument_error);
	tcase_add_test(tcase, null_as_key_value_or_result_is_an_argument_error);
	suite_add_tcase(suite, tcase);
	return suite;
}

int main(void)
{
	return check_main(make_suite());
}
