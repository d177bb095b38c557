# SPDX-License-Identifier: MIT
"""scripts/lib/summary.py, which counts the cases of all runs, tells why one failed."""

import json
import pathlib
import subprocess
import sys
import tempfile

from tap import SOURCE, case, main

SUMMARY = SOURCE / "scripts" / "lib" / "summary.py"
TESTS = [{"suite": ["libfsps:soak"], "name": "noisy", "cmd": ["noisy"], "protocol": "tap"}]
SAID_BY_MESON = "(test program exited with status code 1)"

# What a program prints, its status, what it says on standard error, and what the summary must say.
RUNS = {
    "before the plan": (
        "# seed 7\n# kept: a message was lost\n1..2\nok 1 - a\nnot ok 2 - b\n# 5 messages\n", 1, "",
        ["FAILED x / soak / noisy: b", "# seed 7", "# kept: a message was lost", "# 5 messages",
         "1 passed, 1 failed, 0 skipped"],
    ),
    "beside the case": (
        "1..3\nok 1 - a\n# of a and b\nnot ok 2 - b\n# of b and c\nok 3 - c\n# of c\n", 0, "",
        ["FAILED x / soak / noisy: b", "# of a and b", "# of b and c"],
    ),
    "on standard error": (
        "1..1\nnot ok 1 - a\n", 1, "it broke\n", ["FAILED x / soak / noisy: a", "it broke"],
    ),
    "before it died": (
        "1..2\nok 1 - a\n# doing b\n", -11, "", ["ended with -11 after 1 of 2 cases", "# doing b"],
    ),
    "nothing, but failed": (
        "1..1\nok 1 - a\n", 3, "", ["all 1 cases passed, but the program ended with 3"],
    ),
    "a lot": (
        "".join(f"# line {n}\n" for n in range(100)) + "1..1\nnot ok 1 - a\n", 1, "",
        ["# line 60", "# line 99"],
    ),
}
NOT_SAID = {"beside the case": ["# of c\n"], "a lot": ["# line 59"]}


def summary_of(stdout, status, stderr):
    entry = {
        "name": "libfsps:soak / noisy", "command": ["noisy"], "result": "FAIL", "duration": 1.0,
        "returncode": status, "stdout": stdout, "stderr": f"{stderr}\n{SAID_BY_MESON}",
    }
    with tempfile.TemporaryDirectory() as place:
        build = pathlib.Path(place)
        for name in ("meson-logs", "meson-info"):
            (build / name).mkdir()
        (build / "meson-info" / "intro-tests.json").write_text(json.dumps(TESTS))
        (build / "meson-logs" / "x.json").write_text(json.dumps(entry) + "\n")
        return subprocess.run(
            [sys.executable, SUMMARY, f"x={build}/meson-logs/x.json"],
            capture_output=True, text=True, check=False,
        )


@case("a failed case comes with what its program said, wherever that stood")
def said():
    for name, (stdout, status, stderr, wanted) in RUNS.items():
        done = summary_of(stdout, status, stderr)
        if done.returncode != 1:
            yield f"{name}: ended with {done.returncode}"
        for text in wanted:
            if f"{text}\n" not in done.stdout:
                yield f"{name}: no '{text}' in: {done.stdout}{done.stderr}"
        for text in [*NOT_SAID.get(name, []), SAID_BY_MESON]:
            if text in done.stdout:
                yield f"{name}: '{text}' in: {done.stdout}"


@case("a run in which everything passed ends with 0, and a build that broke is a failure")
def ends():
    done = summary_of("1..1\nok 1 - a\n", 0, "")
    if done.returncode != 0 or not done.stdout.endswith("1 passed, 0 failed, 0 skipped\n"):
        yield f"{done.returncode}: {done.stdout}"
    broken = subprocess.run([sys.executable, SUMMARY, "--failure", "gcc: the build"],
                            capture_output=True, text=True, check=False)
    if broken.returncode != 1 or "FAILED" not in broken.stdout:
        yield f"{broken.returncode}: {broken.stdout}"


if __name__ == "__main__":
    main()
