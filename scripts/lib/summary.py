#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Adds up single test cases of `meson test` runs.

Usage: summary.py [--failure TEXT]... [LABEL=BUILD/meson-logs/NAME.json]...

Meson counts programs; this reads the TAP that each program printed and counts its cases. A
program that died, timed out or printed fewer results than it planned is one more failed case,
so that nothing that went wrong adds up to a success. Each --failure is a failed case of its own
(a build that broke, say). Prints a line per suite, the failed cases with what they said, the
skipped ones with their reasons, and last `N passed, N failed, N skipped`.

Exit code: 0 if nothing failed and something passed, else 1.
"""

import argparse
import json
import pathlib
import re
import sys
from collections import Counter
from dataclasses import dataclass, field

SUITES = ["unit", "api", "cli", "proc", "interop", "fault", "exhaust", "fuzz", "model", "soak",
          "meta", "threads"]
RESULT = re.compile(r"^(?P<not>not )?ok\b\s*(?P<number>\d+)?\s*(?:-\s*)?(?P<rest>.*)$")
SKIP = re.compile(r"#\s*skip\S*\s*(?P<reason>.*)$", re.IGNORECASE)
PLAN = re.compile(r"^1\.\.(?P<count>\d+)\s*(?:#\s*skip\S*\s*(?P<reason>.*))?$", re.IGNORECASE)
# Of what a failed case said, on standard output and on standard error.
OUTPUT_LINES_MAX = 40


@dataclass
class Case:
    """One test case: its state is passed, failed or skipped."""

    name: str
    state: str
    reason: str = ""
    output: list = field(default_factory=list)


@dataclass
class Program:
    """One test program of one run."""

    label: str
    suite: str
    name: str
    seconds: float
    cases: list

    def title(self):
        return f"{self.label} / {self.suite} / {self.name}"


def case_of(match):
    rest = match["rest"]
    skip = SKIP.search(rest)
    name = (SKIP.sub("", rest) if skip else rest).strip() or f"case {match['number']}"
    if match["not"]:
        return Case(name, "failed")
    if skip:
        return Case(name, "skipped", skip["reason"].strip() or "no reason given")
    return Case(name, "passed")


def read_tap(text):
    """The cases of a TAP stream, its plan, and what was said before the first case. Other lines
    belong to the cases beside them: those between two to both, because some programs explain a
    failure before it, some after.
    """
    cases, pending, plan, first = [], [], None, []
    for line in text.splitlines():
        result, planned = RESULT.match(line), PLAN.match(line)
        if planned:
            plan = planned
        elif result:
            cases.append(case_of(result))
            cases[-1].output, pending = pending, []
        elif cases:
            cases[-1].output.append(line)
            pending.append(line)
        else:
            first.append(line)
    return cases, plan, first


def explain(cases, entry, first):
    """Cuts down what failed cases say, and has the first one tell what the program said as a
    whole: before its cases (the soak names there what was broken), on standard error, and at its
    end if it said nothing of the case.
    """
    failed = [case for case in cases if case.state == "failed"]
    for case in failed:
        case.output = end_of(case.output)
    if failed:
        said = failed[0].output or end_of(comments_of(entry)[len(first):])
        failed[0].output = [*end_of(first), *said, *end_of(errors_of(entry))]


def comments_of(entry):
    lines = entry.get("stdout", "").splitlines()
    return [line for line in lines if not RESULT.match(line) and not PLAN.match(line)]


def end_of(lines):
    return lines[-OUTPUT_LINES_MAX:]


def errors_of(entry):
    """Without the line that meson adds."""
    lines = entry.get("stderr", "").splitlines()
    return [line for line in lines if line and not line.startswith("(test program exited with")]


def complaint(entry, cases, plan):
    """What is wrong with the program as a whole, or an empty string."""
    status = entry.get("returncode")
    if entry["result"] == "TIMEOUT":
        return f"timed out after {len(cases)} cases"
    if plan is None:
        return f"ended with {status} without a plan, after {len(cases)} cases"
    if int(plan["count"]) != len(cases):
        return f"ended with {status} after {len(cases)} of {plan['count']} cases"
    if status != 0 and not any(case.state == "failed" for case in cases):
        return f"all {len(cases)} cases passed, but the program ended with {status}"
    if not cases and not plan["reason"]:
        return "has no cases"
    return ""


def cases_of_tap(entry):
    cases, plan, first = read_tap(entry.get("stdout", ""))
    wrong = complaint(entry, cases, plan)
    if wrong:
        cases.append(Case(f"the program {wrong}", "failed"))
    if plan and plan["reason"]:
        cases.append(Case("all of it", "skipped", plan["reason"]))
    explain(cases, entry, first)
    return cases


def cases_of_plain(entry):
    """A program without TAP is one case: 0 passed, 77 skipped."""
    state = {"OK": "passed", "SKIP": "skipped"}.get(entry["result"], "failed")
    output = (entry.get("stdout", "") + entry.get("stderr", "")).splitlines()
    return [Case(entry["result"], state, "exit code 77", end_of(output))]


def description_of(entry, tests):
    """What meson knows of a logged program: its suites, its name, its protocol."""
    for test in tests:
        if test["cmd"] == entry["command"] and entry["name"].endswith(test["name"]):
            return test
    return {"suite": [], "name": entry["name"], "protocol": "tap"}


def program_of(label, entry, tests):
    test = description_of(entry, tests)
    cases = cases_of_tap(entry) if test["protocol"] == "tap" else cases_of_plain(entry)
    names = [suite.rpartition(":")[2] for suite in test["suite"]]
    suite = next((suite for suite in SUITES if suite in names), "other")
    return Program(label, suite, test["name"], entry.get("duration") or 0.0, cases)


def read_log(label, path):
    """Meson's log has one JSON object a line. A run that left none is a failure."""
    try:
        build = pathlib.Path(path).parent.parent
        tests = json.loads((build / "meson-info" / "intro-tests.json").read_text("utf-8"))
        lines = pathlib.Path(path).read_text("utf-8", "replace").splitlines()
    except OSError as error:
        return [failure(f"{label}: no results: {error}")]
    programs = [program_of(label, json.loads(line), tests) for line in lines if line.strip()]
    return programs or [failure(f"{label}: no test ran")]


def failure(text):
    return Program("scripts/dev", "other", text, 0.0, [Case("failed", "failed")])


def counts(programs):
    return Counter(case.state for program in programs for case in program.cases)


def sentence(count):
    return f"{count['passed']} passed, {count['failed']} failed, {count['skipped']} skipped"


def print_suites(programs):
    for label in dict.fromkeys(program.label for program in programs):
        for suite in SUITES + ["other"]:
            own = [p for p in programs if (p.label, p.suite) == (label, suite)]
            if own:
                seconds = sum(program.seconds for program in own)
                print(f"  {label + ': ' + suite:<32} {sentence(counts(own))} ({seconds:.1f} s)")


def print_failed(programs):
    for program in programs:
        for case in program.cases:
            if case.state == "failed":
                print(f"FAILED {program.title()}: {case.name}")
                for line in case.output:
                    print(f"    {line}")


def print_skipped(programs):
    skipped = Counter(
        (program.title(), case.name, case.reason)
        for program in programs
        for case in program.cases
        if case.state == "skipped"
    )
    for title, name, reason in skipped:
        print(f"SKIPPED {title}: {name} ({reason})")


def arguments():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--failure", action="append", default=[], metavar="TEXT")
    parser.add_argument("logs", nargs="*", metavar="LABEL=TESTLOG.json")
    return parser.parse_args()


def main():
    given = arguments()
    programs = [failure(text) for text in given.failure]
    for log in given.logs:
        label, _, path = log.partition("=")
        programs += read_log(label, path)
    print_suites(programs)
    print_failed(programs)
    print_skipped(programs)
    total = counts(programs)
    print(sentence(total))
    return 0 if total["passed"] > 0 and total["failed"] == 0 else 1


if __name__ == "__main__":
    sys.exit(main())
