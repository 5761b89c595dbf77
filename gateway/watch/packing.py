"""Enrolments as snapshots keep them: the rule as text and its numbers, as they were then."""

from decimal import Decimal
from typing import Any

from gateway.alerts.episodes import Mode
from gateway.watch.enrolments import Enrolment, planned


def pack(one: Enrolment) -> list[Any]:
    """An enrolment as a snapshot keeps it: its rule as text, its numbers as they were."""
    values = sorted((name, f"{value:f}") for name, value in one.plan.values.items())
    return [
        one.key,
        one.home,
        one.subject,
        one.resident,
        one.version,
        one.mode.value,
        one.rule.text,
        values,
        one.plan.zone,
        one.since,
        one.plan.holidays,
    ]


def unpack(packed: list[Any]) -> Enrolment:
    """What `pack` was given. Raises RuleRefused where the rule's words are no longer known."""
    key, home, subject, resident, version, mode, text, values, zone, since, holidays = packed
    numbers = tuple((name, Decimal(value)) for name, value in values)
    made = planned(text, numbers, zone, holidays)
    return Enrolment(key, home, subject, resident, version, Mode(mode), made, since)
