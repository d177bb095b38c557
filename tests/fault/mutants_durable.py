# SPDX-License-Identifier: MIT
"""Mutants of what is about durable channels and about what outlives the machine; mutants.py runs
them."""

from mutant import Mutant

DURABLE_MUTANTS = [
    # Publishing to them.
    Mutant(
        "a durable channel is given up when its maker is dead",
        "publish/delivery.c",
        (("\treturn !target->durable && fsi_recover_owner_is_dead(",
          "\treturn fsi_recover_owner_is_dead("),),
        "collect", "alone",
    ),
    Mutant(
        "a durable channel without a queue gets nothing",
        "publish/delivery.c",
        (("\t\tif (target->durable)\n\t\t\treturn FSI_DELIVERED;\n",
          "\t\tif (target->durable)\n\t\t\treturn FSI_DELIVERY_NOBODY;\n"),),
        "collect", "alone",
    ),
    Mutant(
        "a directory without a control block is a durable channel",
        "route/target.c",
        (("\tif (!target->durable || target->scans)\n", "\tif (true)\n"),),
        "collect", "none",
    ),
    Mutant(
        "inboxes are channels to our publishers",
        "route/channel_set.c",
        ((" || parsed.kind == FSPS_KIND_INBOX", ""),),
        "collect", "none",
    ),
    Mutant(
        "a durable channel that was made again is taken for the old one",
        "route/channel_set.c",
        (("(!known->durable || fsi_target_is_same(known, home->fd))", "true"),),
        "collect", "again",
    ),
    Mutant(
        "who knows a fan does not look whether a group came",
        "publish/send.c",
        (("\t       publisher->fast.generation == publisher->set.read_generation &&\n", ""),),
        "collect", "readers",
    ),
    Mutant(
        "a group gets segments like anybody",
        "publish/fast.c",
        (("\tif (!look_at_readers(publisher))\n", "\tif (true)\n"),),
        "collect", "readers",
    ),
    Mutant(
        "readers are looked at only when a generation tells of them",
        "publish/fast.c",
        (("\t/* Where there is no counter no generation tells. */\n"
          "\tfollow_readers(publisher);\n", ""),),
        "collect", "readers",
    ),
    Mutant(
        "after segments a group gets nothing",
        "publish/fast.c",
        (("\t\ttarget->on_lane &= takes;\n", ""),),
        "collect", "readers",
    ),
    # Writing through.
    Mutant(
        "a file is linked before it is written through",
        "publish/staging.c",
        (("\treturn r == 0 && staged->sync ? fsi_sys_fsync(fd) : r;\n", "\treturn r;\n"),),
        "sync", "order",
    ),
    Mutant(
        "a file that could not be written through is linked",
        "publish/staging.c",
        (("\treturn r == 0 && staged->sync ? fsi_sys_fsync(fd) : r;\n",
          "\tif (r == 0 && staged->sync)\n\t\t(void)fsi_sys_fsync(fd);\n\treturn r;\n"),),
        "sync_failures", "failures",
    ),
    Mutant(
        "writing a file through is tried again",
        "publish/staging.c",
        (("\treturn r == 0 && staged->sync ? fsi_sys_fsync(fd) : r;\n",
          "\tif (r == 0 && staged->sync && fsi_sys_fsync(fd) < 0)\n"
          "\t\tr = fsi_sys_fsync(fd);\n\treturn r;\n"),),
        "sync_failures", "failures",
    ),
    Mutant(
        "the bells are rung before the directories are written through",
        "publish/delivery.c",
        (("\tlink_all(publisher, &until);\n",
          "\tlink_all(publisher, &until);\n"
          "\tfor (size_t i = 0; i < publisher->leg_count; i++)\n"
          "\t\t(void)ring(publisher, &publisher->legs[i]);\n"),),
        "sync", "order",
    ),
    Mutant(
        "a directory that could not be written through is none of the receipt's business",
        "publish/delivery.c",
        (("\treturn leg->sync_code < 0 ? leg->sync_code : r;\n", "\treturn r;\n"),),
        "sync_failures", "failures",
    ),
    Mutant(
        "a directory without space is a reason to link once more",
        "publish/sync.c",
        (("\t(void)fsi_fail_errno(-r,", "\tint code = fsi_fail_errno(-r,"),
         ("\treturn FSPS_ERR_IO;\n", "\treturn code;\n")),
        "sync_failures", "failures",
    ),
    Mutant(
        "segments are used though they are not written through",
        "publish/fast.c",
        (("files_only ? UINT64_MAX : messages_before()", "messages_before()"),),
        "sync", "order", "fast",
    ),
]
