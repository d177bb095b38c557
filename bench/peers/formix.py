#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
# requires: formix-pubsub
# runs: one four
# messages: 1/10
"""
The Python original, formix-pubsub, by its own API: publish() in a loop; fetch() in a loop, with
poll(2) on its FIFO while nothing comes. (Its subscribe() sleeps 10 ms after each message.)
"""

import json
import logging
import os
import resource
import select
import struct
import sys
import time

from pubsub import Channel, fetch, publish

FIRST_S = 600.0
IDLE_S = 3.0
NUMBER = struct.Struct("=Q")
MASK = (1 << 64) - 1


def mixed(first, last):
    return (((first + 1) * 0x9E3779B97F4A7C15) & MASK) ^ last


def publish_all(topic, count, size, subscribers):
    middle = bytes(size - 2 * NUMBER.size)
    lost = checksum = 0
    start_s = time.monotonic()
    for number in range(count):
        end = NUMBER.pack(number)
        if publish(topic, end + middle + end) != subscribers:
            lost += 1
        checksum = (checksum + mixed(number, number)) & MASK
    return {"messages": count, "lost": lost, "out_of_order": 0, "checksum": f"{checksum:016x}",
            "start_s": start_s, "end_s": time.monotonic()}


def wait_readable(descriptor, patience_s, since_s):
    """False once nothing has come for too long. A FIFO without writers is always readable."""
    poller = select.poll()
    poller.register(descriptor, select.POLLIN)
    poller.poll(100)
    return time.monotonic() - since_s < patience_s


def receive_all(topic, count):
    messages = out_of_order = expected = checksum = 0
    start_s = end_s = time.monotonic()
    with Channel(topic) as channel:
        print("ready", flush=True)
        while messages < count:
            message = fetch(channel)
            if message is None:
                patience_s = IDLE_S if messages else FIRST_S
                if not wait_readable(channel._fp, patience_s, end_s):
                    break
                continue
            first, = NUMBER.unpack_from(message.content)
            last, = NUMBER.unpack_from(message.content, len(message.content) - NUMBER.size)
            end_s = time.monotonic()
            start_s = start_s if messages else end_s
            out_of_order += first < expected
            expected = max(expected, first + 1)
            checksum = (checksum + mixed(first, last)) & MASK
            messages += 1
    return {"messages": messages, "lost": count - messages, "out_of_order": out_of_order,
            "checksum": f"{checksum:016x}", "start_s": start_s, "end_s": end_s}


def resident_max_kib():
    with open("/proc/self/status", encoding="ascii") as status:
        for line in status:
            if line.startswith("VmHWM:"):
                return int(line.split()[1])
    return 0


def main():
    role, topic = sys.argv[1], sys.argv[2]
    count, size, subscribers = (int(text) for text in sys.argv[3:6])
    os.makedirs(os.environ["PUBSUB_HOME"], mode=0o700, exist_ok=True)
    logging.disable(logging.WARNING)
    if role == "publish":
        tally = publish_all(topic, count, size, subscribers)
    else:
        tally = receive_all(topic, count)
    used = resource.getrusage(resource.RUSAGE_SELF)
    tally.update(role=role, seconds=tally["end_s"] - tally["start_s"], user_s=used.ru_utime,
                 system_s=used.ru_stime, resident_max_kib=resident_max_kib())
    print(json.dumps(tally))


if __name__ == "__main__":
    main()
