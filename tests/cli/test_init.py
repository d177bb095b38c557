# SPDX-License-Identifier: MIT
"""pubsub-init: what it makes, what it says, whom it refuses; homes of others, and trusting them."""

import os
import stat

from harness import Skip, holds, main, same, test

ALICE, BOB, GROUP = 54321, 54322, 54320
FIELDS = [
    "home",
    "created",
    "profile",
    "uid",
    "gid",
    "mode",
    "in_memory",
    "bytes_total",
    "bytes_free",
    "inodes_total",
    "inodes_free",
    "bytes_reserved",
    "inodes_reserved",
]


def init(bus, *words, **options):
    return bus.run("pubsub-init", *words, **options)


def described(bus, *words, **options):
    return init(bus, "--json", *words, **options).expect().json()[0]


def mode_of(path):
    return stat.S_IMODE(os.stat(path, follow_symlinks=False).st_mode)


def root_only():
    if os.geteuid() != 0:
        raise Skip("only root can become other users")


def as_user(user):
    return {"user": user, "group": user, "extra_groups": []}


def shared(bus):
    """Lets other users pass to the home, and to the commands if that is ours to decide."""
    root_only()
    bus.home.parent.chmod(0o755)
    try:
        init(bus, "--version", **as_user(ALICE)).expect()
    except PermissionError as error:
        raise Skip("other users may not run what was built here") from error


@test("a new home is private, and says so")
def private(bus):
    out = init(bus).expect().lines()
    holds(out[0].startswith(f"{bus.home}: created: private, owner "), out[0])
    holds(out[0].endswith(", mode 0700"), out[0])
    same(mode_of(bus.home), 0o700)
    holds(init(bus).expect().lines()[0].startswith(f"{bus.home}: private, "), "the second time")


@test("--json has all of it, in this order")
def json_line(bus):
    first = described(bus, "--profile", "public")
    same(list(first), FIELDS)
    same(first["home"], str(bus.home))
    same((first["created"], first["profile"], first["mode"]), (True, "public", "1777"))
    same((first["uid"], first["gid"]), (os.geteuid(), os.getegid()))
    holds(0 < first["bytes_reserved"] <= first["bytes_total"], first)
    same(described(bus)["created"], False)


@test("each profile has its modes; without one a home stays as it is")
def profiles(bus):
    for profile, mode in (("public", 0o1777), ("group", 0o3770), ("private", 0o700)):
        same(described(bus, "--profile", profile)["profile"], profile)
        same(mode_of(bus.home), mode)
        for name in (".fsps", "tmp"):
            same(mode_of(bus.home / name), mode, name)
        same(described(bus)["profile"], profile, "afterwards")


@test("--group is a group by name or number, and means a group's home")
def group(bus):
    root_only()
    shown = described(bus, "--group", GROUP)
    same((shown["profile"], shown["gid"], shown["mode"]), ("group", GROUP, "3770"))
    same(os.stat(bus.home / "tmp").st_gid, GROUP)
    same(described(bus, "-g", "daemon", "-p", "group")["gid"], 1)


@test("--group with our own group, also root's, means a group's home")
def own_group(bus):
    shown = described(bus, "--group", os.getegid())
    same((shown["profile"], shown["gid"], shown["mode"]), ("group", os.getegid(), "3770"))


@test("--group root is not taken for our own group")
def roots_group(bus):
    shared(bus)
    told = "--group root is for who has it as his own group"
    init(bus, "--group", "0", **as_user(ALICE)).expect(2, out="", err=told)


@test("a wrong command line makes nothing")
def usage(bus):
    for words, told in (
        (["--profile", "shared"], "--profile wants private, group or public, not 'shared'"),
        (["--group", "no-such-group"], "--group wants a group's name or number"),
        (["--group", "4294967295"], "--group wants a group's name or number"),
        (["--profile", "public", "--group", "1"], "--group is for a home with --profile group"),
        (["--home-owner", "no-such-user"], "--home-owner wants a user's name or number"),
        (["/somewhere"], "'/somewhere' is no option; --home names the home"),
    ):
        init(bus, *words).expect(2, out="", err=told)
    holds(not bus.home.exists(), "a home was made")


@test("a home without a directory above it is an error")
def nowhere(bus):
    init(bus, "--home", bus.home / "a" / "b").expect(1, err="does not exist")


@test("what is no directory is refused")
def no_directory(bus):
    (bus.directory / "elsewhere").mkdir()
    bus.home.symlink_to(bus.directory / "elsewhere")
    init(bus, "--profile", "public").expect(5, err="is a symlink")
    bus.home.unlink()
    bus.home.write_bytes(b"")
    init(bus, "--profile", "public").expect(5, err="is not a directory")
    bus.home.unlink()


@test("a home of somebody else is refused, with the two ways out")
def squatted(bus):
    shared(bus)
    bus.home.mkdir()
    os.chown(bus.home, ALICE, ALICE)
    bus.home.chmod(0o1777)
    for command in (["publish", "a", "x"], ["subscribe", "a", "-1"], ["ls"], ["init"]):
        got = bus.run(f"pubsub-{command[0]}", *command[1:], **as_user(BOB))
        got.expect(5, err=f"belongs to user {ALICE}, not to us (user {BOB}) or root")
        holds("name a home of your own with PUBSUB_HOME or --home" in got.err, got.err)
        holds("if you trust its owner" in got.err and "--home-owner" in got.err, got.err)
    same(os.listdir(bus.home), [])


@test("a home that others could tamper with is refused, and mended by its owner")
def not_sticky(bus):
    bus.home.mkdir()
    bus.home.chmod(0o777)
    got = bus.run("pubsub-publish", "a", "x").expect(5, err="is not sticky")
    holds("pubsub-init" in got.err, got.err)
    init(bus, "--profile", "public").expect()
    bus.run("pubsub-publish", "a", "x").expect()


@test("whose owner is trusted is used, by option and by environment")
def trusted(bus):
    shared(bus)
    bus.home.mkdir()
    os.chown(bus.home, ALICE, ALICE)
    shown = init(bus, "--profile", "public", **as_user(ALICE)).expect().lines()
    holds(f"other users have to trust {ALICE}: --home-owner {ALICE}" in shown[-1], shown)
    bus.run("pubsub-publish", "a", "x", "--home-owner", ALICE, **as_user(BOB)).expect()
    then = ["--then", "sh", "-c", "pubsub-publish a x"]
    bus.subscribe("a", "-1", "--home-owner", ALICE, *then, **as_user(BOB)).expect(out="x\n")
    bus.env["PUBSUB_HOME_OWNER"] = str(ALICE)
    bus.run("pubsub-ls", **as_user(BOB)).expect()
    bus.run("pubsub-ls", "--home-owner", BOB, **as_user(BOB)).expect(5, err="belongs to user")
    init(bus, "--profile", "private", **as_user(BOB)).expect(5, err="can't say who may use it")
    same(mode_of(bus.home), 0o1777)
    bus.env["PUBSUB_HOME_OWNER"] = "alice"
    bus.run("pubsub-ls").expect(1, err="PUBSUB_HOME_OWNER in the environment is 'alice'")


@test("%u and \"uid\" tell who sent a message; what others could have written, nobody")
def senders(bus):
    shared(bus)
    init(bus, "--profile", "public").expect()
    formats = bus.subscriber("a", "-C", "2", "-F", "%u %p")
    lines = bus.subscriber("a", "-C", "2", "--json")
    bus.run("pubsub-publish", "a", "one", **as_user(ALICE)).expect()
    bus.run("pubsub-publish", "a", "two", **as_user(BOB)).expect()
    formats.result().expect(out=f"{ALICE} one\n{BOB} two\n")
    same([m["uid"] for m in lines.result().expect().json()], [ALICE, BOB])
    process = bus.subscriber("a", "-1", "-F", "%u %p")
    channel = bus.home / bus.channels()[0]
    message = b"PMSG\x01" + (7).to_bytes(8, "big") + (1).to_bytes(8, "big")
    for part in (b"a", b"{}", b"hi"):
        message += len(part).to_bytes(4, "big") + part
    staged = channel / ".new"
    staged.write_bytes(message)
    staged.chmod(0o666)
    staged.rename(channel / "7")
    process.result().expect(out="- hi\n")


if __name__ == "__main__":
    main()
