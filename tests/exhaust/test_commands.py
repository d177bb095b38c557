# SPDX-License-Identifier: MIT
"""The commands where something has run out: space and inodes of the home's file system,
descriptors, sizes of files, processes.

Each says what is the matter and what it did not do, or does it; none is killed by a signal, none
takes an answer back, and who consumes goes on. The homes are file systems of their own, in a
private mount namespace, which these tests make; where they can't, those tests are skipped.
"""

import contextlib
import ctypes
import itertools
import os
import resource
import signal

from durable import durable
from harness import Skip, holds, main, same, test

CLONE_NEWNS = 0x00020000
CLONE_NEWUSER = 0x10000000
MS_PRIVATE_ALL = (1 << 18) | (1 << 14)
NOBODY = 65534

libc = ctypes.CDLL(None, use_errno=True)


def private_mounts():
    """Whether what is mounted from now on is ours alone."""
    user, group = os.geteuid(), os.getegid()
    if libc.unshare(CLONE_NEWNS) != 0:
        if libc.unshare(CLONE_NEWUSER | CLONE_NEWNS) != 0:
            return False
        try:
            for name, text in (
                ("uid_map", f"{user} {user} 1"),
                ("setgroups", "deny"),
                ("gid_map", f"{group} {group} 1"),
            ):
                with open(f"/proc/self/{name}", "w") as file:
                    file.write(text)
        except OSError:
            return False
    return libc.mount(None, b"/", None, MS_PRIVATE_ALL, None) == 0


MAY_MOUNT = private_mounts()


@contextlib.contextmanager
def small_home(bus, options):
    """The home on a file system of its own."""
    bus.home.mkdir(mode=0o700)
    path = str(bus.home).encode()
    if not MAY_MOUNT or libc.mount(b"none", path, b"tmpfs", 0, options.encode()) != 0:
        bus.home.rmdir()
        raise Skip("no file system can be mounted here")
    try:
        bus.home.chmod(0o700)
        yield
    finally:
        libc.umount2(path, 2)
        bus.home.rmdir()


_fillers = itertools.count()


def fill_space(bus, blocks_left=0):
    with open(bus.home / f"filler{next(_fillers)}", "wb") as file:
        status = os.statvfs(bus.home)
        length = (status.f_bfree - blocks_left) * status.f_bsize
        if length > 0:
            os.posix_fallocate(file.fileno(), 0, length)


def fill_inodes(bus):
    while os.statvfs(bus.home).f_ffree > 0:
        (bus.home / f"filler{next(_fillers)}").touch()


def free_inode(bus):
    next(bus.home.glob("filler*")).unlink()


def empty(bus):
    for path in bus.home.glob("filler*"):
        path.unlink()


FILL = {"size=1m": fill_space, "nr_inodes=64": fill_inodes}
TO_THE_EDGE = {"PUBSUB_WATERMARK": "100"}


def run(bus, *words, env=None, limits=(), **options):
    """Runs a command with limits of its own; it must not die of a signal."""

    def before():
        for which, value in limits:
            resource.setrlimit(which, (value, value))

    process = bus.start(*words, env=env, preexec_fn=before if limits else None, **options)
    result = process.result()
    holds(result.status < 128 or result.status == 137, f"{words}: died of {result.status - 128}")
    return result


def says_why(result, what):
    """A failure that says what is the matter."""
    holds(result.status in (1, 4), f"{what}: exit code {result.status}: {result.err!r}")
    holds(result.err.startswith("pubsub-"), f"{what} says {result.err!r}")


@test("in a full home publishing says so, subscribers go on, and with space all is well again")
def full(bus):
    for options, fill in FILL.items():
        with small_home(bus, options):
            bus.subscribe("a", "--durable", "x", "-E").expect()
            subscriber = bus.subscriber("a")
            # Stopped, as reading gives space back.
            subscriber.stop()
            bus.publish("a", "before", env=TO_THE_EDGE).expect()
            fill(bus)
            result = run(bus, "pubsub-publish", "a", "in vain", env=TO_THE_EDGE)
            says_why(result, options)
            holds("space" in result.err or "inodes" in result.err, result.err)
            subscriber.signal(signal.SIGCONT)
            subscriber.read_until(b"before\n")
            bus.ls().expect()
            empty(bus)
            bus.publish("a", "after", env=TO_THE_EDGE).expect()
            subscriber.read_until(b"after\n")
            subscriber.signal(signal.SIGTERM)
            subscriber.result().expect(143)
            bus.subscribe("a", "--durable", "x", "-e").expect(out="before\nafter\n")
            bus.run("pubsub-rm", "a_x").expect()


@test("what is told to be published into a home that fills up is there, and nothing else")
def fills_up(bus):
    for options, lines in (("size=1m", 400), ("nr_inodes=64", 200)):
        with small_home(bus, options):
            bus.subscribe("a", "--durable", "x", "-E").expect()
            # Whoever subscribes needs an inode for his lock file.
            (bus.home / "filler").touch()
            text = "".join(f"{i:06} {'x' * 5000}\n" for i in range(lines))
            result = run(
                bus,
                *("pubsub-publish", "a", "-l", "-q", "0", "--sync", "--json"),
                env=TO_THE_EDGE,
                stdin=open_text(bus, text),
            )
            accepted = [r for r in result.json() if r["reached"] == 1]
            says_why(result, options)
            holds(0 < len(accepted) < lines, f"{len(accepted)} were published")
            empty(bus)
            got = bus.subscribe("a", "--durable", "x", "-e").expect(err="").lines()
            same([line[:6] for line in got], [f"{i:06}" for i in range(len(accepted))], "messages")
            bus.publish("a", "again", env=TO_THE_EDGE).expect()
            bus.run("pubsub-rm", "--force", "a_x").expect()


def open_text(bus, text):
    return open(bus.path("lines", text.encode()), "rb")


@test("without space a durable channel is read, purged, replayed and removed")
def consumers(bus):
    for options, fill in FILL.items():
        with small_home(bus, options), durable(bus, "a", "x") as channel:
            letter = channel.set_aside(channel.publish("a", "dead"))
            for i in range(6):
                channel.publish("a", str(i))
            fill(bus)
            same(len(bus.ls("--json").expect().json()), 1, "channels")
            same(len(bus.run("pubsub-peek", "x", "--json").expect().lines()), 6, "messages")
            if fill == fill_inodes:
                # A lock file is an inode: who has one goes on, who is new is told.
                says_why(run(bus, "pubsub-subscribe", "a", "--durable", "x", "-1"), options)
                same(len(channel.files()), 7, "what is there")
                free_inode(bus)
            bus.subscribe("a", "--durable", "x", "-C", "2").expect(out="0\n1\n", err="")
            fill(bus)
            bus.run("pubsub-dead", "replay", "x", letter.rsplit("-", 1)[1]).expect()
            holds(letter not in channel.files(), "the dead letter is still there")
            bus.run("pubsub-purge", "a_x").expect()
            same(channel.files(), [], "what is left")


@test("above the watermark publishing is refused with a reason, and reading makes room")
def watermark(bus):
    with small_home(bus, "size=1m"):
        bus.subscribe("a", "--durable", "x", "-E").expect()
        bus.publish("a", "-f", bus.path("large", b"x" * 600000)).expect()
        fill_space(bus, 40)
        result = run(bus, "pubsub-publish", "a", "in vain")
        says_why(result, "the watermark")
        holds("80 %" in result.err, result.err)
        bus.publish("a", "to the edge", env=TO_THE_EDGE).expect()
        same(len(bus.subscribe("a", "--durable", "x", "-e").expect().lines()), 2)
        bus.publish("a", "with room").expect()
        bus.run("pubsub-rm", "--force", "a_x").expect()


def climb(bus, which, values, words, done, steady=True):
    """Runs a command with more and more of something, until it works three times. steady: what
    works with less of it works with more."""
    good = 0
    levels = 0
    for value in values:
        result = run(bus, *words, limits=[(which, value)])
        levels += 1
        if result.status == 127 and "shared libraries" in result.err:
            continue
        if result.status == 0:
            good += 1
            done(result)
        else:
            holds(not steady or good == 0, f"with less than {value} it worked: {result.err!r}")
            says_why(result, f"{words[0]} with {value}")
        if good == 3:
            print(f"# {words[0]}: {levels} levels")
            return
    raise AssertionError(f"{words[0]} never works")


@test("with few descriptors a command says so or does its work")
def descriptors(bus):
    with_durable(bus, resource.RLIMIT_NOFILE, range(3, 60))


@test("with small files only a command says so or does its work")
def small_files(bus):
    with_durable(bus, resource.RLIMIT_FSIZE, range(0, 400000, 4096))


def with_durable(bus, which, values):
    bus.subscribe("a", "--durable", "x", "-E").expect()
    published = []
    climb(bus, which, values, ["pubsub-publish", "a", "b"], published.append)
    same(bus.subscribe("a", "--durable", "x", "-e").expect().out, b"b\n" * len(published))
    for words in (["pubsub-ls"], ["pubsub-peek", "x"], ["pubsub-purge", "a_x"]):
        climb(bus, which, values, words, lambda result: None)
    climb(bus, which, values, ["pubsub-subscribe", "b", "--durable", "y", "-E"], lambda r: None)
    for i in range(3):
        bus.publish("--sync", "a", str(i)).expect()
    seen = []
    climb(
        bus,
        *(which, values, ["pubsub-subscribe", "a", "--durable", "x", "-1"]),
        lambda result: seen.append(result.out),
        steady=False,
    )
    same(seen, [b"0\n", b"1\n", b"2\n"], "what was read")
    for name in ("a_x", "b_y"):
        bus.run("pubsub-rm", "--force", name).expect()
    bus.visit()


@test("where no process can be started a message that is for one comes again")
def processes(bus):
    if os.geteuid() != 0:
        raise Skip("only root can become a user without other processes")
    bus.home.mkdir(mode=0o700)
    os.chown(bus.home, NOBODY, NOBODY)
    bus.directory.chmod(0o755)
    nobody = {"user": NOBODY, "group": NOBODY, "extra_groups": []}
    run(bus, "pubsub-subscribe", "a", "--durable", "x", "-E", **nobody).expect()
    run(bus, "pubsub-publish", "--sync", "a", "b", **nobody).expect()
    words = ["pubsub-subscribe", "a", "--durable", "x", "-W", "0.5", "--exec", "true"]
    result = run(bus, *words, limits=[(resource.RLIMIT_NPROC, 0)], **nobody)
    holds(result.status != 0 and result.err != "", f"{result.status}: {result.err!r}")
    run(bus, "pubsub-subscribe", "a", "--durable", "x", "-C", "1", "-W", "8", **nobody).expect(
        out="b\n"
    )
    run(bus, "pubsub-rm", "--force", "a_x", **nobody).expect()


if __name__ == "__main__":
    main()
