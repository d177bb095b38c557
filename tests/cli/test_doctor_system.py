# SPDX-License-Identifier: MIT
"""pubsub-doctor: what it finds in the system around a home: mounts, limits, logins, namespaces.
What can't be changed for a test is read from a tree of /proc and /etc that the test writes; what
can is so in truth, too."""

import os
import resource
import signal

from doctor import NAMESPACES, Tree, ids, in_mounts, judged, provokes, report
from harness import PlainChannel, Skip, holds, main, same, test

ALICE = 54321
# Whom also systemd takes for no person.
NOBODY = 65534


def init(bus, *words):
    bus.run("pubsub-init", *words).expect()


@test("what a home lies on is told by its kind")
def mounts(bus):
    init(bus)
    tree = Tree(bus)
    for kind, check, severity in (
        ("nfs4", "place-network", "problem"),
        ("cifs", "place-network", "problem"),
        ("fuse.sshfs", "place-network", "problem"),
        ("vfat", "place-unsuited", "problem"),
        ("overlay", "place-overlay", "warning"),
        ("fuse.bindfs", "place-fuse", "warning"),
        ("xfs", "place-disk", "note"),
    ):
        got = tree.mount(kind).report("place")
        same(ids(got), [check], kind)
        provokes(got, check, severity, f"is on {kind}, mounted on {bus.home}", "PUBSUB_HOME=")
    for kind in ("tmpfs", "ramfs"):
        same(tree.mount(kind).report("place")["findings"], [], kind)
    got = tree.mount("tmpfs", options="ro,nosuid").report("place")
    provokes(got, "place-read-only", "problem", "mounted read-only", f"remount,rw {bus.home}")


@test("of several mounts the innermost and last counts, also with blanks in its name")
def which_mount(bus):
    home = bus.directory / "a b" / "home"
    home.mkdir(parents=True, mode=0o700)
    words = ["place-network", "--home", home]
    tree = Tree(bus).mount("nfs", point=bus.directory / "a b")
    provokes(tree.report(*words), "place-network", "problem", f"on {bus.directory}/a b: ")
    same(tree.mount("nfs", point=bus.directory / "a").report(*words)["findings"], [])
    lines = tree.path / "proc/self/mountinfo"
    tree.mount("nfs", point=bus.directory / "a b")
    point = str(bus.directory / "a b").replace(" ", "\\040")
    with open(lines, "a", encoding="utf-8") as file:
        file.write(f"30 21 0:22 / {point} rw - tmpfs none rw\nnonsense\n30 21 0:22 / / rw -\n")
    same(tree.report(*words)["findings"], [])
    lines.unlink()
    same(len(tree.report("place")["skipped"]), 5)


@test("swap that is in use is told of a home in memory")
def swap(bus):
    init(bus)
    tree = Tree(bus).swap(60)
    provokes(tree.report("space"), "swap", "warning", "60 % of 977M of swap", "noswap")
    same(tree.swap(40).report("space")["findings"], [])
    same(tree.swap(60).mount("ext4").report("space")["findings"], [])


@test("a control group with less memory than the home is noted, the least of all above counts")
def memory(bus):
    init(bus)
    tree = Tree(bus).write("proc/self/cgroup", "1:cpu:/x\n0::/a.slice/b.service\n")
    for path, text, found in (
        ("a.slice/b.service", "max\n", []),
        ("a.slice", f"{1 << 60}\n", []),
        ("a.slice", "1048576\n", ["memory-limit"]),
    ):
        tree.write(f"sys/fs/cgroup/{path}/memory.max", text)
        same(ids(tree.report("space")), found)
    provokes(tree.report(), "memory-limit", "note", "may have 1.00M of memory", "MemoryMax=")


@test("a library that the dynamic linker does not find is told")
def library(bus):
    init(bus)
    tree = Tree(bus).write("etc/ld.so.cache", "glibc-ld.so.cache1.1 libc.so.6")
    same(tree.report("system")["findings"], [])
    tree.write("usr/local/lib/x86_64-linux-gnu/libfsps.so.0")
    said = "/usr/local/lib/x86_64-linux-gnu/libfsps.so.0 is not in"
    provokes(tree.report(), "library-cache", "warning", said, "sudo ldconfig")
    tree.write("usr/local/lib/libfsps.so.0")
    said = "/usr/local/lib/libfsps.so.0 is not in"
    provokes(tree.report(), "library-cache", "warning", said, "sudo ldconfig")
    tree.write("etc/ld.so.cache", "glibc-ld.so.cache1.1 \0libc.so.6\0libfsps.so.0\0")
    same(tree.report("system")["findings"], [])


@test("limits that are nearly used up are told, with a larger one")
def limits(bus):
    init(bus)
    pipes = [f"pipe:[{number}]" for number in range(100)]
    tree = Tree(bus).descriptors("7", pipes).descriptors("8", pipes[:50] + ["/x/queue"])
    tree.descriptors("9", ["anon_inode:inotify"] * 5 + ["/dev/null"])
    for number in range(5):
        tree.write(f"proc/9/fdinfo/{number}", "pos:\t0\ninotify wd:1 ino:1\ninotify wd:2 ino:2\n")
    same(tree.report("limits")["findings"], [])
    for name, value, check, text in (
        ("fs/pipe-user-pages-soft", 2000, "pipe-pages", "101 pipes of ours take 80 % of 2000"),
        ("fs/pipe-max-size", 4096, "pipe-size", "4096 bytes only"),
        ("fs/inotify/max_user_instances", 6, "inotify-instances", "5 of fs.inotify.max_user_"),
        ("fs/inotify/max_user_watches", 12, "inotify-watches", "10 of fs.inotify.max_user_w"),
    ):
        got = tree.sysctl(name, value).report("limits")
        same(ids(got), [check])
        setting = name.removeprefix("fs/").replace("/", ".")
        provokes(got, check, "warning", text, f"sudo sysctl fs.{setting}=")
        tree.sysctl(name, 1 << 20)
    tree.sysctl("fs/pipe-user-pages-soft", 2000)
    tree.write("proc/self/status", "Umask:\t0022\nCapEff:\t0000000001000000\n")
    same(tree.report("limits")["findings"], [], "what has the right to more")


@test("a process that may open few files is told, in truth and by its limits")
def open_files(bus):
    init(bus)
    tree = Tree(bus).files(100, 524288)
    provokes(tree.report("limits"), "open-files", "warning", "open 100 files", "ulimit -n 4096")
    got = tree.files(100, 200).report("limits")
    provokes(got, "open-files", "warning", "open 100 files", "ulimit -n 200")
    same(tree.files("unlimited", "unlimited").report("limits")["findings"], [])
    few = report(
        bus, "open-files", preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (90, 90))
    )
    provokes(few, "open-files", "warning", "open 90 files", "LimitNOFILE")


@test("a reader that is out of descriptors is told once, and its limit is never lowered")
def open_files_used(bus):
    subscriber = bus.subscriber("a.a", "a.b", "a.c")
    pid = subscriber.child.pid
    tree = Tree(bus).files(1100, 524288, pid).descriptors(pid, ["/dev/null"] * 900)
    (found,) = tree.report("open-files-used")["findings"]
    holds(found["text"].startswith(f"process {pid} has open 81 %"), found["text"])
    same(found["text"].count(f"_{pid}"), 3, "its channels")
    same(found["commands"], [f"sudo prlimit --pid {pid} --nofile=4400:"])
    for soft, hard, wanted in ((90, 524288, "4096:"), (90, 100, "4096"), (1100, 1100, "4400")):
        got = tree.files(soft, hard, pid).report("open-files-used")
        same(got["findings"][0]["commands"], [f"sudo prlimit --pid {pid} --nofile={wanted}"])
    subscriber.signal(signal.SIGTERM)
    subscriber.child.communicate(timeout=10)


@test("a umask against ourselves is told, in truth")
def umask(bus):
    init(bus)
    provokes(report(bus, "umask", preexec_fn=lambda: os.umask(0o277)), "umask", "warning", "0277")
    same(report(bus, "umask", preexec_fn=lambda: os.umask(0o077))["findings"], [])


def owned_by_a_person(bus):
    """A home of an ordinary user, and the options to be used with it."""
    if not str(bus.home).startswith("/dev/shm/"):
        raise Skip("homes of tests are not in /dev/shm here")
    init(bus)
    if os.geteuid() == 0:
        os.chown(bus.home, ALICE, ALICE)
        return ["--home-owner", ALICE]
    if os.geteuid() < 1000 or os.geteuid() == NOBODY:
        raise Skip("we are a system user")
    return []


@test("that a logout removes the home is told, unless the system or the user says otherwise")
def remove_ipc(bus):
    words = ["remove-ipc", *owned_by_a_person(bus)]
    tree = Tree(bus)
    same(tree.report(*words)["findings"], [], "without systemd-logind")
    (tree.path / "run/systemd/seats").mkdir(parents=True)
    for path, text, removes in (
        (None, "", True),
        ("usr/lib/systemd/logind.conf", "[Login]\nRemoveIPC=no\n", False),
        ("etc/systemd/logind.conf", "[Login]\n#RemoveIPC=no\n", True),
        ("usr/lib/systemd/logind.conf.d/50-a.conf", "[Login]\n RemoveIPC = off\n", False),
        ("etc/systemd/logind.conf.d/60-b.conf", "[Login]\nRemoveIPC=yes\n", True),
        ("etc/systemd/logind.conf.d/60-b.txt", "[Login]\nRemoveIPC=no\n", True),
        ("run/systemd/logind.conf.d/60-b.conf", "[Login]\nRemoveIPC=no\n", True),
        ("run/systemd/logind.conf.d/70-c.conf", "[Login]\nRemoveIPC=0\n", False),
        ("etc/systemd/logind.conf.d/70-c.conf", "", True),
    ):
        if path is not None:
            tree.write(path, text)
        same(ids(tree.report(*words)), ["remove-ipc"] if removes else [], f"{path}")
    got = tree.report(*words)
    provokes(got, "remove-ipc", "warning", "last session", "sudo loginctl enable-linger ")
    user = got["findings"][0]["commands"][0].split()[-1]
    tree.write(f"var/lib/systemd/linger/{user}")
    same(tree.report(*words)["findings"], [], "of one who lingers")


@test("what belongs to root or a system user is not removed at a logout")
def system_users(bus):
    if os.geteuid() != 0:
        raise Skip("only root can give a home away")
    init(bus)
    tree = Tree(bus)
    (tree.path / "run/systemd/seats").mkdir(parents=True)
    for user, found in ((0, []), (999, []), (1000, ["remove-ipc"]), (65000, []), (65534, [])):
        os.chown(bus.home, user, user)
        same(ids(tree.report("remove-ipc")), found, f"of user {user}")


@test("a home in the private /tmp of a service is told, and whose that is")
def private_tmp(bus):
    init(bus)
    root = "/tmp/systemd-private-0123456789abcdef-mail-out.service-XyZ/tmp"
    got = Tree(bus).mount("tmpfs", root=root).report("system")
    command = "systemctl edit mail-out.service    # [Service] PrivateTmp=no"
    provokes(got, "private-tmp", "warning", "of mail-out.service, which", command)
    words = ["private-tmp", "--home", "/tmp/no-such-home"]
    tree = Tree(bus).mount("tmpfs", point="/tmp")
    same(tree.report(*words)["findings"], [])
    tree.link("proc/self/ns/mnt", "mnt:[4026532000]")
    provokes(tree.report(*words), "private-tmp", "warning", "in a private /tmp", "PrivateTmp=no")


@test("what the kernel does not protect is told of a home that others may use")
def protected(bus):
    init(bus)
    tree = Tree(bus)
    checks = {
        "protected-hardlinks": 1,
        "protected-symlinks": 1,
        "protected-fifos": 1,
        "protected-regular": 2,
    }
    for check in checks:
        tree.sysctl("fs/" + check.replace("-", "_"), 0)
    same(tree.report("system")["findings"], [], "in a private home")
    init(bus, "--profile", "public")
    got = tree.report("system")
    same(ids(got), list(checks))
    for check, value in checks.items():
        name = check.replace("-", "_")
        provokes(got, check, "warning", f"fs.{name} is 0", f"sysctl fs.{name}={value}")


@test("a PID namespace of our own, or of readers, is told; it matters to formix-pubsub")
def pids(bus):
    init(bus)
    tree = Tree(bus).link("proc/self/ns/pid", "pid:[4026532001]")
    provokes(tree.report(), "pid-namespace", "note", "we are in a PID namespace")
    channel = PlainChannel(bus, "a.b")
    got = tree.report()
    provokes(got, "pid-namespace", "warning", "takes channels of here for dead", "--pid=host")
    channel.remove()
    tree.link("proc/self/ns/pid", NAMESPACES["pid"])
    subscriber = bus.subscriber("a.b", "-1")
    provokes(tree.report(), "pid-namespace", "note", "lives in another PID namespace")
    tree.write(f"proc/{subscriber.child.pid}/stat", f"{subscriber.child.pid} (a) b) S 1 1\n")
    same(tree.report("namespaces")["findings"], [])
    tree.write(f"proc/{subscriber.child.pid}/stat", f"{subscriber.child.pid} (a (b\x1b) T 1 1\n")
    provokes(tree.report(), "reader-stopped", "warning", f"{subscriber.child.pid} (a (b?) is")
    bus.publish("a.b", "x").expect()
    subscriber.result().expect()


@test("namespaces of users and mounts are told")
def namespaces(bus):
    init(bus)
    tree = Tree(bus).link("proc/self/ns/user", "user:[4026532002]")
    tree.sysctl("kernel/overflowuid", os.geteuid() + 1)
    provokes(tree.report(), "user-namespace", "note", "a user namespace of our own")
    got = tree.sysctl("kernel/overflowuid", os.geteuid()).report()
    provokes(got, "user-namespace", "warning", "is nobody", "uid_map")
    tree.link("proc/self/ns/mnt", "mnt:[4026532003]")
    provokes(tree.report(), "mount-namespace", "note", "mounts of our own", "findmnt -T")
    (tree.path / "proc/1/ns/mnt").unlink()
    holds("mount-namespace" not in ids(tree.report()), "it can't be known")


@test("namespaces that we are really in are found")
def real_namespaces(bus):
    init(bus)
    script = "exec unshare --pid --fork --mount-proc pubsub-doctor --json namespaces"
    got = judged(in_mounts(bus, script))
    provokes(got, "pid-namespace", "note", "we are in a PID namespace")
    words = ["unshare", "-Ur", "pubsub-doctor", "--json"]
    provokes(judged(bus.run(*words)), "user-namespace", "note", "of our own")
    if os.geteuid() != 0:
        raise Skip("only root can give a home away")
    os.chown(bus.home, ALICE, ALICE)
    provokes(judged(bus.run(*words)), "user-namespace", "warning", "owner of the home")


if __name__ == "__main__":
    main()
