/* SPDX-License-Identifier: MIT */
/*
 * Two messages of one ID (R2), of which the first is taken by another worker and the second comes
 * in its place, at each call of a worker who is about to take it: he must not hand out the one and
 * acknowledge the other.
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "fault/fault.h"
#include "unit/check_main.h"

enum { BYTES_MAX = 4096 };

struct scene {
	fsps_bus *bus;
	fsps_channel *channel;
	fsps_publisher *publisher;
	/* The first one's file, and what the second one has in it. */
	char path[512];
	unsigned char second[BYTES_MAX];
	size_t length;
	bool first_was_taken;
};

static void open_scene(struct scene *scene)
{
	const struct fsps_channel_options options = {
		.size = sizeof options, .durable = "jobs", .shared = 1};

	fault_use_files();
	scene->bus = fault_bus();
	ck_assert_int_eq(fsps_channel_open(scene->bus, FAULT_TOPIC, &options, &scene->channel),
			 FSPS_OK);
	scene->publisher = fault_publisher(scene->bus);
}

static void close_scene(struct scene *scene)
{
	fsps_publisher_close(scene->publisher);
	fsps_channel_close(scene->channel);
	fsps_bus_close(scene->bus);
}

/* The second one differs from the first in its last byte. */
static void publish_first(struct scene *scene)
{
	fsps_receipt *receipt = NULL;
	ssize_t got;
	int fd;

	ck_assert_int_eq(fsps_receipt_new(&receipt), FSPS_OK);
	ck_assert_int_eq(fsps_publish(scene->publisher, FAULT_TOPIC, NULL, "1", 1, receipt), 1);
	snprintf(scene->path, sizeof scene->path, "%s/" FAULT_TOPIC "_jobs/%llu", fault_home(),
		 (unsigned long long)fsps_receipt_id(receipt));
	fsps_receipt_free(receipt);
	fd = open(scene->path, O_RDONLY | O_CLOEXEC);
	got = read(fd, scene->second, sizeof scene->second);
	close(fd);
	ck_assert_int_gt(got, 1);
	scene->length = (size_t)got;
	scene->second[got - 1] = '2';
	scene->first_was_taken = false;
}

/* What another worker and another publisher do in the same moment. */
static void replace(void *userdata)
{
	struct scene *scene = userdata;
	int fd;

	scene->first_was_taken = unlink(scene->path) == 0;
	fd = open(scene->path, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0600);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(write(fd, scene->second, scene->length), (ssize_t)scene->length);
	close(fd);
}

static void take_one(fsps_channel *channel, unsigned *counts)
{
	fsps_message *message = NULL;
	const char *payload;
	size_t length = 0;

	if (fsps_channel_fetch(channel, &message) != 1)
		return;
	payload = fsps_message_payload(message, &length);
	ck_assert_uint_eq(length, 1);
	counts[payload[0] - '1']++;
	ck_assert_int_eq(fsps_message_ack(channel, message), FSPS_OK);
	fsps_message_unref(message);
}

START_TEST(what_is_acknowledged_is_what_was_handed_out)
{
	struct scene scene;
	struct fault_poke poke = {.act = replace, .userdata = &scene};
	bool acted = true;

	open_scene(&scene);
	for (poke.at = 0; acted; poke.at++) {
		unsigned counts[2] = {0, 0};

		publish_first(&scene);
		fault_poke_start(&poke);
		take_one(scene.channel, counts);
		fault_poke_stop();
		acted = fault_poke_acted(&poke);
		for (int i = 0; i < 3; i++) {
			fault_let_second_pass(scene.channel);
			take_one(scene.channel, counts);
		}
		fault_assert(counts[0] == (scene.first_was_taken ? 0 : 1),
			     "at call %u the first one came %u times", poke.at, counts[0]);
		fault_assert(counts[1] == (acted ? 1 : 0),
			     "at call %u the second one came %u times", poke.at, counts[1]);
	}
	ck_assert_uint_gt(poke.at, 5);
	close_scene(&scene);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("same_id");
	TCase *tcase = fault_case(suite, "same_id");

	tcase_add_test(tcase, what_is_acknowledged_is_what_was_handed_out);
	return check_main(suite);
}
