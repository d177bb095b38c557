# SPDX-License-Identifier: MIT
"""What the figures were measured on."""

import json
import os
import pathlib
import platform


def _processor():
    for line in pathlib.Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
        name, _, value = line.partition(":")
        if name.strip() in ("model name", "Model", "Hardware"):
            return value.strip()
    return platform.machine()


def _file_system(path):
    """The type of the mount that holds a path: the longest mount point that it lies under."""
    best, kind = "", "unknown"
    path = os.path.realpath(path)
    for line in pathlib.Path("/proc/self/mounts").read_text(encoding="utf-8").splitlines():
        _, point, this_kind = line.split()[:3]
        point = point.encode().decode("unicode_escape")
        under = path == point or path.startswith(point.rstrip("/") + "/")
        if under and len(point) >= len(best):
            best, kind = point, this_kind
    return f"{kind} on {best}"


def _build_options(build):
    """The options that make a build fast or slow, as meson knows them."""
    path = build / "meson-info" / "intro-buildoptions.json"
    if not path.exists():
        return "unknown"
    options = {one["name"]: one["value"]
               for one in json.loads(path.read_text(encoding="utf-8"))}
    wanted = ("buildtype", "optimization", "b_ndebug", "b_lto", "b_sanitize", "b_coverage")
    return ", ".join(f"{name}={options[name]}" for name in wanted if name in options)


def _load():
    """What else runs: beside other work, only CPU times and ratios of many rounds tell much."""
    load, cores = os.getloadavg()[0], len(os.sched_getaffinity(0))
    return f"{load:.2f}" + (" (busy: don't trust the figures)" if load > cores / 2 else "")


def _kernel():
    """Without what a distribution or a host adds to the number."""
    return "Linux " + ".".join(platform.release().split("-")[0].split(".")[:2])


def describe(build, home_parent):
    return {
        "processor": _processor(),
        "cores": len(os.sched_getaffinity(0)),
        "kernel": _kernel(),
        "architecture": platform.machine(),
        "libc": " ".join(platform.libc_ver()),
        "build": _build_options(build),
        "home": _file_system(home_parent),
        "load_at_start": _load(),
    }
