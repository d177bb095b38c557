# SPDX-License-Identifier: MIT
"""Who plays in which town of the soak: all roles, and what each of them does.

Topics: m.* what most is about; x.1 commands that are run; d.1 dead letters; l.* channels with
limits; f.* formix-pubsub; s.* what comes and goes, where nothing is promised.
"""

from people import Channel, Role

MAIN = "m.a.1,m.a.2,m.b.1,m.b.2"
LIMITED = "l.old,l.new,l.refuse,l.block"
POLICIES = {"refuse": 1, "block": 2, "new": 3, "old": 4}
# A segment of a channel of 400,000 bytes, and one that a tenth of 1,100 messages fill.
SEGMENT_MESSAGES = 300
LEAST_ONCE, MOST_ONCE = "delivery=2", "delivery=1"
NO_LIMIT = f"bytes={2**64 - 1}"
OWN = ("who={who}", "seed={seed}", "log={log}")


def program(place, name, *words):
    return (place.program(name), *OWN, *words)


def publisher(place, name, topics, *words, lane="", uid=0):
    return Role(name, program(place, "soak_publish", f"topics={topics}", *words), publishes=True,
                mortal=True, uid=uid, environment=(("FSPS_LANE", lane),) if lane else ())


def reader(place, name, channel, *words, **role):
    words = (f"pattern={channel.pattern}", *words)
    if channel.durable:
        words += (f"durable={channel.durable}",)
    if channel.group:
        words += ("shared=1",)
    return Role(name, program(place, "soak_read", *words), channel=channel, **role)


def main_publishers(place, town):
    uids = town.uids
    roles = [
        publisher(place, "publisher", MAIN, "pause=70000", "fork=5", uid=uids[0]),
        publisher(place, "publisher that waits", MAIN, "pause=90000", "wait=500", uid=uids[-1]),
        publisher(place, "publisher of segments", MAIN, "pause=70000", "burst=30", lane="fast",
                  uid=uids[0]),
        publisher(place, "publisher of files", MAIN, "pause=60000", "burst=6", "fork=5",
                  lane="plain", uid=uids[-1]),
        publisher(place, "slow publisher", "d.1,x.1", "pause=60000", "burst=2", uid=uids[0]),
    ]
    if town.kind == "disk":
        roles.append(publisher(place, "publisher to the disk", MAIN, "pause=100000", "burst=2",
                               "sync=1"))
    return roles


def live_readers(place, town):
    foreign = town.kind == "shared"
    uid = town.uids[0]
    every = Channel("m.+", foreign=foreign)
    least = Channel("m.a.=", settles=True, foreign=foreign)
    some = Channel("m.b.+", foreign=foreign)
    # Where users share, what one of them has there beyond his part of a limit is evicted, also what
    # was acknowledged. A reader that is stopped on a slow machine comes to that.
    passing = [NO_LIMIT] if foreign else []
    return [
        reader(place, "steady reader", every, NO_LIMIT, "loop=receive", "fork=1", uid=uid),
        reader(place, "steady reader that settles", least, NO_LIMIT, LEAST_ONCE, "loop=poll",
               "deadline=1000", "nack=10", "hold=20", "extend=5", uid=uid),
        reader(place, "passing reader", some, *passing, "loop=spin", "slow=3", "slow-us=20000",
               mortal=True, lock_may_go=True, uid=town.uids[-1]),
    ]


def durable_readers(place, town):
    foreign = town.kind == "shared"
    first, last = town.uids[0], town.uids[-1]
    alone = Channel("m.+", "all", settles=True, foreign=foreign)
    most = Channel("m.b.=", "most", foreign=foreign)
    crew = Channel("m.a.+", "crew", settles=True, group=True, foreign=foreign)
    dead = Channel("d.1", "dead", settles=True, group=True, rejects=True, foreign=foreign)
    roles = [Role("replayer", program(place, "soak_replay", "name=d.1_dead", "pause=300000"),
                  mortal=True, uid=first)]
    # Two of each: who does not have the channel waits until the other one lets go of it.
    for _ in range(2):
        roles += [
            reader(place, "lone reader", alone, "deadline=1500", "nack=10", "hold=20", "again=1",
                   "fork=1", "slow=20", "slow-us=20000", mortal=True, lock_may_go=True, uid=first),
            reader(place, "lone reader, at most once", most, MOST_ONCE, "loop=poll", "again=1",
                   "slow=30", "slow-us=20000", mortal=True, uid=last),
        ]
    roles += [reader(place, "worker", crew, "deadline=700", "nack=20", "hold=30", "extend=5",
                     "slow=20", "slow-us=5000", mortal=True, lock_may_go=True, uid=first)
              for _ in range(3)]
    roles += [reader(place, "failing worker", dead, "deadline=700", "attempts=2", "nack=300",
                     "reject=150", "loop=poll", mortal=True, uid=first) for _ in range(2)]
    return roles


def command_readers(place, town):
    foreign = town.kind == "shared"
    uid = town.uids[0]
    subscribe = place.program("pubsub-subscribe")
    executed = Channel("x.1", "exec", settles=True, group=True, reader="exec", foreign=foreign)
    run = (subscribe, "--group", "exec", "x.1", "-j", "2", "--deadline", "1", "--attempts",
           "100000", "--retry-delay", "0.1", "--exec",
           *program(place, "soak_effect", f"channel={executed.directory}", "fail=50",
                    "slow-us=5000"))
    return [
        Role("steady command", (subscribe, "m.b.1"), uid=uid, output_kept=True,
             channel=Channel("m.b.1", reader="command", foreign=foreign), codes=(0, 143)),
        Role("command", (subscribe, "--durable", "cmd", "m.a.1", "--deadline", "2", "--attempts",
                         "100000"), uid=uid, output_kept=True, mortal=True,
             channel=Channel("m.a.1", "cmd", settles=True, reader="command", foreign=foreign),
             codes=(0, 1, 143)),
        Role("command that runs commands", run, uid=uid, mortal=True, channel=executed,
             codes=(0, 1, 143)),
        Role("command that runs commands", run, uid=uid, mortal=True, channel=executed,
             codes=(0, 1, 143)),
    ]


def limited(place, town):
    """Channels that are full most of the time: with limits of messages and of bytes."""
    if town.kind == "shared":
        return []
    roles = [publisher(place, "publisher to full channels", LIMITED, "pause=30000", "burst=20"),
             publisher(place, "publisher of files to full channels", LIMITED, "pause=40000",
                       lane="plain")]
    for policy, number in POLICIES.items():
        words = [f"full={number}", "slow=100", "slow-us=40000"]
        if policy == "block":
            words.append("block=50")
        channel = Channel(f"l.{policy}", full=policy)
        roles.append(reader(place, f"reader of little room ({policy})", channel, "messages=120",
                            *words))
        if policy in ("old", "refuse"):
            channel = Channel(f"l.{policy}", full=policy, dropped_at_once=SEGMENT_MESSAGES)
            roles.append(reader(place, f"reader of few bytes ({policy})", channel, "bytes=400000",
                                *words))
    young = Channel("l.refuse", full="ttl")
    roles.append(reader(place, "reader of what is young", young, NO_LIMIT, "ttl=100", "slow=100",
                        "slow-us=40000"))
    last = Channel("l.old", "last", settles=True, full="old", dropped_at_once=SEGMENT_MESSAGES)
    roles.append(reader(place, "lone reader of the latest", last, "messages=1100", "full=4",
                        "slow=200", "slow-us=80000", mortal=True))
    return roles


def formix(place, town):
    if town.kind == "shared" or place.formix is None:
        return []
    theirs = (*place.formix, __file__.replace("cast.py", "theirs.py"))
    live = Channel("f.live")
    work = Channel("f.work", "work", settles=True)
    return [
        publisher(place, "publisher to formix", "f.ours", "pause=30000", "burst=8"),
        Role("formix subscriber", (*theirs, "subscribe", "{log}", "{who}", "f.ours"),
             channel=Channel("f.ours", reader="formix", foreign=True)),
        Role("passing formix subscriber", (*theirs, "subscribe", "{log}", "{who}", "f.ours"),
             channel=Channel("f.ours", reader="formix", foreign=True), mortal=True),
        Role("formix publisher", (*theirs, "publish", "{log}", "{who}", "f.live", "f.work"),
             publishes=True, ordered=False, mortal=True),
        reader(place, "steady reader of formix", live),
        reader(place, "lone reader of formix", work, "deadline=1500", "hold=20", mortal=True),
    ]


def roles(place, town):
    return [*live_readers(place, town), *durable_readers(place, town),
            *command_readers(place, town), *limited(place, town), *formix(place, town),
            *main_publishers(place, town)]


def drainer(place, role):
    """Takes what is left in a durable channel, once nobody else reads from it."""
    channel = role.channel
    words = [f"pattern={channel.pattern}", f"durable={channel.durable}", "drain=1",
             "deadline=1000"]
    if not channel.settles:
        words.append(MOST_ONCE)
    return Role(f"drain of {channel.directory}", program(place, "soak_read", *words),
                channel=channel, uid=role.uid, again=False)
