# SPDX-License-Identifier: MIT
"""A home that both use: each clears up after its own dead and the other's, and neither trips over
what the other leaves in it."""

import os
import subprocess
import time

from peers import Skip, case, eventually, holds, main, publish, same

# Runs a command in a pid namespace of its own, in which ours are nobody.
UNSHARE = ["unshare", "--map-root-user", "--pid", "--fork", "--kill-child"]


def sweep(home):
    """Lets a subscriber of ours live through more than a second, in which it sweeps."""
    subscriber = home.subscriber("sweep")
    until = time.monotonic() + 2.2
    while time.monotonic() < until:
        subscriber.take(1, 300)
    subscriber.end()


def fill_with_our_names(home):
    """Whatever of ours may be met in a home, as a kill at the worst moment leaves it too."""
    for name in (".n-abcdefghijkl-1", ".x-abcdefghijkl-1"):
        (home.path / name).mkdir()
        (home.path / name / ".c").write_bytes(bytes(4096))
        os.mkfifo(home.path / name / "queue")
        (home.path / name / "1795000000000000").write_bytes(b"message")
    (home.path / "tmp").mkdir(exist_ok=True)
    (home.path / "tmp" / ".i-abcdefghijkl-5").write_bytes(b"intent")


@case("it publishes into a home with everything of ours in it")
def our_names_do_not_trip_it(home):
    subscriber, theirs = home.subscriber("t"), home.theirs()
    fill_with_our_names(home)
    before = home.names()
    holds(".fsps" in before, "our state is not there")
    same(theirs.do("matching", topic="t")["channels"], [subscriber.channel], "whom it finds")
    same(theirs.publish("t", b"1"), 1, "its publish")
    theirs.do("clean_up")
    same(home.names(), before, "the home")
    same(subscriber.payloads(), [b"1"], "what we got")


@case("directories that break each of its publishes are nothing to ours")
def names_that_trip_it(home):
    subscriber, theirs, ours = home.subscriber("t"), home.theirs(), home.publisher()
    # re.error is called PatternError from Python 3.13 on.
    for name, raised in (("a_b_c", "ValueError"), ("(_x_1", "unterminated subpattern")):
        (home.path / name).mkdir()
        answer = theirs.do("publish", topic="t", payload="")
        holds(raised in answer.get("raised", ""), f"{name}: it answers {answer}")
        same(publish(ours, "t", b"ours")["result"], 1, f"our publish beside {name}")
        same(subscriber.payloads(), [b"ours"], f"what we got beside {name}")
        names = [c["name"] for c in subscriber.ask(list=True)["channels"]]
        same(names, [subscriber.channel], f"our list beside {name}")
        (home.path / name).rmdir()
    # What its publish left when it broke: nobody's, until it is an hour old.
    same(len(home.names("tmp")), 2, "files in tmp")
    for name in home.names("tmp"):
        home.make_old(f"tmp/{name}")
    sweep(home)
    same(home.names("tmp"), [], "files in tmp")


@case("its clean-up leaves our live channels alone and clears our dead ones")
def its_clean_up(home):
    alive, dead, theirs = home.subscriber("t"), home.subscriber("t"), home.theirs()
    same(theirs.publish("t", b"1"), 2, "its publish")
    dead.kill()
    theirs.do("clean_up")
    same([n for n in home.names() if n.startswith("t_")], [alive.channel], "channels")
    same(publish(home.publisher(), "t", b"2")["result"], 1, "our publish")
    same(sorted(alive.payloads(2)), [b"1", b"2"], "what the living one got")
    # The dead one's lock file is ours to clear.
    eventually(lambda: alive.take(1, 200) and len(home.locks()) == 1, "the end of its lock")


@case("its clean-up in another pid namespace removes our live channels, and we are told")
def its_clean_up_elsewhere(home):
    try:
        subprocess.run([*UNSHARE, "true"], check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError) as error:
        raise Skip(f"no pid namespace can be made: {error}") from error
    subscriber = home.subscriber("t")
    home.theirs(*UNSHARE).do("clean_up")
    eventually(lambda: subscriber.take(1, 200)["error"] == "FSPS_ERR_GONE", "being told")
    holds(subscriber.channel not in home.names(), "the channel is still there")


@case("our clean-up leaves its live channels alone, however old and idle")
def our_clean_up_spares_its_living(home):
    theirs = home.theirs()
    channel = theirs.do("subscribe", pattern="t")["channel"]
    waiting = theirs.do("create", pattern="t")["channel"]
    home.make_old(channel)
    home.make_old(waiting)
    sweep(home)
    holds(channel in home.names(), "its open channel is gone")
    holds(waiting in home.names(), "its channel that is not open yet is gone")
    same(publish(home.publisher(), "t", b"1")["result"], 1, "our publish")
    same([m["payload"] for m in theirs.fetch()], [b"1".hex()], "what it got")


@case("our clean-up clears its dead channels, and what its killed publishers left")
def our_clean_up_clears_its_dead(home):
    theirs, ours = home.theirs(), home.publisher()
    channel = theirs.do("subscribe", pattern="t")["channel"]
    same(publish(ours, "t", b"1")["result"], 1, "our publish")
    theirs.kill()
    # From now on nobody is reached and nothing is left there.
    same(publish(ours, "t", b"2")["result"], 0, "our publish to the dead")
    same(len(home.message_files(channel)), 1, "messages in the dead one's channel")
    # A channel that is new may be one that is just being made: it is given ten seconds.
    sweep(home)
    holds(channel in home.names(), "it was cleared though it is new")
    home.make_old(channel)
    (home.path / "tmp").mkdir(exist_ok=True)
    for name, age in (("1795000000000000", "old"), ("1795000000000001", "new")):
        (home.path / "tmp" / name).write_bytes(b"message")
        if age == "old":
            home.make_old(f"tmp/{name}")
    sweep(home)
    holds(channel not in home.names(), "its dead channel stays")
    same(home.names("tmp"), ["1795000000000001"], "files in tmp")


@case("its channel that is made but not open yet is passed over, and reached once it is open")
def its_channel_before_it_is_open(home):
    theirs, ours = home.theirs(), home.publisher()
    created = theirs.do("create", pattern="t")
    answer = publish(ours, "t", b"early")
    same((answer["result"], answer["matched"]), (0, 0), "our publish")
    same(home.message_files(created["channel"]), [], "messages in it")
    theirs.do("open_channel", number=created["number"])
    same(publish(ours, "t", b"late")["result"], 1, "our publish")
    same([m["payload"] for m in theirs.fetch()], [b"late".hex()], "what it got")


@case("its channel that has no queue yet is looked at again on every publish")
def its_channel_without_a_queue(home):
    theirs, ours = home.theirs(), home.publisher()
    theirs.do("subscribe", pattern="other")
    name = f"t_abcdefghijkl_{theirs.process.pid}"
    (home.path / name).mkdir()
    same(publish(ours, "t")["result"], 0, "our publish")
    same(home.names(name), [], "what is in it")
    os.mkfifo(home.path / name / "queue")
    with open(os.open(home.path / name / "queue", os.O_RDONLY | os.O_NONBLOCK), "rb"):
        same(publish(ours, "t")["result"], 1, "our publish")
        same(len(home.message_files(name)), 1, "messages in it")


@case("a home that it made is good for us, and one that we made for it")
def each_uses_the_others_home(home):
    theirs = home.theirs()
    theirs.do("subscribe", pattern="t")
    same(home.path.stat().st_mode & 0o777, 0o777 & ~current_umask(), "mode of its home")
    subscriber = home.subscriber("t")
    same((home.path / subscriber.channel).stat().st_mode & 0o7777, 0o700, "mode of our channel")
    same(theirs.publish("t"), 2, "its publish")
    same(publish(home.publisher(), "t")["result"], 2, "our publish")
    subscriber.messages(2)
    same(len(theirs.fetch(count=2)), 2, "what it got")


def current_umask():
    umask = os.umask(0o022)
    os.umask(umask)
    return umask


@case("publishing where there is no home reaches nobody: ours says so, its raises")
def no_home(home):
    same(publish(home.publisher(), "t")["result"], 0, "our publish")
    answer = home.theirs().do("publish", topic="t", payload="")
    holds("FileNotFoundError" in answer.get("raised", ""), f"it answers {answer}")
    holds(not home.path.exists(), "somebody made the home")


if __name__ == "__main__":
    main()
