# SPDX-License-Identifier: MIT
"""pubsub VERB: which program it becomes, what it lists, and what it says of verbs that are none."""

import os
import re
import shutil

from harness import BINDIR, COMMANDS, holds, main, same, test


def program(path, code):
    path.parent.mkdir(exist_ok=True)
    path.write_text(f"#!/bin/sh\n{code}\n")
    path.chmod(0o755)
    return path


def with_path(bus, *directories):
    return {"PATH": ":".join(map(str, [*directories, bus.env["PATH"]]))}


@test("a verb is the command of that name, with its arguments, its input and its exit code")
def runs(bus):
    got = bus.run("pubsub", "match", "-p", "a.=", "-", input=b"a.b\nx\n")
    got.expect(0, out="a.b\n")
    bus.run("pubsub", "match", "a.=", "x").expect(1)
    bus.run("pubsub", "ls", "--frob").expect(2, err="pubsub-ls: unknown option --frob")
    bus.run("pubsub", "subscribe", "a", "-1", "--then", "pubsub", "publish", "a", "hello").expect(
        out="hello\n"
    )


@test("what is beside it comes first, then what is first in PATH; also through a symlink")
def places(bus):
    own = bus.directory / "own"
    other = bus.directory / "other"
    program(own / "pubsub-ls", "echo own ls \"$@\"")
    program(other / "pubsub-ls", "echo other ls")
    program(other / "pubsub-frob", "echo frob \"$@\"; exit 7")
    shutil.copy(BINDIR / "pubsub", own / "pubsub")
    os.symlink(own / "pubsub", bus.directory / "link")
    env = with_path(bus, other)
    for name in (own / "pubsub", bus.directory / "link"):
        bus.run(name, "ls", "-l", "", "a b", env=env).expect(out="own ls -l  a b\n")
        bus.run(name, "frob", "-x", env=env).expect(7, out="frob -x\n")
    bus.run("pubsub", "frob", env=env).expect(7, out="frob\n")
    bus.run("pubsub", "ls", env=env).expect(out="PATTERN  NAME  PID  READERS  BACKLOG  OLDEST  "
                                            "DEAD  CMD\n", err="the first subscriber creates it")


@test("alone, and with help, it lists our verbs with what they are for, and those of others")
def lists(bus):
    other = bus.directory / "other"
    program(other / "pubsub-frob", "true")
    program(other / "pubsub-ls", "true")
    program(other / "pubsub-not.one", "true")
    (other / "pubsub-text").write_text("no program")
    (other / "pubsub-place").mkdir()
    env = with_path(bus, other, bus.directory / "missing")
    text = bus.run("pubsub", env=env).expect().out.decode()
    same(bus.run("pubsub", "help", env=env).expect().out.decode(), text)
    ours, others = text.split("\nFound in PATH:\n")
    same(re.findall(r"^  (\S+)", ours, re.M),
         sorted(name.removeprefix("pubsub-") for name in COMMANDS if name != "pubsub"))
    holds("\n  ls          show who subscribes to what" in ours, ours)
    same(re.findall(r"^  (.+)", others, re.M), ["frob"])
    rows = dict(
        line.split("\t") for line in bus.run("pubsub", "--list-verbs", env=env).expect().lines()
    )
    same([rows[verb] for verb in ("frob", "ls")],
         ["", "show who subscribes to what, and what waits for them"])


@test("a verb that is none is a usage error, which names the one that was meant")
def unknown(bus):
    for verb, meant in (
        ("publishx", "publish"),
        ("pbulish", "publish"),
        ("sub", "subscribe"),
        ("LS", None),
        ("l", "ls"),
        ("sl", "ls"),
        ("frobnicate", None),
        ("x/y", None),
        ("../tools/pubsub-ls", None),
        ("", None),
        ("a" * 300, None),
    ):
        got = bus.run("pubsub", verb).expect(2, out="", err=f"there is no verb '{verb}'")
        same(re.findall("did you mean '(.*?)'", got.err), [meant] if meant else [], verb)
        got = bus.run("pubsub", "help", verb).expect(2, out="", err="there is no verb")
    bus.run("pubsub", "help", "ls", "peek").expect(2, err="one verb at a time")
    bus.run("pubsub", "--", "ls").expect(2, err="options of a verb stand behind it")
    bus.run("pubsub", "-x").expect(2, err="unknown option -x")


@test("a verb that can't be run is exit code 126")
def broken(bus):
    program(bus.directory / "bad" / "pubsub-frob", "true").write_text("#!/nowhere/at/all\n")
    env = with_path(bus, bus.directory / "bad")
    own = bus.directory / "own"
    program(own / "pubsub-ls", "true").chmod(0o644)
    shutil.copy(BINDIR / "pubsub", own / "pubsub")
    bus.run(own / "pubsub", "ls", env=env).expect(126, err="cannot run pubsub-ls: Permission")


@test("help for a verb is its manual page, or its --help where there is none")
def helps(bus):
    place = bus.directory / "man"
    program(place / "man", 'case $1 in -w) [ "$2" = pubsub-ls ];; *) echo "the page of $1";; esac')
    env = with_path(bus, place)
    bus.run("pubsub", "help", "ls", env=env).expect(out="the page of pubsub-ls\n")
    text = bus.run("pubsub-peek", "--help").expect().out
    same(bus.run("pubsub", "help", "peek", env=env).expect().out, text)
    text = bus.run("pubsub").expect().out
    same(bus.run("pubsub", "help", "help", env=env).expect().out, text)


if __name__ == "__main__":
    main()
