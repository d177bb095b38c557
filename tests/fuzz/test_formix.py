# SPDX-License-Identifier: MIT
"""formix-pubsub's reader and ours, given the same bytes: those that the fuzzers found worth
keeping, and random messages that either side wrote.

The fuzz target "formix" compares our reader with formix-pubsub's rules said again in C (formix.h).
Here these rules, and our reader, are compared with formix-pubsub itself.
"""

import json
import os
import pathlib
import random
import struct

from peers import Side, case, holds, main, same

import pubsub

CORPUS = pathlib.Path(__file__).with_name("corpus")
# Its targets' inputs are messages, whole or broken.
TARGETS = ("formix", "message")
PROGRAM = os.environ["FSPS_FUZZ_FORMIX_ANSWERS"]
RANDOM_MESSAGES = 500

# What may differ, each with its reason in docs/interop.md. The names are those of formix.c.
DIFFERENCES = {
    "ID 0",
    "topic",
    "headers are no object",
    "nested headers",
    "number that is not finite",
    "integer beyond 64 bits",
    "key twice",
    "key",
    "surrogate",
    "too many headers",
    "headers too long",
    "bytes behind the message",
}


class Answers(Side):
    """formix_answers.c."""

    def __init__(self):
        super().__init__([PROGRAM])

    def request(self, *words):
        self.process.stdin.write(" ".join(words).encode() + b"\n")
        self.process.stdin.flush()
        answer = self.hear()
        holds(answer is not None, f"it ended at {words!r:.300}")
        return answer

    def read(self, data):
        return self.request("read", f"-{data.hex()}")

    def write(self, id, time_us, topic, headers, payload):
        text = json.dumps(headers, ensure_ascii=False).encode()
        answer = self.request(
            "write", str(id), str(time_us), topic, f"-{text.hex()}", f"-{payload.hex()}"
        )
        return bytes.fromhex(answer["prefix"] + answer["payload"])


def shown_value(value):
    """As formix_answers tells it."""
    if value is None:
        return ["null", ""]
    if isinstance(value, bool):
        return ["bool", str(int(value))]
    if isinstance(value, int):
        return ["int", str(value)]
    if isinstance(value, float):
        return ["double", struct.pack("!d", value).hex()]
    if isinstance(value, str):
        return ["string", value.encode("utf-8", "surrogatepass").hex()]
    return ["other", ""]


def shown(message):
    headers = message.headers if isinstance(message.headers, dict) else {}
    return {
        "id": message.id,
        "time_us": message.timestamp,
        "topic": message.topic.encode().hex(),
        "payload": message.content.hex(),
        "headers": [
            [key.encode("utf-8", "surrogatepass").hex(), *shown_value(value)]
            for key, value in headers.items()
        ],
    }


def theirs(data):
    """What formix-pubsub reads; None: it refuses."""
    try:
        return shown(pubsub.Message.from_bytes(data))
    except (ValueError, RecursionError):
        return None


def same_number(text):
    """NaN has many forms, which mean the same."""
    return "nan" if text[:3] in ("7ff", "fff") and text[3:] != "0" * 13 else text


def normal(fields):
    headers = [
        [key, kind, same_number(value) if kind == "double" else value]
        for key, kind, value in fields["headers"]
    ]
    return {name: fields[name] for name in ("id", "time_us", "topic", "payload")} | {
        "headers": headers
    }


def compare(answers, data, what):
    """All three readers. The differences that explain why ours refuses what it takes."""
    answer = answers.read(data)
    ours, rules, package = answer["ours"], answer["rules"], theirs(data)
    if answer["undecided"]:
        holds(isinstance(ours, str), f"we take {what}, nested deeply")
        return set()
    same(rules is None, package is None, f"whether the rules refuse {what}")
    if package is None:
        holds(isinstance(ours, str), f"we take {what}, which it refuses")
        return set()
    same(normal(rules), normal(package), f"what the rules read from {what}")
    differences = set(rules["differences"])
    same(isinstance(ours, str), bool(differences), f"whether we refuse {what} ({differences})")
    if not differences:
        same(normal(ours), normal(package), f"what we read from {what}")
    return differences


def corpus_files():
    for target in TARGETS:
        yield from sorted((CORPUS / target).iterdir())


@case("all that the fuzzers kept: it, its rules and we agree, or differ for a known reason")
def corpus(_home):
    answers, seen = Answers(), set()
    files = list(corpus_files())
    holds(len(files) > 100, "the corpus is there")
    for file in files:
        seen |= compare(answers, file.read_bytes(), f"{file.parent.name}/{file.name}")
    answers.end()
    same(seen, DIFFERENCES, "the differences that the corpus shows")


# ---- random messages ----

TOPIC_BYTES = "abcXYZ019.-"
KEY_BYTES = "abcXYZ019._-"
# ASCII, quotes and controls, two, three and four bytes of UTF-8, the edges of what there is.
CHARACTERS = (
    'a "\\/\b\f\n\r\t\0\x1f\x7f\u0080\u00e4\u07ff\u0800\u2028\u20ac'
    "\ud7ff\ue000\uffff\U00010000\U0001f600"
)


def text(chance, alphabet, least, most):
    return "".join(chance.choices(alphabet, k=chance.randint(least, most)))


def random_double(chance):
    while True:
        (number,) = struct.unpack("!d", chance.randbytes(8))
        if number - number == 0:
            return number


def random_value(chance):
    return chance.choice(
        [
            lambda: None,
            lambda: chance.random() < 0.5,
            lambda: chance.randint(-(2**63), 2**63 - 1),
            lambda: chance.randint(-9, 9),
            lambda: random_double(chance),
            lambda: float(chance.randint(-(10**17), 10**17)),
            lambda: round(chance.uniform(-1000, 1000), chance.randint(0, 6)),
            lambda: text(chance, CHARACTERS, 0, 30),
        ]
    )()


def random_fields(chance):
    return {
        "id": chance.choice([1, chance.randint(1, 2**53 - 1), chance.randint(1, 2**64 - 1)]),
        "time_us": chance.randint(0, 2**64 - 1),
        "topic": text(chance, TOPIC_BYTES, 1, 40),
        "headers": {
            text(chance, KEY_BYTES, 1, 20): random_value(chance)
            for _ in range(chance.choice([0, 0, 1, 3, 20]))
        },
        "payload": chance.randbytes(chance.choice([0, 1, 7, 300])),
    }


def their_bytes(id, time_us, topic, headers, payload):
    message = pubsub.Message(topic, payload, headers)
    message.id, message.timestamp = id, time_us
    return message.to_bytes()


@case("random messages: its bytes are our bytes, and each reads what the other wrote")
def random_messages(_home):
    answers, seed = Answers(), random.SystemRandom().randrange(2**32)
    print(f"# seed {seed}")
    chance = random.Random(seed)
    for number in range(RANDOM_MESSAGES):
        fields = random_fields(chance)
        what = f"message {number} of seed {seed}"
        its, ours = their_bytes(**fields), answers.write(**fields)
        same(ours.hex(), its.hex(), f"our bytes of {what}")
        same(compare(answers, its, what), set(), f"differences in {what}")
        message = pubsub.Message.from_bytes(ours)
        same(repr(message.headers), repr(fields["headers"]), f"headers of {what}")
        same(message.content, fields["payload"], f"payload of {what}")
    answers.end()


@case("random damage: bytes changed, cut, doubled: it, its rules and we agree or differ as known")
def random_damage(_home):
    answers, seed = Answers(), random.SystemRandom().randrange(2**32)
    print(f"# seed {seed}")
    chance = random.Random(seed)
    for number in range(RANDOM_MESSAGES):
        data = bytearray(their_bytes(**random_fields(chance)))
        for _ in range(chance.randint(1, 3)):
            at = chance.randrange(len(data))
            length = chance.choice([0, 1, 2, 8])
            data[at : at + length] = chance.choice(
                [b"", chance.randbytes(length), data[at : at + length] * 2, b"\0\0\0\0", b'"', b","]
            )
            if not data:
                break
        compare(answers, bytes(data), f"message {number} of seed {seed}: {data.hex()}")
    answers.end()


if __name__ == "__main__":
    main()
