# SPDX-License-Identifier: MIT
"""docs/deployment.md: its units are right, run as it says, and its table of sandboxes is true."""

import os
import pathlib
import re
import shutil
import stat
import subprocess
import tempfile

from documents import PATIENCE_S, Home, blocks, commands
from tap import SOURCE, Skip, case, main, text

PAGE = SOURCE / "docs" / "deployment.md"
UNITS = "/etc/systemd/system/"
TMPFILES = "/etc/tmpfiles.d/"
# What the units call, and what a test has instead.
PROGRAMS = {"/usr/local/bin/send-mail": "done.mail", "/usr/local/bin/book": "done.book"}
# A service manager of our own in namespaces of its own, which then does what the arguments say;
# 77 if there can be none.
MANAGER = """
set -eu
mount -t tmpfs none /run || exit 77
mkdir -p /run/systemd/system /run/systemd/inaccessible/dir /run/manager
export XDG_RUNTIME_DIR=/run/manager HOME="$1"
shift
chmod 700 /run/manager
"$SYSTEMD" --user >"$HOME/log" 2>&1 &
manager=$!
until systemctl --user show -p Version >/dev/null 2>&1; do
	kill -0 $manager || exit 77
done
systemctl --user set-environment "PUBSUB_HOME=$PUBSUB_HOME"
systemd-run --user --quiet --wait -p PrivateDevices=yes -p ProtectHome=yes true || exit 77
sh -euc "$1"
kill $manager
"""
# This one is about what happens when a user's last service ends.
NEEDS_A_LOGIN = "RemoveIPC="
SYSTEMD = "/usr/lib/systemd/systemd"


def shown_files(below):
    """What the page shows as files in a directory: their paths there, and what is in them."""
    for code in blocks(PAGE, "ini"):
        path = re.match(r"# (/\S+)\n", code)
        if path and path[1].startswith(below):
            yield path[1].removeprefix(below), code


def missing(command):
    return shutil.which(command, path=f"{os.environ['PATH']}:/usr/sbin:/sbin") is None


def lay_out(home, directory, change=lambda code: code):
    """Writes the units to a directory, with what is built here and a home of the test's own."""
    for name, code in shown_files(UNITS):
        for program, topic in PROGRAMS.items():
            script = home.path.parent / pathlib.Path(program).name
            script.write_text(f'exec {commands()}/pubsub-publish {topic} "$(cat)"\n')
            code = code.replace(program, f"/bin/sh {script}")
        code = code.replace("/usr/bin/pubsub-", f"{commands()}/pubsub-")
        code = code.replace("/dev/shm/pubsub", str(home.path))
        path = directory / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(change(code), encoding="utf-8")
        if path.parent == directory:
            yield path


@case("every unit and every file that the page shows says where it belongs")
def named():
    for code in blocks(PAGE, "ini"):
        if not re.match(rf"# ({UNITS}|{TMPFILES})\S+\n", code):
            yield code.splitlines()[0]


@case("systemd has nothing to complain of in the units")
def verified():
    if missing("systemd-analyze"):
        raise Skip("there is no systemd-analyze")
    home = Home()
    with tempfile.TemporaryDirectory(prefix="fsps-units-") as directory:
        units = list(lay_out(home, pathlib.Path(directory)))
        done = subprocess.run(
            ["systemd-analyze", "verify", "--man=no", *units],
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False,
            env=os.environ | {"SYSTEMD_UNIT_PATH": f"{directory}:"},
        )
        # It also reads the machine's own units, which are not ours to judge.
        lines = [line for line in done.stdout.splitlines() if "shop" in line or "pubsub" in line]
        yield from lines
        if done.returncode != 0 and not lines:
            yield done.stdout
    if len(units) < 5:
        yield f"only {units}"


def modes(home):
    def mode(path):
        return oct(stat.S_IMODE(path.stat().st_mode))

    return [(name, mode(home / name)) for name in (".", ".fsps", "tmp")]


@case("systemd-tmpfiles makes the homes that pubsub-init makes")
def tmpfiles():
    if missing("systemd-tmpfiles"):
        raise Skip("there is no systemd-tmpfiles")
    ((name, code),) = shown_files(TMPFILES)
    user, group = os.geteuid(), os.getegid()
    for profile, was, is_now in (
            ("group", "3770 root lab", f"3770 {user} {group}"),
            ("public", "3770 root lab", f"1777 {user} {group}")):
        home, other = Home(), Home()
        file = home.path.parent / name
        file.write_text(code.replace(was, is_now).replace("/dev/shm/pubsub", str(home.path)))
        home.run("systemd-tmpfiles", "--create", file)
        other.run("pubsub-init", "--profile", profile)
        if modes(home.path) != modes(other.path):
            yield f"{profile}: {modes(home.path)}, not {modes(other.path)}"
        said = home.run("pubsub-init")
        if f": {profile}, " not in said:
            yield said


def under_a_manager(home, place, what):
    """What a shell says that runs under a systemd of its own."""
    if os.geteuid() != 0 or missing("unshare") or not os.path.exists(SYSTEMD):
        raise Skip("it takes root, unshare and systemd")
    done = subprocess.run(
        ["unshare", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc",
         "sh", "-c", MANAGER, "sh", place, what],
        env=home.environment | {"SYSTEMD": SYSTEMD}, stdin=subprocess.DEVNULL, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=PATIENCE_S, check=False,
    )
    if done.returncode == 77 or "unshare failed" in done.stdout:
        raise Skip(f"no service manager starts here: {done.stdout}")
    return done.stdout if done.returncode == 0 else f"{done.returncode}: {done.stdout}"


def for_a_user(code):
    """As the manager of a user can run it. What is built here may lie where the sandbox has its
    own directories."""
    code = code.replace("User=shop\n", "")
    return code.replace("PrivateTmp=yes\n", f"PrivateTmp=yes\nBindReadOnlyPaths={commands()}\n")


@case("the worker works in its sandbox and is stopped well; the path unit starts what it says")
def run():
    home = Home()
    place = home.path.parent
    units = list(lay_out(home, place / ".config" / "systemd" / "user", for_a_user))
    if not units:
        yield "there are none"
    said = under_a_manager(home, place, """
        systemctl --user start shop-mailer
        pubsub-subscribe -F 'mail to %p' -C 1 -W 20 done.mail --then pubsub-publish jobs.mail ann
        systemctl --user show shop-mailer -p Type,ProtectSystem,PrivateDevices,ActiveState
        systemctl --user stop shop-mailer
        systemctl --user show shop-mailer -p Result
        systemctl --user start shop-report.timer shop-report.path
        pubsub-subscribe -F 'booked %p' -C 1 -W 20 done.book --then pubsub-publish orders.a pizza
    """)
    expected = ["mail to ann", "Type=notify", "PrivateDevices=yes", "ProtectSystem=strict",
                "ActiveState=active", "Result=success", "booked pizza"]
    if sorted(said.splitlines()) != sorted(expected):
        yield f"it said {said!r}"


def options():
    """The options in the table of sandboxes that have a value, and whether they leave the bus."""
    for cells in re.findall(r"^\| (`.*?) \| (works|breaks)", text(PAGE), re.MULTILINE):
        for option in re.findall(r"`(\w+=[^`]+)`", cells[0]):
            if not option.startswith(NEEDS_A_LOGIN):
                yield option, cells[1] == "works"


@case("each option in the table of sandboxes does what the table says")
def sandboxes():
    home = Home()
    publish = f"{commands()}/pubsub-publish"
    lines = [
        f"pubsub-subscribe in.side --then systemd-run --user --quiet --wait -p '{option}' "
        f"-p BindReadOnlyPaths={commands()} {publish} --at-least 1 in.side '{option}' 2>&1 || "
        f"echo 'not {option}'"
        for option, _ in options()
    ]
    said = under_a_manager(home, home.path.parent, "\n".join(lines)).splitlines()
    for option, works in options():
        if (option if works else f"not {option}") not in said:
            yield f"{option}: {said}"
    if len(lines) < 10:
        yield f"only {list(options())}"


if __name__ == "__main__":
    main()
