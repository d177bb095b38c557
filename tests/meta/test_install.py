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
import signal
import subprocess
import tempfile
import threading

from exported import names_in_headers
from tap import BUILD, SOURCE, case, files, main, run, text

PLACE = pathlib.Path(tempfile.mkdtemp(prefix="fsps-install."))
ROOT = PLACE / "root"
PROGRAM = SOURCE / "tests" / "meta" / "program.c"
# What documents link to and only the source tree has; manual pages are installed as such.
NOT_INSTALLED = re.compile(r"^LICENSE$|^\.\./bench/README\.md$|\.scd$")
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


def installed_examples():
    return installed("exactly_once.c").parent


def sh_blocks(path):
    return re.findall(r"^```sh\n(.*?)^```$", text(path), re.MULTILINE | re.DOTALL)


@case("every document is installed, and links between documents lead to what is installed")
def documents():
    place = installed_examples().parent
    for path in files(".md", ".svg", under="docs"):
        if not (place / path.relative_to(SOURCE)).exists():
            yield f"{path.relative_to(SOURCE)} is not installed"
    for path in place.rglob("*.md"):
        for target in re.findall(r"\]\(([^)#\s]+)[^)]*\)", text(path)):
            if "://" not in target and not NOT_INSTALLED.search(target):
                if not (path.parent / target).exists():
                    yield f"{path.relative_to(place)}: {target}"


@case("every example is installed, and its README's table has it")
def examples():
    sources = {p.relative_to(SOURCE / "examples") for p in files("", under="examples")}
    have = {p.relative_to(installed_examples()) for p in installed_examples().rglob("*.*")}
    wanted = {path for path in sources if path.name != "meson.build"}
    yield from (f"{path} is not installed" for path in sorted(wanted - have))
    yield from (f"{path} is not ours" for path in sorted(have - wanted))
    for path in wanted:
        if path.parent.name == "" and path.name != "README.md":
            if f"]({path})" not in text(SOURCE / "examples" / "README.md"):
                yield f"the README does not have {path}"


def with_system():
    """The environment in which pkg-config finds what Debian has installed as well."""
    ours = environment()
    system = run("pkg-config", "--variable", "pc_path", "pkg-config").strip()
    return ours | {"PKG_CONFIG_LIBDIR": f"{ours['PKG_CONFIG_LIBDIR']}:{system}"}


def shell_compiles(place, command):
    """Runs commands that a page shows, with all warnings that it does not show as errors."""
    strict = command.replace("cc ", "cc -Wall -Wextra -Werror ")
    run("sh", "-euc", strict, cwd=place, env=with_system())


@case("each installed example builds against the installed library as its README says")
def build_examples():
    place = PLACE / "examples"
    copy, one, with_libuv = sh_blocks(installed_examples() / "README.md")
    run("sh", "-euc", copy, cwd=PLACE, env=environment())
    commands = {path.stem: one.replace("publisher", path.stem) for path in place.glob("*.c")}
    commands["uv_loop"] = with_libuv
    if subprocess.run(["pkg-config", "--exists", "libuv"], check=False).returncode != 0:
        del commands["uv_loop"]
    for _, command in sorted(commands.items()):
        shell_compiles(place, command)
    shell_compiles(place / "shop", sh_blocks(place / "shop" / "README.md")[0])
    return []


@case("the installed shop does what its README shows")
def shop():
    directory = PLACE / "examples" / "shop"
    source = text(directory / "README.md")
    session = sh_blocks(directory / "README.md")[1]
    expected = re.search(r"^They print.*?^```\n(.*?)^```$", source, re.MULTILINE | re.DOTALL)[1]
    session = session.replace("/dev/shm/shop", str(PLACE / "shop"))
    said = []
    with subprocess.Popen(["bash", "-euc", session], cwd=directory, env=environment(), text=True,
                          stdout=subprocess.PIPE, start_new_session=True) as process:
        guard = threading.Timer(30, os.killpg, (process.pid, signal.SIGKILL))
        guard.start()
        while len(said) < len(expected.splitlines()):
            said.append(process.stdout.readline().rstrip("\n"))
            if not said[-1]:
                break
        guard.cancel()
        os.killpg(process.pid, signal.SIGTERM)
    if sorted(said) != sorted(expected.splitlines()):
        yield f"they printed {said}"


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


@case("every function has a manual page of its name, which leads to the one that is about it")
def linked_pages():
    for name in sorted(names_in_headers()):
        found = list(ROOT.rglob(f"man3/{name}.3"))
        if not found:
            yield f"{name}.3 is not installed"
        elif not any(ROOT.rglob(text(found[0]).removeprefix(".so ").strip())):
            yield f"{name}.3 leads nowhere: {text(found[0])!r}"


@case("nothing installed mentions the source tree or the build directory")
def no_build_paths():
    for path in sorted(p for p in ROOT.rglob("*") if p.is_file() and not p.is_symlink()):
        if path.suffix in (".a",) or path.name.startswith(("lib", "pubsub")):
            continue
        if str(SOURCE) in text(path):
            yield f"{path.relative_to(ROOT)}"


# The last one: nothing is installed any more.
@case("ninja uninstall removes all that was installed")
def uninstall():
    if not any(path.is_file() for path in ROOT.rglob("*")):
        yield "nothing was installed"
    run("ninja", "-C", BUILD, "uninstall")
    for path in sorted(ROOT.rglob("*")):
        if not path.is_dir() or path.name.startswith(("fsps", "libfsps", "pubsub")):
            yield f"{path.relative_to(ROOT)} is left"


if __name__ == "__main__":
    install()
    main()
