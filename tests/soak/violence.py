# SPDX-License-Identifier: MIT
"""What happens to the town at random: each act is one function."""

import os
import re
import subprocess

import records
from people import Role

CLOCK_STEPS_S = [0, 0, 0.3, -0.3, 3, -3, 60, -60, 3600, -3600, 86400, -86400]
STOP_S = [0.01, 0.1, 0.5, 1.2, 2.5]
LINES = [1, 30, 300]
LINES_TOPICS = ["m.a.1", "m.b.2", "x.1"]
HAND_TOPICS = ["m.a.1", "m.a.2", "m.b.1", "m.b.2", "d.1", "f.ours"]
PUBLISH_CODES = (0, 4)
RM_CODES = (0, 1)


class Violence:
    """Acts on a crew; counts what it did."""

    def __init__(self, crew, random):
        self.crew, self.place, self.town, self.random = crew, crew.place, crew.town, random
        self.uid = crew.town.uids[0]
        self.kills = self.stops = self.steps = 0
        self.hand = records.Log(crew.logs, crew.take_who())
        self.hand_seq = 0
        self.lines = []
        # Each as often as it stands here.
        self.acts = ([self.kill] * 10 + [self.stop] * 8 + [self.publish] * 16
                     + [self.publish_lines] * 4 + [self.step_clock] * 3 + [self.remove_bell] * 3
                     + [self.remove_lock] * 2 + [self.look_on] * 5 + [self.come_and_go] * 3
                     + [self.clean_up])

    def act(self):
        self.random.choice(self.acts)()

    def mortals(self):
        return [person for person in self.crew.living()
                if person.role.mortal and not person.killed_ns]

    def kill(self):
        mortals = self.mortals()
        if mortals:
            self.kills += 1
            self.crew.kill(self.random.choice(mortals))

    def stop(self):
        running = [person for person in self.crew.living() if not person.stopped_until]
        if running:
            self.stops += 1
            self.crew.stop(self.random.choice(running), self.random.choice(STOP_S))

    def step_clock(self):
        self.steps += 1
        seconds = self.random.choice(CLOCK_STEPS_S)
        self.crew.note(f"the clock is set by {seconds} s")
        self.place.set_clock(int(seconds * 1e9))

    # ---- commands that come and end ----

    def command(self, codes, *words):
        code, output, said = self.place.run(self.town, *words, uid=self.uid)
        if code not in codes:
            self.crew.fail("ends", f"{' '.join(map(str, words))}: {code}, {said}")
        return code, output, said

    def publish(self):
        topic = self.random.choice(HAND_TOPICS)
        seq, self.hand_seq = self.hand_seq, self.hand_seq + 1
        text = records.payload(self.hand.who, seq, records.LEAST + self.random.randrange(300))
        about = {"source": self.hand.who, "topic": records.topic_hash(topic), "seq": seq}
        self.hand.note(records.BEGIN, count=1, **about)
        code, output, _ = self.command(PUBLISH_CODES, "pubsub-publish", "--json", topic, text)
        if code == 0:
            reached = re.search(r'"reached":(\d+)', output)
            reached = int(reached[1]) if reached else 0
            self.hand.note(records.END, count=reached, result=reached, **about)
        else:
            self.note_refusals(output, about)

    def note_refusals(self, output, about):
        reached = re.search(r'"reached":(\d+)', output)
        if not reached:
            return
        for name in re.findall(r'"channel":"([^"]+)"', output):
            self.hand.note(records.REFUSAL, channel=records.hash_of(name), result=records.FULL,
                           **about)
        self.hand.note(records.END, count=int(reached[1]), result=records.REFUSED, **about)

    def publish_lines(self):
        """A command that publishes lines; it may be killed. Judged once it has ended."""
        topic = self.random.choice(LINES_TOPICS)
        count = self.random.choice(LINES) if topic != "x.1" else 1
        role = Role("publisher of lines", (self.place.program("pubsub-publish"), "-l", topic),
                    publishes=True, mortal=True, again=False, uid=self.uid)
        path = self.crew.logs / f"lines-{self.crew.next_who + 1}"
        who = self.crew.next_who + 1
        path.write_text("".join(records.payload(who, seq, records.LEAST + seq % 100) + "\n"
                                for seq in range(count)), encoding="ascii")
        log = records.Log(self.crew.logs, who)
        about = {"source": who, "topic": records.topic_hash(topic)}
        for seq in range(count):
            log.note(records.BEGIN, count=1, seq=seq, **about)
        with open(path, "rb") as stdin:
            person = self.crew.start(role, stdin=stdin)
        assert person.who == who
        self.lines.append((person, log, about, count))

    def judge_lines(self):
        """A command that ended well has published all of it."""
        for person, log, about, count in self.lines:
            if person.process.returncode == 0:
                for seq in range(count):
                    log.note(records.END, seq=seq, result=records.IN_BATCH, **about)
            os.close(log.fd)
        self.lines = []

    def look_on(self):
        channel = self.random.choice(["m.+_all", "m.a.+_crew", "d.1_dead"])
        self.command((0,), *self.random.choice([
            ("pubsub-ls", "--json"), ("pubsub-ls", "-l"), ("pubsub-peek", channel),
            ("pubsub-dead", "list", "d.1_dead"), ("pubsub-publish", "-n", "nobody.hears.this"),
            ("pubsub-subscribe", "-W", "0.05", "m.a.2", "--idle", "0.02"),
        ][:5]))

    def come_and_go(self):
        self.command(RM_CODES, *self.random.choice([
            ("pubsub-subscribe", "-E", "--durable", "gone", "m.+"),
            ("pubsub-rm", "m.+_gone"), ("pubsub-rm", "--force", "m.+_gone"),
            ("pubsub-purge", "m.+_gone"),
        ]))

    def clean_up(self):
        if self.place.formix is None or self.town.kind == "shared":
            return
        command = next(role.command for role in self.crew.roles if role.name == "formix publisher")
        at = command.index("publish")
        subprocess.run([*command[:at], "clean", "-", "0"], check=False, stdin=subprocess.DEVNULL,
                       capture_output=True, env=self.place.environment(self.town), timeout=60)

    # ---- hands in the home ----

    def remove_bell(self):
        """Of a channel of ours; to other users a live one without it is not there."""
        names = [name for name in self.town.names()
                 if not name.startswith(".") and (self.town.home / name / ".c").exists()
                 and (self.town.kind != "shared" or name.count("_") == 1)]
        if not names:
            return
        name = self.random.choice(names)
        self.crew.note(f"the bell of {name} is removed")
        self.crew.bells_gone[records.hash_of(name)].append(self.crew.events[-1][0])
        try:
            os.unlink(self.town.home / name / "queue")
        except FileNotFoundError:
            pass

    def remove_lock(self):
        """Of a process that must not mind: of a publisher of segments, the last second is lost."""
        chosen = [person for person in self.mortals() if person.role.lock_may_go]
        if not chosen:
            return
        person = self.random.choice(chosen)
        for name in self.town.names(".fsps"):
            path = self.town.home / ".fsps" / name
            try:
                ours = name.startswith("w-") and path.read_text().strip().endswith(
                    f" soak-{person.who}")
            except OSError:
                continue
            if ours:
                self.crew.note(f"the lock file of {person.role.name} {person.who} is removed")
                person.lock_gone_ns = person.lock_gone_ns or self.crew.events[-1][0]
                path.unlink(missing_ok=True)
