# SPDX-License-Identifier: MIT
"""bash, zsh and fish offer what there is: options, fixed words, topics, channels, dead letters,
files, users, groups and commands, in the home of the command line, and nothing without one."""

import contextlib
import os
import pathlib

import shells
from harness import COMMANDS, Skip, main, same, test

FISH = pathlib.Path(os.environ["FSPS_SOURCE_ROOT"]) / "completions" / "pubsub.fish"
WHEN_FULL = {"refuse", "block", "drop-new", "drop-oldest"}


def options(bus, command):
    lines = bus.run(command, "--list-options").expect().lines()
    return {line.split("\t")[0] for line in lines} - {"operand"}


@contextlib.contextmanager
def life(bus):
    """A home in which there is one of each; another one; and homes that are of no use. Yields the
    names of all channels, and the IDs of the dead letters."""
    live = bus.subscriber("a.b", "a.=.x", "c.+", "-C", "3")
    other = bus.subscriber("--home", "other", "over.there", "-1", cwd=bus.directory)
    bus.subscribe("jobs.+", "--durable", "mail", "-E").expect()
    for text in ("one", "two"):
        bus.publish("jobs.x", text).expect()
    bus.subscribe("jobs.+", "--durable", "mail", "--attempts", "1", "-e", "--exec", "false").expect(
        1, err="dead letter"
    )
    letters = {letter["id"] for letter in bus.run("pubsub-dead", "--json").expect().json()}
    bus.path("a file", b"")
    bus.path("no-home", b"")
    bus.path("open-home").mkdir()
    bus.path("open-home").chmod(0o777)
    yield set(bus.channels()), letters
    bus.run("pubsub-rm", "mail").expect()
    for home, topic, times in ((bus.home, "a.b", 3), (bus.path("other"), "over.there", 1)):
        bus.publish("--home", home, "--repeat", times, topic, "x").expect()
    live.result().expect()
    other.result().expect()


def kinds(channels, letters):
    """Each kind of word, at least once: a line, and what is offered for it."""
    durable = {name for name in channels if name.endswith("_mail")}
    return {
        "pubsub-publish ": {"a.b"},
        "pubsub-publish -t ": {"a.b"},
        "pubsub-publish a.b ": set(),
        "pubsub-subscribe ": {"a.b", "a.=.x", "c.+", "jobs.+"},
        "pubsub-subscribe a.=": {"a.=.x"},
        "pubsub-subscribe 'a.=": {"a.=.x"},
        "pubsub-subscribe -v --topic a.": {"a.b", "a.=.x"},
        "pubsub-subscribe a.b --durable ": {"mail"},
        "pubsub-peek ": channels | {"mail"},
        "pubsub-rm ": durable | {"mail"},
        "pubsub-ls j": durable | {"jobs.+"},
        "pubsub-dead ": channels | {"mail", "list", "show", "replay", "discard"},
        "pubsub-dead show mail ": letters,
        "pubsub-subscribe --when-full ": WHEN_FULL,
        "pubsub-subscribe --when-full=drop-": {"drop-new", "drop-oldest"},
        "pubsub-subscribe --publishers our": {"ours"},
        "pubsub-publish -q ": {"0", "1"},
        "pubsub-init -p gr": {"group"},
        "pubsub-bench -q lat": {"latency"},
        "pubsub-doctor -v space": {"space", "space-bytes", "space-inodes"},
        "pubsub-publish -f a": {"a file"},
        "pubsub-publish --file=a": {"a file"},
        "pubsub-ls --home oth": {"other/"},
        "pubsub-ls --home-owner roo": {"root"},
        "pubsub-init --group roo": {"root"},
        "pubsub-subscribe a.b --exec mkfif": {"mkfifo"},
        "pubsub-subscribe a.b --then cat -- a": {"a file"},
        "pubsub-publish --home other ": {"over.there"},
        "pubsub-publish --home=other ": {"over.there"},
        "pubsub-publish --home ~/other ov": {"over.there"},
        "pubsub-publish --home no/where ": set(),
        "pubsub-peek --home no-home ": set(),
        "pubsub-subscribe --home open-home ": set(),
        "true; pubsub-publish -v -- ": {"a.b"},
    }


def verbs(letters):
    """pubsub VERB, which is pubsub-VERB."""
    if "pubsub" not in COMMANDS:
        return {}
    return {
        "pubsub pub": {"publish"},
        "pubsub help pur": {"purge"},
        "pubsub publish ": {"a.b"},
        "pubsub dead show mail ": letters,
        "pubsub publish --home other ": {"over.there"},
        "pubsub subscribe --ack m": {"manual"},
    }


def on_terminal(bus, start):
    with life(bus) as (channels, letters), contextlib.closing(start(bus)) as shell:
        for line, expected in (kinds(channels, letters) | verbs(letters)).items():
            same(shell.offers(line), expected, f"what is offered for {line!r}")


@test("bash offers each kind of word")
def bash(bus):
    on_terminal(bus, shells.bash)


@test("zsh offers each kind of word")
def zsh(bus):
    on_terminal(bus, shells.zsh)


@test("fish offers each kind of word")
def fish(bus):
    with life(bus) as (channels, letters):
        expected = kinds(channels, letters) | verbs(letters)
        answers = shells.Fish(bus, FISH).all_offers(expected)
        for (line, words), answer in zip(expected.items(), answers, strict=True):
            same(answer, words, f"what is offered for {line!r}")


@test("bash, zsh and fish offer the options of every command")
def all_options(bus):
    expected = {f"{command} --": options(bus, command) for command in COMMANDS}
    for start in (shells.bash, shells.zsh):
        with contextlib.suppress(Skip), contextlib.closing(start(bus)) as shell:
            for line, words in expected.items():
                same(shell.offers(line), words, f"what {start.__name__} offers for {line!r}")
    with contextlib.suppress(Skip):
        answers = shells.Fish(bus, FISH).all_offers(expected)
        same(dict(zip(expected, answers)), expected, "what fish offers")


@test("bash with bash-completion loads the script, and completes a command's own arguments")
def loader(bus):
    with contextlib.closing(shells.bash_with_loader(bus)) as shell:
        same(shell.offers("pubsub-subscribe --ack m"), {"manual"})
        same(shell.offers("pubsub-subscribe a --exec pubsub-init -p "),
             {"private", "group", "public"})


if __name__ == "__main__":
    main()
