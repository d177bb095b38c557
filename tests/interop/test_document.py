# SPDX-License-Identifier: MIT
"""docs/interop.md and the interop tests are about the same things. Needs no formix-pubsub."""

import pathlib
import re
import sys

HERE = pathlib.Path(__file__).parent
DOCUMENT = HERE.parent.parent / "docs" / "interop.md"
FILES = ("durable", "home", "matching", "messages", "pressure", "rpc")
CASE = re.compile(r'^@case\("[^\n]*"\)\ndef (\w+)\(home\):$', re.MULTILINE)
ROW = re.compile(r"^\|(?P<cells>.*)\|$", re.MULTILINE)


def cases():
    """FILE: CASE of each test."""
    found = set()
    for name in FILES:
        source = (HERE / f"test_{name}.py").read_text("utf-8")
        found |= {f"{name}: {case}" for case in CASE.findall(source)}
    return found


def tables():
    """The rows of each table, as lists of cells; the line of dashes left out."""
    for table in re.split(r"\n\n", DOCUMENT.read_text("utf-8")):
        rows = [[cell.strip() for cell in row["cells"].split("|")] for row in ROW.finditer(table)]
        if rows:
            yield [row for row in rows if not set(row[0]) == {"-"}]


def named_in(cell):
    """Of "a: x, y; b: z" the cases a: x, a: y and b: z."""
    for part in cell.split("; "):
        name, _, names = part.partition(": ")
        yield from (f"{name}: {case}" for case in names.split(", "))


def problems():
    known, named = cases(), set()
    for head, *rows in tables():
        for row in rows:
            if head[-1] != "kept by":
                continue
            named |= set(named_in(row[-1]))
    if not known:
        yield "no cases were found"
    for name in sorted(named - known):
        yield f"{name} is in the document and in no test"
    for name in sorted(known - named):
        yield f"{name} is in the tests and not in the document"


def main():
    found = list(problems())
    print("1..1")
    print(f"{'not ok' if found else 'ok'} 1 - each row names its tests, and each test has a row")
    for problem in found:
        print(f"# {problem}")
    sys.exit(1 if found else 0)


if __name__ == "__main__":
    main()
