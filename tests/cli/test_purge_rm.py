# SPDX-License-Identifier: MIT
"""pubsub-purge and pubsub-rm: what they remove, what they keep, whom they spare."""

import signal

from durable import durable, member_of
from harness import holds, main, same, test


def purge(bus, *words, **options):
    return bus.run("pubsub-purge", *words, **options)


def rm(bus, *words, **options):
    return bus.run("pubsub-rm", *words, **options)


def stop(process):
    process.signal(signal.SIGTERM)
    process.result().expect(143)


@test("what waits and what waits to come again goes, claims and dead letters stay")
def purged(bus):
    with durable(bus) as channel:
        worker = bus.subscriber("nothing")
        for body in ("one", "two"):
            channel.publish("jobs.a", body)
        channel.delay(channel.publish("jobs.a", "three"))
        kept = [
            channel.claim(channel.publish("jobs.a", "four"), member_of(bus)),
            channel.set_aside(channel.publish("jobs.a", "five")),
        ]
        purge(bus, "-v", "mail").expect(out="jobs.+_mail: 3 messages removed\n")
        same(channel.files(), sorted(kept))
        purge(bus, "-v", "mail").expect(out="jobs.+_mail: 0 messages removed\n")
        stop(worker)


@test("messages that lie together in a file go, too")
def purged_segments(bus):
    with durable(bus) as channel:
        bus.publish("-l", "jobs.a", input=b"x\n" * 3000).expect()
        purge(bus, "--json", "mail").expect(out='{"channel":"jobs.+_mail","removed":3000}\n')
        same(channel.files(), [])
        bus.run("pubsub-peek", "mail").expect(out="")


@test("a purged channel collects and is read as before")
def goes_on(bus):
    with durable(bus) as channel:
        channel.publish("jobs.a", "one")
        purge(bus, "mail").expect(out="")
        channel.publish("jobs.a", "two")
        bus.subscribe("jobs.+", "--durable", "mail", "-1").expect(out="two\n")


@test("a live channel is purged by its directory")
def purged_live(bus):
    subscriber = bus.subscriber("a", "-1")
    subscriber.stop()
    bus.publish("a", "one").expect()
    name = bus.channels()[0]
    purge(bus, "-v", name).expect(out=f"{name}: 1 message removed\n")
    bus.publish("a", "two").expect()
    subscriber.signal(signal.SIGCONT)
    subscriber.result().expect(out="two\n")


@test("a name stands for all channels of it, and one that is missing keeps none from it")
def purged_many(bus):
    with durable(bus, "a"), durable(bus, "b"), durable(bus, "c", "other"):
        for topic in "abc":
            bus.publish(topic, "x").expect()
        got = purge(bus, "-v", "none", "a_none", "mail")
        got.expect(1, err="there is no durable channel 'none'; pubsub-ls shows what there is")
        holds("there is no channel 'a_none'; pubsub-ls shows what there is" in got.err, got.err)
        same(got.lines(), ["a_mail: 1 message removed", "b_mail: 1 message removed"])
        bus.run("pubsub-peek", "other").expect(out="x\n")
        got = purge(bus, "--json", "a_none", "c_other").expect(1, err="a_none").json()
        same(got[0], {"channel": "a_none", "removed": None, "error": "FSPS_ERR_NOT_FOUND"})
        same(got[1], {"channel": "c_other", "removed": 1})


@test("what an attached reader has in segments is its own, and that is said with its process")
def purge_busy(bus):
    with durable(bus):
        reader = bus.subscriber("jobs.+", "--durable", "mail")
        reader.stop()
        bus.publish("-l", "jobs.a", input=b"x\n" * 3000).expect()
        said = f"'jobs.+_mail' is not all empty: it is read by process {reader.child.pid},"
        purge(bus, "-v", "mail").expect(1, out="", err=said)
        reader.signal(signal.SIGCONT)
        reader.read_until(b"x\n" * 3000)
        stop(reader)


@test("rm removes a channel with all that is in it")
def removed(bus):
    with durable(bus) as channel:
        channel.publish("jobs.a", "one")
        channel.set_aside(channel.publish("jobs.a", "two"), error=b"no")
        bus.publish("-l", "jobs.a", input=b"x\n" * 3000).expect()
        rm(bus, "-v", channel.name).expect(out="jobs.+_mail: removed\n")
        holds(not channel.path.exists(), "the channel is still there")
        bus.publish("-v", "jobs.a", "x").expect(out="0/0\n")


@test("rm of a name removes all channels of it, and no other")
def removed_all(bus):
    with durable(bus, "a"), durable(bus, "b"), durable(bus, "c", "other"):
        rm(bus, "mail").expect(out="")
        same(bus.channels(), ["c_other"])
        rm(bus, "mail").expect(1, err="there is no durable channel 'mail'; pubsub-ls shows")
        rm(bus, "a_mail", "c_other").expect(1, err="there is no durable channel 'a_mail'")
        same(bus.channels(), [])


@test("a channel that somebody reads from is kept, and it is said who reads")
def busy(bus):
    with durable(bus) as channel:
        reader = bus.subscriber("jobs.+", "--durable", "mail")
        said = f"'jobs.+_mail' is read by process {reader.child.pid}; end that first, or use"
        rm(bus, "mail").expect(1, err=said)
        holds(channel.path.exists(), "it was removed")
        stop(reader)
        rm(bus, "mail").expect()


@test("of the readers of a group one is named and the others are counted")
def busy_group(bus):
    with durable(bus):
        readers = [bus.subscriber("jobs.+", "--group", "mail") for _ in range(3)]
        got = rm(bus, "mail").expect(1, err="and 2 more; end that first, or use --force")
        holds(any(f"is read by process {r.child.pid} and" in got.err for r in readers), got.err)
        for reader in readers:
            stop(reader)


@test("--force removes it nevertheless, and the reader ends with an error")
def forced(bus):
    with durable(bus) as channel:
        reader = bus.subscriber("jobs.+", "--durable", "mail")
        rm(bus, "--force", "mail").expect(out="")
        holds(not channel.path.exists(), "the channel is still there")
        reader.result().expect(1, err="removed")
        rm(bus, "-f", "mail").expect(1, err="there is no durable channel 'mail'")


@test("a channel that lives with its process is not removed")
def removed_live(bus):
    subscriber = bus.subscriber("a")
    name = bus.channels()[0]
    rm(bus, name).expect(1, err=f"there is no durable channel '{name}'")
    rm(bus, "--force", name).expect(1, err=f"there is no durable channel '{name}'")
    same(bus.channels(), [name])
    stop(subscriber)


@test("nothing outside the home is touched")
def outside(bus):
    with durable(bus):
        other = bus.path("b_c")
        other.mkdir()
        for name in ("../b_c", str(other), "./jobs.+_mail", "jobs.+_mail/"):
            for command in (purge, rm):
                command(bus, name).expect(1, err="")
        holds(other.exists(), "it was removed")


@test("--json or -v that can't be written is an error")
def full_output(bus):
    with durable(bus), open("/dev/full", "wb") as full:
        purge(bus, "-v", "mail", stdout=full).expect(1, err="No space left on device")
        rm(bus, "-v", "mail", stdout=full).expect(1, err="No space left on device")


@test("wrong usage: exit code 2, nothing done")
def usage(bus):
    for command in ("pubsub-purge", "pubsub-rm"):
        said = f"{command}: no CHANNEL; pubsub-ls shows what there is; see {command} --help"
        bus.run(command).expect(2, out="", err=said)
        bus.run(command, "-x", "a").expect(2, out="", err="unknown option -x")
    purge(bus, "-v", "--json", "a").expect(2, err="-v and --json print the same in two ways")
    holds(not bus.home.exists(), "the home was created")


if __name__ == "__main__":
    main()
