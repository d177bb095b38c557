# SPDX-License-Identifier: MIT
"""The README is short and true: its commands and links exist."""

import re

from tap import SOURCE, case, files, main, run, shown, text

README_LINES_MAX = 150
FIRST_COMMANDS = ["scripts/dev demo", "scripts/dev test"]


def verbs_of_help():
    usage = run(SOURCE / "scripts" / "dev", "help")
    verbs = re.findall(r"^  (\w+(?:, \w+)*) ", usage, re.MULTILINE)
    return {verb for line in verbs for verb in line.split(", ")}


@case(f"the README has fewer than {README_LINES_MAX} lines")
def length():
    lines = text(SOURCE / "README.md").count("\n")
    if lines >= README_LINES_MAX:
        yield f"{lines} lines"


@case("the README names the two commands that do everything")
def two_commands():
    for command in FIRST_COMMANDS:
        if command not in text(SOURCE / "README.md"):
            yield command


@case("every verb of scripts/dev that a document names is one")
def verbs():
    known = verbs_of_help()
    for path in files(".md", ".scd"):
        for verb in re.findall(r"scripts/dev ([a-z0-9]+)", text(path)):
            if verb not in known:
                yield f"{shown(path)}: scripts/dev {verb}"


@case("every verb that scripts/dev help lists has a file of its own, or one that it is sent to")
def verb_files():
    script = text(SOURCE / "scripts" / "dev")
    for verb in sorted(verbs_of_help() - {"help"}):
        sent = re.search(rf"^\t[\w| ]*\b{verb}\b[\w| ]*\)\n.*\n.*/lib/(\w+)\.sh", script, re.M)
        name = sent[1] if sent else verb
        if not (SOURCE / "scripts" / "lib" / f"{name}.sh").exists():
            yield f"scripts/lib/{name}.sh"


@case("links between documents lead somewhere")
def links():
    for path in files(".md"):
        for target in re.findall(r"\]\(([^)#\s]+)[^)]*\)", text(path)):
            if "://" not in target and not (path.parent / target).exists():
                yield f"{shown(path)}: {target}"


if __name__ == "__main__":
    main()
