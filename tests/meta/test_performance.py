# SPDX-License-Identifier: MIT
"""docs/performance.md is what bench/report/performance.md.in and the figures of a run make it."""

import re
import sys

from tap import SOURCE, Skip, case, main, text

sys.path.insert(0, str(SOURCE / "bench"))

# Only once the benchmark can be found.
from fspsbench import document, report  # noqa: E402
from fspsbench.figures import Figure, Figures, Result, aim  # noqa: E402

DOCUMENT = SOURCE / "docs" / document.NAME
SAVED = SOURCE / "docs" / document.PLOTS / document.SAVED
FACTS = {"processor": "none", "cores": 2, "kernel": "Linux 1.0", "architecture": "any",
         "libc": "any", "build": "buildtype=release, optimization=3", "home": "tmpfs on /dev/shm",
         "load_at_start": "0.00", "rounds": 3, "command": "bench/run.py build --document docs"}
LEFT_OUT = "nng left out: bench/nng is not built"


def results():
    """Those of a run with two peers in one scenario."""
    figures = Figures([Figure("fsps", "delivered", "msg/s", [1e6, 4e6, 3e6]),
                       Figure("ring", "delivered", "msg/s", [2e6, 2e6, 2e6]),
                       Figure("ring", "lost", "", [0, 7, 0])])
    ratio = figures.ratio("fsps", "ring", "delivered")
    return [Result("one", "1 -> 1", list(figures), [ratio],
                   [aim("100 B", "the ring", True, 2, ratio),
                    aim("1 MiB", "iceoryx", True, 3, None, "s")],
                   [LEFT_OUT, "fsps broke: /somewhere/of/mine/bench/fsps: status 1"])]


def filled(template):
    return document.Document(FACTS, results()).render(template).rstrip("\n")


def saved():
    if not SAVED.exists():
        raise Skip(f"there is no {SAVED.name}")
    return report.from_json(text(SAVED))


def headings(markdown):
    return re.findall(r"^#+ .*$", markdown, re.MULTILINE)


@case("every placeholder of the template means something")
def placeholders():
    rendered, _ = document.render(FACTS, results())
    if "{{" in rendered or "}}" in rendered:
        yield "there is one left"


@case("a placeholder that means nothing is an error")
def unknown():
    for template in ("{{figures: one | fsps | delivered}}", "{{ratio: one | fsps}}", "{{put}}"):
        try:
            yield f"{template} became {filled(template)}"
        except document.Unresolved:
            pass


@case("figures, ratios and goals of a run come out as they were measured")
def values():
    for template, wanted in {
            "{{millions: one | fsps | delivered}}": "3",
            "{{period: one | ring | delivered}}": "500",
            "{{ratio: one | fsps | ring | delivered}}": "1.50",
            "{{reason: 100 B}}\nIt is slow.\n{{end}}\n": "*100 B:* It is slow.",
            "{{reason: 1 MiB}}\nIt is slow.\n{{end}}\n": ""}.items():
        if filled(template) != wanted:
            yield f"{template}: {filled(template)}"
    for wanted in ("1.50 (0.50 to 2)", "at least 2", "**not met**", "**not measured**"):
        if wanted not in filled("{{goals}}"):
            yield f"{wanted} is not in {filled('{{goals}}')}"


@case("what was not measured, who is missing and what was lost is said")
def missing():
    for template, wanted in {"{{figure: one | nng | delivered}}": document.MISSING,
                             "{{table: four}}": document.MISSING,
                             "{{remarks}}": LEFT_OUT,
                             "{{lost}}": "| 7 "}.items():
        if wanted not in filled(template):
            yield f"{template}: {filled(template)}"


@case("what is said names no path of somebody's machine")
def paths():
    if "/somewhere" in filled("{{remarks}}"):
        yield filled("{{remarks}}")


@case("figures come back from their file as they were written")
def files():
    facts, again = report.from_json(report.as_json(FACTS, results()))
    if facts != FACTS or again != results():
        yield f"{again} instead of {results()}"


@case("docs/performance.md has the sections of its template")
def sections():
    wanted, there = headings(text(document.TEMPLATE)), headings(text(DOCUMENT))
    if wanted != there:
        yield f"{there} instead of {wanted}"


@case("docs/performance.md is what its figures and its template make")
def same():
    rendered, _ = document.render(*saved())
    if rendered != text(DOCUMENT):
        yield "it is not; bench/README.md says how to write it anew without measuring"


@case("the plots that docs/performance.md shows are there")
def plots():
    for path in re.findall(r"!\[[^]]*\]\(([^)]*)\)", text(DOCUMENT)):
        if not (DOCUMENT.parent / path).exists():
            yield path


if __name__ == "__main__":
    main()
