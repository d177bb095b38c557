# SPDX-License-Identifier: MIT
"""A process of formix-pubsub's that does what it is told: a request is a JSON object on a line of
stdin, the answer one on a line of stdout; bytes are hex strings. Its home is in PUBSUB_HOME.

A request names one of the functions below as "do"; the other keys are its arguments.
"""

import json
import logging
import os
import signal
import struct
import sys

import pubsub
from pubsub import message as message_module

channels = []


def shown(message):
    return {
        "id": message.id,
        "time_us": message.timestamp,
        "topic": message.topic,
        "headers": message.headers,
        "payload": message.content.hex(),
    }


def hello():
    """Something to wait for after the start."""
    return {}


def create(pattern):
    """A channel as its constructor leaves it: on disk, and not yet open."""
    channels.append(pubsub.Channel(pattern))
    return {"channel": channels[-1].directory_name, "number": len(channels) - 1}


def open_channel(number):
    channels[number].open()
    return {}


def subscribe(pattern):
    """Creates a channel and opens it."""
    created = create(pattern)
    open_channel(created["number"])
    return created


def close(number):
    channels[number].close()
    return {}


def publish(topic, payload, headers=None):
    try:
        return {"result": pubsub.publish(topic, bytes.fromhex(payload), headers)}
    except Exception as error:
        return {"raised": f"{type(error).__name__}: {error}"}


def publish_many(topic, payload, count):
    """Publishes count times, the number behind the payload; which of them it reports."""
    head = bytes.fromhex(payload)
    reported = []
    for number in range(count):
        if pubsub.publish(topic, head + struct.pack("!I", number)) > 0:
            reported.append(number)
    return {"reported": reported}


def publish_for_ever(topic):
    """Tells the number of each publish that has returned, until it is killed."""
    number = 0
    while True:
        if pubsub.publish(topic, struct.pack("!I", number)) > 0:
            print(json.dumps({"reported": number}), flush=True)
        number += 1


def publish_and_die(topic, payload, at):
    """Kills itself with SIGKILL in the middle of a publish: right before the os.NAME call."""

    def die(*_arguments, **_options):
        os.kill(os.getpid(), signal.SIGKILL)

    setattr(os, at, die)
    pubsub.publish(topic, bytes.fromhex(payload))
    return {}


def fetch(number, count):
    """Fetches until there is nothing, or count messages."""
    got = []
    while len(got) < count:
        message = pubsub.fetch(channels[number])
        if message is None:
            break
        got.append(shown(message))
    return {"messages": got}


def listen(number, seconds):
    """What its subscribe() hands to a callback."""
    got = []
    handled = pubsub.subscribe(channels[number], lambda m: got.append(shown(m)), seconds)
    return {"messages": got, "handled": handled}


def clean_up():
    pubsub.Channel.cleanup_inactive()
    return {}


def matching(topic):
    """The channels that its publisher would publish to."""
    return {"channels": [path.name for path in pubsub.Channel.matching_active_paths(topic)]}


def encode(id, time_us, topic, headers, payload):
    message = pubsub.Message(topic, bytes.fromhex(payload), headers)
    message.id = id
    message.timestamp = time_us
    return {"bytes": message.to_bytes().hex()}


def decode(payload):
    return shown(pubsub.Message.from_bytes(bytes.fromhex(payload)))


def pin_id(id):
    """Makes its clock and its random bits such that the next messages get this ID."""

    class Clock:
        @staticmethod
        def time():
            return ((id >> 16 << 16) + 0x8000) / 1_000_000

    class Random:
        @staticmethod
        def randint(_low, _high):
            return id & 0xFFFF

    message_module.time = Clock
    message_module.random = Random
    assert pubsub.Message._next_id() == id
    return {}


def main():
    for line in sys.stdin:
        request = json.loads(line)
        answer = globals()[request.pop("do")](**request)
        print(json.dumps(answer), flush=True)
    for channel in channels:
        channel.close()


if __name__ == "__main__":
    # It warns of each message that it fails to publish; what it returns is what counts here.
    logging.disable(logging.CRITICAL)
    main()
