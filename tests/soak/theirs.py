# SPDX-License-Identifier: MIT
"""A process of formix-pubsub's in the soak: theirs.py publish|subscribe|clean LOGS WHO TOPIC...

Its home is in PUBSUB_HOME. It ends at SIGTERM; a subscriber then first fetches until nothing has
come for a while.
"""

import itertools
import logging
import os
import random
import select
import signal
import sys
import time

import pubsub
import records

PAUSE_S = 0.02
QUIET_S = 1.5

ending = False


def end_soon(_number, _frame):
    global ending
    ending = True


def wait(seconds, fds=()):
    select.select(fds, [], [], seconds)


def publish(log, topics):
    for seq in itertools.count():
        if ending:
            return
        topic = random.choice(topics)
        text = records.payload(log.who, seq, records.LEAST + random.randrange(200))
        about = {"source": log.who, "topic": records.topic_hash(topic), "seq": seq}
        log.note(records.BEGIN, count=1, **about)
        try:
            reached = pubsub.publish(topic, text.encode())
        except OSError:
            # Something vanished that it had just listed: it does not say that it was published.
            continue
        log.note(records.END, result=reached, count=reached, **about)
        wait(random.random() * PAUSE_S)


def take(log, channel, name):
    """Whether there was a message."""
    message = pubsub.fetch(channel)
    if message is None:
        return False
    known = records.payload_read(message.content.decode())
    if known is None:
        print(f"a message on {message.topic} is not whole", file=sys.stderr)
        sys.exit(1)
    log.note(records.DELIVERED, source=known[0], seq=known[1], id=message.id, channel=name,
             topic=records.topic_hash(message.topic))
    return True


def subscribe(log, pattern):
    channel = pubsub.Channel(pattern)
    channel.open()
    name = records.hash_of(channel.directory_name)
    log.note(records.OPEN, channel=name)
    quiet_since = time.monotonic()
    while not ending or time.monotonic() - quiet_since < QUIET_S:
        if take(log, channel, name):
            quiet_since = time.monotonic()
        else:
            wait(0.1, [channel._fp])
    log.note(records.CLOSING, channel=name)
    channel.close()


def main():
    what, directory, who, *topics = sys.argv[1:]
    signal.signal(signal.SIGTERM, end_soon)
    # It warns of each message that it fails to publish; what it returns is what counts here.
    logging.disable(logging.CRITICAL)
    if what == "clean":
        pubsub.Channel.cleanup_inactive()
        return
    log = records.Log(directory, int(who))
    if what == "publish":
        publish(log, topics)
    else:
        subscribe(log, topics[0])


if __name__ == "__main__":
    os.umask(0o077)
    main()
