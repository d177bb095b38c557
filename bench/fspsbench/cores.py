# SPDX-License-Identifier: MIT
"""
On which cores processes run. Where the scheduler puts two that wake each other decides their
figures by a factor of five and more, and changes from run to run; so it can be settled here.
"""

import contextlib
import os

ALL = tuple(sorted(os.sched_getaffinity(0)))


@contextlib.contextmanager
def only(cores):
    """What is started meanwhile runs on these cores alone."""
    os.sched_setaffinity(0, cores)
    try:
        yield
    finally:
        os.sched_setaffinity(0, ALL)


def apart():
    """The cores of a publisher and those of its subscribers; the same ones if there is one."""
    return ALL[:1], ALL[1:] or ALL
