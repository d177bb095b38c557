# SPDX-License-Identifier: MIT
"""Runs an interop test with a Python that has formix-pubsub: environment.py SCRIPT.

The virtual environment is made once, in the directory FSPS_INTEROP_VENV, with the package's
current release from PyPI; nothing of it is kept in the source tree. Where that is not possible the
test is skipped, with the reason.
"""

import fcntl
import os
import pathlib
import shutil
import subprocess
import sys

PACKAGE = "formix-pubsub"
OLDEST = (3, 11)
INSTALL_SECONDS = 240
VENV = pathlib.Path(os.environ["FSPS_INTEROP_VENV"])
PYTHON = VENV / "bin" / "python"
READY = VENV / ".ready"


def skip(reason):
    print(f"1..0 # SKIP {' '.join(reason.split())}")
    sys.exit(0)


def run(*command):
    """Runs a command; what it said if it failed, else an empty string."""
    try:
        done = subprocess.run(
            [str(word) for word in command],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=INSTALL_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return f"not done in {INSTALL_SECONDS} s"
    if done.returncode == 0:
        return ""
    lines = [line for line in done.stdout.splitlines() if line.strip()]
    return lines[-1] if lines else f"exit code {done.returncode}"


def make():
    shutil.rmtree(VENV, ignore_errors=True)
    wrong = run(sys.executable, "-m", "venv", VENV)
    if wrong:
        skip(f"no virtual environment can be made: {wrong}")
    wrong = run(PYTHON, "-m", "pip", "install", "--quiet", "--no-input", "--retries", "2",
                "--disable-pip-version-check", PACKAGE)
    if wrong:
        skip(f"{PACKAGE} can't be installed from PyPI: {wrong}")
    READY.touch()


def main():
    if sys.version_info < OLDEST:
        skip(f"{PACKAGE} needs Python {OLDEST[0]}.{OLDEST[1]}")
    VENV.parent.mkdir(parents=True, exist_ok=True)
    # Several tests start at once: one makes it, the others wait.
    with open(VENV.parent / "venv.lock", "w", encoding="ascii") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not READY.exists():
            make()
    os.execv(PYTHON, [str(PYTHON), *sys.argv[1:]])


if __name__ == "__main__":
    main()
