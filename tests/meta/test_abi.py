# SPDX-License-Identifier: MIT
"""scripts/dev abi notices what programs that are linked with the library would notice."""

import pathlib
import shutil
import subprocess
import tempfile

from tap import SOURCE, Skip, case, main, run

HEADER = """\
struct book {{ int pages; {member} }};
struct shelf;
int {function}(struct book *book);
struct shelf *shelf_new(void);
{more}
"""
CODE = """\
#include "book.h"
struct shelf {{ {hidden} struct book book; }};
int {function}(struct book *book) {{ return book->pages; }}
struct shelf *shelf_new(void) {{ return 0; }}
{more_code}
"""
FIRST = {"member": "char *title;", "function": "book_read", "more": "", "hidden": "",
         "more_code": ""}
# What is different, and whether programs that are linked with the first can tell.
CHANGES = {
    "nothing": ({}, False),
    "a function is added": ({"more": "int one(void);", "more_code": "int one(void) { return 1; }"},
                            False),
    "a struct that only the library knows is larger": ({"hidden": "long more;"}, False),
    "a function is removed": ({"function": "book_open"}, True),
    "a struct is larger": ({"member": "char *title; int year;"}, True),
    "a member of a struct is of another type": ({"member": "long title;"}, True),
}


def library(place, changes, soname="libbook.so.0"):
    place.mkdir()
    (place / "include").mkdir()
    values = {**FIRST, **changes}
    (place / "include" / "book.h").write_text(HEADER.format(**values))
    (place / "book.c").write_text(CODE.format(**values))
    run("cc", "-g", "-shared", "-fPIC", f"-Wl,-soname,{soname}", f"-I{place}/include",
        place / "book.c", "-o", place / "libbook.so")
    return [place / "libbook.so", place / "include"]


def compare(old, new):
    """abi_compare of scripts/lib/abi.sh: what it says, and whether it found something."""
    done = subprocess.run(
        ["bash", "-c", 'say() { echo "$@"; }; . "$0"; abi_compare "$@"',
         SOURCE / "scripts" / "lib" / "abi.sh", *old, *new],
        capture_output=True, text=True, check=False,
    )
    return done.stdout + done.stderr, done.returncode != 0


@case("a function that is gone and a type that has changed are found, what was added is not")
def found():
    if shutil.which("abidiff") is None:
        raise Skip("abidiff is not installed")
    with tempfile.TemporaryDirectory() as name:
        old = library(pathlib.Path(name) / "old", {})
        for number, (says, (changes, is_change)) in enumerate(CHANGES.items()):
            said, is_found = compare(old, library(pathlib.Path(name) / str(number), changes))
            if is_found != is_change:
                yield f"{says}: {'not ' if is_change else ''}found: {said}"
        said, is_found = compare(old, library(pathlib.Path(name) / "new",
                                              {"function": "book_open"}, "libbook.so.1"))
        if is_found:
            yield f"another SONAME: {said}"


if __name__ == "__main__":
    main()
