/* SPDX-License-Identifier: MIT */
/*
 * Headers, messages and matching through the shared library. What each function does at its edges
 * is tested in tests/unit; here, that programs can reach it and that a message keeps its values
 * from the publisher's headers to the subscriber's.
 */
#include <stdlib.h>
#include <string.h>

#include "api/fixture.h"
#include "api/pmsg.h"
#include "unit/check_main.h"

static const char JSON[] = "{\"s\": \"text\", \"i\": -7, \"d\": 0.5, \"b\": true, \"n\": null}";

static void expect_values(const fsps_headers *headers)
{
	struct fsps_header header;
	int64_t integer = 0;
	double number = 0;
	bool boolean = false;

	ck_assert_uint_eq(fsps_headers_count(headers), 5);
	ck_assert_str_eq(fsps_headers_get_string(headers, "s"), "text");
	ck_assert_int_eq(fsps_headers_get_int(headers, "i", &integer), FSPS_OK);
	ck_assert_int_eq(integer, -7);
	ck_assert_int_eq(fsps_headers_get_double(headers, "d", &number), FSPS_OK);
	ck_assert(number > 0.4 && number < 0.6);
	ck_assert_int_eq(fsps_headers_get_double(headers, "i", &number), FSPS_OK);
	ck_assert(number < -6 && number > -8);
	ck_assert_int_eq(fsps_headers_get_bool(headers, "b", &boolean), FSPS_OK);
	ck_assert(boolean);
	ck_assert_int_eq(fsps_headers_find(headers, "n", &header), FSPS_OK);
	ck_assert_int_eq(header.type, FSPS_HEADER_NULL);
}

START_TEST(values_are_the_same_before_and_behind_the_bus)
{
	fsps_bus *bus = fixture_open_bus();
	fsps_channel *channel = fixture_subscribe(bus, "a");
	fsps_publisher *publisher = fixture_open_publisher(bus);
	fsps_headers *headers = NULL;
	fsps_message *message;

	ck_assert_int_eq(fsps_headers_from_json(JSON, strlen(JSON), &headers), FSPS_OK);
	expect_values(headers);
	ck_assert_int_eq(fsps_publish(publisher, "a", headers, "x", 1, NULL), 1);
	message = fixture_receive(channel);
	expect_values(fsps_message_headers(message));
	fsps_message_unref(message);
	fsps_headers_free(headers);
	fsps_publisher_close(publisher);
	fsps_channel_close(channel);
	fsps_bus_close(bus);
}
END_TEST

START_TEST(a_missing_header_or_one_of_another_type_is_not_found)
{
	fsps_headers *headers = NULL;
	struct fsps_header header;
	int64_t integer;
	double number;
	bool boolean;

	ck_assert_int_eq(fsps_headers_from_json(JSON, strlen(JSON), &headers), FSPS_OK);
	ck_assert_int_eq(fsps_headers_find(headers, "x", &header), FSPS_ERR_NOT_FOUND);
	ck_assert_int_eq(fsps_headers_at(headers, 5, &header), FSPS_ERR_NOT_FOUND);
	ck_assert_ptr_null(fsps_headers_get_string(headers, "i"));
	ck_assert_int_eq(fsps_headers_get_int(headers, "d", &integer), FSPS_ERR_NOT_FOUND);
	ck_assert_int_eq(fsps_headers_get_double(headers, "s", &number), FSPS_ERR_NOT_FOUND);
	ck_assert_int_eq(fsps_headers_get_bool(headers, "n", &boolean), FSPS_ERR_NOT_FOUND);
	fsps_headers_free(headers);
}
END_TEST

START_TEST(headers_are_removed_and_cleared)
{
	fsps_headers *headers = NULL;

	ck_assert_int_eq(fsps_headers_from_json(JSON, strlen(JSON), &headers), FSPS_OK);
	ck_assert_int_eq(fsps_headers_remove(headers, "s"), 1);
	ck_assert_int_eq(fsps_headers_remove(headers, "s"), 0);
	ck_assert_uint_eq(fsps_headers_count(headers), 4);
	fsps_headers_clear(headers);
	ck_assert_uint_eq(fsps_headers_count(headers), 0);
	fsps_headers_free(headers);
}
END_TEST

START_TEST(a_message_is_read_from_bytes_and_written_to_them)
{
	fsps_message *message = NULL;
	unsigned char bytes[256];
	size_t length = pmsg_build(bytes, 7, "a.b", JSON, "payload");
	void *again = NULL;
	size_t again_length = 0;

	ck_assert_int_eq(fsps_message_decode(bytes, length, &message), FSPS_OK);
	ck_assert_uint_eq(fsps_message_id(message), 7);
	ck_assert_str_eq(fsps_message_topic(message), "a.b");
	expect_values(fsps_message_headers(message));
	ck_assert_int_eq(fsps_message_encode(message, &again, &again_length), FSPS_OK);
	ck_assert_uint_eq(again_length, length);
	ck_assert_mem_eq(again, bytes, length);
	free(again);
	fsps_message_unref(message);
	message = NULL;
	ck_assert_int_eq(fsps_message_decode(bytes, length - 1, &message), FSPS_ERR_CORRUPT);
	ck_assert_ptr_null(message);
}
END_TEST

START_TEST(matching_is_to_be_had_without_a_bus)
{
	ck_assert_int_eq(fsps_match("tes=.x", "test.x"), 1);
	ck_assert_int_eq(fsps_match("a.+", "a.b.c"), 1);
	ck_assert_int_eq(fsps_match("a.=", "a.b.c"), 0);
	ck_assert_int_eq(fsps_match("a_", "a"), FSPS_ERR_PATTERN);
	ck_assert_int_eq(fsps_match("a", "a+"), FSPS_ERR_TOPIC);
	ck_assert_int_eq(fsps_match(NULL, "a"), FSPS_ERR_ARGUMENT);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("values");
	TCase *tcase = fixture_tcase(suite, "values");

	tcase_add_test(tcase, values_are_the_same_before_and_behind_the_bus);
	tcase_add_test(tcase, a_missing_header_or_one_of_another_type_is_not_found);
	tcase_add_test(tcase, headers_are_removed_and_cleared);
	tcase_add_test(tcase, a_message_is_read_from_bytes_and_written_to_them);
	tcase_add_test(tcase, matching_is_to_be_had_without_a_bus);
	return check_main(suite);
}
