/* SPDX-License-Identifier: MIT */
/* The links of a fan's segment in its channels, for publish/fan.c alone. */
#ifndef FSPS_PUBLISH_FAN_LINKS_H
#define FSPS_PUBLISH_FAN_LINKS_H

#include "publish/fan.h"

/* Links the segment into those channels that are not linked yet and have room; their readers begin
 * at offset. No leg is dropped. */
void fsi_fan_link_rest(fsps_publisher *publisher, struct fsi_fan *fan, size_t offset);

#endif
