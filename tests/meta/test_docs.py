# SPDX-License-Identifier: MIT
"""Every exported function has a manual page and a test, and documents itself."""

import json
import pathlib
import re

from exported import EXPORTED, names_in_headers
from tap import BUILD, SOURCE, case, files, main, shown, text


def sources_of_tests():
    found = files(".c", ".h", ".py", under="tests")
    return [path for path in found if "meta" not in path.relative_to(SOURCE).parts]


def absent(paths):
    """The exported functions that no file of these names."""
    everything = "\n".join(text(path) for path in paths)
    words = set(re.findall(r"\bfsps_\w+", everything.replace("\\_", "_")))
    return sorted(names_in_headers() - words)


@case("every exported function stands in a manual page of section 3")
def manual_pages():
    pages = files(".3.scd", under="docs/man")
    for name in absent(pages):
        yield f"{name}() is in none of {len(pages)} pages"


@case("every exported function is used in a test")
def tests():
    for name in absent(sources_of_tests()):
        yield f"{name}() is in no test"


@case("every test program is one that meson runs")
def registered():
    tests = json.loads(text(BUILD / "meson-info" / "intro-tests.json"))
    names = {test["name"] for test in tests}
    scripts = {pathlib.Path(word).resolve() for test in tests for word in test["cmd"]}
    for path in files(".c", ".py", under="tests"):
        name = path.stem.removeprefix("test_")
        if name == path.stem or path in scripts:
            continue
        if path.suffix == ".py" or not {name, f"{path.parent.name}-{name}"} & names:
            yield f"{shown(path)} is in no meson.build"


@case("every exported function has a comment right before it")
def comments():
    for header in files(".h", under="include/fsps"):
        for block in re.split(r"\n\s*\n", text(header)):
            declared = EXPORTED.search(block)
            if declared and "/**" not in block[: declared.start()]:
                yield f"{header.name}: {declared[1]}() has none"


@case("every command has a manual page of section 1")
def commands():
    builds = "\n".join(map(text, files("meson.build", under="tools")))
    names = re.findall(r"'(pubsub-[\w-]+)'", builds)
    if not names:
        yield "no command is built"
    for name in sorted(set(names)):
        if not (SOURCE / "docs" / "man" / f"{name}.1.scd").exists():
            yield f"{name} has none"


if __name__ == "__main__":
    main()
