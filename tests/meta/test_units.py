# SPDX-License-Identifier: MIT
"""The units for systemd: what they say, and what systemd says of them."""

import configparser
import os
import pathlib
import shutil
import subprocess
import tempfile

from tap import BUILD, SOURCE, Skip, case, main

# What would give pubsub-gc another /dev/shm, /tmp or /home than who uses the bus, or hide his
# processes from it.
FORBIDDEN = {
    "InaccessiblePaths", "PrivateDevices", "PrivateIPC", "PrivateMounts", "PrivatePIDs",
    "PrivateTmp", "PrivateUsers", "ProtectHome", "ProtectProc", "RootDirectory", "RootImage",
    "TemporaryFileSystem",
}
MANAGERS = ("system", "user")


def read(path):
    parser = configparser.ConfigParser(interpolation=None, strict=False)
    parser.optionxform = str
    parser.read_string(path.read_text(encoding="utf-8"))
    return parser


def service(manager):
    return BUILD / "systemd" / f"{manager}-pubsub-gc.service"


@case("each service runs the command that is installed, once")
def services():
    for manager in MANAGERS:
        unit = read(service(manager))
        command = pathlib.Path(unit["Service"]["ExecStart"])
        if not command.is_absolute() or command.name != "pubsub-gc":
            yield f"{manager}: ExecStart is {command}"
        if unit["Service"]["Type"] != "oneshot":
            yield f"{manager}: Type is {unit['Service']['Type']}"


@case("no service hides the bus, or those who use it, from itself")
def visible():
    for manager in MANAGERS:
        unit = read(service(manager))
        for key in sorted(FORBIDDEN & set(unit["Service"])):
            yield f"{manager}: {key}"
        if unit["Service"].get("ProtectSystem", "full") not in ("full", "yes"):
            yield f"{manager}: ProtectSystem keeps it from a bus in /srv"


@case("the timer begins, goes on, and can be enabled")
def timer():
    unit = read(SOURCE / "systemd" / "pubsub-gc.timer")
    for key in ("OnStartupSec", "OnUnitActiveSec"):
        if key not in unit["Timer"]:
            yield f"no {key}"
    if unit["Install"]["WantedBy"] != "timers.target":
        yield f"WantedBy is {unit['Install']['WantedBy']}"


def complaints(manager, directory):
    """What systemd-analyze says of the units, with the command that was built."""
    text = service(manager).read_text(encoding="utf-8")
    command = read(service(manager))["Service"]["ExecStart"]
    unit = pathlib.Path(directory) / "pubsub-gc.service"
    unit.write_text(text.replace(command, str(BUILD / "tools" / "pubsub-gc")), encoding="utf-8")
    shutil.copy(SOURCE / "systemd" / "pubsub-gc.timer", directory)
    got = subprocess.run(
        ["systemd-analyze", "verify", f"--{manager}", "--man=no",
         unit, pathlib.Path(directory) / "pubsub-gc.timer"],
        env={**os.environ, "XDG_RUNTIME_DIR": directory, "HOME": directory},
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False,
    )
    # It also reads the machine's own units, which are not ours to judge.
    lines = [line for line in got.stdout.splitlines() if "pubsub" in line]
    return lines if got.returncode == 0 or lines else got.stdout.splitlines()


@case("systemd has nothing to complain of")
def verified():
    if shutil.which("systemd-analyze") is None:
        raise Skip("there is no systemd-analyze")
    for manager in MANAGERS:
        with tempfile.TemporaryDirectory(prefix="fsps-units-") as directory:
            for line in complaints(manager, directory):
                yield f"{manager}: {line}"


if __name__ == "__main__":
    main()
