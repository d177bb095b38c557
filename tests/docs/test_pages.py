# SPDX-License-Identifier: MIT
"""The manual pages say what the headers say, and can be shown."""

import re
import shutil
import subprocess

from documents import literals, section
from exported import EXPORTED, names_in_headers, without_comments
from tap import SOURCE, Skip, case, files, main, shown, text

DECLARATION = re.compile(r"\bFSPS_EXPORT\s+([^;]*?\bfsps_\w+\s*\([^;]*\));")
COMMENTED = re.compile(r"/\*\*((?:(?!\*/).)*)\*/\s*(FSPS_EXPORT[^;]*;)", re.DOTALL)
PROTOTYPE = re.compile(r"^((?:[\w*]+ )+\*?fsps_\w+\([^;]*\));", re.MULTILINE)
STRUCT = re.compile(r"^struct (fsps_\w+) \{\n(.*?)^\};", re.MULTILINE | re.DOTALL)
# What shows manual pages, and complains of them.
READERS = [
    ["groff", "-man", "-t", "-Tutf8", "-ww", "-Kutf8"],
    ["mandoc", "-T", "lint", "-W", "warning"],
]
# Words that can't be broken in a narrow column, and the paragraphs that scdoc begins everywhere.
NOBODYS_FAULT = re.compile("can't break line|cannot break line|skipping paragraph macro")
# What is about no functions of its own; version.h is on the page of the errors.
NO_PAGE = {"export", "fsps", "version"}
HEADERS = sorted({path.stem for path in files(".h", under="include/fsps")} - NO_PAGE)
# What a function is about needs no word.
HANDLES = {"bus", "channel", "publisher", "message", "headers", "prepared", "receipt", "void"}
# Which pages are about a header, where it is not the one of its name.
PAGES = {"publisher": ["publisher", "batch", "prepared", "reservation"]}


def page(name):
    return SOURCE / "docs" / "man" / f"fsps_{name}.3.scd"


def pages_of(name):
    """The pages about a header."""
    return [page(each) for each in PAGES.get(name, [name])]


def header(name):
    return text(SOURCE / "include" / "fsps" / f"{name}.h")


def pages():
    return files(".scd", under="docs/man")


def squeezed(code):
    return re.sub(r"\s+", " ", code).replace("( ", "(").strip()


def declarations(name):
    names = ["error", "version"] if name == "error" else [name]
    return {
        squeezed(found)
        for each in names
        for found in DECLARATION.findall(without_comments(header(each)))
    }


def synopsis(path):
    """The functions that a page declares."""
    shown_code = "\n".join(literals(section(path, "SYNOPSIS")))
    return {squeezed(found) for found in PROTOTYPE.findall(shown_code)}


@case("each function of a header stands in the SYNOPSIS of a page of its as it is declared")
def synopses():
    for name in HEADERS:
        have = set().union(*map(synopsis, pages_of(name)))
        want = declarations(name)
        yield from (f"no page of {name}.h has {each}" for each in sorted(want - have))
        yield from (f"a page of {name}.h has {each}" for each in sorted(have - want))
        if not want:
            yield f"{name}.h declares nothing"


@case("the NAME lines of section 3 name each exported function once")
def name_lines():
    names = []
    for path in files(".3.scd", under="docs/man"):
        before = section(path, "NAME").split(" - ")[0]
        names += [name.strip() for name in before.replace("\n", " ").split(",")]
    for name in sorted(names_in_headers() ^ set(names)):
        yield name
    for name in sorted({name for name in names if names.count(name) > 1}):
        yield f"{name} is there twice"


@case("each function that a page declares stands in its NAME and has a word about it in its text")
def described():
    for path in (path for name in HEADERS for path in pages_of(name)):
        names = re.findall(r"\w+", section(path, "NAME"))
        for function in re.findall(r"(fsps_\w+)\(", "\n".join(synopsis(path))):
            body = text(path).split("# DESCRIPTION")[1].split("# EXAMPLE")[0]
            if f"{function}*(" not in body and f"{function}()" not in body:
                yield f"{shown(path)}: {function}()"
            if function not in names:
                yield f"{shown(path)}: {function}() is not in its NAME"


@case("each parameter of a function is named in its page's text, unless it is but its handle")
def parameters():
    for path in files(".3.scd", under="docs/man"):
        body = text(path).split("# DESCRIPTION")[1].split("# EXAMPLE")[0].replace("\\", "")
        for prototype in synopsis(path):
            function, list_of = re.fullmatch(r".*?(fsps_\w+)\((.*)\)", prototype).groups()
            names = {re.findall(r"\w+", each)[-1] for each in list_of.split(",")}
            for name in sorted(names - HANDLES):
                if not re.search(rf"(?<!\w)_[*]?{name}_(?!\w)", body):
                    yield f"{shown(path)}: {function}(): {name}"


def members(body):
    return re.findall(r"([\w*]+);", re.sub(r"/\*.*?\*/", "", body, flags=re.DOTALL))


@case("structs in the pages have the members that they have in the headers")
def structs():
    count = 0
    for name in HEADERS:
        real = {found: members(body) for found, body in STRUCT.findall(header(name))}
        for block in literals("\n".join(map(text, pages_of(name)))):
            for found, body in STRUCT.findall(block):
                count += 1
                if members(body) != real.get(found):
                    yield f"{name}.h: {found}: {members(body)}, not {real.get(found)}"
    if count < 8:
        yield f"only {count} structs were found"


@case("fsps_error(3) has every code and its number")
def codes():
    enumerated = re.findall(r"^\t(FSPS_\w+) = (-?\d+)", header("error"), re.MULTILINE)
    if len(enumerated) < 20:
        yield f"only {enumerated}"
    for name, number in enumerated:
        if f"*{name}* ({number})" not in section(page("error"), "CODES"):
            yield f"{name} = {number}"


def comments():
    """Each exported function that can fail, and what its header says of its result."""
    for name in HEADERS:
        for comment, declared in COMMENTED.findall(header(name)):
            said = " ".join(comment.replace("*", " ").split())
            for function in EXPORTED.findall(declared):
                if re.match(r"FSPS_EXPORT int(64_t)? ", declared):
                    yield function, said[max(said.find("Returns"), 0) :]


def codes_of(function, said, seen=()):
    """Pairs of a code that a function may return and the function that is documented with it: some
    return codes "as" another one."""
    found = {(code, function) for code in re.findall(r"FSPS_ERR_\w+", said[function])}
    for other in re.findall(r"\bas (?:from )?(fsps_\w+)\(\)", said[function]):
        if other in said and other not in seen:
            found |= codes_of(other, said, (*seen, function))
    return found


@case("each code that a header names for a function is among the ERRORS of its page")
def errors():
    said = dict(comments())
    where = {
        name: path
        for path in files(".3.scd", under="docs/man")
        for name in re.findall(r"fsps_\w+", section(path, "NAME").split(" - ")[0])
    }
    count = 0
    for function in said:
        told = section(where[function], "ERRORS")
        for code, other in sorted(codes_of(function, said)):
            count += 1
            # Its page may lead to that of the other one.
            leads = f"*{other}*(3)" in told or f"*{where[other].name.split('.')[0]}*(3)" in told
            if f"*{code}*" not in (told + section(where[other], "ERRORS") if leads else told):
                yield f"{shown(where[function])}: {function}(): {code}"
    if count < 200:
        yield f"only {count} codes were found"


@case("backslashes are doubled in code, of which scdoc would drop one")
def backslashes():
    for path in pages():
        for block in re.findall(r"^```\n(.*?)^```$", text(path), re.MULTILINE | re.DOTALL):
            for line in block.splitlines():
                if "\\" in line.replace("\\\\", ""):
                    yield f"{shown(path)}: {line}"


@case("scdoc accepts each page, and man has nothing to complain of")
def rendered():
    if not shutil.which("scdoc"):
        raise Skip("there is no scdoc")
    for path in pages():
        done = subprocess.run(
            ["scdoc"], input=text(path), capture_output=True, text=True, check=False
        )
        if done.returncode != 0:
            yield f"{shown(path)}: {done.stderr}"
            continue
        for reader in READERS:
            if shutil.which(reader[0]):
                yield from complaints(reader, path, done.stdout)


def complaints(reader, path, roff):
    done = subprocess.run(reader, input=roff, capture_output=True, text=True, check=False)
    # mandoc complains on its output.
    told = done.stderr + (done.stdout if reader[0] == "mandoc" else "")
    for line in told.splitlines():
        if not NOBODYS_FAULT.search(line):
            yield f"{shown(path)}: {reader[0]}: {line}"


if __name__ == "__main__":
    main()
