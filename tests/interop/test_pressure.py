# SPDX-License-Identifier: MIT
"""Full queues, colliding IDs and killed processes between formix-pubsub and libfsps."""

import signal
import struct
import time

from peers import case, eventually, holds, main, publish, same

COUNT = 9000
# IDs that fit into a FIFO.
CAPACITY = 8192
# What our counter takes as an ID is above its last one, unless that is a year away.
AHEAD_US = 3600 * 1_000_000
# Where the last ID stands in .fsps/seq (pubsub-format(5)).
COUNTER_AT = 64


def numbers(messages):
    return [struct.unpack("!I", bytes.fromhex(m["payload"])[-4:])[0] for m in messages]


@case("what its full channel does not take of ours is refused as full, and leaves no file behind")
def its_full_channel(home):
    theirs, ours = home.theirs(), home.publisher()
    channel = theirs.do("subscribe", pattern="t")["channel"]
    answer = ours.ask(topic="t", payload="", count=COUNT)
    same(answer["acknowledged"], list(range(CAPACITY)), "acknowledged")
    same((answer["full"], answer["other"]), (COUNT - CAPACITY, 0), "refused")
    refusal = publish(ours, "t")
    same(refusal["result"], "FSPS_ERR_REFUSED", "one more publish")
    same(refusal["refusals"], [[channel, "FSPS_ERR_FULL"]], "its receipt")
    same(len(home.message_files(channel)), CAPACITY, "files in the channel")
    got = theirs.fetch(count=COUNT)
    same(numbers(got), list(range(CAPACITY)), "what it fetched")
    same(home.names(channel), ["queue"], "what is left in the channel")
    same(home.names("tmp") if (home.path / "tmp").exists() else [], [], "what is left in tmp")
    same(publish(ours, "t")["result"], 1, "a publish once there is room")


@case("all that it reports to our stopped reader, and all else that it linked, is fetched")
def our_stopped_reader(home):
    theirs, subscriber = home.theirs(), home.subscriber("t")
    subscriber.process.send_signal(signal.SIGSTOP)
    reported = theirs.do("publish_many", topic="t", payload="", count=COUNT)["reported"]
    subscriber.process.send_signal(signal.SIGCONT)
    linked = len(home.message_files(subscriber.channel))
    got = subscriber.take(linked)["messages"]
    subscriber.nothing_waits()
    # It reports some that its full FIFO took no bell for, and some of them never.
    holds(CAPACITY < linked <= COUNT, f"{linked} are linked")
    same(len(got), linked, "how many we fetched")
    missing = set(reported) - set(numbers(got))
    holds(not missing, f"reported and lost: {sorted(missing)[:20]}")
    same(len(set(numbers(got))), len(got), "how many different ones")
    # Its IDs order its messages to 65 ms and no closer; ours come by ID.
    identities = [m["id"] for m in got]
    same(identities, sorted(identities), "order by ID")


@case("what it publishes while we read comes once and as it rang, but for a scan once a second")
def our_reader_at_work(home):
    theirs, subscriber = home.theirs(), home.subscriber("t")
    # Once it has scanned for what came before it was there, it goes by the bell.
    subscriber.nothing_waits()
    rung = 0
    for _ in range(20):
        reported = theirs.do("publish_many", topic="t", payload="", count=50)["reported"]
        got = subscriber.messages(len(reported))
        same(sorted(numbers(got)), reported, "which we fetched")
        if numbers(got) == reported:
            rung += 1
        else:
            identities = [m["id"] for m in got]
            same(identities, sorted(identities), "order by ID")
        subscriber.nothing_waits()
    holds(rung > 0, "none came in the order of its publishes")


@case("with its ID taken by a message of its, ours gets another name there, and both arrive")
def ours_meets_its_id(home):
    theirs, ours, subscriber = home.theirs(), home.publisher(), home.subscriber("t")
    theirs.do("subscribe", pattern="t")
    taken = pin_both(home, theirs)
    same(theirs.publish("t", b"its"), 2, "its publish")
    answer = publish(ours, "t", b"ours")
    same((answer["result"], answer["id"]), (2, taken), "our publish")
    named = [n for n in home.names(subscriber.channel) if n.startswith(".m-")]
    same(len(named), 1, "messages of another name")
    got = subscriber.messages(2)
    same(sorted(m["payload"] for m in got), sorted([b"its".hex(), b"ours".hex()]), "we got")
    same([m["id"] for m in got], [taken, taken], "IDs that we got")
    got = theirs.fetch(count=2)
    same([m["payload"] for m in got], [b"its".hex(), b"ours".hex()], "it got")


@case("with its ID taken by a message of ours, its publish reports nothing; ours arrives whole")
def it_meets_our_id(home):
    theirs, ours, subscriber = home.theirs(), home.publisher(), home.subscriber("t")
    taken = pin_both(home, theirs)
    same(publish(ours, "t", b"ours")["id"], taken, "ID of our publish")
    same(theirs.publish("t", b"its"), 0, "its publish")
    same(subscriber.payloads(), [b"ours"], "we got")
    subscriber.nothing_waits()


def pin_both(home, theirs):
    """Makes both sides' next messages have the same ID, which is answered."""
    pinned = ((time.time_ns() // 1000 + AHEAD_US) >> 16 << 16) | 0x8123
    theirs.do("pin_id", id=pinned)
    with open(home.path / ".fsps" / "seq", "r+b") as counter:
        counter.seek(COUNTER_AT)
        counter.write(struct.pack("=Q", pinned - 1))
    return pinned


@case("killed in the middle of publishing, it has lost nothing that it reported")
def its_publisher_is_killed(home):
    subscriber = home.subscriber("t")
    for rounds in range(5):
        theirs = home.theirs()
        theirs.say(do="publish_for_ever", topic="t")
        reported = [theirs.hear()["reported"] for _ in range(20 + 13 * rounds)]
        theirs.process.kill()
        while (more := theirs.hear()) is not None:
            reported.append(more["reported"])
        theirs.kill()
        linked = len(home.message_files(subscriber.channel))
        got = numbers(subscriber.messages(linked))
        holds(set(reported) <= set(got), f"lost: {sorted(set(reported) - set(got))[:20]}")
        same(subscriber.take(1, 0)["set_aside"], 0, "set aside")


@case("killed between link and bell, its message is found; what it left in tmp is cleared in time")
def its_publisher_dies_at_each_step(home):
    subscriber = home.subscriber("t")
    subscriber.nothing_waits()
    for step, arrives in (("link", 0), ("open", 1), ("fdopen", 1)):
        theirs = home.theirs()
        theirs.say(do="publish_and_die", topic="t", payload=step.encode().hex(), at=step)
        same(theirs.hear(), None, "its answer")
        theirs.kill()
        same(subscriber.payloads(arrives), [step.encode()] * arrives, f"after {step}")
        subscriber.nothing_waits()
    same(len(home.names("tmp")), 3, "files in tmp")
    for name in home.names("tmp"):
        home.make_old(f"tmp/{name}")
    eventually(lambda: subscriber.take(1, 200) and not home.names("tmp"), "the end of its files")


@case("killed while it subscribes, it costs our publisher nothing, and the living get all")
def its_subscriber_is_killed(home):
    ours, theirs, others = home.publisher(), home.theirs(), home.theirs()
    dead = theirs.do("subscribe", pattern="t")["channel"]
    others.do("subscribe", pattern="t")
    same(publish(ours, "t", b"1")["result"], 2, "our publish to both")
    theirs.kill()
    for text in (b"2", b"3"):
        same(publish(ours, "t", text)["result"], 1, "our publish")
    same(len(home.message_files(dead)), 1, "messages in the dead one's channel")
    got = [bytes.fromhex(m["payload"]) for m in others.fetch(count=4)]
    same(got, [b"1", b"2", b"3"], "what the living one got")


if __name__ == "__main__":
    main()
