/* SPDX-License-Identifier: MIT */
/*
 * libfsps: publish/subscribe between the processes of one machine, without a server.
 *
 * Includes the whole API. A bus is an open home; a publisher publishes, a channel subscribes.
 */
#ifndef FSPS_FSPS_H
#define FSPS_FSPS_H

#include <fsps/bus.h>
#include <fsps/channel.h>
#include <fsps/dead.h>
#include <fsps/delivery.h>
#include <fsps/durable.h>
#include <fsps/error.h>
#include <fsps/export.h>
#include <fsps/headers.h>
#include <fsps/home.h>
#include <fsps/limits.h>
#include <fsps/message.h>
#include <fsps/publisher.h>
#include <fsps/sweep.h>
#include <fsps/topic.h>
#include <fsps/version.h>

#endif
