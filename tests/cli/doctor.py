# SPDX-License-Identifier: MIT
"""What the tests of pubsub-doctor share: asking it, and a tree of /proc and /etc for it in which
everything is well until a test changes that."""

import os
import subprocess

from harness import Skip, holds, same

# The first namespaces of all, as the kernel numbers them.
NAMESPACES = {"pid": "pid:[4026531836]", "user": "user:[4026531837]", "mnt": "mnt:[4026531841]"}
SYSCTLS = {
    "fs/pipe-user-pages-soft": 16384,
    "fs/pipe-max-size": 1048576,
    "fs/inotify/max_user_instances": 128,
    "fs/inotify/max_user_watches": 65536,
    "fs/protected_hardlinks": 1,
    "fs/protected_symlinks": 1,
    "fs/protected_fifos": 1,
    "fs/protected_regular": 2,
    "kernel/overflowuid": 65534,
}
MEMORY = "MemTotal: 8000000 kB\nSwapTotal: 1000000 kB\nSwapFree: {} kB\n"


FINDING_FIELDS = ["id", "group", "severity", "text", "meaning", "remedy", "commands"]


def ask(bus, *words, **options):
    return bus.run("pubsub-doctor", *words, **options)


def report(bus, *words, **options):
    """All that it says, after checking that the exit code agrees with it."""
    return judged(ask(bus, "--json", *words, **options))


def judged(got):
    (document,) = got.expect(got.status).json()
    worst = [f["severity"] for f in document["findings"]]
    same(document["problems"], worst.count("problem"), "the number of problems")
    same(document["warnings"], worst.count("warning"), "the number of warnings")
    same(document["notes"], worst.count("note"), "the number of notes")
    same(got.status, int(document["problems"] + document["warnings"] > 0), "the exit code")
    return document


def provokes(document, check, severity, text="", command=None):
    """Checks that a finding is there, how bad it is, what it says and how it is mended."""
    found = [f for f in document["findings"] if f["id"] == check]
    others = [f"{f['id']}: {f['text']}" for f in document["findings"]]
    holds(len(found) == 1, f"no {check}, but {others}")
    same(found[0]["severity"], severity, f"how bad {check} is")
    holds(text in found[0]["text"], f"{check} says {found[0]['text']!r}, not {text!r}")
    if command is not None:
        commands = found[0]["commands"]
        holds(any(command in c for c in commands), f"{check}: {commands}, none is {command!r}")


def ids(document):
    return [finding["id"] for finding in document["findings"]]


def snapshot(bus):
    """Every name in the home with what changes when it is touched."""
    return sorted(
        (str(path), status.st_mtime_ns, status.st_mode, status.st_size)
        for path in bus.home.rglob("*")
        for status in [path.lstat()]
    )


class Tree:
    """A root with the files that pubsub-doctor reads; $PUBSUB_HOME is on a large tmpfs there."""

    def __init__(self, bus, name="root"):
        self.bus = bus
        self.path = bus.directory / name
        self.write("proc/self/status", "Name:\tdoctor\nUmask:\t0022\nCapEff:\t0000000000000000\n")
        self.files(1024, 4096)
        self.mount("tmpfs")
        for process in ("self", "1"):
            for kind, target in NAMESPACES.items():
                self.link(f"proc/{process}/ns/{kind}", target)
        for name, value in SYSCTLS.items():
            self.sysctl(name, value)
        self.swap(0)

    def write(self, path, text=""):
        place = self.path / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text, encoding="utf-8")
        return self

    def link(self, path, target):
        place = self.path / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.unlink(missing_ok=True)
        place.symlink_to(target)
        return self

    def sysctl(self, name, value):
        return self.write(f"proc/sys/{name}", f"{value}\n")

    def files(self, soft, hard, process="self"):
        lines = f"Limit  Soft Limit  Hard Limit  Units\nMax open files   {soft}   {hard}   files\n"
        return self.write(f"proc/{process}/limits", lines)

    def mount(self, kind, root="/", point=None, options="rw,nosuid"):
        """What is mounted where the home is, or elsewhere."""
        point = str(point or self.bus.home).replace(" ", "\\040")
        lines = (
            "21 1 0:19 / / rw,relatime shared:1 - ext4 /dev/vda rw\n"
            f"22 21 0:20 {root} {point} {options} shared:2 master:1 - {kind} none rw\n"
            "23 21 0:21 / /elsewhere rw - nfs4 server:/ rw\n"
        )
        return self.write("proc/self/mountinfo", lines)

    def swap(self, used_percent):
        return self.write("proc/meminfo", MEMORY.format(10000 * (100 - used_percent)))

    def descriptors(self, process, targets):
        for number, target in enumerate(targets):
            self.link(f"proc/{process}/fd/{number}", target)
        return self

    def report(self, *words, **options):
        return report(self.bus, "--sysroot", self.path, *words, **options)


def in_mounts(bus, script, *words):
    """Runs a shell script where it may mount what nobody else sees; its result."""
    unshare = ["unshare", "-m"] if os.geteuid() == 0 else ["unshare", "-Urm"]
    probe = subprocess.run(
        [*unshare, "mount", "-t", "tmpfs", "none", str(bus.directory)],
        capture_output=True,
        check=False,
    )
    if probe.returncode != 0:
        raise Skip(f"no mount namespaces here: {probe.stderr.decode().strip()}")
    return bus.run(*unshare, "sh", "-c", script, "sh", *words)
