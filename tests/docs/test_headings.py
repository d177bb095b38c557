# SPDX-License-Identifier: MIT
"""Manual pages have the same headings in the same order, and lead to pages that exist.

CONTRIBUTING.md tells writers of pages what the order is.
"""

import re

from documents import section
from tap import SOURCE, case, files, main, shown, text

# A heading in brackets may be missing; OWN stands for any number of the page's own.
OWN = "..."
ORDER = {
    "1": "NAME, SYNOPSIS, EXAMPLES, DESCRIPTION, OPTIONS, ..., EXIT STATUS, ENVIRONMENT, [FILES], "
    "[NOTES], SEE ALSO",
    "3": "NAME, SYNOPSIS, DESCRIPTION, ..., RETURN VALUE, ERRORS, THREADS AND BLOCKING, [NOTES], "
    "EXAMPLE, HISTORY, SEE ALSO",
    "5": "NAME, DESCRIPTION, ..., [NOTES], SEE ALSO",
    "7": "NAME, DESCRIPTION, ..., [ENVIRONMENT], [FILES], [NOTES], SEE ALSO",
    "8": "NAME, SYNOPSIS, EXAMPLES, DESCRIPTION, OPTIONS, ..., EXIT STATUS, ENVIRONMENT, [FILES], "
    "[NOTES], SEE ALSO",
}
REFERENCE = re.compile(r"\*((?:pubsub|fsps|libfsps)[\w-]*)\*\(([1-8])\)")
# Who reads the shell's pages begins at the one, who reads of functions at the other.
OVERVIEW = {"1": "*pubsub*(7)", "8": "*pubsub*(7)", "3": "*libfsps*(7)"}


def pages(section_number=""):
    return files(f"{section_number}.scd", under="docs/man")


def number_of(page):
    return page.name.split(".")[-2]


def without_code(source):
    return re.sub(r"^```\n.*?^```$", "", source, flags=re.MULTILINE | re.DOTALL)


def headings(page):
    return re.findall(r"^# (.*)$", without_code(text(page)), re.MULTILINE)


def order_of(page):
    return ORDER[number_of(page)].split(", ")


def permitted(page):
    """What the headings of a page have to look like."""
    reserved = "|".join(name.strip("[]") for name in order_of(page) if name != OWN)
    own = rf"(?:(?!(?:{reserved});)[^;]+;)*"
    parts = []
    for name in order_of(page):
        if name == OWN:
            parts.append(own)
        else:
            parts.append(f"(?:{name.strip('[]')};)" + ("?" if name.startswith("[") else ""))
    return re.compile("".join(parts))


@case("the headings of each page stand in the order of its section")
def order():
    for page in pages():
        found = headings(page)
        if not permitted(page).fullmatch("".join(name + ";" for name in found)):
            yield f"{shown(page)}: {', '.join(found)}; not as {ORDER[number_of(page)]}"


@case("the SYNOPSIS of a command ends with a paragraph that says what it is for")
def purpose():
    for page in pages(".1"):
        usage, *rest = section(page, "SYNOPSIS").strip().split("\n\n")
        if not usage.startswith(f"*{page.name.split('.')[0]}*"):
            yield f"{shown(page)}: it begins with {usage!r}"
        if len(rest) != 1 or not re.fullmatch(r"[A-Z].*\.", rest[0], re.DOTALL):
            yield f"{shown(page)}: {len(rest)} paragraphs behind the usage"


@case("pages begin with their name, their section, and the version of the project")
def first_lines():
    version = re.search(r"version: '([\d.]+)'", text(SOURCE / "meson.build"))[1]
    for page in pages():
        name, _, number = page.name.removesuffix(".scd").rpartition(".")
        if text(page).splitlines()[0] != f'{name}({number}) "libfsps {version}" "libfsps"':
            yield f"{shown(page)}: {text(page).splitlines()[0]}"


@case("EXAMPLES of commands show the command, each behind what it is for")
def examples():
    for page in pages(".1"):
        found = section(page, "EXAMPLES")
        if "```" not in found or page.name.split(".")[0] not in found:
            yield shown(page)
        if not re.match(r"\n[A-Z][^`]*[:?.)]\n\n```\n", found):
            yield f"{shown(page)}: the first one stands alone"


@case("a page of ours that a page refers to exists")
def references():
    have = {page.name.removesuffix(".scd") for page in pages()}
    for page in files(".3.scd", under="docs/man"):
        names = section(page, "NAME").split(" - ")[0].replace("\n", " ")
        have |= {f"{name.strip()}.3" for name in names.split(",")}
    for page in pages():
        for name, number in REFERENCE.findall(text(page)):
            if f"{name}.{number}" not in have:
                yield f"{shown(page)}: {name}({number})"


@case("SEE ALSO of a page leads to the overview, and the overview to each page")
def overviews():
    for page in pages():
        overview = OVERVIEW.get(number_of(page))
        if overview and overview not in section(page, "SEE ALSO"):
            yield f"{shown(page)}: no {overview} in SEE ALSO"
    for page in pages(".1") + pages(".3"):
        name, _, number = page.name.removesuffix(".scd").rpartition(".")
        overview = OVERVIEW[number].strip("*").split("*")[0]
        if f"*{name}*({number})" not in text(SOURCE / "docs" / "man" / f"{overview}.7.scd"):
            yield f"{overview}.7.scd: no word of {name}({number})"


@case("CONTRIBUTING.md tells the order of headings as it is checked here")
def contributing():
    said = " ".join(text(SOURCE / "CONTRIBUTING.md").split())
    for number in ("1", "3"):
        if ORDER[number].replace("...", "[own]") not in said:
            yield f"section {number}: {ORDER[number]}"


if __name__ == "__main__":
    main()
