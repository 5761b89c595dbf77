"""Builders for stories about rules."""

from decimal import Decimal

from rules.engine.live import Engine
from rules.file.language import parse_rule
from rules.packs import starter_rules
from rules.plan import plan

ZONE = "Europe/Dublin"
NOON = 1_762_257_600_000  # 4 Nov 2025 12:00 in Dublin
SECOND = 1000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR
ANNA = "resident:anna"

HEAD = """\
rule: trial
title: A trial
priority: soon
audience: [carer]
why: because
source: nobody
not_for: anybody
guidance: [look]
"""


def rule(body, **keys):
    head = HEAD + "".join(f"{key}: {value}\n" for key, value in keys.items())
    return parse_rule(head + body, "trial.yaml")


def above(number, limit="1"):
    """A body that says: the number is above the limit."""
    return f"when: {{above: {{value: {number}, limit: {limit}}}}}\n"


def starter(name):
    return next(r for r in starter_rules() if r.name == name)


class Home:
    """One resident under an engine; minutes count from noon."""

    def __init__(self, *rules, start=NOON, **values):
        self.engine = Engine(ZONE, start)
        self.start = start
        self.order = 0
        self.plans = {}
        for one in rules:
            self.enrol(one, **values)

    def enrol(self, one, minute=0, history=(), key=None, **values):
        chosen = {name: Decimal(value) for name, value in values.items()}
        made = plan(one, chosen, ZONE)
        key = key or one.name
        self.plans[key] = made
        at = self.start + minute * MINUTE
        past = [(s, p, self.start + m * MINUTE, x, i) for i, (s, p, m, x) in enumerate(history)]
        self.engine.enrol(key, "home", ANNA, made, at, past)

    def say(self, minute, signal, x=1, place=None):
        self.order += 1
        at = self.start + int(minute * MINUTE)
        return self.engine.feed(ANNA, signal, place, at, x, self.order)

    def press(self, minute, signal="sos"):
        self.order += 1
        at = self.start + int(minute * MINUTE)
        return self.told(self.engine.feed_urgent(ANNA, signal, None, at, 1, self.order))

    def until(self, minute):
        return self.told(self.engine.advance(self.start + int(minute * MINUTE)))

    def told(self, changes):
        return [(c.kind, (c.at - self.start) / MINUTE) for c in changes]

    def restart(self, **plans):
        self.engine = Engine.restore(self.engine.snapshot(), self.plans | plans)
