# SPDX-License-Identifier: MIT
"""The records that everybody in the soak writes, as soak.h has them, and the payloads."""

import os
import struct
import time
from typing import NamedTuple

FORMAT = struct.Struct("=QIIIIQQQiIII")
LEAST = 35
LETTERS = "abcdefghijklmnopqrstuvwxyz"

BEGIN, END, REFUSAL, OPEN, CLOSING, DELIVERED, SETTLED, GONE, REPLAYED, DROPPED = range(1, 11)
ACK, NACK, REJECT = 1, 2, 3
KINDS = ["", "publishes", "has published", "was refused", "has opened", "closes", "got", "settled",
         "lost its channel", "replayed", "saw dropped"]

# Of enum fsps_status.
REFUSED, FULL, GONE_CODE, EXPIRED, DROPPED_CODE = -11, -12, -16, -24, -25
IN_BATCH = 0x7FFFFFFF


class Record(NamedTuple):
    """One of them; what its members mean depends on its kind."""

    time_ns: int
    who: int
    kind: int
    source: int
    topic: int
    seq: int
    id: int
    channel: int
    result: int
    count: int
    more: int
    extra: int


def hash_of(text):
    """As soak_hash() in soak.c."""
    value = 0xCBF29CE484222325
    for byte in text.encode():
        value = ((value ^ byte) * 0x100000001B3) & 0xFFFFFFFFFFFFFFFF
    return value


def topic_hash(topic):
    return hash_of(topic) & 0xFFFFFFFF


def read(path):
    """All whole records of a file."""
    data = path.read_bytes()
    whole = len(data) - len(data) % FORMAT.size
    return [Record._make(fields) for fields in FORMAT.iter_unpack(data[:whole])]


def payload(who, seq, length):
    """As soak_payload_fill() in payload.c."""
    phase = (who * 31 + seq * 7) % len(LETTERS)
    filler = length - LEAST
    return f"{who:08x} {seq:016x} {length:08x} " + (
        LETTERS[phase:] + LETTERS * (filler // len(LETTERS) + 1)
    )[:filler]


def payload_read(text):
    """Who published it and which one it is, or None if it is not whole."""
    try:
        who, seq, length = int(text[:8], 16), int(text[9:25], 16), int(text[26:34], 16)
    except ValueError:
        return None
    return (who, seq) if payload(who, seq, length) == text else None


class Log:
    """What one of us writes himself."""

    def __init__(self, directory, who):
        self.who = who
        self.fd = os.open(f"{directory}/{who}", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)

    def note(self, kind, **members):
        record = Record(time.monotonic_ns(), self.who, kind, *[0] * 9)._replace(**members)
        os.write(self.fd, FORMAT.pack(*record))
