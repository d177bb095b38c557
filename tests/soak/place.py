# SPDX-License-Identifier: MIT
"""Where the soak happens: the programs, the clock that is set, and the homes, called towns here."""

import os
import pathlib
import re
import shutil
import struct
import subprocess
import sys
import tempfile
import time

MEMORY = "/dev/shm"
PROGRAMS = ["soak_publish", "soak_read", "soak_replay", "soak_effect", "soak_clock.so"]
SHARED_UIDS = (54321, 54322)
# formix-pubsub's clearing up may do no more than that of others; root lists what it likes.
LIKE_OTHERS = ("setpriv", "--bounding-set", "-dac_override,-dac_read_search")


class Place:
    """Programs and logs in one directory, the homes in memory where that is possible."""

    def __init__(self, build, venv_python):
        self.run_id = f"soak-{os.getpid()}-{time.monotonic_ns()}"
        self.root = pathlib.Path(tempfile.mkdtemp(prefix="fsps-soak."))
        self.bin = self.root / "bin"
        self.formix = venv_python
        self.directories = [self.root]
        self.root.chmod(0o755)
        self.bin.mkdir(mode=0o755)
        self.copy_programs(pathlib.Path(build))
        self.clock = self.root / "clock"
        self.set_clock(0)

    def copy_programs(self, build):
        """Other users may not enter the build directory, and it may change meanwhile."""
        tools = [path for path in (build / "tools").glob("pubsub-*") if path.is_file()]
        libraries = list((build / "src").glob("libfsps.so*"))
        libraries = [path for path in libraries if path.is_file()]
        for path in [build / "tests" / "soak" / name for name in PROGRAMS] + tools + libraries:
            shutil.copy(path, self.bin / path.name, follow_symlinks=True)
            (self.bin / path.name).chmod(0o755)

    def program(self, name):
        return str(self.bin / name)

    def set_clock(self, step_ns):
        if not self.clock.exists():
            self.clock.write_bytes(bytes(8))
            self.clock.chmod(0o644)
        with open(self.clock, "r+b") as file:
            file.write(struct.pack("=q", step_ns))

    def environment(self, town, more=()):
        return {
            "PATH": f"{self.bin}:/usr/local/bin:/usr/bin:/bin",
            "PUBSUB_HOME": str(town.home),
            "PUBSUB_WATERMARK": "100",
            "LD_LIBRARY_PATH": str(self.bin),
            "LD_PRELOAD": self.program("soak_clock.so"),
            "SOAK_CLOCK": str(self.clock),
            "SOAK_RUN": self.run_id,
            "PYTHONDONTWRITEBYTECODE": "1",
            **dict(more),
        }

    def as_user(self, uid):
        if uid in (0, os.geteuid()):
            return {}
        return {"user": uid, "group": uid, "extra_groups": []}

    def run(self, town, *command, uid=0, seconds=60):
        """Runs a command to its end: exit code, output, what it said."""
        done = subprocess.run(
            [self.program(command[0]), *map(str, command[1:])], stdin=subprocess.DEVNULL,
            capture_output=True, text=True, errors="replace", timeout=seconds, check=False,
            env=self.environment(town), **self.as_user(uid),
        )
        return done.returncode, done.stdout, done.stderr.strip()

    def processes(self):
        """Those of this run that live, besides ourselves, as process ID and command line."""
        mark = f"SOAK_RUN={self.run_id}".encode()
        found = []
        for entry in os.scandir("/proc"):
            if not entry.name.isdigit():
                continue
            try:
                if mark in pathlib.Path(entry.path, "environ").read_bytes().split(b"\0"):
                    line = pathlib.Path(entry.path, "cmdline").read_bytes()
                    found.append((int(entry.name), line.replace(b"\0", b" ").decode()))
            except OSError:
                continue
        return found

    def directory(self, parent):
        path = pathlib.Path(tempfile.mkdtemp(prefix="fsps-soak.", dir=parent))
        path.chmod(0o755)
        self.directories.append(path)
        return path

    def remove(self):
        for path in self.directories:
            shutil.rmtree(path, ignore_errors=True)


def has_memory():
    return os.path.ismount(MEMORY) and os.access(MEMORY, os.W_OK)


def is_in_memory(path):
    kind = subprocess.run(["stat", "-f", "-c", "%T", path], capture_output=True, text=True,
                          check=False).stdout.strip()
    return kind in ("tmpfs", "ramfs")


class Town:
    """A home. kind: "memory", "disk" or "shared"."""

    def __init__(self, place, kind):
        self.place = place
        self.kind = kind
        parent = tempfile.gettempdir() if kind == "disk" or not has_memory() else MEMORY
        self.home = place.directory(parent) / "home"
        self.uids = SHARED_UIDS if kind == "shared" else (os.geteuid(),)
        if kind == "shared":
            for path in (self.home, self.home / ".fsps", self.home / "tmp"):
                path.mkdir()
                path.chmod(0o1777)
        self.dropped = {}

    def make_durable(self, channel, uid):
        how = "--group" if channel.group else "--durable"
        code, _, said = self.place.run(self, "pubsub-subscribe", "-E", how, channel.durable,
                                       channel.pattern, uid=uid)
        if code != 0:
            sys.exit(f"soak: {channel.directory} can't be made: {said}")

    def names(self, *where):
        """None of what has just gone, nor of an inbox, which nobody may list."""
        try:
            return sorted(os.listdir(self.home.joinpath(*where)))
        except (FileNotFoundError, NotADirectoryError, PermissionError):
            return []

    def live_channel_of(self, pid):
        """The directory of that process' live channel, or an empty string."""
        found = [name for name in self.names() if name.endswith(f"_{pid}") and ".in_" not in name]
        return found[0] if found else ""

    def left_behind(self):
        """What nobody needs any more, once nobody is there."""
        left = [name for name in self.names()
                if name not in (".fsps", "tmp") and not re.fullmatch(r"[^_]+_[^_]+", name)]
        left += [f"tmp/{name}" for name in self.names("tmp")]
        left += [f".fsps/{name}" for name in self.names(".fsps") if name.startswith("w-")]
        for name in self.names():
            if re.fullmatch(r"[^._][^_]*_[^_]+", name):
                left += [f"{name}/{file}" for file in self.names(name)
                         if file not in ("queue", ".c")]
        return left

    def sweep(self):
        """Comes by as short-lived processes do, a second long, since sweeps are not more often."""
        for uid in self.uids:
            self.place.run(self, "pubsub-subscribe", "-W", "0.6", "nobody.says.this", uid=uid)
            self.place.run(self, "pubsub-publish", "-n", "nobody.hears.this", uid=uid)
