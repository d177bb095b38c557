# SPDX-License-Identifier: MIT
"""What a message carries from formix-pubsub to libfsps and back."""

import json

from peers import case, holds, main, publish, same

GOLDEN = (
    "504d5347010102030405060708111213141516171800000003742e61000000287b226b223a20312c20226e223a2"
    "06e756c6c2c202262223a20747275652c202266223a20312e357d000000026869"
)
GOLDEN_FIELDS = {
    "id": 0x0102030405060708,
    "time_us": 0x1112131415161718,
    "topic": "t.a",
    "headers": {"k": 1, "n": None, "b": True, "f": 1.5},
    "payload": b"hi".hex(),
}

# Each with values of one type, at its edges.
HEADERS = [
    {},
    {"s": "text", "empty": "", "key.of_all-kinds.09": "x"},
    {"unicode": "äöü ß 漢字 😀", "latin": "\u00ff\u0100", "edges": "\u007f\u0080\u07ff\u0800\uffff"},
    {"escapes": "\" \\ / \b \f \n \r \t \u0000 \u0001 \u001f \u2028"},
    {"zero": 0, "negative": -1, "large": 2**53 + 1, "max": 2**63 - 1, "min": -(2**63)},
    {"half": 1.5, "tenth": 0.1, "whole": 1.0, "negative": -0.0, "third": 1 / 3},
    {"huge": 1.7976931348623157e308, "tiny": 5e-324, "e16": 1e16, "e22": 1e22, "e-5": 1e-05},
    {"near": 123456789012345.67, "below": 9999999999999998.0, "small": 0.0001, "e-7": 1e-07},
    {"true": True, "false": False},
    {"null": None},
]

PAYLOADS = [
    b"",
    b"hi",
    b"\0",
    bytes(range(256)),
    b"\xff\xfe no text \x80",
    "ä\n".encode(),
    bytes(i * 7 % 251 for i in range(1 << 20)),
]

# Header values that it sends and that are no scalars of JSON, and what else is over a limit.
REFUSED = [
    {"k": float("nan")},
    {"k": float("inf")},
    {"k": -float("inf")},
    {"k": {"nested": 1}},
    {"k": [1, 2]},
    {"k": 2**63},
    {"k": -(2**63) - 1},
    {"k": 10**400},
    {"": "no key"},
    {"a\0b": "NUL in a key"},
    {"k" * 256: "a long key"},
    {str(number): number for number in range(257)},
    {"k": "x" * 65536},
]


@case("both encode the golden vector, and read it as it was meant")
def golden_vector(home):
    theirs = home.theirs()
    same(theirs.do("encode", **GOLDEN_FIELDS)["bytes"], GOLDEN, "its bytes")
    same(theirs.do("decode", payload=GOLDEN), GOLDEN_FIELDS, "its fields")
    same(home.publisher().ask(encode=GOLDEN)["bytes"], GOLDEN, "our bytes")


@case("a message of ours is, byte for byte, what it would have written for the same fields")
def same_bytes(home):
    theirs, ours = home.theirs(), home.publisher()
    channel = theirs.do("subscribe", pattern="t.=")["channel"]
    for headers in HEADERS:
        same(publish(ours, "t.a", b"payload", headers)["result"], 1, "our publish")
        (name,) = home.message_files(channel)
        written = (home.path / channel / name).read_bytes()
        (message,) = theirs.fetch()
        same(written.hex(), theirs.do("encode", **message)["bytes"], f"file for {headers}")


@case("headers of every type arrive with type and value, from it to us and from us to it")
def headers_of_every_type(home):
    theirs, ours, subscriber = home.theirs(), home.publisher(), home.subscriber("t")
    theirs.do("subscribe", pattern="t")
    for headers in HEADERS:
        same(theirs.publish("t", headers=headers), 2, "its publish")
        same(publish(ours, "t", headers=headers)["result"], 2, "our publish")
        from_it, from_us = subscriber.messages(2)
        for got in (from_it["headers"], from_us["headers"]):
            expected = json.dumps(headers, ensure_ascii=False)
            same(got, expected, "headers that we read")
        for message in theirs.fetch(count=2):
            same(repr(message["headers"]), repr(headers), "headers that it reads")


@case("payloads arrive whole: empty, binary, 1 MiB, from it to us and from us to it")
def payloads_arrive_whole(home):
    theirs, ours, subscriber = home.theirs(), home.publisher(), home.subscriber("t")
    theirs.do("subscribe", pattern="t")
    for payload in PAYLOADS:
        same(theirs.publish("t", payload), 2, "its publish")
        same(publish(ours, "t", payload)["result"], 2, "our publish")
        for got in subscriber.payloads(2):
            holds(got == payload, f"we got {len(got)} other bytes than {len(payload)}")
        for message in theirs.fetch(count=2):
            holds(bytes.fromhex(message["payload"]) == payload, "it got other bytes")


@case("ID, time and topic are the publisher's on both sides")
def id_time_and_topic(home):
    theirs, ours, subscriber = home.theirs(), home.publisher(), home.subscriber("+")
    theirs.do("subscribe", pattern="a.B-2")
    theirs.publish("a.B-2")
    answer = publish(ours, "a.B-2")
    # There is no order between publishers.
    at_ours = sorted(subscriber.messages(2), key=lambda m: m["id"] != answer["id"])
    at_theirs = sorted(theirs.fetch(count=2), key=lambda m: m["id"] != answer["id"])
    for key in ("id", "time_us", "topic"):
        same([m[key] for m in at_ours], [m[key] for m in at_theirs], key)
    same(at_theirs[0]["id"], answer["id"], "ID")
    same({m["topic"] for m in at_ours}, {"a.B-2"}, "topic")
    holds(abs(at_ours[0]["time_us"] - at_ours[1]["time_us"]) < 60_000_000, "times differ")


@case("a publish of either reaches subscribers of both at once")
def fan_out_to_both(home):
    theirs, ours = home.theirs(), home.publisher()
    of_ours = [home.subscriber(pattern) for pattern in ("f.x", "f.+")]
    for pattern in ("f.x", "f.="):
        theirs.do("subscribe", pattern=pattern)
    same(theirs.publish("f.x", b"from it"), 4, "its publish")
    answer = publish(ours, "f.x", b"from us")
    same((answer["result"], answer["matched"], answer["reached"]), (4, 4, 4), "our publish")
    for subscriber in of_ours:
        same(sorted(subscriber.payloads(2)), [b"from it", b"from us"], "what ours got")
        subscriber.nothing_waits()
    for number in range(2):
        got = [bytes.fromhex(m["payload"]) for m in theirs.fetch(number, 3)]
        same(sorted(got), [b"from it", b"from us"], "what its got")


@case("its subscribe() handles what we publish")
def its_subscribe(home):
    theirs, ours = home.theirs(), home.publisher()
    number = theirs.do("subscribe", pattern="s")["number"]
    for text in (b"1", b"2", b"3"):
        same(publish(ours, "s", text)["result"], 1, "our publish")
    answer = theirs.do("listen", number=number, seconds=0.2)
    same(answer["handled"], 3, "how many it handled")
    same([bytes.fromhex(m["payload"]) for m in answer["messages"]], [b"1", b"2", b"3"])


@case("what it sends that is no message by our rules is set aside, counted, and stops nobody")
def refused_is_set_aside(home):
    theirs, subscriber = home.theirs(), home.subscriber("t")
    for number, headers in enumerate(REFUSED, 1):
        same(theirs.publish("t", b"bad", headers), 1, f"its publish of {headers!r:.60}")
        theirs.publish("t", b"good")
        same(subscriber.payloads(), [b"good"], f"{headers!r:.60}")
        # Its IDs may put the good one first.
        answer = subscriber.take(1, 0)
        same(answer["messages"], [], f"{headers!r:.60}")
        same(answer["set_aside"], number, f"set aside after {headers!r:.60}")
    letters = [n for n in home.names(subscriber.channel) if n.startswith(".d-headers-")]
    same(len(letters), len(REFUSED), "dead letters")


@case("a message of its over 16 MiB is set aside, one below arrives")
def size_limit(home):
    theirs, subscriber = home.theirs(), home.subscriber("t")
    around_payload = 33 + len("t") + len("{}")
    limit = 16 << 20
    same(theirs.publish("t", bytes(limit - around_payload + 1)), 1, "its publish")
    same(theirs.publish("t", bytes(limit - around_payload)), 1, "its publish")
    same([len(payload) for payload in subscriber.payloads()], [limit - around_payload])
    same(subscriber.take(1, 0)["set_aside"], 1, "set aside")


if __name__ == "__main__":
    main()
