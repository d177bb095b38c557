# SPDX-License-Identifier: MIT
"""Whom a publish reaches: by our rules and by formix-pubsub's, for every pair of a pattern and a
topic in a table. What each side ought to do is computed here, from the two rules as documented."""

import re

from peers import case, holds, main, publish, same

WORD = "[A-Za-z0-9-]"
PATTERNS = ["a.b", "a.=", "=.b", "a.+", "+", "+.b", "tes=.x", "a+", "=", "a.=.c", "x-1.=", "a=+b"]
TOPICS = [
    "a.b", "axb", "a.bb", "a.b.c", "aab", "a.", "a", "b", "test.x", "tes.x", "tesx.x", "teste.x",
    "a.b.b", ".b", "x-1.y", "a.bc.c", "a-b", "zzb", "a..b", "A.B",
]


def matches_by_our_rules(pattern, topic):
    """'=' is one or more of a word's characters, '+' of a word's and dots, '.' is a dot."""
    expression = re.escape(pattern).replace("\\+", f"(?:{WORD}|\\.)+").replace("=", f"{WORD}+")
    return re.fullmatch(expression, topic) is not None


def matches_by_its_rules(pattern, topic):
    """'=' is one character, '+' any number, even none, and '.' any character."""
    expression = pattern.replace("=", "[a-zA-Z0-9-]").replace("+", "[a-zA-Z0-9.-]*")
    return re.fullmatch(expression, topic) is not None


def pairs(ours, its):
    """The pairs of the table on which the rules answer so."""
    return [
        (pattern, topic)
        for pattern in PATTERNS
        for topic in TOPICS
        if matches_by_our_rules(pattern, topic) == ours
        and matches_by_its_rules(pattern, topic) == its
    ]


@case("the table has pairs on which both agree, and both kinds on which they don't")
def table_tells_them_apart(home):
    holds(("a.b", "a.b") in pairs(ours=True, its=True), "both match")
    holds(("a.b", "b") in pairs(ours=False, its=False), "neither matches")
    # '=' is more than one character; '.' is a dot only; '+' is not nothing.
    holds(("a.=", "a.bb") in pairs(ours=True, its=False), "= of several characters")
    holds(("tes=.x", "test.x") in pairs(ours=True, its=True), "= within a word")
    holds(("a.b", "axb") in pairs(ours=False, its=True), ". as any character")
    holds(("a.+", "a.") in pairs(ours=False, its=True), "+ as nothing")
    ours = home.publisher()
    for pattern in PATTERNS:
        for topic in TOPICS:
            expected = int(matches_by_our_rules(pattern, topic))
            same(ours.ask(match=pattern, topic=topic)["result"], expected, f"{pattern} {topic}")


@case("our publishes reach ours and its channels by our rules")
def our_publishes(home):
    theirs, ours = home.theirs(), home.publisher()
    subscribers = {pattern: home.subscriber(pattern) for pattern in PATTERNS}
    for pattern in PATTERNS:
        theirs.do("subscribe", pattern=pattern)
    for topic in TOPICS:
        expected = [p for p in PATTERNS if matches_by_our_rules(p, topic)]
        same(publish(ours, topic)["result"], 2 * len(expected), f"reach of {topic}")
        for number, (pattern, subscriber) in enumerate(subscribers.items()):
            due = [topic] if pattern in expected else []
            same([m["topic"] for m in theirs.fetch(number, 2)], due, f"its {pattern}")
            same([m["topic"] for m in subscriber.take(1, 0)["messages"]], due, pattern)


@case("its publishes reach channels by its rules; ours set aside what does not match by ours")
def its_publishes(home):
    theirs = home.theirs()
    subscribers = {pattern: home.subscriber(pattern) for pattern in PATTERNS}
    set_aside = dict.fromkeys(PATTERNS, 0)
    for pattern in PATTERNS:
        theirs.do("subscribe", pattern=pattern)
    for topic in TOPICS:
        reached = [p for p in PATTERNS if matches_by_its_rules(p, topic)]
        same(theirs.publish(topic), 2 * len(reached), f"its reach of {topic}")
        for number, (pattern, subscriber) in enumerate(subscribers.items()):
            due = [topic] if pattern in reached else []
            same([m["topic"] for m in theirs.fetch(number, 2)], due, f"its {pattern}")
            good = [topic] if due and matches_by_our_rules(pattern, topic) else []
            set_aside[pattern] += len(due) - len(good)
            answer = subscriber.take(1, 0)
            same([m["topic"] for m in answer["messages"]], good, f"{pattern} of {topic}")
            same(answer["set_aside"], set_aside[pattern], f"set aside by {pattern}")
    holds(sum(set_aside.values()) > 0, "nothing was set aside")


if __name__ == "__main__":
    main()
