# SPDX-License-Identifier: MIT
"""The layers: who includes whom, and who talks to the kernel."""

import collections
import re

from tap import SOURCE, built, case, files, main, run, shown, text

# Each folder of src/ and those that it stands on, besides itself.
BELOW = {"base": set()}
BELOW["topic"] = BELOW["base"] | {"base"}
BELOW["message"] = BELOW["base"] | {"base"}
BELOW["store"] = BELOW["topic"] | BELOW["message"] | {"topic", "message"}
BELOW["stream"] = BELOW["store"] | {"store"}
BELOW["inspect"] = BELOW["stream"] | {"stream"}
BELOW["limit"] = BELOW["inspect"] | {"inspect"}
BELOW["watch"] = BELOW["stream"] | {"stream"}
BELOW["route"] = BELOW["watch"] | BELOW["limit"] | {"watch", "limit"}
BELOW["claim"] = BELOW["stream"] | {"stream"}
BELOW["recover"] = BELOW["watch"] | BELOW["limit"] | {"watch", "claim", "limit"}
BELOW["publish"] = BELOW["route"] | BELOW["limit"] | {"route", "claim", "limit", "recover"}
BELOW["manage"] = BELOW["publish"]
BELOW["subscribe"] = BELOW["publish"]
BELOW["api"] = BELOW["publish"] | BELOW["subscribe"] | {"manage", "publish", "subscribe"}

# What the library takes from libc apart from the kernel's own files below: what computes,
PURE = """
    calloc free malloc realloc reallocarray strdup strndup
    memchr memcmp memcpy memmove memrchr memset mempcpy strchr strchrnul strcmp strcpy stpcpy
    strcspn strlen strncmp strnlen strrchr strspn strtod strtol strtoll strtoul strtoull
    asprintf vasprintf snprintf vsnprintf strerror_r strerrordesc_np __xpg_strerror_r
    qsort bsearch getenv secure_getenv __errno_location program_invocation_short_name
    newlocale uselocale freelocale strtod_l isfinite frexp ldexp
    sigaddset sigdelset sigemptyset sigismember
    __stack_chk_fail __tls_get_addr _GLOBAL_OFFSET_TABLE_
""".split()
# and what enters the kernel but can't fail, so that no test needs to make it.
INFALLIBLE = """
    getpid geteuid getegid getuid
    pthread_mutex_init pthread_mutex_destroy pthread_mutex_lock pthread_mutex_unlock
    pthread_mutex_trylock pthread_once
    pthread_sigmask sigpending sigtimedwait
""".split()
ALLOWED = set(PURE + INFALLIBLE)
HARDENED = re.compile(r"^__(?:isoc\d+_)?(\w+?)(?:_chk)?$")
COMPILERS_OWN = re.compile(r"^__(asan|ubsan|tsan|lsan|gcov|sanitizer|llvm)_|^__[a-z]+[sdt]i[234]$")
KERNEL_FILES = {"base_sys.c.o", "base_fork.c.o"}

INCLUDE = re.compile(r'^\s*#\s*include\s+([<"])([^>"]+)[>"]', re.MULTILINE)


def includes(path):
    return INCLUDE.findall(text(path))


def wrong_include(layer, kind, name):
    """What is wrong with one #include of a file in a layer, or None."""
    folder, slash, _ = name.partition("/")
    if kind == "<":
        return None
    if not slash:
        return f'"{name}" does not name its layer'
    if folder not in BELOW:
        return f'"{name}": no such layer'
    if folder != layer and folder not in BELOW[layer]:
        return f'"{name}" lies beside or above {layer}'
    return None


@case("each folder of src includes only itself and those that it stands on")
def layers():
    for path in files(".c", ".h", under="src"):
        layer = path.relative_to(SOURCE / "src").parts[0]
        if layer not in BELOW:
            yield f"{shown(path)}: src/{layer} is no layer"
            continue
        for kind, name in includes(path):
            wrong = wrong_include(layer, kind, name)
            if wrong:
                yield f"{shown(path)}: {wrong}"


def outside_files():
    for folder in ("tools", "examples", "addons"):
        yield from files(".c", ".h", ".cpp", under=folder)
    yield from (path for path in files(".c", under="bench/peers") if path.name == "fsps.c")


def is_own(path, name):
    """Whether a quoted name lies beside the file, perhaps as a template, or in its top folder."""
    top = SOURCE / path.relative_to(SOURCE).parts[0]
    own = (path.parent / name, path.parent / f"{name}.in", top / name)
    return any(place.exists() for place in own)


@case("commands, examples and the benchmark's libfsps peer use the public headers only")
def outsiders():
    count = 0
    for path in outside_files():
        count += 1
        for kind, name in includes(path):
            if kind == '"' and not is_own(path, name):
                yield f'{shown(path)}: "{name}" is not of its own folder'
    if count == 0:
        yield "no command, example or peer was found"


@case("public headers include public headers only")
def public_headers():
    for path in files(".h", under="include"):
        for kind, name in includes(path):
            if kind == '"' or (name.startswith("fsps/") and not (path.parents[1] / name).exists()):
                yield f"{shown(path)}: {name}"


def imports():
    """Object file -> names that it takes from elsewhere, of the static library."""
    found = collections.defaultdict(set)
    for line in run("nm", "-A", "--undefined-only", built("libfsps.a")).splitlines():
        place, _, name = line.rpartition(" U ")
        if name:
            found[place.rstrip().rstrip(":").rpartition(":")[2]].add(name.strip())
    return found


def is_allowed(name):
    """fsps_ and fsi_ are our own; glibc renames some functions (__isoc23_strtol, __memcpy_chk)."""
    if name.startswith(("fsps_", "fsi_")) or name in ALLOWED:
        return True
    if COMPILERS_OWN.match(name):
        return True
    renamed = HARDENED.match(name)
    return renamed is not None and renamed[1] in ALLOWED


@case("only base/sys.c and base/fork.c call the kernel; nothing prints, exits or starts a thread")
def kernel_calls():
    found = imports()
    if not KERNEL_FILES <= found.keys():
        yield f"not among {sorted(found)}: {sorted(KERNEL_FILES)}"
    for member, names in sorted(found.items()):
        if member in KERNEL_FILES:
            continue
        for name in sorted(names):
            if not is_allowed(name):
                yield f"{member} calls {name}"


if __name__ == "__main__":
    main()
