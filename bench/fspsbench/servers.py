# SPDX-License-Identifier: MIT
"""
The servers that some peers need, each started for one run and stopped at its end, however it ends.

servers/NAME.conf is the configuration of the server NAME. Lines in its opening comment say what
starts it (the path of the configuration is put behind that) and which Debian package has it:

    run: COMMAND ...
    requires: PACKAGE
    ready: WORDS           what it says on stdout once it is ready, if there is nothing to ask

It listens at $socket, a unix socket, or, if it can't, at $port of 127.0.0.1; $directory is for all
else that it makes. A program finds it by FSPS_BENCH_SERVER in its environment: the path of the
socket, or 127.0.0.1:PORT. A server that the system runs is not touched.
"""

import os
import pathlib
import shutil
import socket
import string
from contextlib import contextmanager
from dataclasses import dataclass

from . import declared
from .processes import Process, status_of, wait_until

DIRECTORY = pathlib.Path(__file__).resolve().parent.parent / "servers"
VARIABLE = "FSPS_BENCH_SERVER"
READY_LIMIT_S = 30
# Where Debian has daemons, which is not in everybody's PATH.
PATH = os.environ.get("PATH", os.defpath) + ":/usr/sbin:/sbin"


# Servers and their clients keep the memory that they free. Otherwise glibc gives that of a large
# message back each time and faults it in anew, which makes 1 MiB two to three times slower.
MEMORY = {"MALLOC_MMAP_THRESHOLD_": str(32 << 20), "MALLOC_TRIM_THRESHOLD_": str(256 << 20),
          "MALLOC_TOP_PAD_": str(4 << 20)}
# Has a server end with the benchmark even if that is killed. Every Debian has it.
ENDED_WITH_US = ["setpriv", "--pdeathsig", "TERM"] if shutil.which("setpriv") else []


def _configuration(name):
    return DIRECTORY / f"{name}.conf"


def _command(name):
    """What starts a server, or None if it is not installed."""
    program, *arguments = declared.words(_configuration(name))["run"]
    path = shutil.which(program, path=PATH)
    return path and [path, *arguments]


def missing(name):
    """Why a server can't be started, in words; empty if it can."""
    if _command(name):
        return ""
    package = " ".join(declared.words(_configuration(name))["requires"])
    return f"its server is not installed: it needs the Debian package {package}"


def _free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def _cpu_s(pid):
    """User and system time so far, of all threads."""
    text = pathlib.Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    fields = text.rpartition(")")[2].split()
    return [int(ticks) / os.sysconf("SC_CLK_TCK") for ticks in fields[11:13]]


@dataclass
class Server:
    """A server that answers."""

    # What FSPS_BENCH_SERVER says.
    address: str
    process: Process
    # What it had used when it was ready.
    start_s: list

    @property
    def environment(self):
        return {VARIABLE: self.address, **MEMORY}

    def used(self):
        """What it has used since it was ready, by the names that a line of JSON has for it."""
        user_s, system_s = (now_s - start_s for now_s, start_s
                            in zip(_cpu_s(self.process.pid), self.start_s))
        return {"server_user_s": user_s, "server_system_s": system_s,
                "server_resident_max_kib": status_of(self.process.pid).get("VmHWM", 0)}


class NoServer:
    """That of a peer that needs none."""

    environment = {}

    @staticmethod
    def used():
        return {}


def _answers(address):
    host, colon, port = address.partition(":")
    family, target = ((socket.AF_INET, (host, int(port))) if colon
                      else (socket.AF_UNIX, address))
    with socket.socket(family) as probe:
        return probe.connect_ex(target) == 0


def _configure(name, directory):
    """Writes the configuration of one server; gives its path and the server's address."""
    directory.mkdir(mode=0o700)
    template = _configuration(name).read_text(encoding="utf-8")
    values = {"directory": directory, "socket": directory / "socket", "port": _free_port()}
    path = directory / f"{name}.conf"
    path.write_text(string.Template(template).substitute(values), encoding="utf-8")
    on_socket = "$socket" in template
    return path, str(values["socket"]) if on_socket else f"127.0.0.1:{values['port']}"


def add_used(figures, name, line, unit="us/msg"):
    """Adds what a peer's server used, if its line of JSON says so."""
    if "server_user_s" not in line:
        return
    used_s = line["server_user_s"] + line["server_system_s"]
    figures.add(name, "server CPU", unit, used_s / line["messages"] * 1e6)
    figures.add(name, "server RSS", "KiB", line["server_resident_max_kib"])


def _wait_ready(name, process, address):
    words = " ".join(declared.words(_configuration(name))["ready"])
    while words:
        if words in process.line(READY_LIMIT_S):
            return

    def answers_or_ended():
        if not process.running:
            raise process.complaint("ended before it answered")
        return _answers(address)

    wait_until(answers_or_ended, name)


@contextmanager
def started(place, name):
    """The server of that name; without a name none, for peers that need none."""
    if not name:
        yield NoServer()
        return
    with place.home() as directory:
        path, address = _configure(name, directory)
        argv = [*ENDED_WITH_US, *_command(name), path]
        with place.started(argv, environment=MEMORY) as process:
            _wait_ready(name, process, address)
            yield Server(address, process, _cpu_s(process.pid))
