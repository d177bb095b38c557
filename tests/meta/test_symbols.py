# SPDX-License-Identifier: MIT
"""What the library exports and needs: headers, symbol map and ELF file say the same."""

import re

from exported import names_in_headers, without_comments
from tap import SOURCE, built, case, main, run, text

NODE = re.compile(r"\{\s*global:(?P<names>.*?)local:\s*\*;\s*\}", re.DOTALL)


def names_in_map():
    """Names of all nodes. A later node has no `local:`; the first one has."""
    source = without_comments(text(SOURCE / "src" / "libfsps.map"))
    return set(re.findall(r"\b(fsps_[\w*]+)\s*;", source))


def names_in_library():
    found = set()
    for line in run("nm", "-D", "--defined-only", shared_library()).splitlines():
        kind, name = line.split()[-2:]
        if kind != "A":
            found.add(name.partition("@")[0])
    return found


def shared_library():
    return built("libfsps.so").resolve()


def dynamic(tag):
    entries = run("readelf", "--dynamic", "--wide", shared_library())
    return re.findall(rf"\({tag}\).*\[(.*)\]", entries)


def differences(left, left_names, right, right_names):
    for name in sorted(left_names - right_names):
        yield f"{name} is in {left}, not in {right}"
    for name in sorted(right_names - left_names):
        yield f"{name} is in {right}, not in {left}"
    if not left_names:
        yield f"nothing found in {left}"


@case("the symbol map names the functions of the public headers")
def map_and_headers():
    return differences("src/libfsps.map", names_in_map(), "include/fsps", names_in_headers())


@case("the shared library exports what the symbol map names")
def library_and_map():
    return differences("libfsps.so", names_in_library(), "src/libfsps.map", names_in_map())


@case("the shared library hides everything else")
def hidden():
    if not NODE.search(without_comments(text(SOURCE / "src" / "libfsps.map"))):
        yield "the first node of src/libfsps.map does not end with local: *;"


@case("the shared library needs libc and nothing else")
def needed():
    for name in dynamic("NEEDED"):
        if name != "libc.so.6" and not name.startswith("ld-linux"):
            yield f"needs {name}"


@case("the shared library's name for the linker is libfsps.so.0")
def soname():
    if dynamic("SONAME") != ["libfsps.so.0"]:
        yield f"SONAME is {dynamic('SONAME')}"


@case("the static library defines no global name outside fsps_ and fsi_")
def archive():
    listing = run("nm", "-g", "--defined-only", built("libfsps.a")).splitlines()
    names = [line.split()[-1] for line in listing if len(line.split()) == 3]
    if not names:
        yield "it defines nothing"
    for name in names:
        if not name.startswith(("fsps_", "fsi_")):
            yield name


if __name__ == "__main__":
    main()
