# SPDX-License-Identifier: MIT
"""The options about limits: what they change, what they refuse, and the watermark of a home on a
file system of its own."""

import os
import shutil

from durable import durable
from harness import Skip, holds, main, same, test
from limited import TOPIC, drain, limited, state

LIMITS = ("limit_bytes", "limit_messages", "ttl_ms", "when_full", "block_ms")


def limits(bus, channel="jobs.+_mail"):
    found = state(bus, channel)
    return tuple(found[name] for name in LIMITS)


@test("a new channel gets the limits that are given, live or durable, created or read")
def new_channels(bus):
    words = ["--max-messages", "7", "--max-bytes", "500K", "--max-age", "1.5"]
    expected = (512000, 7, 1500, "block", 2500)
    subscriber = bus.subscriber("live", *words, "--when-full", "block:2.5", "-1")
    same(limits(bus, "live"), expected, "those of a live channel")
    bus.publish("live", "x").expect()
    subscriber.result().expect(out="x\n")
    with limited(bus, *words, "--when-full", "block:2.5"):
        same(limits(bus), expected, "those of one that was created")
    bus.subscribe("jobs.+", "--group", "mail", "-e", *words, "--when-full", "block:2.5").expect()
    same(limits(bus), expected, "those of one that was read")
    bus.run("pubsub-rm", "mail").expect()


@test("limits of a durable channel that is there: those given are changed, the others stay")
def change(bus):
    with limited(bus, "--max-messages", "7", "--when-full", "block:5"):
        same(limits(bus), (None, 7, None, "block", 5000))
        drain(bus, "--max-bytes", "1M").expect()
        same(limits(bus), (1 << 20, 7, None, "block", 5000))
        drain(bus).expect()
        same(limits(bus), (1 << 20, 7, None, "block", 5000))
        bus.subscribe("jobs.+", "--group", "mail", "-E", "--max-age", "60").expect()
        same(limits(bus), (1 << 20, 7, 60000, "block", 5000))
        drain(bus, "--max-messages", "none", "--max-age", "none", "--when-full", "refuse").expect()
        same(limits(bus), (1 << 20, None, None, "refuse", None))
        drain(bus, "--when-full", "block").expect()
        same(limits(bus)[3:], ("block", 1000))


@test("-E changes limits while somebody reads, and they hold at once")
def change_while_read(bus):
    with durable(bus):
        reader = bus.subscriber("jobs.+", "--durable", "mail", "--ack", "manual", stdin=-1)
        bus.subscribe("jobs.+", "--durable", "mail", "-E", "--max-messages", "1").expect()
        same(limits(bus)[1], 1)
        reader.child.stdin.close()
        reader.child.stdin = None
        reader.result().expect()
        bus.publish(TOPIC, "x").expect()
        bus.publish(TOPIC, "y").expect(4, err="the channel is full")


@test("--when-full without a limit is said to have no effect")
def no_effect(bus):
    with durable(bus):
        said = "warning: 'jobs.+_mail' has no limit, so it is never full"
        drain(bus, "--when-full", "drop-new").expect(err=said)
        drain(bus, "--when-full", "drop-new", "--max-messages", "1").expect()


@test("several patterns: each channel has the limit")
def several(bus):
    bus.subscribe("a", "b", "--durable", "mail", "-E", "--max-messages", "3").expect()
    for name in ("a_mail", "b_mail"):
        same(limits(bus, name)[1], 3)
    bus.run("pubsub-rm", "mail").expect()


# ---- who may publish ----


@test("--publishers: a channel is made for those who may, and is not opened later")
def publishers(bus):
    bus.run("pubsub-init", "--profile", "public").expect(out=None)
    bus.subscribe("a", "--durable", "mail", "-E", "--publishers", "ours").expect()
    same(state(bus, "a_mail")["mode"], "0700")
    bus.subscribe("a", "--durable", "mail", "-e", "--publishers", "ours").expect()
    bus.subscribe("b", "--durable", "mail", "-E").expect()
    said = "'b_mail' was there before, with mode 1733 and group "
    for words in (["-E"], ["-e"]):
        bus.subscribe("b", "--durable", "mail", *words, "--publishers", "ours").expect(1, err=said)
    bus.run("pubsub-rm", "mail").expect()


@test("--publishers GROUP: the directory is that group's, for its members to publish to")
def group(bus):
    ours = [gid for gid in (os.getegid(), *os.getgroups()) if gid != 0]
    groups = [4242] if os.geteuid() == 0 else ours
    if not groups:
        raise Skip("we are in no group but root's")
    bus.run("pubsub-init", "--profile", "public").expect(out=None)
    gid = groups[0]
    bus.subscribe("a", "--durable", "mail", "-E", "--publishers", str(gid)).expect()
    found = state(bus, "a_mail")
    same((found["gid"], found["mode"]), (gid, "3730"))
    bus.subscribe("a", "--durable", "mail", "-E", "--publishers", str(gid)).expect()
    bus.subscribe("a", "--durable", "mail", "-E", "--publishers", str(gid + 1)).expect(
        1, err="'a_mail' was there before, with mode 3730 and group"
    )
    bus.run("pubsub-rm", "mail").expect()


def stranger(bus):
    """How to run a command as nobody."""
    words = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]
    if os.geteuid() != 0 or shutil.which("setpriv") is None:
        raise Skip("only root can become somebody else, with setpriv")
    bus.directory.chmod(0o711)
    if bus.run(*words, "pubsub-publish", "--version").status != 0:
        raise Skip("the commands lie where others can't run them")
    return words


@test("a channel that is closed to a publisher is told apart from one that refuses")
def forbidden(bus):
    words = [*stranger(bus), "pubsub-publish"]
    bus.run("pubsub-init", "--profile", "public").expect(out=None)
    bus.subscribe("a", "--durable", "closed", "-E", "--publishers", "ours").expect()
    said = "channel 'a_closed' did not take the message: another user's channel is closed to us"
    bus.run(*words, "-v", "a", "x").expect(5, out="0/1, 1 forbidden\n", err=said)
    bus.subscribe("a", "--durable", "open", "-E").expect()
    bus.run(*words, "-v", "a", "x").expect(0, out="1/2, 1 forbidden\n")
    got = bus.run(*words, "--json", "a", "x").expect().json()[0]
    same((got["reached"], got["refused"], got["forbidden"]), (1, [], ["a_closed"]))
    bus.run(*words, "-l", "a", input=b"x\ny\n").expect()
    same(len(bus.subscribe("a", "--durable", "open", "-e").expect().lines()), 4, "what came")
    bus.run("pubsub-rm", "closed", "open").expect()


@test("--publishers GROUP in a home that is closed to others is said to let nobody in")
def closed_home(bus):
    gid = str(os.getegid() or 4242)
    said = f"warning: '{bus.home}' is closed to other users"
    bus.subscribe("a", "-e", "--publishers", gid).expect(err=said)
    bus.subscribe("a", "--durable", "mail", "-E", "--publishers", gid).expect(err=said)
    bus.run("pubsub-rm", "mail").expect()


# ---- wrong usage ----

WRONG_SUBSCRIBE = (
    (["--max-messages", "0"], "--max-messages wants a number of at least 1, or none, not '0'"),
    (["--max-messages", "many"], "--max-messages wants a number of at least 1, or none"),
    (["--max-messages", "-1"], "--max-messages wants a number of at least 1, or none"),
    (["--max-bytes", "0"], "--max-bytes wants a number of at least 1, as 500K, 64M or 2G, or none"),
    (["--max-bytes", "1.5M"], "--max-bytes wants a number of at least 1"),
    (["--max-bytes", "64MB"], "--max-bytes wants a number of at least 1"),
    (["--max-age", "0"], "--max-age wants more than 0 and up to 3155760000 seconds, not '0'"),
    (["--max-age", "1h"], "--max-age wants seconds, as 3 or 0.5, not '1h'"),
    (["--max-age", "4000000000"], "--max-age wants more than 0 and up to 3155760000 seconds"),
    (["--when-full", "drop"], "--when-full wants refuse, block, block:S (S seconds), drop-new or"),
    (["--when-full", "block:0"], "--when-full block:S wants more than 0 and up to 3600 seconds"),
    (["--when-full", "block:3601"], "--when-full block:S wants more than 0 and up to 3600"),
    (["--when-full", "block:"], "--when-full block:S wants seconds"),
    (["--publishers", "no-such-group"], "--publishers, if it is not ours, wants a group's name"),
    (["--publishers", "0"], "--publishers wants ours or a group other than root's"),
    (["-E", "--max-messages", "1"], "-E creates durable channels; give --durable NAME"),
    (["-E", "--durable", "m", "--json"], "it goes with --durable or --group and with limits alone"),
    (["-E", "--durable", "m", "--ack", "auto"], "-E only creates channels and reads nothing"),
)

WRONG_PUBLISH = (
    (["--ttl", "0"], "--ttl wants more than 0 and up to 3155760000 seconds, not '0'"),
    (["--ttl", "soon"], "--ttl wants seconds, as 3 or 0.5, not 'soon'"),
    (["--watermark", "0"], "--watermark wants a percentage from 1 to 100 (100: no limit), not '0'"),
    (["--watermark", "101"], "--watermark wants a percentage from 1 to 100"),
    (["--watermark", "80%"], "--watermark wants a percentage from 1 to 100"),
)


@test("wrong usage: the flag and what it takes are named, exit code 2, and nothing is made")
def usage(bus):
    for words, said in WRONG_SUBSCRIBE:
        bus.subscribe("a", *words).expect(2, out="", err=said)
    for words, said in WRONG_PUBLISH:
        bus.publish(*words, "a", "x").expect(2, out="", err=said)
    holds(not bus.home.exists(), "a home was made")


@test("PUBSUB_WATERMARK that is no percentage is an error that says so")
def wrong_environment(bus):
    for value in ("0", "101", "much", ""):
        said = f"PUBSUB_WATERMARK in the environment is '{value}': it must be a number from 1 to"
        got = bus.publish("a", "x", env={"PUBSUB_WATERMARK": value})
        got.expect(0 if value == "" else 1, err=None if value == "" else said)


# ---- the watermark ----

WATERMARK = """
set -eu
mount -t tmpfs -o size=1m,mode=0700 none "$MOUNT"
publish() { code=0; pubsub-publish "$@" || code=$?; echo "$code"; }
export PUBSUB_HOME="$MOUNT/home"
pubsub-subscribe a --durable d -E
head -c 600000 /dev/zero >"$MOUNT/filler"
publish --watermark 50 a above-50
publish a below-80
publish -l a <"$LINES"
head -c 300000 /dev/zero >"$MOUNT/more"
publish a above-80
publish -l -W 0.2 a <"$LINES"
publish --watermark 100 a no-limit
PUBSUB_WATERMARK=95 publish a below-95
pubsub-subscribe a --durable d -e
rm "$MOUNT/more"
publish a room-again
pubsub-subscribe a --durable d -e
"""


@test("publishers stop at the watermark of the home's file system, readers go on")
def watermark(bus):
    if os.geteuid() != 0 or shutil.which("unshare") is None:
        raise Skip("only root can mount a file system, with unshare")
    mount = bus.path("mount")
    mount.mkdir()
    env = {"MOUNT": str(mount), "LINES": str(bus.path("lines", b"line\nline\n"))}
    probe = ["unshare", "--mount", "sh", "-c", 'mount -t tmpfs none "$MOUNT"']
    if bus.start(*probe, env=env).result().status != 0:
        raise Skip("nothing can be mounted here")
    got = bus.start("unshare", "--mount", "sh", "-c", WATERMARK, env=env).result()
    got.expect(err="new messages are refused above 50 %")
    holds("full (bytes): new messages are refused above 80 %" in got.err, got.err)
    same(
        got.lines(),
        ["4", "0", "0", "4", "4", "0", "0"]
        + ["below-80", "line", "line", "no-limit", "below-95", "0", "room-again"],
    )


if __name__ == "__main__":
    main()
