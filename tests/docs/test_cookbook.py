# SPDX-License-Identifier: MIT
"""The recipes of docs/cookbook.md that wait, read and publish do so."""

import os
import re
import shutil
import signal
import subprocess

from cookbook import COOKBOOK, ended, expect, reads, recipe, recipes
from documents import wait_for
from tap import SOURCE, case, files, main, text

LINES_MAX = 10


@case(f"each recipe has a test, and {LINES_MAX} lines at most")
def all_tested():
    tests = "\n".join(map(text, files(".py", under="tests/docs")))
    tested = set(re.findall(r'^@recipe\("([^"]*)"', tests, re.MULTILINE))
    for title, body in recipes().items():
        if title not in tested:
            yield f"{title} has no test"
        blocks = re.findall(r"^```\w+\n(.*?)^```$", body, re.MULTILINE | re.DOTALL)
        if any(block.count("\n") > LINES_MAX for block in blocks):
            yield f"{title} is longer than {LINES_MAX} lines"
    for title in sorted(tested - set(recipes())):
        yield f"{title} is not in {COOKBOOK.relative_to(SOURCE)}"


@recipe("Wait for one message")
def wait_for_one(kitchen):
    process = kitchen.cook(subscribers=1)
    kitchen.publish("jobs.done", "42")
    yield from expect(process, "done: 42")
    process = kitchen.cook({"-W 5": "-W 0.1"})
    yield from expect(process, "nothing came, exit code 124")


@recipe("Start a program and miss nothing of it")
def then(kitchen):
    kitchen.program("run-tests", "#!/bin/sh\npubsub-publish test.one ok\n"
                    "pubsub-publish test.two failed\nexit 7\n")
    said, status = ended(kitchen.cook())
    if (said, status) != ("test.one ok\ntest.two failed\n", 7):
        yield f"{status}: {said!r}"


@recipe("Run a command when something happens")
def run_command(kitchen):
    kitchen.cook(subscribers=1)
    kitchen.publish("config.dns", "9.9.9.9")
    kitchen.publish("config.name", "$(reboot) '\"")
    kitchen.wait_for_file("changes", "config.name")
    if text(kitchen.place / "changes") != "config.dns is now 9.9.9.9\n" \
            "config.name is now $(reboot) '\"\n":
        yield text(kitchen.place / "changes")


@recipe("Tell when nothing comes any more")
def silence(kitchen):
    watcher = kitchen.start("pubsub-subscribe", "-1", "alarms")
    kitchen.home.wait_for_channels(1)
    kitchen.cook({"--idle 60": "--idle 0.1"})
    yield from expect(watcher, "no sign of life for a minute")


@recipe("Know in a script that a subscriber is there")
def ready(kitchen):
    process = kitchen.cook()
    yield from expect(process)
    kitchen.wait_for_file("log", "log.start this is not missed\n")
    kitchen.home.wait_for_channels(0)


@recipe("A loop over messages")
def loop(kitchen):
    process = kitchen.cook(subscribers=1)
    kitchen.publish("sensors.kitchen", "21.5 C")
    kitchen.publish("sensors.door", "open")
    yield from reads(process, "sensors.kitchen has 21.5 C", "sensors.door has open")


@recipe("Messages with newlines in them")
def newlines(kitchen):
    process = kitchen.cook(subscribers=1)
    kitchen.publish("notes", " two\nlines ")
    yield from reads(process, r"$' two\nlines '")


@recipe("Many messages, one command: xargs")
def xargs(kitchen):
    names = [f"picture {number}" for number in range(12)] + ["-a"]
    for name in names:
        (kitchen.place / name).touch()
    yield from expect(kitchen.cook())
    kitchen.home.run("pubsub-publish", "-l", "pictures.new", stdin=None, input="\n".join(names))
    process = kitchen.cook({"ls -s --": "printf '(%s)' --"})
    said, status = ended(process)
    if status != 0 or said.count("(--)") != 2 or said.count("(picture ") != 12:
        yield f"{status}: {said!r}"
    kitchen.home.run("pubsub-publish", "-l", "pictures.new", stdin=None, input="\n".join(names))
    said, status = ended(kitchen.cook())
    if status != 0 or sorted(line.split(None, 1)[1] for line in said.splitlines()) != sorted(names):
        yield f"{status}: {said!r}"


@recipe("JSON with jq", "jq")
def jq(kitchen):
    process = kitchen.cook(subscribers=1)
    kitchen.publish("sensors.a", "70", "-H", "unit=F")
    kitchen.publish("sensors.b", "21", "-H", "unit=C")
    yield from reads(process, "sensors.b 21")
    asked = kitchen.start("sh", "-c", "pubsub-subscribe --json -1 bytes | "
                          "jq -r .payload_base64 | base64 -d | od -An -tx1")
    kitchen.home.wait_for_channels(2)
    (kitchen.place / "bytes").write_bytes(b"\xff\n")
    kitchen.publish("bytes", "-f", kitchen.place / "bytes")
    yield from expect(asked, " ff 0a")


@recipe("GNU parallel", "parallel")
def parallel(kitchen):
    yield from expect(kitchen.cook())
    kitchen.home.run("pubsub-publish", "-l", "downloads", stdin=None,
                     input="one\ntwo  words\n$(reboot)\n")
    said, status = ended(kitchen.cook())
    # Asks to be cited, once a user.
    lines = [line for line in said.splitlines() if line.startswith("got ")]
    if status != 0 or lines != ["got one", "got two  words", "got $(reboot)"]:
        yield f"{status}: {said!r}"


@recipe("A log with times", "ts")
def log(kitchen):
    # The real one, which says what it would send to the journal.
    kitchen.program("bin/logger", f"#!/bin/sh\nexec {shutil.which('logger')} "
                    '--no-act --socket-errors=off -s "$@" 2>> syslog\n')
    kitchen.cook(subscribers=3)
    kitchen.publish("app.web", "started")
    day = r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d"
    for name, wanted in (("arrived.log", rf"{day} app.web started\n"),
                         ("published.log", rf"{day} app.web started\n"),
                         ("syslog", r"<13>.* app: app.web started\n")):
        kitchen.wait_for_file(name, "\n")
        if not re.fullmatch(wanted, text(kitchen.place / name)):
            yield f"{name}: {text(kitchen.place / name)!r}"
    full = kitchen.start("sh", "-c", "pubsub-subscribe app.+ > /dev/full")
    kitchen.home.wait_for_channels(4)
    kitchen.publish("app.web", "stopped")
    if ended(full)[1] != 1:
        yield f"on a full disk it ended with {full.returncode}"


@recipe("What a program says on standard error")
def stderr(kitchen):
    kitchen.program("server", "#!/bin/sh\nprintf 'cannot bind ' >&2\necho 'port 80' >&2\nexit 3\n")
    listener = kitchen.start("pubsub-subscribe", "-1", "log.server")
    kitchen.home.wait_for_channels(1)
    said, status = ended(kitchen.cook())
    if (said, status) != ("", 3):
        yield f"{status}: {said!r}"
    yield from expect(listener, "cannot bind port 80")


@recipe("Lines with topics of their own")
def own_topics(kitchen):
    (kitchen.place / "server.log").write_text(
        "ERROR disk\tfull\nInfo started\n(what) is this\n", encoding="utf-8")
    listener = kitchen.start("pubsub-subscribe", "-v", "-C", "3", "log.+")
    kitchen.home.wait_for_channels(1)
    yield from expect(kitchen.cook())
    yield from expect(listener, "log.error ERROR disk\tfull", "log.info Info started",
                      "log.-what- (what) is this")
    said, status = ended(kitchen.cook({'gsub(/[^a-z0-9-]/, "-", level)': ""}))
    if status != 1 or "line 3: the topic has the byte" not in said:
        yield f"{status}: {said!r}"


@recipe("A FIFO as an entrance")
def fifo(kitchen):
    listener = kitchen.start("pubsub-subscribe", "-C", "2", "door.events")
    kitchen.home.wait_for_channels(1)
    kitchen.cook()
    wait_for((kitchen.place / "door").is_fifo, "there was a FIFO")
    for word in ("ring", "knock"):
        subprocess.run(["sh", "-c", f"echo {word} > door"], cwd=kitchen.place, check=True)
    yield from expect(listener, "ring", "knock")


@recipe("New files in a directory", "inotifywait")
def new_files(kitchen):
    inbox = kitchen.place / "inbox"
    inbox.mkdir()
    listener = kitchen.start("pubsub-subscribe", "files.new")
    kitchen.home.wait_for_channels(1)
    kitchen.cook()
    # inotifywait does not say that it watches: a first file shows it.
    os.set_blocking(listener.stdout.fileno(), False)
    wait_for(lambda: (inbox / "first").write_text("") == 0 and listener.stdout.readline(),
             "inotifywait watched")
    os.set_blocking(listener.stdout.fileno(), True)
    (inbox / "two words").touch()
    (inbox / "unfinished").write_text("all of it", encoding="utf-8")
    (inbox / "unfinished").rename(inbox / "done")
    names = []
    while len(names) < 3:
        name = listener.stdout.readline().rstrip("\n")
        if name != "inbox/first":
            names.append(name)
    if names != ["inbox/two words", "inbox/unfinished", "inbox/done"]:
        yield f"{names}"


@recipe("How far make has got", "make")
def make(kitchen):
    makefile = "all: a b c d\n%: %.in\n\tcp $< $@\n\t@pubsub-publish build.done $@\n"
    (kitchen.place / "Makefile").write_text(makefile, encoding="utf-8")
    for name in "abcd":
        (kitchen.place / f"{name}.in").touch()
    yield from expect(kitchen.cook(), " 25 % a", " 50 % b", " 75 % c", "100 % d")


@recipe("One at a time, and tell who")
def lock(kitchen):
    kitchen.program("deploy", "#!/bin/sh\nread -r line < go\nexit 3\n")
    os.mkfifo(kitchen.place / "go")
    listener = kitchen.start("pubsub-subscribe", "-v", "deploy.+", env={"USER": "ann"})
    kitchen.home.wait_for_channels(1)
    kitchen.home.environment["USER"] = "ann"
    first = kitchen.cook()
    yield from reads(listener, "deploy.begins ann")
    second = kitchen.cook()
    for process in (first, second):
        with open(kitchen.place / "go", "w", encoding="utf-8") as go:
            go.write("\n")
        yield from reads(listener, "deploy.ended exit code 3")
        if process is first:
            yield from reads(listener, "deploy.begins ann")
    for process in (first, second):
        yield from expect(process)
    listener.send_signal(signal.SIGTERM)


if __name__ == "__main__":
    main()
