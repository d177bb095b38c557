# SPDX-License-Identifier: MIT
"""What STYLE asks of every file and that no compiler checks."""

import ast
import re

from tap import SOURCE, case, files, main, shown, text

FUNCTION_LINES_MAX = 60
FILE_LINES_MAX = 500
COLUMNS_MAX = 100
CODE = (".c", ".h", ".cpp", ".py", ".sh", "meson.build", "/dev")
SCRIPTS = ["scripts/dev", ".ci/run"]

# Put together from pieces, so that this file does not contain what it forbids.
UNFINISHED = re.compile("|".join([r"\bTO" + "DO", r"\bFIX" + "ME", r"\bXX" + r"X\b"]))
WORKPLACE = re.compile("|".join([r"\.\./sha" + "red", r"/wo" + "rk/", r"\bAI" + " (tool|assist)"]))
SLEEP = re.compile(r"\b(?:u?sle" + r"ep|nanosle" + r"ep|clock_nanosle" + r"ep)\s*\(")
SHELL_SLEEP = re.compile(r"^\s*sle" + r"ep\s+[\d.$]", re.MULTILINE)
SHELL_FUNCTION = re.compile(r"^[\w-]+\(\) \{\n(.*?)^\}", re.MULTILINE | re.DOTALL)
C_FUNCTION = re.compile(r"^(?P<head>[A-Za-z_][^\n;={}]*(?:\n[^\n;={}#]+)*)\n\{\n(?P<body>.*?)^\}",
                        re.MULTILINE | re.DOTALL)


def code():
    return files(*CODE) + [SOURCE / script for script in SCRIPTS]


def every_text():
    """All the project's files that are text."""
    for path in files(""):
        try:
            yield path, text(path)
        except UnicodeDecodeError:
            continue


def long_blocks(path, pattern):
    """Lines from the start of each match to its end, where they are too many."""
    source = text(path)
    for found in pattern.finditer(source):
        lines = found[0].count("\n") + 1
        if lines > FUNCTION_LINES_MAX:
            first = found[0].splitlines()[0]
            yield f"{shown(path)}: {first}: {lines} lines"


def long_python(path):
    for node in ast.walk(ast.parse(text(path))):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            lines = node.end_lineno - node.lineno + 1
            if lines > FUNCTION_LINES_MAX:
                yield f"{shown(path)}: {node.name}: {lines} lines"


@case(f"no function is longer than {FUNCTION_LINES_MAX} lines")
def functions():
    for path in code():
        if path.suffix in (".c", ".h", ".cpp"):
            yield from long_blocks(path, C_FUNCTION)
        elif path.suffix == ".py":
            yield from long_python(path)
        elif path.name != "meson.build":
            yield from long_blocks(path, SHELL_FUNCTION)


@case(f"no file of code is longer than {FILE_LINES_MAX} lines")
def long_files():
    for path in code():
        lines = text(path).count("\n")
        if lines > FILE_LINES_MAX:
            yield f"{shown(path)}: {lines} lines"


@case(f"no line of code is wider than {COLUMNS_MAX} columns")
def columns():
    for path in code():
        for number, line in enumerate(text(path).split("\n"), 1):
            width = len(line.expandtabs(8))
            if width > COLUMNS_MAX:
                yield f"{shown(path)}:{number}: {width} columns"


@case("every file of code says its licence and then what it is for")
def openings():
    for path in code():
        lines = [line for line in text(path).split("\n")[:6] if not line.startswith("#!")]
        if not any("SPDX-License-" + "Identifier: MIT" in line for line in lines[:2]):
            yield f"{shown(path)}: no licence"
        if path.suffix in (".c", ".h", ".cpp") and not lines[1].startswith("/*"):
            yield f"{shown(path)}: no opening comment"
        if path.suffix == ".py" and not lines[1].startswith(('"""', "#")):
            yield f"{shown(path)}: no opening comment"


def matches(pattern, paths_and_sources):
    for path, source in paths_and_sources:
        for number, line in enumerate(source.split("\n"), 1):
            if pattern.search(line):
                yield f"{shown(path)}:{number}: {line.strip()[:80]}"


@case("nothing is marked as unfinished")
def unfinished():
    return matches(UNFINISHED, every_text())


@case("nothing names the place where it was written")
def workplace():
    return matches(WORKPLACE, every_text())


@case("no test sleeps")
def sleeps():
    tests = [(p, text(p)) for p in files(".c", ".h", ".py", ".sh", under="tests")]
    yield from matches(SLEEP, tests)
    scripts = files(".sh", under="tests") + files(".sh", under="scripts") + [SOURCE / "scripts/dev"]
    yield from matches(SHELL_SLEEP, [(path, text(path)) for path in scripts])


@case("every check that .clang-tidy turns off has a reason beside it")
def disabled_checks():
    source = text(SOURCE / ".clang-tidy")
    disabled = re.findall(r"^\s+(-[\w.-]+[\w]),?$", source, re.MULTILINE)
    if not disabled:
        yield "none found"
    for name in disabled:
        if not re.search(rf"^# {re.escape(name)}: \S", source, re.MULTILINE):
            yield name


if __name__ == "__main__":
    main()
