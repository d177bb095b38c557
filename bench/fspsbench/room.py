# SPDX-License-Identifier: MIT
"""Whether a backlog fits into the home's file system and the machine's memory."""

import os
import pathlib

# A small message takes a page, and its inode and name about a third of one.
MESSAGE_BYTES = 5632
INODES_A_MESSAGE = 1.1


def _memory_free():
    for line in pathlib.Path("/proc/meminfo").read_text(encoding="ascii").splitlines():
        if line.startswith("MemAvailable:"):
            return int(line.split()[1]) * 1024
    return 0


def lacking(directory, messages):
    """Why a backlog of so many messages does not fit into a directory; "" if it does."""
    need = messages * MESSAGE_BYTES
    system = os.statvfs(directory)
    if system.f_bavail * system.f_frsize < need or _memory_free() < need:
        return f"{messages:,} messages need {need / 2**30:.1f} GiB free in {directory}"
    if system.f_favail < messages * INODES_A_MESSAGE:
        return f"{messages:,} messages need as many free inodes in {directory}"
    return ""
