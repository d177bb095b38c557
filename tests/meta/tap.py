# SPDX-License-Identifier: MIT
"""What the meta tests share: cases that name their problems, TAP, and finding files.

A case is a function with the decorator @case("a sentence"). It yields one string for each problem
that it finds; none means that it passed. Raising Skip skips it. main() runs a module's cases.
"""

import os
import pathlib
import subprocess
import sys
import traceback

SOURCE = pathlib.Path(os.environ["FSPS_SOURCE_ROOT"])
BUILD = pathlib.Path(os.environ["FSPS_BUILD_ROOT"])
NOT_OURS = {".git", "__pycache__", "corpus", "subprojects"}

_cases = []


class Skip(Exception):
    """Raised with the reason why a case can't be judged here."""


def case(sentence):
    def register(function):
        _cases.append((sentence, function))
        return function

    return register


def problems_of(function):
    try:
        return [str(problem) for problem in function()]
    except Skip:
        raise
    except Exception:
        return traceback.format_exc(limit=-2).splitlines()


def main():
    print(f"1..{len(_cases)}")
    for number, (sentence, function) in enumerate(_cases, 1):
        try:
            problems = problems_of(function)
        except Skip as reason:
            print(f"ok {number} - {sentence} # SKIP {reason}")
            continue
        print(f"{'not ok' if problems else 'ok'} {number} - {sentence}")
        for problem in problems:
            print(f"# {problem}")
    sys.stdout.flush()


def ours(path):
    """Whether a path below SOURCE is the project's: no build directory, no test corpus."""
    parts = path.relative_to(SOURCE).parts
    return not any(part in NOT_OURS or part.startswith("build") for part in parts)


def files(*suffixes, under="."):
    """The project's files whose names end in one of the suffixes, sorted."""
    found = (SOURCE / under).rglob("*")
    return sorted(p for p in found if p.name.endswith(suffixes) and p.is_file() and ours(p))


def shown(path):
    return path.relative_to(SOURCE)


def text(path):
    return path.read_text(encoding="utf-8")


def run(*command, **options):
    """Runs a command; its output, or an exception that shows what it said."""
    done = subprocess.run(
        [str(word) for word in command], capture_output=True, text=True, check=False, **options
    )
    if done.returncode != 0:
        said = done.stdout + done.stderr
        raise RuntimeError(f"{done.returncode} from {' '.join(map(str, command))}: {said}")
    return done.stdout


def built(name):
    """The one file of that name in the build directory."""
    found = list(BUILD.rglob(name))
    if len(found) != 1:
        raise RuntimeError(f"{len(found)} files named {name} in the build directory")
    return found[0]
