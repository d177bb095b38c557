# SPDX-License-Identifier: MIT
"""What debian/ says is what the tree says."""

import re

from exported import without_comments
from tap import SOURCE, case, main, text

NODE = re.compile(r"\b(LIBFSPS_[\d.]+)\s*\{(.*?)\}", re.DOTALL)
SYMBOL = re.compile(r"^ (\w[\w.]*)@(LIBFSPS_[\d.]+) (\S+)$", re.MULTILINE)


def exported():
    """(name, node) of each exported function and of each node itself."""
    for node, inside in NODE.findall(without_comments(text(SOURCE / "src" / "libfsps.map"))):
        yield node, node
        for name in re.findall(r"\b(fsps_\w+)\s*;", inside):
            yield name, node


@case("debian/libfsps0.symbols has the functions of the symbol map, each since its node's version")
def symbols():
    want = {(name, node, node.removeprefix("LIBFSPS_") + ".0~") for name, node in exported()}
    have = set(SYMBOL.findall(text(SOURCE / "debian" / "libfsps0.symbols")))
    for line in sorted(want - have):
        yield f"{' '.join(line)} is missing: run debian/update-symbols"
    for line in sorted(have - want):
        yield f"{' '.join(line)} is not exported: run debian/update-symbols"
    if not want:
        yield "nothing is exported"


@case("debian/changelog packages the version that meson.build names")
def version():
    here = re.search(r"version: '([\d.]+)'", text(SOURCE / "meson.build"))[1]
    first = text(SOURCE / "debian" / "changelog").splitlines()[0]
    if not first.startswith(f"libfsps ({here}-"):
        yield f"meson.build says {here}, debian/changelog {first}"


@case("debian/control asks for what scripts/lib/needs.txt says that a build needs")
def build_depends():
    needs = re.findall(r"^build +(\S+)", text(SOURCE / "scripts/lib/needs.txt"), re.MULTILINE)
    # What every package is built with is not named; pkg-config has got another name.
    given = {"gcc", "libc6-dev", "ninja-build", "pkg-config"}
    control = text(SOURCE / "debian" / "control").partition("\n\n")[0]
    for name in sorted(set(needs) - given):
        if not re.search(rf"^ {re.escape(name)}\b", control, re.MULTILINE):
            yield name


if __name__ == "__main__":
    main()
