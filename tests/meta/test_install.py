# SPDX-License-Identifier: MIT
"""The installed product: outside programs build with pkg-config and run, and so do the commands.

Everything is installed once into a temporary root. pkg-config is pointed at it with a system
root, as for a cross build, so that what it says of the real places is checked too.
"""

import atexit
import os
import pathlib
import re
import shutil
import subprocess
import tempfile

from tap import BUILD, SOURCE, case, files, main, run, text

PLACE = pathlib.Path(tempfile.mkdtemp(prefix="fsps-install."))
ROOT = PLACE / "root"
PROGRAM = SOURCE / "tests" / "meta" / "program.c"
EXPECTED = re.compile(r"^hello on out\.side with \d+\.\d+\.\d+\n$")
atexit.register(shutil.rmtree, PLACE, ignore_errors=True)


def install():
    run("meson", "install", "-C", BUILD, "--no-rebuild", "--quiet", "--destdir", ROOT)


def installed(pattern):
    """The one installed file that a pattern names."""
    found = sorted(ROOT.rglob(pattern))
    if not found:
        raise RuntimeError(f"no {pattern} was installed")
    return found[0]


def library_dir():
    return installed("libfsps.so").parent


def environment():
    return os.environ | {
        "LD_LIBRARY_PATH": str(library_dir()),
        "PATH": f"{installed('pubsub-publish').parent}:{os.environ['PATH']}",
        "PKG_CONFIG_LIBDIR": f"{installed('libfsps.pc').parent}",
        "PKG_CONFIG_SYSROOT_DIR": str(ROOT),
        "PUBSUB_HOME": str(PLACE / "home"),
    }


def flags(*options):
    return run("pkg-config", *options, "libfsps", env=environment()).split()


def build_and_run(name, compiler, *options):
    """Builds the outside program as a stranger would, runs it, and looks at what it says."""
    binary = PLACE / name
    run(*compiler, "-Wall", "-Wextra", "-Werror", PROGRAM, "-o", binary, *options)
    said = run(binary, env=environment())
    if not EXPECTED.match(said):
        yield f"it said {said!r}"


@case("a C program builds against the installed shared library and runs")
def shared_c():
    yield from build_and_run("shared-c", ["gcc"], *flags("--cflags", "--libs"))
    if "libfsps.so.0" not in run("readelf", "-d", PLACE / "shared-c"):
        yield "it does not use libfsps.so.0"


@case("a C++ program builds against the installed shared library and runs")
def shared_cpp():
    compiler = ["g++", "-xc++"]
    return build_and_run("shared-cpp", compiler, "-xnone", *flags("--cflags", "--libs"))


@case("a C program builds against the installed static library and runs without the shared one")
def static_c():
    options = flags("--static", "--cflags", "--libs")
    return build_and_run("static-c", ["gcc", "-static"], *options)


@case("a C++ program builds against the installed static library and runs without the shared one")
def static_cpp():
    options = flags("--static", "--cflags", "--libs")
    return build_and_run("static-cpp", ["g++", "-static", "-xc++"], "-xnone", *options)


@case("pkg-config asks a shared build for -lfsps and nothing else")
def frugal_flags():
    libraries = [flag for flag in flags("--libs") if not flag.startswith("-L")]
    if libraries != ["-lfsps"]:
        yield f"{libraries}"


@case("the installed headers are those of include/fsps")
def headers():
    have = {path.name for path in installed("fsps.h").parent.iterdir()}
    want = {path.name for path in files(".h", under="include/fsps")}
    yield from (f"{name} is not installed" for name in sorted(want - have))
    yield from (f"{name} is not ours" for name in sorted(have - want))


@case("the installed commands talk to each other")
def commands():
    publish = ["pubsub-publish", "in.stalled", "hello"]
    said = run(
        "pubsub-subscribe", "-v", "-C", "1", "in.+", "--then", *publish,
        env=environment(), timeout=30,
    )
    if said != "in.stalled hello\n":
        yield f"pubsub-subscribe said {said!r}"


def command_names():
    return sorted(path.name for path in installed("pubsub-publish").parent.glob("pubsub*"))


@case("each installed command tells its version")
def versions():
    for name in command_names():
        said = run(name, "--version", env=environment())
        if not re.search(r"\d+\.\d+\.\d+", said):
            yield f"{name} --version said {said!r}"


@case("each installed command has its manual page and its completion")
def beside_commands():
    for name in command_names():
        if not list(ROOT.rglob(f"man1/{name}.1*")):
            yield f"{name} has no manual page"
        if not list(ROOT.rglob(f"bash-completion/completions/{name}")):
            yield f"{name} has no completion"


@case("every manual page in docs/man is installed")
def manual_pages():
    for source in files(".scd", under="docs/man"):
        page = source.name.removesuffix(".scd")
        section = page.rpartition(".")[2]
        if not list(ROOT.rglob(f"man{section}/{page}*")):
            yield page


@case("nothing installed mentions the source tree or the build directory")
def no_build_paths():
    for path in sorted(p for p in ROOT.rglob("*") if p.is_file() and not p.is_symlink()):
        if path.suffix in (".a",) or path.name.startswith(("lib", "pubsub")):
            continue
        if str(SOURCE) in text(path):
            yield f"{path.relative_to(ROOT)}"


if __name__ == "__main__":
    install()
    main()
