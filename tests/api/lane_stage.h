/* SPDX-License-Identifier: MIT */
/*
 * What most tests of the fast lane begin with: a bus, a publisher that uses segments from its first
 * message on, and a channel of pattern "a". One of each for a test program.
 */
#ifndef TESTS_API_LANE_STAGE_H
#define TESTS_API_LANE_STAGE_H

#include "api/lane.h"

static fsps_bus *bus;
static fsps_publisher *publisher;
static fsps_channel *channel;

static void set_up(void)
{
	lane_force(NULL);
	bus = fixture_open_bus();
	publisher = lane_open_publisher(bus);
	channel = fixture_subscribe(bus, "a");
}

static void tear_down(void)
{
	fsps_publisher_close(publisher);
	fsps_channel_close(channel);
	fsps_bus_close(bus);
}

#endif
