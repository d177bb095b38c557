# SPDX-License-Identifier: MIT
"""pubsub-doctor: how it is asked, and what it finds in homes that are really so. Channels:
test_doctor_channels.py; what the system does to them: test_doctor_system.py."""

import json
import os
import pathlib
import re
import shutil
import signal
import struct
import time

from doctor import FINDING_FIELDS, Tree, ask, ids, in_mounts, judged, provokes, report, snapshot
from durable import durable
from harness import Skip, holds, main, same, test

ALICE = 54321
SOURCE = pathlib.Path(os.environ["FSPS_SOURCE_ROOT"])

FIELDS = [
    "version",
    "home",
    "defaults",
    "problems",
    "warnings",
    "notes",
    "findings",
    "passed",
    "skipped",
]
HOME_FIELDS = [
    "path",
    "usable",
    "profile",
    "uid",
    "gid",
    "mode",
    "format_version",
    "file_system",
    "mounted_on",
    "bytes_total",
    "bytes_free",
    "bytes_reserved",
    "inodes_total",
    "inodes_free",
    "inodes_reserved",
    "channels",
]
DEFAULT_FIELDS = [
    "message_bytes_max",
    "live_limit_bytes",
    "durable_limit_bytes",
    "watermark_percent",
    "deadline_ms",
    "attempts",
]




def init(bus, *words):
    bus.run("pubsub-init", *words).expect()


# ---- how it is asked ----


@test("where all is well it says so, and what holds there, and changes nothing")
def healthy(bus):
    tree = Tree(bus)
    init(bus)
    before = snapshot(bus)
    got = ask(bus, "--sysroot", tree.path).expect(0).lines()
    same(got[-1], "nothing to mend")
    text = " ".join(" ".join(got).split())
    holds(f"home {bus.home}: private, owner " in text, text)
    holds("a live channel holds 6" in text and "publishers stop at 80 %" in text, text)
    holds("deadline 30s, 5 attempts" in text, text)
    got = tree.report()
    same(list(got), FIELDS)
    same(list(got["home"]), HOME_FIELDS)
    same((got["home"]["usable"], got["home"]["mode"]), (True, "0700"))
    same(list(got["defaults"]), DEFAULT_FIELDS)
    same((got["defaults"]["deadline_ms"], got["defaults"]["attempts"]), (30000, 5))
    same(got["findings"], [])
    same(len(got["passed"]) + len(got["skipped"]), len(listed(bus)), "the number of checks")
    same(snapshot(bus), before, "the home")


@test("it makes no home")
def makes_nothing(bus):
    ask(bus, "-v").expect(1)
    got = report(bus)
    same((got["home"]["usable"], got["home"]["mode"]), (False, None))
    same((got["home"]["bytes_total"], got["defaults"]["live_limit_bytes"]), (None, None))
    holds(not bus.home.exists(), "a home was made")


@test("-q says nothing, -v also what is well, and a check or a group may be named")
def words(bus):
    tree = Tree(bus).swap(90)
    init(bus)
    root = ["--sysroot", tree.path]
    ask(bus, *root, "-q").expect(1, out="")
    ask(bus, *root, "-q", "home").expect(0, out="")
    got = ask(bus, *root, "-v").expect(1).lines()
    holds("ok place-network: tmpfs, mounted on" in "\n".join(got), got)
    holds(any(line.startswith("warning swap: ") for line in got), got)
    same(got[-1], "0 problems, 1 warning")
    same(len([line for line in got if line.startswith("ok home-")]), 10)
    got = tree.report("swap", "channels")
    same(ids(got), ["swap"])
    same({c["group"] for c in got["passed"]}, {"channels"})


@test("a finding says what it means and how it is mended")
def finding(bus):
    got = ask(bus, "home-missing").expect(1).lines()[-7:]
    same(got[0].split(": ")[0], "warning home-missing")
    holds("reaches nobody" in " ".join(got), got)
    holds(f"  mend: pubsub-init --home {bus.home}" in got, got)
    same(got[-1], "0 problems, 1 warning")
    init(bus)
    got = ask(bus, "--sysroot", Tree(bus).mount("ext4").path, "place").expect(0).lines()
    holds("note place-disk: " in "\n".join(got), got)
    same(got[-1], "nothing to mend")


@test("what can't be asked is told, with exit code 2")
def usage(bus):
    for words, said in (
        (["nonsense"], "there is no check 'nonsense'; --list shows them"),
        (["-q", "-v"], "--quiet and --verbose contradict each other"),
        (["-q", "--json"], "--quiet and --json contradict each other"),
        (["--json", "-v"], "--json has everything"),
        (["--list", "home"], "--list shows all checks; leave out 'home'"),
        (["--sysroot", ""], "--sysroot wants a directory"),
    ):
        ask(bus, *words).expect(2, out="", err=said)
    ask(bus, "--sysroot", bus.path("none")).expect(1, out="", err="cannot look into")
    with open("/dev/full", "wb") as full:
        ask(bus, stdout=full).expect(1, err="No space left on device")


def listed(bus):
    return ask(bus, "--list", "--json").expect().json()


def manual_page():
    return (SOURCE / "docs" / "man" / "pubsub-doctor.1.scd").read_text(encoding="utf-8")


@test("the manual page shows the fields that --json has")
def output(bus):
    del bus
    shown = json.loads(manual_page().split("# OUTPUT\n")[1].split("```")[1])
    same(list(shown), FIELDS)
    same(list(shown["home"]), HOME_FIELDS)
    same(list(shown["defaults"]), DEFAULT_FIELDS)
    same(list(shown["findings"][0]), FINDING_FIELDS)


@test("the manual page has the same table of checks as the command")
def manual(bus):
    page = manual_page()
    table = page.split("# CHECKS\n")[1].split("\n# ")[0]
    entry = re.compile(r"^\*([\w-]+)\* \(([^)]*)\)\n\t(.*?)_Mend:_(.*?)\n(?=[*\n]|\Z)", re.M | re.S)
    found = []
    for group, body in re.findall(r"^## (\w+)\n(.*?)(?=^## |\Z)", table, re.M | re.S):
        for check, severity, *sentences in entry.findall(body):
            meaning, remedy = (" ".join(s.split()) for s in sentences)
            found.append({"id": check, "group": group, "severity": severity})
            found[-1].update(meaning=meaning, remedy=remedy)
    same(found, [{k: plain(v) for k, v in check.items()} for check in listed(bus)], "the table")
    same([line.split()[1] for line in ask(bus, "--list").expect().lines()[1:]],
         [check["id"] for check in listed(bus)])


@test("completion offers each group and each check")
def completed(bus):
    row = ask(bus, "--list-options").expect().lines()[0].split("\t")
    groups = list(dict.fromkeys(check["group"] for check in listed(bus)))
    same(row[3], "words:" + ",".join(groups + [check["id"] for check in listed(bus)]))


def plain(text):
    """As scdoc has it, where an underscore is markup."""
    return text.replace("_", "\\_")


@test("each finding is provoked by a test")
def provoked(bus):
    tests = "".join(
        path.read_text(encoding="utf-8") for path in (SOURCE / "tests/cli").glob("test_doctor*.py")
    )
    for check in listed(bus):
        use = rf'"{re.escape(check["id"])}"(, |: \d)'
        holds(re.search(use, tests), f"{check['id']} is in none")


# ---- the home ----


@test("a home that is missing, or can't be made, is told with the reason")
def missing(bus):
    made_by = f"pubsub-init --home {bus.home}"
    provokes(report(bus), "home-missing", "warning", f"no {bus.home}", made_by)
    above = bus.directory / "a b's"
    got = report(bus, "--home", above / "home")
    provokes(got, "home-parent", "problem", "does not exist", "/a b'\\''s'")
    holds("home-missing" not in ids(got), ids(got))
    bus.path("file", b"")
    got = report(bus, "--home", bus.directory / "file" / "home")
    provokes(got, "home-parent", "problem", "no directory")


@test("that nobody has used the usual home yet is only a note")
def unused(bus):
    script = "mount -t tmpfs none $1 && unset PUBSUB_HOME && exec pubsub-doctor --json home"
    got = in_mounts(bus, script, "/dev/shm")
    provokes(judged(got), "home-missing", "note", "no /dev/shm/pubsub yet")


@test("where there is no /dev/shm and no /proc it says what there is to say")
def bare(bus):
    empty = bus.directory / "empty"
    empty.mkdir()
    init(bus)
    got = report(bus, "--sysroot", empty)
    same(got["findings"], [])
    holds(len(got["skipped"]) > 20, got["skipped"])
    script = "mkdir $1/dev && mount --rbind $1/dev /dev && unset PUBSUB_HOME && exec $2 --json home"
    doctor = shutil.which("pubsub-doctor", path=bus.env["PATH"])
    got = judged(in_mounts(bus, script, empty, doctor))
    provokes(got, "home-parent", "problem", "does not exist", "mount -t tmpfs -o mode=1777")


def denied_home(bus):
    """A home that the one may not use whom the words after it are for."""
    bus.home.mkdir(mode=0o700)
    if os.geteuid() != 0:
        bus.home.chmod(0)
        return {}
    bus.home.parent.chmod(0o755)
    user = {"user": ALICE, "group": ALICE, "extra_groups": []}
    try:
        ask(bus, "--version", **user).expect()
    except PermissionError as error:
        raise Skip("other users may not run what was built here") from error
    return user


@test("a home that is closed to us, or may not be made by us, is told")
def denied(bus):
    user = denied_home(bus)
    command = "sudo pubsub-init" if user else "chmod 700"
    provokes(report(bus, **user), "home-denied", "problem", "ermi", command)
    bus.home.chmod(0o700)
    locked = bus.directory / "locked"
    locked.mkdir(mode=0o555)
    got = report(bus, "--home", locked / "home", **user)
    provokes(got, "home-denied", "problem", f"we may not make anything in {locked}")


@test("what is no directory of ours is told apart")
def no_home(bus):
    (bus.directory / "real").mkdir()
    bus.home.symlink_to(bus.directory / "real")
    provokes(report(bus), "home-type", "problem", "is a symlink", "readlink -f")
    bus.home.unlink()
    bus.home.write_bytes(b"")
    provokes(report(bus), "home-type", "problem", "is no directory")
    bus.home.unlink()
    bus.home.mkdir()
    bus.home.chmod(0o777)
    provokes(report(bus), "home-sticky", "problem", "mode 0777", "--profile public")
    if os.geteuid() != 0:
        raise Skip("only root can give a home away")
    os.chown(bus.home, ALICE, ALICE)
    bus.home.chmod(0o1777)
    got = report(bus)
    provokes(got, "home-owner", "problem", f"belongs to {ALICE}", f"PUBSUB_HOME_OWNER={ALICE}")
    got = report(bus, "--home-owner", ALICE)
    holds("home-owner" not in ids(got), ids(got))
    provokes(got, "home-trust", "note", f"have to trust {ALICE}", f"PUBSUB_HOME_OWNER={ALICE}")
    bus.env["PUBSUB_HOME_OWNER"] = str(ALICE)
    holds("home-owner" not in ids(report(bus)), "the environment does not count")


@test("modes that are none of a profile are told, in the home and inside it")
def modes(bus):
    init(bus)
    for mode, severity in ((0o755, "note"), (0o1770, "warning"), (0o3777, "warning")):
        bus.home.chmod(mode)
        got = report(bus, "home")
        provokes(got, "home-mode", severity, f"mode {mode:04o}", "pubsub-init")
    init(bus, "--profile", "public")
    got = report(bus, "home")
    same([i for i in ids(got) if i != "home-trust"], [])
    if os.geteuid() != 0:
        provokes(got, "home-trust", "note", "have to trust")
    (bus.home / "tmp").chmod(0o700)
    got = report(bus, "home")
    provokes(got, "home-inside", "warning", "/tmp has mode 0700", "--profile public")
    if os.geteuid() == 0:
        os.chown(bus.home / ".fsps", ALICE, ALICE)
        provokes(report(bus), "home-inside", "problem", f".fsps belongs to {ALICE}", "rm -r")


@test("a home, a channel, and IDs of another time are told")
def versions(bus):
    subscriber = bus.subscriber("a.b")
    with durable(bus) as channel:
        for path, finding in (
            (channel.path / ".c", ("channel-version", "problem", "version 2")),
            (bus.home / ".fsps" / "seq", ("home-version", "problem", "version 2; this libfsps (")),
        ):
            with open(path, "r+b") as file:
                file.seek(4)
                file.write(struct.pack("=I", 2))
                file.flush()
                provokes(report(bus), *finding, "apt install --only-upgrade")
                file.seek(4)
                file.write(struct.pack("=I", 1))
    with open(bus.home / ".fsps" / "seq", "r+b") as file:
        file.seek(64)
        before = file.read(8)
        file.seek(64)
        file.write(struct.pack("=Q", int((time.time() + 7200) * 1e6)))
        file.flush()
        provokes(report(bus), "clock", "warning", "ID is 119m ahead", "timedatectl")
        file.seek(64)
        file.write(before)
    subscriber.signal(signal.SIGTERM)
    subscriber.result().expect(143)


# ---- its file system ----

SMALL = """
mkdir "$PUBSUB_HOME" && mount -t tmpfs -o size=1m,nr_inodes=20,mode=0700 none "$PUBSUB_HOME"
cd "$PUBSUB_HOME"
look() { pubsub-doctor --json --sysroot "$@"; }
head -c 760000 /dev/zero >file; look "$1/bare" space
head -c 900000 /dev/zero >file; look "$1/bare" space
: >file; for i in 1 2 3 4 5 6 7 8 9 10 11 12 13; do : >file$i; done; look "$1/bare" space
: >file14; : >file15; : >file16; look "$1/bare" space
rm file*
for mark in docker podman kubernetes; do
    look "$1/$mark" space
done
mount -o remount,bind,ro "$PUBSUB_HOME" && pubsub-doctor --json place
rmdir "$PUBSUB_HOME" 2>/dev/null || umount -l "$PUBSUB_HOME" && rmdir "$PUBSUB_HOME"
"""


@test("a home that is small, fuller than publishers may fill it, or read-only is told")
def small(bus):
    Tree(bus, "bare")
    Tree(bus, "docker").write(".dockerenv")
    Tree(bus, "podman").write("run/.containerenv")
    Tree(bus, "kubernetes").write("proc/1/cgroup", "0::/kubepods.slice/pod7\n")
    got = in_mounts(bus, SMALL, bus.directory).expect(0).json()
    provokes(got[0], "space-bytes", "warning", "publishers are refused at 80 %")
    provokes(got[1], "space-bytes", "problem", "% of the bytes", "pubsub-purge CHANNEL")
    provokes(got[2], "space-inodes", "warning", "75 % of the inodes")
    provokes(got[3], "space-inodes", "problem", "90 % of the inodes", "remount,size=1G")
    provokes(got[3], "shm-small", "warning", "has only 1.00M", "remount,size=1G")
    provokes(got[4], "shm-small", "warning", "docker", "docker run --shm-size=1g")
    provokes(got[5], "shm-small", "warning", "podman", "podman run --shm-size=1g")
    provokes(got[6], "shm-small", "warning", "kubernetes", "emptyDir")
    provokes(got[7], "place-read-only", "problem", "mounted read-only", "remount,rw")


if __name__ == "__main__":
    main()
