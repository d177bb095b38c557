# SPDX-License-Identifier: MIT
"""Each public header compiles alone, and twice, in C and in C++."""

import os
import subprocess

from tap import SOURCE, case, files, main, shown

WARNINGS = ["-Wall", "-Wextra", "-pedantic", "-Werror", "-Wundef"]


def compile_alone(header, command):
    """What the compiler says of a file that includes one header, twice."""
    name = header.relative_to(SOURCE / "include")
    source = f"#include <{name}>\n#include <{name}>\nint fsps_something_follows;\n"
    done = subprocess.run(
        [*command, *WARNINGS, "-I", SOURCE / "include", "-fsyntax-only", "-"],
        input=source, capture_output=True, text=True, check=False,
    )
    return done.stderr.splitlines() if done.returncode else []


def compile_all(*command):
    headers = files(".h", under="include/fsps")
    if not headers:
        yield "there are no public headers"
    for header in headers:
        for line in compile_alone(header, command):
            yield f"{shown(header)}: {line}"


def compiler(variable, default):
    return os.environ.get(variable, default).split()


@case("each public header compiles alone as C99")
def c99():
    return compile_all(*compiler("CC", "gcc"), "-std=c99", "-xc")


@case("each public header compiles alone as C23")
def c23():
    return compile_all(*compiler("CC", "gcc"), "-std=c2x", "-xc")


@case("each public header compiles alone as C++11")
def cpp11():
    return compile_all(*compiler("CXX", "g++"), "-std=c++11", "-xc++")


@case("each public header compiles alone as C++20")
def cpp20():
    return compile_all(*compiler("CXX", "g++"), "-std=c++20", "-xc++")


if __name__ == "__main__":
    main()
