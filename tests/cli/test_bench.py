# SPDX-License-Identifier: MIT
"""pubsub-bench: that it counts right, ends well however it ends, and leaves nothing. How fast
anything is no test can say."""

import os
import pathlib
import pty
import select
import signal

from harness import WAIT_SECONDS, holds, main, same, test, wait_for_exit, wait_until

SHORT = ["--rounds", "1", "--warm-up", "0"]
LONG = ["-D", "20", "--rounds", "1"]
RATIOS = ["min_ns", "p50_ns", "p90_ns", "p99_ns", "p99_9_ns", "p99_99_ns", "max_ns"]
WAYS = [
    ["-b", "1"],
    ["-b", "64"],
    ["--prepared"],
    ["--in-place"],
    ["--touch", "-s", "16,17,1000"],
    ["--touch", "--in-place", "-s", "4K"],
    ["--sync"],
    ["--durable"],
    ["--ack"],
    ["--durable", "--ack"],
    ["--spin", "20"],
    ["--pin"],
]


def bench(bus, *words, **options):
    return bus.run("pubsub-bench", *words, **options)


def measured(bus, *words, **options):
    """The document that a run prints."""
    got = bench(bus, "--json", *words, **options).expect().json()
    same(len(got), 1, "lines")
    return got[0]


def adds_up(case):
    """Nothing may be lost, and everything has to have been received."""
    readers = case["subscribers"] * case["channels"]
    same(case["lost"], 0, "lost")
    for each in case["rounds"]:
        holds(each["published"] > 0, f"nothing was published: {each}")
        same(each["received"], each["published"] * readers, "received")
        same([each["lost"], each["out_of_order"], each["damaged"]], [0, 0, 0])
        holds(each["seconds"] > 0 and each["messages_per_s"] > 0, each)
        holds(each["publisher_rss_kib"] > 0 and each["subscriber_rss_kib"] > 0, each)
    rates = [each["messages_per_s"] for each in case["rounds"]]
    same(case["messages_per_s"]["min"], min(rates), "the least")
    same(case["messages_per_s"]["max"], max(rates), "the most")
    holds(min(rates) <= case["messages_per_s"]["median"] <= max(rates), "the median")


def is_histogram(latency, count):
    same(latency["count"], count, "the number of latencies")
    values = [latency[name] for name in RATIOS]
    same(values, sorted(values), "percentiles")
    buckets = latency["buckets"]
    same(sum(bucket[2] for bucket in buckets), count, "what lies in the buckets")
    edges = [edge for bucket in buckets for edge in bucket[:2]]
    same(edges, sorted(edges), "edges of buckets")
    holds(buckets[0][0] <= latency["min_ns"] < buckets[0][1], "the first bucket")
    holds(buckets[-1][0] <= latency["max_ns"] < buckets[-1][1], "the last bucket")


def left_over(bus):
    return sorted(path.name for path in bus.directory.glob("pubsub-bench-*"))


def children(process):
    """Process IDs, subscribers first."""
    path = pathlib.Path(f"/proc/{process.child.pid}/task/{process.child.pid}/children")
    return [int(pid) for pid in path.read_text(encoding="ascii").split()]


def running(bus, *words, count=2, **options):
    """A run whose processes are all there, and their IDs."""
    process = bus.start("pubsub-bench", *words, **options)
    wait_until(lambda: len(children(process)) == count, f"{count} processes")
    return process, children(process)


def stop(pid):
    """Stops a process, which does nothing any more when this returns."""
    os.kill(pid, signal.SIGSTOP)
    stat = pathlib.Path(f"/proc/{pid}/stat")
    wait_until(lambda: stat.read_text(encoding="ascii").split()[2] == "T", "a stop")


# ---- what is measured


@test("every mode measures what it says, and everything adds up")
def modes(bus):
    expected = {
        "throughput": [(100, 1, 1)],
        "latency": [(100, 1, 1)],
        "fanout": [(100, n, 1) for n in (1, 2, 4, 8)],
        "sizes": [(n, 1, 1) for n in (16, 100, 1024, 4096, 16384, 65536, 1048576)],
        "channels": [(100, 1, n) for n in (1, 10, 100, 1000)],
    }
    for mode, wanted in expected.items():
        got = measured(bus, mode, "-n", "20", "-W", "25", *SHORT)
        same({case["mode"] for case in got["cases"]}, {mode})
        shapes = [(c["size"], c["subscribers"], c["channels"]) for c in got["cases"]]
        same(shapes, wanted, mode)
        for case in got["cases"]:
            adds_up(case)
            same(case["rounds"][0]["published"], 20, "messages")
            same(case["latency"] is not None, mode == "latency", "whether there are latencies")
    same(left_over(bus), [], "what is left")


@test("all measures every mode in short, several rounds each")
def every_mode(bus):
    got = measured(bus, "all", "-D", "0.02", "--warm-up", "0.01", "--rounds", "2")
    same(
        [case["mode"] for case in got["cases"]],
        ["throughput", "latency"] + ["fanout"] * 2 + ["sizes"] * 3 + ["channels"] * 2,
    )
    for case in got["cases"]:
        same(len(case["rounds"]), 2, "rounds")
        adds_up(case)


@test("every combination of lists is measured, with the exact number of messages")
def combinations(bus):
    got = measured(
        bus, "-n", "300", "-s", "16,2K", "-p", "1,3", "-S", "2,1", "-c", "1,2",
        "--rounds", "2", "--warm-up", "0.01",
    )
    shapes = [(c["size"], c["publishers"], c["subscribers"], c["channels"]) for c in got["cases"]]
    wanted = [(s, p, r, c) for p in (1, 3) for r in (2, 1) for c in (1, 2) for s in (16, 2048)]
    same(shapes, wanted)
    for case in got["cases"]:
        adds_up(case)
        for each in case["rounds"]:
            same(each["published"], 300 * case["publishers"], "published")


@test("every way to publish and to receive loses nothing, on both lanes")
def ways(bus):
    for way in WAYS:
        for env in ({}, {"FSPS_LANE": "plain"}):
            for mode in ("throughput", "latency"):
                if mode == "latency" and "-b" in way:
                    continue
                got = measured(bus, mode, "-n", "200", *SHORT, *way, env=env)
                same(got["options"]["lane"], env.get("FSPS_LANE"), "lane")
                for case in got["cases"]:
                    adds_up(case)


@test("several subscribers with acknowledged durable channels, in batches")
def durable_many(bus):
    words = ["--durable", "--ack", "-b", "16", "-S", "3", "-c", "2", "-p", "2", "-n", "500"]
    got = measured(bus, *words, "--rounds", "2")
    adds_up(got["cases"][0])


@test("the document says what was measured, where and how")
def document(bus):
    got = measured(bus, "-n", "10", "--rounds", "2", "--prepared", "--spin", "7", "--rate", "1000")
    same(got["complete"], True)
    same(got["options"]["count"], 10)
    same(got["options"]["rate_per_s"], 1000.0)
    same(got["options"]["way"], "prepared")
    same(got["options"]["spin_us"], 7)
    holds(got["machine"]["processors"] >= 1 and got["machine"]["memory_bytes"] > 0, got["machine"])
    holds(got["home"]["path"].startswith(str(bus.directory)), got["home"])
    holds(got["started"].endswith("Z"), got["started"])


# ---- latencies and rates


@test("round trips have percentiles and buckets that fit together")
def latency(bus):
    case = measured(bus, "latency", "-n", "500", "--rounds", "2")["cases"][0]
    adds_up(case)
    is_histogram(case["latency"], 1000)
    same(case["latency"]["late_max_ns"], None)


@test("a rate is kept: never sooner than the timetable, and as many as it asks for")
def rate(bus):
    case = measured(bus, "-n", "100", "--rate", "500", "-S", "2", *SHORT)["cases"][0]
    adds_up(case)
    same(case["rounds"][0]["due"], 100)
    holds(case["rounds"][0]["seconds"] >= 99 / 500, case["rounds"][0])
    is_histogram(case["latency"], 200)
    case = measured(bus, "-D", "0.2", "--rate", "500/s", "-p", "2", *SHORT)["cases"][0]
    adds_up(case)
    same(case["rounds"][0]["due"], 200)
    holds(1 <= case["rounds"][0]["published"] <= 200, case["rounds"][0])


@test("a rate of less than one a second sends its first message, and ends")
def slow_rate(bus):
    case = measured(bus, "-D", "0.05", "--rate", "0.01", *SHORT)["cases"][0]
    adds_up(case)
    same(case["rounds"][0]["published"], 1)


@test("a message counts from when it was due, not from when it was sent")
def coordinated_omission(bus):
    # 100,000 messages are due within 0.1 ms, and no machine publishes one in 10 ns.
    for words in (["throughput"], ["throughput", "-b", "64"], ["latency"]):
        got = measured(bus, *words, "-n", "100000", "--rate", "1000000000", *SHORT)["cases"][0]
        holds(got["latency"]["p50_ns"] > 400_000, got["latency"]["p50_ns"])
        holds(got["latency"]["max_ns"] > 900_000, got["latency"]["max_ns"])
        holds(got["latency"]["max_ns"] >= got["latency"]["late_max_ns"] > 800_000, "late")


@test("a rate that can't be kept is said, with what was reached")
def overload(bus):
    got = bench(bus, "--rate", "1000000000", "-D", "0.05", *SHORT).expect()
    holds("the publishers could not keep up" in got.out.decode(), got.out)


# ---- for people


@test("people get a heading and a table, a histogram where there is one, and no control codes")
def tables(bus):
    lines = bench(bus, "-n", "100", *SHORT).expect().lines()
    holds(lines[0].startswith("throughput: 100 messages of each publisher, 1 round"), lines[0])
    holds("processor" in lines[1], lines[1])
    same(lines[3].split()[:4], ["SIZE", "MSGS/S", "MB/S", "LOST"])
    same(lines[4].split()[0], "100")
    same(len(lines), 5, "lines")
    lines = bench(bus, "latency", "-n", "100", "--rounds", "2").expect().lines()
    same(lines[6].split(), "SIZE COUNT MIN P50 P90 P99 P99.9 P99.99 MAX".split())
    shares = [float(line.split()[3]) for line in lines[9:]]
    holds(abs(sum(shares) - 100) < 0.1, f"the histogram's shares: {shares}")
    holds(all("#" in line for line, share in zip(lines[9:], shares) if share > 0), "bars")


@test("-q prints the tables alone")
def quiet(bus):
    lines = bench(bus, "-q", "latency", "-n", "100", *SHORT).expect().lines()
    same([lines[0].split()[0], lines[2], lines[3].split()[0], len(lines)], ["SIZE", "", "SIZE", 5])


@test("several modes are told apart by their name")
def names(bus):
    lines = bench(bus, "-q", "throughput", "latency", "-n", "50", *SHORT).expect().lines()
    same([line.split()[0] for line in lines[:3]], ["MODE", "throughput", "latency"])


def read_until(fd, wanted):
    seen = b""
    while wanted not in seen:
        readable, _, _ = select.select([fd], [], [], WAIT_SECONDS)
        holds(readable, f"only {seen!r} came")
        seen += os.read(fd, 4096)
    return seen


@test("a terminal sees how far it is, and the line is gone at the end")
def progress(bus):
    master, slave = pty.openpty()
    try:
        process = bus.start("sh", "-c", f"exec pubsub-bench {' '.join(LONG)} 2>{os.ttyname(slave)}")
        shown = read_until(master, b"waiting").decode()
        holds("1/1 throughput, 100 bytes, 1 to 1, round 1/1: " in shown, shown)
        holds(" published, " in shown and " received/s, " in shown, shown)
        process.signal(signal.SIGINT)
        process.result().expect(130)
        same(os.read(master, 65536)[-4:], b"\r\x1b[K", "what takes the line away")
    finally:
        os.close(master)
        os.close(slave)


@test("-q shows a terminal nothing, and neither does a run whose standard error is none")
def no_progress(bus):
    master, slave = pty.openpty()
    try:
        words = "-q -n 500 --rate 1000 --rounds 1"
        for more in ("", "--json"):
            bus.shell(f"pubsub-bench {words} {more} 2>{os.ttyname(slave)}").expect()
        readable, _, _ = select.select([master], [], [], 0)
        same(readable, [], "what the terminal has")
        bench(bus, "-n", "500", "--rate", "1000", "--rounds", "1").expect()
    finally:
        os.close(master)
        os.close(slave)


# ---- how it ends


@test("a signal ends it and all its processes, what was measured is printed, and nothing is left")
def signals(bus):
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        process, pids = running(bus, *LONG, "--json")
        holds(left_over(bus), "there is no home of its own")
        process.signal(number)
        got = process.result().expect(128 + number).json()[0]
        same([got["complete"], got["cases"]], [False, []])
        for pid in pids:
            wait_for_exit(pid)
        same(left_over(bus), [], "what is left")


@test("Ctrl-C, which a terminal sends to all processes at once, ends it without a complaint")
def group_signal(bus):
    process, _ = running(bus, *LONG, "-S", "3", count=4, start_new_session=True)
    os.killpg(process.child.pid, signal.SIGINT)
    process.result().expect(130)
    same(left_over(bus), [], "what is left")


@test("a signal is heeded while a publisher waits for a subscriber that does not read")
def signal_while_full(bus):
    process, (subscriber, _) = running(bus, *LONG, "-s", "1M")
    stop(subscriber)
    process.signal(signal.SIGINT)
    process.result().expect(130)
    same(left_over(bus), [], "what is left")


@test("a process that is killed is named, the others end, and nothing is left")
def killed(bus):
    for index, name in enumerate(["subscriber 1", "subscriber 2", "publisher 1"]):
        process, pids = running(bus, *LONG, "-S", "2", count=3)
        os.kill(pids[index], signal.SIGKILL)
        process.result().expect(1, err=f"{name} was killed by signal 9 (Killed)")
        same(left_over(bus), [], "what is left")


@test("what a killed run left goes with the next one, and its processes with it")
def killed_parent(bus):
    process, pids = running(bus, *LONG)
    process.signal(signal.SIGKILL)
    process.result()
    for pid in pids:
        wait_for_exit(pid)
    same(len(left_over(bus)), 1, "homes that are left")
    process, _ = running(bus, *LONG)
    same(len(left_over(bus)), 1, "homes while another one runs")
    bench(bus, "-n", "10", *SHORT).expect()
    same(len(left_over(bus)), 1, "homes while the other one still runs")
    process.signal(signal.SIGINT)
    process.result().expect(130)
    same(left_over(bus), [], "what is left")


@test("nothing going on for the time given is an end, with 124 and what is missing")
def standstill(bus):
    process, (_, publisher) = running(bus, *LONG, "-W", "0.5")
    stop(publisher)
    got = process.result().expect(124, err="nothing went on for 0.5 seconds (see --timeout)")
    holds("publisher 1 is not done, after " in got.err, got.err)
    holds("subscriber 1 has " in got.err, got.err)
    same(left_over(bus), [], "what is left")


@test("a message that is lost on the way makes it exit with 4, and is counted")
def loss(bus):
    words = ["--home", bus.home, "-n", "400", "--rate", "400", "-W", "5", "--json", *SHORT]
    process, (subscriber, _) = running(bus, *words, env={"FSPS_LANE": "plain"})
    wait_until(bus.channels, "the channel")
    stop(subscriber)
    channel = bus.home / bus.channels()[0]

    def messages():
        return sorted(path for path in channel.iterdir() if path.name.isdigit())

    wait_until(lambda: len(messages()) > 3, "messages that wait")
    messages()[1].unlink()
    os.kill(subscriber, signal.SIGCONT)
    got = process.result().expect(4, err="of 400 deliveries 1 were lost, 0 of them damaged, and 0")
    same(got.json()[0]["cases"][0]["lost"], 1)
    same(got.json()[0]["cases"][0]["rounds"][0]["received"], 399)


@test("what is published and never comes is lost: 4, and who misses how much")
def last_message_lost(bus):
    words = ["--home", bus.home, "-n", "100", "--rate", "400", "-W", "0.5", *SHORT]
    process, (subscriber, publisher) = running(bus, *words, env={"FSPS_LANE": "plain"})
    wait_until(bus.channels, "the channel")
    stop(subscriber)
    wait_for_exit(publisher)
    bus.run("pubsub-purge", bus.channels()[0]).expect()
    os.kill(subscriber, signal.SIGCONT)
    got = process.result().expect(4, err="nothing went on for ")
    holds("subscriber 1 has " in got.err and " of 100 messages" in got.err, got.err)


@test("a home that is given stays, and keeps nothing of the run")
def given_home(bus):
    for words in ([], ["--durable", "-S", "2", "-c", "2"], ["--durable", "--ack", "latency"]):
        got = measured(bus, "--home", bus.home, "-n", "50", *SHORT, *words)
        same(got["home"]["path"], str(bus.home))
        holds(bus.home.is_dir(), "the home is gone")
        same(bus.channels(), [], "channels")
    same(left_over(bus), [], "homes of their own")


@test("a run that is interrupted in a home that stays leaves no durable channel there")
def interrupted_durable(bus):
    process, _ = running(bus, *LONG, "--durable", "--home", bus.home)
    process.signal(signal.SIGINT)
    process.result().expect(130)
    same(bus.channels(), [], "channels")


@test("who subscribes to everything in that home gets it too, and disturbs nothing")
def others(bus):
    other = bus.subscriber("+", "-C", "20", "-F", "%x")
    adds_up(measured(bus, "--home", bus.home, "-n", "20", *SHORT)["cases"][0])
    same(len(other.result().expect().lines()), 20, "messages that the other one got")


@test("its own home lies beside the usual one")
def place(bus):
    process, _ = running(bus, *LONG)
    same(left_over(bus), [f"pubsub-bench-{process.child.pid}-0"])
    holds(not bus.home.exists(), "the usual home was made")
    process.signal(signal.SIGINT)
    process.result().expect(130)


@test("where no home can be made it says so, and what to do")
def no_place(bus):
    env = {"PUBSUB_HOME": str(bus.directory / "none" / "home")}
    bench(bus, env=env).expect(1, out="", err="name a home with --home")


@test("more channels than there are descriptors are an error that names the option")
def descriptors(bus):
    got = bus.shell("ulimit -n 200; exec pubsub-bench -c 1000")
    got.expect(1, out="", err="--channels 1000 takes 5064 descriptors")


# ---- wrong usage


WRONG = [
    (["quick"], "'quick' is no mode: throughput, latency, fanout, sizes, channels, all"),
    (["all"] * 17, "no more than 16 modes"),
    (["-n", "0"], "--count wants a number of at least 1, not '0'"),
    (["-n", "x"], "--count wants a whole number, not 'x'"),
    (["-n", "999999999999999999"], "--count wants at most 281474976710656"),
    (["-n", "1", "-D", "1"], "--count and --duration contradict each other"),
    (["-D", "0"], "--duration wants more than 0 seconds"),
    (["-D", "1m"], "--duration wants seconds, as 3 or 0.5, not '1m'"),
    (["--rounds", "0"], "--rounds wants a number of at least 1"),
    (["--rounds", "1001"], "--rounds wants at most 1000"),
    (["--warm-up", "x"], "--warm-up wants seconds"),
    (["--rate", "0"], "--rate wants messages a second"),
    (["--rate", "2000000000"], "--rate wants messages a second"),
    (["-W", "0"], "--timeout wants more than 0 seconds"),
    (["-s", "15"], "--size wants 16 to 16773120, not '15'"),
    (["-s", "100,1G"], "--size wants 16 to 16773120, not '1G'"),
    (["-s", "100,"], "--size wants sizes as 100,4K,1M, not ''"),
    (["-s", "none"], "--size wants 16 to 16773120, not 'none'"),
    (["-s", ",".join(["16"] * 33)], "--size takes no more than 32 values"),
    (["-p", "0"], "--publishers wants 1 to 1000, not '0'"),
    (["-S", "1,1001"], "--subscribers wants 1 to 1000, not '1001'"),
    (["-S", "1;2"], "--subscribers wants whole numbers as 1,10,100, not '1;2'"),
    (["-c", "100001"], "--channels wants 1 to 100000"),
    (["-b", "0"], "--batch wants a number of at least 1"),
    (["-b", "65537"], "--batch wants at most 65536"),
    (["-b", "2", "--prepared"], "--batch and --prepared contradict each other"),
    (["--in-place", "--prepared"], "--in-place and --prepared contradict each other"),
    (["--spin", "1000001"], "--spin wants at most 1000000"),
    (["latency", "-S", "2"], "leave out --subscribers"),
    (["latency", "-p", "2"], "leave out --publishers"),
    (["latency", "-c", "2"], "leave out --channels"),
    (["latency", "-b", "2"], "leave out --batch"),
    (["-S", ",".join(map(str, range(1, 33))), "-p", ",".join(map(str, range(1, 33)))],
     "these are more than 1000 combinations"),
]


@test("wrong usage is said in a sentence that names the option, and nothing is begun")
def usage(bus):
    for words, said in WRONG:
        got = bench(bus, *words).expect(2, out="", err=said)
        same(got.err.count("\n"), 1, f"lines for {words}")
    same(left_over(bus), [], "what is left")


if __name__ == "__main__":
    main()
