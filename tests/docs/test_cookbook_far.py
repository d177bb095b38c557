# SPDX-License-Identifier: MIT
"""The recipes of docs/cookbook.md for work, hosts, browsers, cron, systemd and other languages."""

import base64
import json
import os
import re
import shlex
import socket
import subprocess

from cookbook import ended, expect, reads, recipe
from documents import commands, wait_for
from tap import main, text


@recipe("A work queue")
def queue(kitchen):
    kitchen.program("send-mail", "#!/bin/sh\nread -r who\necho \"$who, attempt $PUBSUB_ATTEMPT\"\n"
                    "[ \"$PUBSUB_ATTEMPT\" -gt 1 ]\n")
    process = kitchen.cook({"--retry-delay 5": "--retry-delay 0"})
    wait_for(lambda: list(kitchen.home.path.glob("jobs.+_mailers")), "the channel was there")
    kitchen.publish("jobs.mail", "ann@example.org")
    yield from reads(process, "ann@example.org, attempt 1")
    while process.stdout.readline() != "ann@example.org, attempt 2\n":
        pass
    wait_for(lambda: kitchen.home.is_empty("mailers"), "it was settled")


@recipe("What failed too often")
def dead(kitchen):
    work = ["pubsub-subscribe", "jobs.+", "--group", "mailers"]
    kitchen.home.run(*work, "-E")
    kitchen.publish("jobs.mail", "bob")
    fail = "import sys; sys.exit('mailbox full')"
    ended(kitchen.start(*work, "-e", "--attempts", "1", "--exec", "python3", "-c", fail))
    letter = json.loads(kitchen.home.run("pubsub-dead", "--json"))
    if "mailbox full" not in kitchen.home.run("pubsub-dead", "show", "mailers", letter["id"]):
        yield "its last words are not shown"
    said, status = ended(kitchen.cook())
    if status != 0 or not re.search(rf"{letter['id']} .* jobs.mail  exit status 1$", said, re.M):
        yield f"{status}: {said!r}"
    yield from expect(kitchen.start(*work, "-e"), "bob")


@recipe("Stop and go on later")
def later(kitchen):
    yield from expect(kitchen.cook({"$(date +%F)": "0"}))
    for number in (1, 2):
        kitchen.publish("app.web", f"day {number}")
        yield from expect(kitchen.cook({"$(date +%F)": f"{number}"}))
        (line,) = text(kitchen.place / f"report-{number}.ndjson").splitlines()
        if json.loads(line)["payload"] != f"day {number}":
            yield line
    yield from expect(kitchen.cook())


def publish_on(kitchen, host, *words):
    """As if somebody did on another host, once it is listened to."""
    there = kitchen.home.path.with_name(f"{kitchen.home.path.name}-{host}")
    kitchen.home.run("pubsub-publish", "--wait-subscribers", "1", "--home", there, *words)


@recipe("Several hosts into one", "jq")
def hosts(kitchen):
    # As ssh does: a shell elsewhere gets the words as one text. Elsewhere is another home.
    kitchen.program("bin/ssh", '#!/bin/sh\n[ "$1" = -n ] || exit 255\nhost=$2\nshift 2\n'
                    'PUBSUB_HOME=$PUBSUB_HOME-$host exec sh -c "$*" </dev/null\n')
    listener = kitchen.start("pubsub-subscribe", "-F", "%H{host} %t %p", "app.+")
    kitchen.home.wait_for_channels(1)
    kitchen.cook()
    for host in ("web1", "web2"):
        publish_on(kitchen, host, "app.boot", f"on {host}")
        yield from reads(listener, f"{host} app.boot on {host}")


@recipe("Several hosts into one", "jq")
def hosts_in_circles(kitchen):
    """what came from a host once does not come again"""
    kitchen.program("bin/ssh", '#!/bin/sh\nshift\n'
                    'PUBSUB_HOME=$PUBSUB_HOME-$1 exec sh -c "$2" </dev/null\n')
    listener = kitchen.start("pubsub-subscribe", "-F", "%H{host} %t %p", "app.+")
    kitchen.home.wait_for_channels(1)
    (between,) = re.findall(r"`(jq -c .*)`", kitchen.text)
    kitchen.cook({" |\n": f" | {between} |\n"})
    publish_on(kitchen, "web1", "app.boot", "from elsewhere", "-H", "host=web3")
    publish_on(kitchen, "web1", "app.boot", "from here")
    yield from reads(listener, "web1 app.boot from here")


def browse(port):
    """A connection as a browser makes it: what comes behind the server's answer, as a file."""
    while True:  # it says that it starts before it listens
        try:
            connection = socket.create_connection(("127.0.0.1", port))
            break
        except ConnectionRefusedError:
            os.sched_yield()
    key = base64.b64encode(os.urandom(16)).decode()
    connection.sendall("\r\n".join([
        "GET / HTTP/1.1", "Host: 127.0.0.1", "Upgrade: websocket", "Connection: Upgrade",
        "Sec-WebSocket-Version: 13", f"Sec-WebSocket-Key: {key}", "", ""]).encode())
    stream = connection.makefile("rb")
    connection.close()
    if b" 101 " not in stream.readline():
        raise RuntimeError("it is no websocket")
    while stream.readline().strip():
        pass
    return stream


def text_frame(stream):
    kind, size = stream.read(2)
    if size == 126:
        size = int.from_bytes(stream.read(2), "big")
    return stream.read(size) if kind == 0x81 else None


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]


@recipe("A browser, with websocketd", "websocketd")
def websocket(kitchen):
    port = free_port()
    process = kitchen.cook({"8080": str(port)})
    while "Starting WebSocket server" not in process.stdout.readline():
        pass
    with browse(port) as stream:
        kitchen.home.wait_for_channels(1)
        kitchen.publish("sensors.door", "open")
        message = json.loads(text_frame(stream))
        if (message["topic"], message["payload"]) != ("sensors.door", "open"):
            yield f"{message}"
    kitchen.home.wait_for_channels(0)


@recipe("Every five minutes, with cron")
def cron(kitchen):
    path, entry = kitchen.blocks[0].splitlines()
    command = entry.split(None, 5)[5].replace("\\%", "%")
    listener = kitchen.start("pubsub-subscribe", "-1", "host.load")
    kitchen.home.wait_for_channels(1)
    environment = {"SHELL": "/bin/sh", "HOME": "/", "LOGNAME": "nobody",
                   "PATH": f"{commands()}:{path.removeprefix('PATH=')}",
                   "PUBSUB_HOME": str(kitchen.home.path)}
    subprocess.run(["/bin/sh", "-c", command], env=environment, cwd="/", check=True)
    said, _ = ended(listener)
    if not re.fullmatch(r"\d\d:\d\d \d+\.\d\d\n", said):
        yield f"{said!r}"


class Unit:
    """A unit as the page shows it: its name is in its first line."""

    def __init__(self, code, home):
        self.name = re.match(r"# (\S+)\n", code)[1]
        # %h is the home directory; a percent sign that is meant stands there twice.
        self.code = code
        self.shown = dict(re.findall(r"^(\w+)=(.*)$", code, re.MULTILINE))
        self.home = home

    def command(self):
        """The words of its command."""
        return [word.replace("%h", str(self.home)) for word in shlex.split(self.shown["ExecStart"])]


def units(kitchen):
    """The units of a recipe, after systemd has looked at them."""
    found = [Unit(code, kitchen.place) for code in kitchen.blocks]
    place = kitchen.place / "units"
    place.mkdir()
    for unit in found:
        code = unit.code.replace("ExecStart=pubsub", f"ExecStart={commands()}/pubsub")
        (place / unit.name).write_text(code, encoding="utf-8")
    return place, found


def complaints(place):
    """What systemd has against the units in a directory."""
    done = subprocess.run(
        ["systemd-analyze", "verify", "--user", "--man=no", *sorted(place.iterdir())],
        capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL,
        env=os.environ | {"XDG_RUNTIME_DIR": str(place), "SYSTEMD_UNIT_PATH": f"{place}:"},
    )
    lines = [line for line in done.stderr.splitlines() if str(place) in line or ".service" in line]
    return lines or ([done.stderr] if done.returncode != 0 else [])


@recipe("The same as a systemd timer", "systemd-analyze")
def timer(kitchen):
    place, (service, _) = units(kitchen)
    yield from complaints(place)
    listener = kitchen.start("pubsub-subscribe", "-1", "host.load")
    kitchen.home.wait_for_channels(1)
    yield from expect(kitchen.start(*service.command()))
    said, _ = ended(listener)
    if not re.fullmatch(r"\d+\.\d\d\n", said):
        yield f"{said!r}"


@recipe("When a directory changes, with a systemd path", "systemd-analyze")
def path_unit(kitchen):
    place, (service, _) = units(kitchen)
    yield from complaints(place)
    (kitchen.place / "inbox").mkdir()
    (kitchen.place / "inbox" / "two words").touch()
    listener = kitchen.start("pubsub-subscribe", "-1", "files.seen")
    kitchen.home.wait_for_channels(1)
    yield from expect(kitchen.start(*service.command()))
    yield from expect(listener, f"{kitchen.place}/inbox/two words")


@recipe("A subscriber as a service", "systemd-analyze")
def service_unit(kitchen):
    place, (service,) = units(kitchen)
    yield from complaints(place)
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.settimeout(30)
        manager.bind(str(kitchen.place / "notify"))
        process = kitchen.start(
            *service.command(), env={"NOTIFY_SOCKET": str(kitchen.place / "notify")})
        said = manager.recv(4096)
    if b"READY=1" not in said.splitlines():
        yield f"it notified {said!r}"
    kitchen.publish("app.web", "hello")
    message = json.loads(process.stdout.readline())
    if message["payload"] != "hello":
        yield f"{message}"


def reads_sensors(kitchen, *interpreter):
    (kitchen.place / "program").write_text(kitchen.blocks[0], encoding="utf-8")
    process = kitchen.start(*interpreter, kitchen.place / "program")
    kitchen.home.wait_for_channels(1)
    kitchen.publish("sensors.door", 'with "quotes"')
    yield from reads(process, 'sensors.door with "quotes"')
    process.terminate()
    process.wait()
    kitchen.home.wait_for_channels(0)


@recipe("Python")
def python(kitchen):
    return reads_sensors(kitchen, "python3")


@recipe("Perl", "perl")
def perl(kitchen):
    return reads_sensors(kitchen, "perl")


@recipe("Node.js", "node")
def node(kitchen):
    return reads_sensors(kitchen, "node")


if __name__ == "__main__":
    main()
