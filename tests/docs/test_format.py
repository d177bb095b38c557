# SPDX-License-Identifier: MIT
"""The disk format in the documents is that of the sources."""

import os
import re

from documents import FORMAT, PLACE, PROTOCOL, literals, section
from tap import SOURCE, case, files, main, run, text

TYPES = {"u32": 4, "u64": 8, "i64": 8, "char": 1, "place": 16, "reader": 16}
TYPE = r"(?:u32|u64|i64|(?:char|place|reader)\[\d+\])"
MAN_ROW = re.compile(rf"^ +(\d+)  ({TYPE}) +(\w+)", re.MULTILINE)
MARKDOWN_ROW = re.compile(rf"^\| (\d+) \| ({TYPE}) \| (\w+) \|", re.MULTILINE)


def size_of(kind):
    element, _, count = kind.rstrip("]").partition("[")
    return TYPES[element] * int(count or 1)


def chapter(name, next_name):
    """The text of protocol.md from one heading to another."""
    return text(PROTOCOL).split(f"# {name}\n")[1].split(f"# {next_name}\n")[0]


def members(struct):
    """Offset, size and name of each member in the compiled sources but the reserved ones."""
    header, name = struct
    declared = re.search(rf"^struct {name} {{\n(.*?)^}};", text(header), re.MULTILINE | re.DOTALL)
    names = re.findall(r"(\w+)(?:\[\w+\])?;", re.sub(r"/\*.*?\*/", "", declared[1], flags=re.S))
    names = [member for member in names if not member.startswith("reserved")]
    lines = "".join(
        f'printf("%zu %zu {member}\\n", offsetof(struct {name}, {member}), '
        f"sizeof(((struct {name} *)0)->{member}));\n"
        for member in names
    )
    code = f'#include <stdio.h>\n#include "{header}"\nint main(void)\n{{\n{lines}}}\n'
    return {tuple(line.split()) for line in compiled_output(code).splitlines()}


def compiled_output(code):
    source = PLACE / "offsets.c"
    source.write_text(code, encoding="utf-8")
    compiler = os.environ.get("CC", "cc").split()
    run(*compiler, "-std=gnu17", "-I", SOURCE / "include", "-I", SOURCE / "src", source,
        "-o", PLACE / "offsets")
    return run(PLACE / "offsets")


def rows(pattern, source):
    return {(offset, str(size_of(kind)), name) for offset, kind, name in pattern.findall(source)}


CONTROL = (SOURCE / "src" / "store" / "control.h", "fsi_control")
COUNTER = (SOURCE / "src" / "store" / "counter.h", "fsi_counter_page")
SEGMENT = (SOURCE / "src" / "stream" / "format.h", "fsi_segment_header")
FRAME = (SOURCE / "src" / "stream" / "format.h", "fsi_frame")


def differences(shown, real):
    yield from (f"only in the document: {row}" for row in sorted(shown - real))
    yield from (f"only in the sources: {row}" for row in sorted(real - shown))
    if not real:
        yield "nothing was found"


@case("pubsub-format(5) has the control block as it is")
def control_in_page():
    return differences(rows(MAN_ROW, section(FORMAT, "CONTROL BLOCK")), members(CONTROL))


@case("pubsub-format(5) has the counter as it is")
def counter_in_page():
    return differences(rows(MAN_ROW, section(FORMAT, "COUNTER")), members(COUNTER))


@case("protocol.md has the control block as it is")
def control_in_protocol():
    shown = chapter("The control block", "The rules")
    return differences(rows(MARKDOWN_ROW, shown), members(CONTROL))


@case("pubsub-format(5) has a segment's header and a frame as they are")
def segment_in_page():
    shown = rows(MAN_ROW, section(FORMAT, "SEGMENT"))
    return differences(shown, members(SEGMENT) | members(FRAME))


@case("protocol.md has a segment's header as it is")
def segment_in_protocol():
    return differences(rows(MARKDOWN_ROW, chapter("Header", "Frames")), members(SEGMENT))


@case("protocol.md has a frame as it is")
def frame_in_protocol():
    return differences(rows(MARKDOWN_ROW, chapter("Frames", "Writing a frame")), members(FRAME))


@case("pubsub-format(5) has the golden vector")
def golden_vector():
    source = text(SOURCE / "tests" / "unit" / "message_golden.h")
    golden = re.search(r"golden_bytes\[\] = \{(.*?)\}", source, re.DOTALL)[1]
    real = "".join(re.findall(r"0x([0-9a-f]{2})", golden))
    shown = "".join(literals(section(FORMAT, "MESSAGE"))[-1].split())
    if shown != real:
        yield f"{shown} is not {real}"


@case("pubsub-format(5) and protocol.md have every name on disk")
def names():
    source = text(SOURCE / "src" / "store" / "names.h")
    defined = re.findall(r'#define FSI_(?:NAME|PREFIX)_\w+ +"([^"]+)"', source)
    if len(defined) < 8:
        yield f"only {defined} were found"
    for path in (FORMAT, PROTOCOL):
        for name in defined:
            if name not in text(path):
                yield f"{path.name}: {name}"


@case("protocol.md has every reason for which a file is set aside")
def reasons():
    judging = text(SOURCE / "src" / "store" / "message_file.c")
    found = set(re.findall(r'return "(\w+)";', judging)) - {"memory"}
    aside = r'(?:fsi_set_aside|fail_or_set_aside|bury\w*|take_back)\([^;]*?"(\w+)"'
    for path in files(".c", under="src/subscribe") + files(".c", under="src/claim"):
        found |= set(re.findall(aside, text(path)))
    if not {"size", "segment", "unreadable", "failed", "died"} <= found:
        yield f"only {sorted(found)} were found"
    for reason in sorted(found):
        if f"`{reason}`" not in text(PROTOCOL):
            yield reason


if __name__ == "__main__":
    main()
