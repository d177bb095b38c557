# SPDX-License-Identifier: MIT
"""The C code in documents and manual pages: it compiles, and what is a whole program runs."""

import os
import re

from documents import PLACE, README, Home, blocks, literals, section
from tap import SOURCE, built, case, files, main, run, shown, text

WARNINGS = ["-std=c99", "-D_POSIX_C_SOURCE=200809L", "-Wall", "-Wextra", "-pedantic", "-Werror"]
OVERVIEW = SOURCE / "docs" / "man" / "libfsps.7.scd"
PROGRAM = re.compile(r"^int main\(", re.MULTILINE)


def compiler():
    return os.environ.get("CC", "cc").split()


def compiled(name, code):
    """Compiles code; the program, or None if it has no main()."""
    source = PLACE / f"{name}.c"
    source.write_text(code, encoding="utf-8")
    command = [*compiler(), *WARNINGS, "-I", SOURCE / "include"]
    if not PROGRAM.search(code):
        run(*command, "-fsyntax-only", source)
        return None
    place = built("libfsps.so").parent
    run(*command, source, "-o", PLACE / name, "-L", place, "-lfsps", f"-Wl,-rpath,{place}")
    return PLACE / name


def examples_of_pages():
    for page in files(".3.scd", under="docs/man"):
        yield page, literals(section(page, "EXAMPLE"))
    programs = literals(section(OVERVIEW, "A FIRST PROGRAM"))
    yield OVERVIEW, [code for code in programs if "#include" in code]


@case("every manual page of section 3, and the overview, has an example in C")
def pages_have_examples():
    for page, examples in examples_of_pages():
        if not any("#include <fsps/fsps.h>" in code for code in examples):
            yield shown(page)


@case("the examples of the manual pages compile, and the programs among them succeed")
def pages():
    count = 0
    for page, examples in examples_of_pages():
        for number, code in enumerate(examples):
            program = compiled(f"{page.name.partition('.')[0]}-{number}", code)
            if program:
                count += 1
                Home().run(program)
    if count == 0:
        yield "no program was found"


@case("the C code in the documents compiles")
def documents():
    count = 0
    for path in files(".md", under="docs"):
        for code in blocks(path, "c"):
            count += 1
            compiled(f"{path.stem}-{count}", code)
    if count == 0:
        yield "there is none"


@case("the README's programs are those in examples/")
def readme_is_examples():
    sources = [text(path) for path in files(".c", under="examples")]
    shown_in_readme = blocks(README, "c")
    if len(shown_in_readme) != 2:
        yield f"{len(shown_in_readme)} programs, not 2"
    for code in shown_in_readme:
        if not any(source.endswith("*/\n" + code) for source in sources):
            yield f"not in examples/: {code.splitlines()[-12:]}"


@case("the README's publisher reaches the README's subscriber")
def readme_runs():
    publisher, subscriber = (
        compiled(f"readme-{number}", code) for number, code in enumerate(blocks(README, "c"))
    )
    home = Home()
    with home.start(subscriber) as process:
        home.wait_for_channels(1)
        said = home.run(publisher)
        if said != "1 subscribers have it\n":
            yield f"the publisher said {said!r}"
        line = process.stdout.readline()
        if line != "orders.new: two pizzas\n":
            yield f"the subscriber said {line!r}"


if __name__ == "__main__":
    main()
