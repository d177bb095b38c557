/* SPDX-License-Identifier: MIT */
/*
 * Headers with types, and the receipt of a publish: a program that sends itself a measurement
 * and prints what arrives.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <fsps/fsps.h>

static int complain(void)
{
	fprintf(stderr, "%s; %s\n", fsps_last_error()->text,
		fsps_error_remedy(fsps_last_error()->code));
	return 1;
}

static int send_measurement(fsps_publisher *publisher, fsps_headers *headers, fsps_receipt *receipt)
{
	const char *value = "21.5";

	if (fsps_headers_set_string(headers, "unit", "C") < 0 ||
	    fsps_headers_set_int(headers, "floor", 2) < 0 ||
	    fsps_headers_set_double(headers, "accuracy", 0.1) < 0 ||
	    fsps_headers_set_bool(headers, "calibrated", true) < 0 ||
	    fsps_headers_set_null(headers, "owner") < 0 ||
	    fsps_publish(publisher, "sensors.kitchen", headers, value, strlen(value), receipt) < 0)
		return complain();
	printf("%d of %d subscribers have it\n", fsps_receipt_reached(receipt),
	       fsps_receipt_matched(receipt));
	return 0;
}

static void print_header(const struct fsps_header *header)
{
	switch (header->type) {
	case FSPS_HEADER_NULL:
		printf("  %s is null\n", header->key);
		break;
	case FSPS_HEADER_BOOL:
		printf("  %s is %s\n", header->key, header->boolean ? "true" : "false");
		break;
	case FSPS_HEADER_INT:
		printf("  %s is the integer %" PRId64 "\n", header->key, header->integer);
		break;
	case FSPS_HEADER_DOUBLE:
		printf("  %s is the number %g\n", header->key, header->number);
		break;
	case FSPS_HEADER_STRING:
		printf("  %s is \"%s\"\n", header->key, header->string);
		break;
	}
}

static int receive_measurement(fsps_channel *channel)
{
	fsps_message *message = NULL;
	const fsps_headers *headers;
	struct fsps_header header;

	if (fsps_channel_receive(channel, 5000, &message) != 1)
		return complain();
	headers = fsps_message_headers(message);
	printf("%s: %s\n", fsps_message_topic(message),
	       (const char *)fsps_message_payload(message, NULL));
	for (size_t i = 0; fsps_headers_at(headers, i, &header) == FSPS_OK; i++)
		print_header(&header);
	fsps_message_unref(message);
	return 0;
}

int main(void)
{
	fsps_publisher *publisher = NULL;
	fsps_channel *channel = NULL;
	fsps_headers *headers = NULL;
	fsps_receipt *receipt = NULL;
	fsps_bus *bus = NULL;
	int failed = 1;

	if (fsps_bus_open(NULL, &bus) < 0 ||
	    fsps_channel_open(bus, "sensors.+", NULL, &channel) < 0 ||
	    fsps_publisher_open(bus, NULL, &publisher) < 0 || fsps_headers_new(&headers) < 0 ||
	    fsps_receipt_new(&receipt) < 0)
		complain();
	else
		failed = send_measurement(publisher, headers, receipt) ||
			 receive_measurement(channel);
	fsps_receipt_free(receipt);
	fsps_headers_free(headers);
	fsps_publisher_close(publisher);
	fsps_channel_close(channel);
	fsps_bus_close(bus);
	return failed;
}
