# SPDX-License-Identifier: MIT
"""What documents refer to exists: each other, headings, functions, commands, findings, figures."""

import json
import re

from documents import README, Home
from exported import names_in_headers
from tap import SOURCE, case, files, main, shown, text

LINK = re.compile(r"\]\(([^)#\s]*)(#[^)\s]+)?\)")
# Whose way each product's figures on which-is-for-me.md were measured.
PEERS = {
    "libfsps": ["fsps"], "D-Bus": ["dbus"], "mosquitto (MQTT)": ["mosquitto_qos0"],
    "NATS": ["nats"], "Redis": ["redis", "redis_pipelined"], "ZeroMQ": ["zmq_push"],
    "nng": ["nng"],
}


def pages():
    """The documents for people; bench/README.md is for those who measure."""
    return [path for path in files(".md") if "corpus" not in path.parts]


def links(path):
    """Each link of a document within the tree: the file, and the heading or an empty string."""
    for target, heading in LINK.findall(text(path)):
        if "://" not in target:
            yield (path.parent / target).resolve() if target else path, heading.lstrip("#")


def headings(path):
    """The headings of a document as links name them."""
    for heading in re.findall(r"^#+ (.*)$", text(path), re.MULTILINE):
        words = re.sub(r"[^\w\- ]", "", re.sub(r"\[(.*?)\]\(.*?\)", r"\1", heading))
        yield words.strip().lower().replace(" ", "-")


@case("every document is reached from the README by links")
def reached():
    found, left = {README}, [README]
    while left:
        for target, _ in links(left.pop()):
            if target.suffix == ".md" and target.exists() and target not in found:
                found.add(target)
                left.append(target)
    for path in sorted(set(pages()) - found):
        yield f"{shown(path)} is not"


@case("every heading that a link names is there")
def anchors():
    for path in pages():
        for target, heading in links(path):
            if heading and target.suffix == ".md" and heading not in headings(target):
                yield f"{shown(path)}: {shown(target)} has no #{heading}"


@case("every function that a document names is one")
def functions():
    known = names_in_headers()
    for path in pages():
        for name in sorted(set(re.findall(r"\b(fsps_\w+)\(", text(path))) - known):
            pages_of_manual = list((SOURCE / "docs" / "man").glob(f"{name}.*.scd"))
            if not pages_of_manual:
                yield f"{shown(path)}: {name}()"


@case("every manual page that a document names is one")
def manual_pages():
    for path in pages():
        for name in sorted(set(re.findall(r"`man ([\w-]+)`", text(path)))):
            pattern = f"{name}.*.scd" if name not in names_in_headers() else "fsps_*.3.scd"
            if not list((SOURCE / "docs" / "man").glob(pattern)):
                yield f"{shown(path)}: {name}"


def findings():
    listed = Home().run("pubsub-doctor", "--list", "--json").splitlines()
    return {json.loads(line)["id"] for line in listed}


@case("every finding that the caveats name is one of pubsub-doctor's")
def named_findings():
    named = set()
    for names in re.findall(r"\((`[a-z`, -]+)", text(SOURCE / "docs" / "caveats.md")):
        named |= set(re.findall(r"`([a-z][a-z-]*)`", names))
    if len(named) < 15:
        yield f"only {sorted(named)}"
    yield from sorted(named - findings())


def measured():
    """Messages a second of 100 bytes from one to one, in millions, by peer."""
    rows = re.findall(r"^\| (\w+) +\| ([\d,]+) +\|", text(SOURCE / "docs" / "performance.md"),
                      re.MULTILINE)
    # The first table that has a peer is the one of all.
    return {name: int(figure.replace(",", "")) / 1e6 for name, figure in reversed(rows)}


@case("the figures of which-is-for-me.md are those of performance.md")
def figures():
    page = text(SOURCE / "docs" / "which-is-for-me.md")
    names = re.search(r"^\| \| (libfsps .*) \|$", page, re.MULTILINE)[1].split(" | ")
    cells = re.search(r"^\| messages a second \| (.*) \|$", page, re.MULTILINE)[1].split(" | ")
    for name, cell in zip(names, cells, strict=True):
        said = re.findall(r"(\d+\.(\d+)) M", cell)
        for peer, (figure, digits) in zip(PEERS[name], said, strict=True):
            if f"{measured()[peer]:.{len(digits)}f}" != figure:
                yield f"{name}: {figure} M; {peer} has {measured()[peer]}"


if __name__ == "__main__":
    main()
