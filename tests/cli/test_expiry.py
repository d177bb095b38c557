# SPDX-License-Identifier: MIT
"""Messages that wait for longer than they may: --ttl of the publisher, --max-age of the channel."""

import signal

from durable import durable
from harness import main, same, test, wait_until
from limited import TOPIC, drain, has_segments, limited, numbers, pass_time, state

SHORT = ("--ttl", "0.02")


@test("--ttl: what nobody took in time is not handed out, the rest is")
def ttl_files(bus):
    with durable(bus):
        bus.publish(*SHORT, TOPIC, "old").expect()
        bus.publish("--ttl", "60", TOPIC, "new").expect()
        bus.publish(TOPIC, "for ever").expect()
        pass_time(0.05)
        drain(bus).expect(out="new\nfor ever\n")
        same((state(bus)["expired"], state(bus)["backlog"]), (1, 0))


@test("--ttl: the same for many messages at once")
def ttl_segments(bus):
    with durable(bus) as channel:
        bus.publish(*SHORT, "-l", TOPIC, input=numbers(1, 300)).expect()
        bus.publish("--ttl", "60", "-l", TOPIC, input=numbers(301, 600)).expect()
        same(has_segments(channel), True, "segments")
        pass_time(0.05)
        drain(bus).expect(out=numbers(301, 600))
        same((state(bus)["expired"], state(bus)["backlog"]), (300, 0))


@test("--ttl travels with the message as a header")
def ttl_header(bus):
    got = bus.received("pubsub-publish --ttl 1.5 -H k=v a x", "--json").expect().json()[0]
    same(got["headers"], {"k": "v", "fsps-ttl-ms": 1500})


@test("--ttl: a subscriber that keeps up gets everything")
def ttl_live(bus):
    subscriber = bus.subscriber("a", "-C", "300")
    bus.publish("--ttl", "30", "-l", "a", input=numbers(1, 300)).expect()
    subscriber.result().expect(out=numbers(1, 300))


@test("--max-age: a channel keeps nothing for longer, whatever the publisher says")
def max_age(bus):
    with limited(bus, "--max-age", "0.02") as channel:
        bus.publish("--ttl", "60", TOPIC, "1").expect()
        bus.publish("-l", TOPIC, input=numbers(1, 300)).expect()
        same(has_segments(channel), True, "segments")
        pass_time(0.05)
        drain(bus).expect(out="")
        same((state(bus)["expired"], state(bus)["ttl_ms"]), (301, 20))


@test("--max-age: the lesser of two times holds")
def lesser(bus):
    with limited(bus, "--max-age", "60"):
        bus.publish(*SHORT, TOPIC, "old").expect()
        bus.publish(TOPIC, "new").expect()
        pass_time(0.05)
        drain(bus).expect(out="new\n")


@test("--max-age: a subscriber that was stopped gets only what is new enough")
def max_age_live(bus):
    subscriber = bus.subscriber("a", "--max-age", "0.3", "-C", "2")
    bus.publish("a", "first").expect()
    subscriber.read_until(b"first\n")
    subscriber.stop()
    bus.publish("a", "old").expect()
    pass_time(0.35)
    bus.publish("a", "new").expect()
    subscriber.signal(signal.SIGCONT)
    subscriber.result().expect(out="first\nnew\n")


@test("--max-age: publishers clear a durable channel that nobody reads")
def nobody_reads(bus):
    with limited(bus, "--max-age", "0.05") as channel:
        old = {channel.publish(TOPIC, str(number)) for number in range(5)}
        wait_until(lambda: look_in(bus, channel, old), "what is old to go")
        same(state(bus)["expired"] >= 5, True, "that five expired is counted")


def look_in(bus, channel, old):
    """Publishes once more; whether all of these are gone."""
    bus.publish(TOPIC, "another").expect()
    return old.isdisjoint(channel.files())


@test("what was handed out once does not expire when it comes again")
def claimed(bus):
    with limited(bus, "--max-age", "0.5"):
        bus.publish(TOPIC, "x").expect()
        words = ["--exec", "sh", "-c", 'test "$PUBSUB_ATTEMPT" = 2']
        bus.subscribe(
            "jobs.+", "--durable", "mail", "-C", "1", "--retry-delay", "0.6", *words
        ).expect(err="'sh' exited with 1 on message")
        same((state(bus)["acknowledged"], state(bus)["expired"]), (1, 0))


if __name__ == "__main__":
    main()
