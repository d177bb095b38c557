# SPDX-License-Identifier: MIT
"""The rules of the soak: what may not have happened in a round, whatever was done to it.

lost     What a publish said that a channel has came out of it, in the end also of its dead letters;
         of a reader that delivers at most once, all but what its kills may have cost.
order    A publisher's messages came in their order, but for those that came again.
twice    What came again was given back, held by somebody who was killed, or too late; of those
         acknowledged, 64 of a segment for each kill of a lone reader and one of a group's.
whole    Nothing came that nobody published, that is not whole, or that was said to be with nobody.
counts   A receipt's numbers, and what full channels dropped, are right.
ends     Processes end as they should, and nobody is stuck.
left     Nothing is left in the home when all have gone.
enough   The soak did what it is for.
"""

import collections
from dataclasses import dataclass, field

import records
from cast import LIMITED
from story import Story, key_of

RULES = {
    "lost": "what was acknowledged is delivered",
    "order": "each publisher's messages come in their order",
    "twice": "what comes again has a reason",
    "whole": "nothing comes that nobody published so",
    "counts": "receipts and counters tell the truth",
    "ends": "every process ends as it should",
    "left": "nothing is left behind",
    "enough": "enough happened to say so",
}
# docs/design/durable.md: what a kill may cost or repeat.
AT_MOST_ONCE_AHEAD = 32
ACKS_NOTED_TOGETHER = 64
# What a command has printed and not acknowledged yet, and how many commands it runs at once.
COMMAND_UNSETTLED = 1000
EXEC_JOBS = 2
WITHOUT_BELL_NS = 3 * 10**9
SHOWN_PER_RULE = 3
# In less than that somebody may get nothing at all.
EVERYBODY_S = 30


@dataclass
class Figures:
    """What the last line says, of one round or of many."""

    published: int = 0
    delivered: int = 0
    kills: int = 0
    stops: int = 0
    steps: int = 0
    expiries: int = 0
    lost: int = 0
    repeated: int = 0
    allowed: int = 0
    at_most_once_lost: int = 0
    at_most_once_kills: int = 0
    commands_repeated: int = 0
    commands_allowed: int = 0
    dropped: int = 0
    rounds: int = 0
    violations: list = field(default_factory=list)
    # How much came out of which kind of channel.
    channels: collections.Counter = field(default_factory=collections.Counter)

    def add(self, other):
        for name, value in vars(other).items():
            if isinstance(value, list):
                getattr(self, name).extend(value)
            elif isinstance(value, collections.Counter):
                for channel, count in value.items():
                    self.channels[channel] += count
            else:
                setattr(self, name, getattr(self, name) + value)

    def details(self):
        """Beside the last line."""
        yield (f"{self.rounds} rounds; durable readers that deliver at most once lost "
               f"{self.at_most_once_lost} by {self.at_most_once_kills} kills "
               f"(at most {AT_MOST_ONCE_AHEAD} of a segment, or 1 file, by each)")
        yield f"full channels dropped {self.dropped}, as they said"
        yield (f"commands repeated {self.commands_repeated} (at most {self.commands_allowed} "
               "allowed)")
        for (pattern, durable, reader), count in sorted(self.channels.items()):
            yield f"{count} out of {pattern}{'_' if durable else ''}{durable} by a {reader}"

    def line(self, seconds, seed):
        return (f"soak: {seconds} seconds, seed {seed}: {self.published} published, "
                f"{self.delivered} delivered, {self.kills} kills, {self.stops} stops, "
                f"{self.steps} clock steps, {self.expiries} expiries, {self.lost} lost, "
                f"{self.repeated} repeated (at most {self.allowed} allowed)")


class Checker:
    """Judges one round."""

    def __init__(self, crew, violence):
        self.crew = crew
        self.story = Story(crew)
        self.figures = Figures(kills=violence.kills, stops=violence.stops, steps=violence.steps,
                               rounds=1)
        self.reached = collections.Counter()

    def fail(self, rule, text, key=None, time_ns=None):
        self.crew.fail(rule, text, key, time_ns)

    def check(self):
        for published in self.story.publishers.values():
            self.figures.published += sum(result is not None and result >= 0
                                          for result in published.results)
        for instance in self.story.instances.values():
            self.check_instance(instance)
        self.check_receipts()
        shown = collections.Counter()
        for rule, time_ns, key, text in self.crew.violations:
            shown[rule] += 1
            if shown[rule] <= SHOWN_PER_RULE:
                around = self.story.around(key, time_ns)
                self.figures.violations.append("\n".join([f"{rule}: {text}", *around]))
        for rule, count in shown.items():
            if count > SHOWN_PER_RULE:
                self.figures.violations.append(f"{rule}: {count - SHOWN_PER_RULE} more")
        return self.figures

    def check_instance(self, instance):
        delivered = [note for note in instance.records if note.kind == records.DELIVERED]
        keys = [key_of(note.source, note.seq) for note in delivered] + instance.keys
        self.figures.delivered += len(keys)
        self.figures.channels[(instance.spec.pattern, instance.spec.durable,
                               instance.spec.reader)] += len(keys)
        got = set(keys)
        self.reached.update(got)
        self.check_known(instance, delivered, got)
        self.check_lost(instance, got)
        self.check_order(instance, delivered)
        if not instance.spec.settles:
            self.check_never_twice(instance, keys, got)
        elif instance.spec.reader == "program":
            self.check_settled(instance)
        else:
            self.check_commands(instance, len(keys) - len(got))

    # ---- whole ----

    def check_known(self, instance, delivered, got):
        for note in delivered:
            published = self.story.publishers.get(note.source)
            if (published is None or note.seq >= len(published.topics)
                    or published.topics[note.seq] != note.topic):
                self.fail("whole", f"nobody published {note.source}/{note.seq} on that topic, "
                          f"which {instance.name} got", key_of(note.source, note.seq), note.time_ns)
            elif instance.spec.reader == "program" and note.extra != published.uid:
                self.fail("whole", f"{note.source}/{note.seq} was sent by user {published.uid}; "
                          f"{instance.name} was told {note.extra}",
                          key_of(note.source, note.seq), note.time_ns)
        for key in got:
            published = self.story.publishers.get(key >> 32)
            seq = key & 0xFFFFFFFF
            result = published.results[seq] if published and seq < len(published.results) else None
            if result is not None and result < 0 and result != records.REFUSED:
                self.fail("whole", f"{instance.name} got {key >> 32}/{seq}, whose publish said "
                          f"that nobody has it ({result})", key)
            elif instance.hash in self.story.refusals.get(key, {}):
                self.fail("whole", f"{instance.name} got {key >> 32}/{seq}, of which it was said "
                          "that it refused it", key)

    # ---- lost ----

    def check_lost(self, instance, got):
        if instance.complete:
            missing = [key_of(who, seq) for who, seq in self.story.expected(instance)
                       if key_of(who, seq) not in got]
        else:
            missing = self.gaps(instance, got)
        if instance.spec.full in ("old", "ttl") and instance.complete:
            self.check_dropped(instance, missing)
        elif instance.spec.durable and not instance.spec.settles:
            self.check_at_most_once(instance, missing)
        else:
            self.report_lost(instance, missing)

    def gaps(self, instance, got):
        """Of a channel whose reader was killed: what is missing before the last that came."""
        last = {}
        for key in self.before_its_end(instance, got):
            last[key >> 32] = max(last.get(key >> 32, 0), key & 0xFFFFFFFF)
        return [key_of(who, seq) for who, seq in self.story.expected(instance)
                if self.story.publishers[who].ordered and seq < last.get(who, 0)
                and key_of(who, seq) not in got
                and not self.had_no_bell(instance, key_of(who, seq))]

    def before_its_end(self, instance, got):
        """What came before it was taken for dead, as its lock file was deleted: from then on its
        reader gets only what it has already opened."""
        lost_lock = [person.lock_gone_ns for person in self.crew.people.values()
                     if person.lock_gone_ns and person.who == instance.reader]
        if not lost_lock:
            return got
        return {key_of(note.source, note.seq) for note in instance.records
                if note.kind == records.DELIVERED and note.time_ns < lost_lock[0]}

    def report_lost(self, instance, missing):
        self.figures.lost += len(missing)
        for key in missing:
            self.fail("lost", f"{instance.name} did not get {key >> 32}/{key & 0xFFFFFFFF} "
                      f"({len(missing)} are missing there)", key)

    def kills_of(self, instance):
        """A reader whose lock file was deleted is taken for dead, so that is a kill, too."""
        return sum((person.killed_ns > 0) + (person.lock_gone_ns > 0)
                   for person in self.crew.people.values()
                   if person.role.channel == instance.spec)

    def segment_of(self, key):
        """Each publisher has a segment for each set of channels, so one a topic at most."""
        who = key >> 32
        return who, self.story.publishers[who].topics[key & 0xFFFFFFFF]

    def check_at_most_once(self, instance, missing):
        kills = self.kills_of(instance)
        self.figures.at_most_once_lost += len(missing)
        self.figures.at_most_once_kills += kills
        lost = collections.Counter(map(self.segment_of, missing))
        if any(count > kills * AT_MOST_ONCE_AHEAD + kills for count in lost.values()):
            self.report_lost(instance, missing)

    def check_dropped(self, instance, missing):
        """What is missing was counted, and told. Where a publisher was killed while it dropped
        something, or at that moment the reader took it, the numbers are off by that much."""
        told = sum(note.more for note in instance.records if note.kind == records.DELIVERED)
        counted = instance.expired if instance.spec.full == "ttl" else instance.dropped
        if instance.spec.durable:
            # That one counts from its creation on.
            before = self.crew.town.dropped.get(instance.name, 0)
            self.crew.town.dropped[instance.name] = counted
            counted -= before
        kills = sum(1 for person in self.crew.people.values()
                    if person.killed_ns and LIMITED in " ".join(map(str, person.role.command)))
        off = (kills + (instance.spec.dropped_at_once > 1)) * instance.spec.dropped_at_once
        off += self.kills_of(instance) * instance.spec.dropped_at_once
        figures = (f"{instance.name}: {len(missing)} are missing, {counted} were counted, "
                   f"{told} told, which may be {off} off")
        self.figures.dropped += len(missing)
        self.crew.note(figures)
        if (len(missing) > counted + off
                or counted > len(missing) + self.story.unsure(instance) + off
                or told > counted + off):
            self.fail("counts", figures)

    # ---- order ----

    def check_order(self, instance, delivered):
        if instance.spec.group or instance.spec.reader == "exec":
            return
        first = [(key_of(note.source, note.seq), note.count <= 1, note.time_ns)
                 for note in delivered]
        if not instance.spec.durable:
            first += [(key, True, None) for key in instance.keys]
        seen, last = set(), {}
        for key, is_first, time_ns in first:
            who, seq = key >> 32, key & 0xFFFFFFFF
            if key not in seen and is_first and self.is_ordered(who):
                if seq < last.get(who, -1) and not self.had_no_bell(instance, key):
                    self.fail("order", f"{instance.name} got {who}/{seq} after {last[who]}", key,
                              time_ns)
                last[who] = seq
            seen.add(key)

    def had_no_bell(self, instance, key):
        """Until a publisher has noticed that a bell was removed, it rings where nobody hears it."""
        begin = self.story.publishers[key >> 32].begins[key & 0xFFFFFFFF]
        return any(gone - WITHOUT_BELL_NS < begin < gone + WITHOUT_BELL_NS
                   for gone in self.crew.bells_gone.get(instance.hash, []))

    def is_ordered(self, who):
        published = self.story.publishers.get(who)
        return published is not None and published.ordered

    # ---- twice ----

    def check_never_twice(self, instance, keys, got):
        if len(keys) == len(got):
            return
        for key, count in collections.Counter(keys).items():
            if count > 1:
                self.fail("twice", f"{instance.name} got {key >> 32}/{key & 0xFFFFFFFF} {count} "
                          "times, and delivers at most once", key)

    def check_settled(self, instance):
        verdict = Settling(self, instance)
        for note in instance.records:
            verdict.see(note)
        verdict.end()

    def check_commands(self, instance, repeated):
        """They note less: what a kill, a stop or a step of the clock may repeat bounds it."""
        people = [person for person in self.crew.people.values()
                  if person.role.channel == instance.spec]
        at_once = EXEC_JOBS if instance.spec.reader == "exec" else COMMAND_UNSETTLED
        failed = sum(note.kind == records.SETTLED and note.count != records.ACK
                     for note in instance.records)
        hit = sum((person.killed_ns > 0) + person.stops for person in people)
        allowed = failed + at_once * (hit + self.figures.steps * 2)
        if instance.spec.reader == "command":
            allowed += ACKS_NOTED_TOGETHER * hit
        self.figures.commands_repeated += repeated
        self.figures.commands_allowed += allowed
        if repeated > allowed:
            self.fail("twice", f"{instance.name}: {repeated} came again, {allowed} may have")

    # ---- counts ----

    def check_receipts(self):
        for who, published in self.story.publishers.items():
            if published.theirs:
                continue
            for seq, result in enumerate(published.results):
                if result is None or result == records.IN_BATCH:
                    continue
                reached, got = published.reached[seq], self.reached[key_of(who, seq)]
                if result >= 0 and result != reached or got > reached:
                    self.fail("counts", f"{who}/{seq} reached {reached} channels, the publish says "
                              f"{result}, and {got} got it", key_of(who, seq))


class Settling:
    """Follows each message of a channel with acknowledgements from one reader to the next."""

    def __init__(self, checker, instance):
        self.checker, self.instance = checker, instance
        self.people = checker.crew.people
        # Of each message: "out", "acked", "back" or "late", and who had it.
        self.state = {}
        # Whose settling has to fail, as the message was given to somebody else.
        self.overdue = set()
        # Who seems to have noted late that he had got it, while somebody else acknowledged it. Or
        # it was there twice: a file that a reader had made of a frame, and the frame, as he was
        # killed in between. Then it has come again.
        self.noted_late = set()
        self.closed = collections.defaultdict(list)
        # How many came again that were acknowledged, of each segment.
        self.after_ack = collections.Counter()
        self.reasons = collections.Counter()

    def see(self, note):
        if note.kind in (records.CLOSING, records.GONE):
            self.closed[note.who].append(note.time_ns)
        elif note.kind == records.DELIVERED:
            self.delivered(note, key_of(note.source, note.seq))
        elif note.kind == records.SETTLED:
            self.settled(note, key_of(note.source, note.seq))

    def delivered(self, note, key):
        # A dead letter that was replayed counts its attempts from the start.
        self.overdue.discard((key, note.who, note.count))
        if key in self.state:
            if self.is_noted_late(note, *self.state[key]):
                self.reasons["late"] += 1
                self.noted_late.add((key, note.who, note.count))
                return
            reason = self.reason(key, *self.state[key])
            self.reasons[reason] += 1
            if reason == "acked":
                self.after_ack[self.checker.segment_of(key)] += 1
        self.state[key] = ("out", note.who, note.count, note.time_ns)

    def is_noted_late(self, note, state, _who, attempt, _since):
        """Somebody else had got it again before this one came to note that he had."""
        return note.count < attempt and (state == "acked" or not self.instance.spec.rejects)

    def reason(self, key, state, who, attempt, since):
        if state != "out":
            return state
        person = self.people[who]
        if person.killed_ns or person.lock_gone_ns or any(t > since for t in self.closed[who]):
            return "its reader went"
        self.overdue.add((key, who, attempt))
        return "late"

    def settled(self, note, key):
        late = (key, note.who, note.more) in self.overdue
        if note.result == records.EXPIRED:
            self.checker.figures.expiries += 1
        elif note.result == records.GONE_CODE:
            return
        elif (key, note.who, note.more) in self.noted_late and note.count == records.ACK:
            self.after_ack[self.checker.segment_of(key)] += 1
        elif late and note.count == records.ACK:
            self.checker.fail("twice", f"{self.instance.name}: {note.source}/{note.seq} was "
                              "acknowledged by somebody who no longer had it", key, note.time_ns)
        if self.state.get(key, ("", 0, 0))[1:3] != (note.who, note.more):
            return
        if note.result == records.EXPIRED:
            state = "late"
        else:
            state = "acked" if note.count == records.ACK else "back"
        self.state[key] = (state, note.who, note.more, note.time_ns)

    def end(self):
        """Each was acknowledged in the end; of one who was killed the last may not be noted."""
        unsure = collections.Counter()
        for key, (state, who, _, time_ns) in self.state.items():
            if state == "out" and self.people[who].killed_ns:
                unsure[who] += 1
            if state != "acked" and self.instance.spec.full != "old" and (
                    state != "out" or unsure[who] > 1) and self.instance.complete:
                self.checker.figures.lost += 1
                self.checker.fail("lost", f"{self.instance.name}: {key >> 32}/{key & 0xFFFFFFFF} "
                                  f"is {state} and never came again", key, time_ns)
        self.add_up()

    def add_up(self):
        kills = self.checker.kills_of(self.instance)
        per_kill = 1 if self.instance.spec.group else ACKS_NOTED_TOGETHER
        figures = self.checker.figures
        figures.repeated += sum(self.reasons.values())
        figures.allowed += (sum(self.reasons.values()) - self.reasons["acked"]
                            + kills * per_kill * len(self.after_ack))
        for (who, _), count in self.after_ack.items():
            if count > kills * per_kill:
                self.checker.fail("twice", f"{self.instance.name}: {count} of {who} came again "
                                  f"that were acknowledged, with {kills} kills")


def check_enough(total, seconds):
    """Nobody was idle, and nothing went wrong that would have made all the rest easy. A tenth of
    what a busy machine does."""
    for what, least in (("published", 10), ("delivered", 20), ("kills", 0.05), ("stops", 0.05)):
        if getattr(total, what) < least * seconds:
            total.violations.append(f"enough: only {getattr(total, what)} {what}")
    for (pattern, durable, reader), count in total.channels.items():
        if count == 0 and seconds >= EVERYBODY_S:
            total.violations.append(f"enough: nothing out of {pattern} {durable} by a {reader}")


def print_tap(total, seconds):
    print(f"1..{len(RULES)}")
    for number, (rule, sentence) in enumerate(RULES.items(), 1):
        broken = any(text.startswith(f"{rule}:") for text in total.violations)
        print(f"{'not ok' if broken else 'ok'} {number} - in {seconds} s of violence, {sentence}")
