# SPDX-License-Identifier: MIT
"""formix-pubsub's publishers and a durable channel of ours, through the inbox that one of its
readers holds: what reaches it, and what happens when that reader goes, is killed, or both clear up.
"""

import os
import signal
import struct
import subprocess

from peers import Skip, case, eventually, holds, main, publish, same

# What a program is run with so that it may do no more than others; root lists what it likes.
LIKE_OTHERS = ["setpriv", "--bounding-set", "-dac_override,-dac_read_search"]


def like_others():
    if os.geteuid() != 0:
        return []
    try:
        subprocess.run([*LIKE_OTHERS, "true"], check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError) as error:
        raise Skip(f"root can't do without its capabilities: {error}") from error
    return LIKE_OTHERS


def numbers(messages):
    return [struct.unpack("!I", bytes.fromhex(m["payload"])[-4:])[0] for m in messages]


def inboxes(home):
    """All of t_jobs, in its sight or not."""
    return [name for name in home.names() if name.startswith("t_jobs.in")]


def has_inbox(home, theirs):
    found = theirs.do("matching", topic="t")["channels"]
    return len(found) == 1 and found == inboxes(home)


def take_all(reader):
    """What comes until nothing comes for two seconds, in which it finds what did not ring."""
    got = []
    while more := reader.take(1000, 2000)["messages"]:
        got += more
    return got


def each_once(got, reported, what):
    """What it reported came, and nothing came twice; what it linked without a report may come."""
    missing = set(reported) - set(got)
    holds(not missing, f"{what}: reported and lost: {sorted(missing)[:20]}")
    same(len(got), len(set(got)), f"{what}: how many different ones of all")


class Stream:
    """A publisher of its that goes on until it is stopped."""

    def __init__(self, home, before):
        self.theirs = home.theirs(*before)
        self.theirs.say(do="publish_for_ever", topic="t")
        self.reported = []

    def hear(self, count):
        self.reported += [self.theirs.hear()["reported"] for _ in range(count)]

    def stop(self):
        self.theirs.process.kill()
        while (more := self.theirs.hear()) is not None:
            self.reported.append(more["reported"])
        self.theirs.kill()


@case("its publishes reach a durable channel while somebody reads, and nobody when nobody does")
def reached_while_read(home):
    reader, theirs = home.subscriber("t", "jobs"), home.theirs()
    same(reader.channel, "t_jobs", "channel")
    holds(has_inbox(home, theirs), f"it does not see {home.names()}")
    same([theirs.publish("t", text, {"k": 1}) for text in (b"1", b"2")], [1, 1], "its publishes")
    # Its IDs order its messages to 65 ms and no closer.
    same(sorted(reader.payloads(2)), [b"1", b"2"], "what we got")
    same(theirs.publish("t", b"3"), 1, "its publish")
    reader.end()
    same(inboxes(home), [], "inboxes")
    same(theirs.publish("t", b"4"), 0, "its publish to nobody")
    theirs.do("clean_up")
    reader = home.subscriber("t", "jobs")
    same(reader.payloads(), [b"3"], "what waited for the next reader")
    reader.nothing_waits()


@case("our publishers reach the durable channel itself, once; those of both sides all arrive")
def both_reach_it(home):
    reader, theirs, ours = home.subscriber("t", "jobs"), home.theirs(), home.publisher()
    for _ in range(10):
        answer = publish(ours, "t", b"ours")
        same((answer["result"], answer["matched"]), (1, 1), "our publish")
        same(theirs.publish("t", b"its"), 1, "its publish")
    got = reader.payloads(20)
    same((got.count(b"ours"), got.count(b"its")), (10, 10), "what we got")
    reader.nothing_waits()


@case("a group has one inbox, and each of its messages goes to one worker")
def a_group_shares_them(home):
    workers = [home.subscriber("t", "jobs", "shared") for _ in range(3)]
    theirs = home.theirs()
    holds(has_inbox(home, theirs), f"it does not see one in {home.names()}")
    for _ in range(5):
        reported = theirs.do("publish_many", topic="t", payload="", count=30)["reported"]
        # It draws the same ID twice now and then, and does not report the second.
        holds(len(reported) > 20, f"it reports {len(reported)}")
        round_got = []
        while len(round_got) < len(reported):
            for worker in workers:
                round_got += numbers(worker.take(5, 200)["messages"])
        same(sorted(round_got), reported, "what the workers got")
    for worker in workers:
        worker.nothing_waits()


@case("the worker that holds the inbox goes, another one holds it, and nothing is lost or doubled")
def holders_come_and_go(home):
    last = home.subscriber("t", "jobs", "shared")
    stream = Stream(home, [])
    got = []
    for _ in range(5):
        stream.hear(30)
        got += numbers(last.take(10)["messages"])
        other = home.subscriber("t", "jobs", "shared")
        last.end()
        last = other
        # A worker looks whether it is its turn once a second, when it fetches or waits.
        eventually(lambda: inboxes(home) or got.extend(numbers(last.take(1, 200)["messages"])),
                   "another inbox")
    stream.hear(30)
    stream.stop()
    each_once(got + numbers(take_all(last)), stream.reported, "all in all")


@case("its holder is killed while it publishes and clears up: the next reader gets all of it, once")
def its_holder_is_killed(home):
    before = like_others()
    home.subscriber("t", "jobs", before=before).end()
    cleaner = home.theirs(*before)
    stream = Stream(home, before)
    got = []
    # Fewer than would make a dead letter of what each of them had.
    for rounds in range(4):
        reader = home.subscriber("t", "jobs", before=before)
        stream.hear(20 + 7 * rounds)
        got += numbers(reader.messages(10))
        # Killed while it takes more, which it does not settle.
        reader.say(take=100, wait_ms=0, leave=True)
        reader.kill()
        cleaner.do("clean_up")
    stream.stop()
    cleaner.do("clean_up")
    last = home.subscriber("t", "jobs", before=before)
    each_once(got + numbers(take_all(last)), stream.reported, "all in all")
    same(len(inboxes(home)), 1, "inboxes")


@case("its clean-up takes nothing out of a dead reader's inbox")
def its_clean_up_of_an_inbox(home):
    before = like_others()
    reader, theirs = home.subscriber("t", "jobs", before=before), home.theirs(*before)
    reader.process.send_signal(signal.SIGSTOP)
    reported = theirs.do("publish_many", topic="t", payload="", count=50)["reported"]
    inbox = inboxes(home)
    reader.kill()
    theirs.do("clean_up")
    same(inboxes(home), inbox, "inboxes")
    reader = home.subscriber("t", "jobs", before=before)
    same(sorted(numbers(reader.messages(len(reported)))), reported, "what we got")
    reader.nothing_waits()


@case("killed in the middle of a publish to a durable channel: what it linked arrives")
def its_publisher_dies_at_a_durable_channel(home):
    reader = home.subscriber("t", "jobs")
    reader.nothing_waits()
    for step, arrives in (("link", 0), ("open", 1), ("fdopen", 1)):
        theirs = home.theirs()
        theirs.say(do="publish_and_die", topic="t", payload=step.encode().hex(), at=step)
        same(theirs.hear(), None, "its answer")
        theirs.kill()
        same(reader.payloads(arrives), [step.encode()] * arrives, f"after {step}")
        reader.nothing_waits()


@case("the reader makes another inbox if somebody removes it")
def an_inbox_that_is_removed(home):
    reader, theirs = home.subscriber("t", "jobs"), home.theirs()
    same(theirs.publish("t", b"1"), 1, "its publish")
    same(reader.payloads(), [b"1"], "what we got")
    os.unlink(home.path / inboxes(home)[0] / "queue")
    same(theirs.publish("t", b"2"), 0, "its publish without a queue")
    eventually(lambda: reader.take(1, 200) and theirs.publish("t", b"3") == 1, "another inbox")
    same(reader.payloads(), [b"3"], "what we got")
    holds(has_inbox(home, theirs), f"it does not see one in {home.names()}")


if __name__ == "__main__":
    main()
