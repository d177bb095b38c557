/* SPDX-License-Identifier: MIT */
/*
 * What a publisher with the option sync does beside writing its files through: the directories that
 * they are linked into. Only on a disk; what is in memory outlives no machine.
 *
 * Each message has its directories written through before its bells are rung, also in a batch: who
 * hears of a message may rely on its being there.
 */
#ifndef FSPS_PUBLISH_SYNC_H
#define FSPS_PUBLISH_SYNC_H

#include "publish/publisher.h"

/* Whether what is written through in a home outlives the machine; also if that can't be told. */
bool fsi_sync_is_needed(const struct fsi_home *home);

/*
 * Before a link into a target that is prepared: whether its directory can be written through at
 * all. A drop box of another user can't, as we may not read it: a durable one refuses the message
 * then, before anything is linked. A live one is gone with its process, let alone with the machine,
 * and gets it. Returns 0 or a failure.
 */
int fsi_sync_check(const fsps_publisher *publisher, const struct fsi_target *target);

/* Writes a target's directory through, after a link. Returns 0 or what to tell of it in the
 * receipt: FSPS_ERR_IO, never a code after which the link may be tried again. */
int fsi_sync_directory(fsps_publisher *publisher, const struct fsi_target *target);

#endif
