# SPDX-License-Identifier: MIT
"""What happened in a round, from what everybody noted: messages, channels, and the rest in time."""

import re
from dataclasses import dataclass, field

import records

CHILD_SHIFT = 20
SECOND_NS = 10**9
# Publishers see channels of others a moment later than their own user's.
FOREIGN_NS = SECOND_NS // 20
AROUND_MAX = 40


def key_of(who, seq):
    """One number for a message."""
    return who << 32 | seq


@dataclass
class Published:
    """The messages of one publisher, by their number."""

    ordered: bool
    theirs: bool
    # Whose user owns what it publishes.
    uid: int
    topics: list = field(default_factory=list)
    begins: list = field(default_factory=list)
    ends: list = field(default_factory=list)
    # None: it never returned.
    results: list = field(default_factory=list)
    reached: list = field(default_factory=list)
    dropped: list = field(default_factory=list)


@dataclass
class Instance:
    """A channel: of a live one one life, a durable one for the whole round."""

    spec: object
    name: str
    hash: int
    # Of a live one who reads from it.
    reader: int = 0
    opened_ns: int = 0
    # Of one that was not left with everything read: 0.
    complete: bool = True
    # Records of kind DELIVERED, SETTLED, CLOSING and GONE, as they happened.
    records: list = field(default_factory=list)
    # Of a command's output: keys, with no time.
    keys: list = field(default_factory=list)
    dropped: int = 0
    expired: int = 0


def matches(pattern, topic):
    parts = {"=": "[A-Za-z0-9-]+", "+": "[A-Za-z0-9.-]+"}
    return re.fullmatch("".join(parts.get(c, re.escape(c)) for c in pattern), topic) is not None


class Story:
    """Everything that a round left."""

    def __init__(self, crew):
        self.crew = crew
        self.publishers = {}
        self.refusals = {}
        self.instances = {}
        self.replays = []
        self.topics = {}
        self.all = []
        for role in crew.roles:
            self.name_topics(role)
        for role in crew.roles:
            if role.channel and role.channel.durable:
                name = role.channel.directory
                value = records.hash_of(name)
                self.instances[value] = Instance(role.channel, name, value)
        for path in sorted(crew.logs.iterdir(), key=lambda path: path.name.zfill(12)):
            if path.name.isdigit():
                self.all.append((int(path.name), records.read(path)))
        for who, notes in self.all:
            self.read(who, notes)
        for person in crew.people.values():
            if person.role.output_kept:
                self.read_output(person)
        for instance in self.instances.values():
            instance.records.sort()

    def name_topics(self, role):
        for word in re.split(r"[ ,=]", " ".join(map(str, role.command))):
            if re.fullmatch(r"[a-z]\.[a-z.0-9]+", word):
                self.topics[records.topic_hash(word)] = word

    def role_of(self, who):
        person = self.crew.people.get(who & (1 << CHILD_SHIFT) - 1)
        return person.role if person else None

    def published_by(self, who):
        if who not in self.publishers:
            role = self.role_of(who)
            self.publishers[who] = Published(
                ordered=role.ordered if role else False,
                theirs=bool(role) and role.name.startswith("formix"),
                uid=role.uid if role and role.uid else self.crew.town.uids[0])
        return self.publishers[who]

    def read(self, who, notes):
        kinds = {records.BEGIN: self.begin, records.END: self.end, records.REFUSAL: self.refusal,
                 records.OPEN: self.open, records.DROPPED: self.drop,
                 records.REPLAYED: self.replays.append}
        for note in notes:
            handler = kinds.get(note.kind)
            if handler:
                handler(note)
            elif note.channel in self.instances:
                instance = self.instances[note.channel]
                instance.records.append(note)
                if note.kind == records.CLOSING and not instance.spec.durable:
                    instance.complete = True

    def begin(self, note):
        published = self.published_by(note.who)
        if note.seq != len(published.begins):
            raise RuntimeError(f"the log of {note.who} is not whole: {note}")
        published.topics.append(note.topic)
        published.begins.append(note.time_ns)
        for column in (published.ends, published.results):
            column.append(None)
        for column in (published.reached, published.dropped):
            column.append(0)

    def end(self, note):
        published = self.published_by(note.who)
        published.ends[note.seq] = note.time_ns
        published.results[note.seq] = note.result
        published.reached[note.seq] = note.count
        published.dropped[note.seq] = note.extra

    def refusal(self, note):
        self.refusals.setdefault(key_of(note.who, note.seq), {})[note.channel] = note.result

    def open(self, note):
        spec = self.role_of(note.who).channel
        if not spec.durable:
            self.instances[note.channel] = Instance(
                spec, f"{spec.pattern} of {note.who}", note.channel, opened_ns=note.time_ns,
                complete=False, reader=note.who)

    def drop(self, note):
        self.instances[note.channel].dropped = note.seq
        self.instances[note.channel].expired = note.id

    def read_output(self, person):
        """The lines that a command printed; the last one may be cut."""
        spec = person.role.channel
        value = records.hash_of(spec.directory if spec.durable else person.channel_name)
        if not spec.durable:
            self.instances[value] = Instance(
                spec, f"{spec.pattern} of {person.who}", value, opened_ns=person.ready_ns,
                complete=person.told_to_end and bool(person.ready_ns))
        text = (self.crew.logs / f"{person.who}.out").read_text(errors="replace")
        for line in text.split("\n")[:-1]:
            known = records.payload_read(line)
            if known is None:
                self.crew.fail("whole", f"{person.role.name} {person.who} printed {line[:100]}")
            else:
                self.instances[value].keys.append(key_of(*known))

    # ---- what messages a channel was to get ----

    def expected(self, instance):
        """Keys of messages that it has to have: all that say so and were not refused."""
        wanted = {value for value, topic in self.topics.items()
                  if matches(instance.spec.pattern, topic)}
        since = instance.opened_ns + (FOREIGN_NS if instance.spec.foreign else 0)
        for who, published in self.publishers.items():
            for seq, topic in enumerate(published.topics):
                if topic in wanted and published.begins[seq] > since and self.is_promised(
                        published, who, seq, instance):
                    yield who, seq

    def unsure(self, instance):
        """How many messages it may have got of which no publisher said so, or said so before its
        reader noted that it is open."""
        wanted = {value for value, topic in self.topics.items()
                  if matches(instance.spec.pattern, topic)}
        since = instance.opened_ns
        return sum(topic in wanted and (result is None or begin <= since < end + SECOND_NS)
                   for published in self.publishers.values()
                   for topic, result, begin, end in zip(published.topics, published.results,
                                                        published.begins, published.ends))

    def is_promised(self, published, who, seq, instance):
        result = published.results[seq]
        if result is None or (result < 0 and result != records.REFUSED):
            return False
        if published.theirs:
            return result > 0
        if instance.spec.full == "new" and published.dropped[seq]:
            return False
        return instance.hash not in self.refusals.get(key_of(who, seq), {})

    # ---- for whoever reads of a violation ----

    def around(self, key, time_ns):
        """What is known of a message, and what else happened then."""
        lines = []
        if key is not None:
            who, seq = key >> 32, key & 0xFFFFFFFF
            mine = [note for _, notes in self.all for note in notes
                    if note.source == who and note.seq == seq]
            lines += [(note.time_ns, self.shown(note)) for note in mine]
        times = [time for time, _ in lines] or [time_ns or 0]
        low, high = min(times) - SECOND_NS // 2, max(times) + SECOND_NS // 2
        events = [event for event in self.crew.events if low <= event[0] <= high]
        lines = sorted(lines + events)
        if len(lines) > AROUND_MAX:
            lines = lines[:AROUND_MAX // 2] + [(0, "...")] + lines[-AROUND_MAX // 2:]
        return [f"  {time / 1e9:.6f} {text}" if time else f"  {text}" for time, text in lines]

    def shown(self, note):
        role = self.role_of(note.who)
        where = self.instances.get(note.channel)
        text = f"{role.name if role else 'hand'} {note.who} {records.KINDS[note.kind]}"
        if note.topic in self.topics:
            text += f" {self.topics[note.topic]}"
        return (f"{text} {note.source}/{note.seq}" + (f" in {where.name}" if where else "")
                + f" (id {note.id}, result {note.result}, count {note.count}, more {note.more})")
