# SPDX-License-Identifier: MIT
"""What was built is hard to exploit: see `hardening` in meson.build for what each part is for."""

import json
import re

from tap import BUILD, Skip, built, case, main, run

STACK_CHECKED = "__stack_chk_fail"


def options():
    found = json.loads((BUILD / "meson-info" / "intro-buildoptions.json").read_text("utf-8"))
    return {option["name"]: option["value"] for option in found}


def programs():
    """The library and the commands."""
    if not options()["hardening"]:
        raise Skip("built with -Dhardening=false")
    tools = [path for path in (BUILD / "tools").glob("pubsub*")
             if path.is_file() and not path.suffix]
    if len(tools) < 5:
        raise RuntimeError(f"{len(tools)} commands in the build directory")
    return [built("libfsps.so").resolve(), *sorted(tools)]


def header(path):
    return run("readelf", "--wide", "--file-header", "--segments", "--dynamic", path)


@case("no address of the library or of a command is fixed")
def independent():
    for path in programs():
        if not re.search(r"Type:\s+DYN ", header(path)):
            yield f"{path.name} is not position-independent"


@case("tables of addresses are filled at the start and read-only from then on")
def read_only():
    for path in programs():
        shown = header(path)
        if "GNU_RELRO" not in shown:
            yield f"{path.name} has no GNU_RELRO"
        if not re.search(r"\((FLAGS|FLAGS_1)\).*\b(BIND_NOW|NOW)\b", shown):
            yield f"{path.name} is bound lazily"


@case("no stack is run, nothing is both written and run, no code is changed at the start")
def not_executable():
    for path in programs():
        shown = header(path)
        if not re.search(r"GNU_STACK.*\bRW \s*0x", shown):
            yield f"{path.name} has an executable stack, or does not say"
        if re.search(r"LOAD.*\bRWE\b", shown):
            yield f"{path.name} has memory that is written and run"
        if "TEXTREL" in shown:
            yield f"{path.name} has text relocations"


@case("arrays on the stack are guarded, and sizes that are known are checked")
def guarded():
    fortified = options()["optimization"] not in ("plain", "0", "g")
    for path in programs():
        if options()["b_sanitize"] != "none":
            raise Skip("built with a sanitizer")
        symbols = run("nm", "--dynamic", "--undefined-only", path)
        if STACK_CHECKED not in symbols:
            yield f"{path.name} has no {STACK_CHECKED}"
        if fortified and not re.search(r"__\w+_chk\b", symbols.replace(STACK_CHECKED, "")):
            yield f"{path.name} calls nothing that checks a size"


@case("jumps land where functions begin: all of our code is marked for processors that can tell")
def jumps():
    """That of the library, of which all is made: programs also hold parts of the C library, which
    is compiled otherwise in some distributions.
    """
    programs()
    notes = run("readelf", "--wide", "--file-header", "--notes", built("libfsps.a"))
    machine = re.search(r"Machine:\s+(.*)", notes)[1]
    wanted = {"Advanced Micro Devices X86-64": "IBT, SHSTK", "AArch64": "BTI"}.get(machine)
    if wanted is None:
        raise Skip(f"nothing of the kind on {machine}")
    members = notes.split("\nFile: ")[1:]
    if not members:
        yield "libfsps.a has no members"
    for member in members:
        if wanted not in member:
            yield f"{member.splitlines()[0]} is not marked with {wanted}"


if __name__ == "__main__":
    main()
