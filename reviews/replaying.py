"""Today's rule and a proposal over the same sealed history, with the engine that runs live. Pure.

The history is read home by home, so that memory is one home's. A subject's history falls into
segments wherever it moved house or its own values changed: what held then, holds then. Consent is
as it is now: whoever withdrew it is in no job.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal

from reviews.comparing import Comparison, Covered, Span, compare
from reviews.history import History, Readings
from reviews.job import Job, Segment
from rules.backtest import replay
from rules.language import Rule, parse_rule
from rules.plan import Plan, plan


def run(job: Job, read: Callable[[str], Readings], progress: Callable[[float], None]) -> Comparison:
    """Both versions over every home. `read` gives a home's columns in order of time."""
    then, now = parse_rule(job.then_text), parse_rule(job.now_text)
    signals = {ref.signal for rule in (then, now) for ref in rule.uses}
    signals |= {ref.place or "" for rule in (then, now) for ref in rule.uses
                if ref.signal == "coverage"}  # fmt: skip
    homes = sorted({one.home for one in job.segments})
    old: list[Span] = []
    new: list[Span] = []
    covered: list[Covered] = []
    readings = 0
    for done, home in enumerate(homes):
        columns = read(home)
        readings += len(columns)
        history = History(job, home, columns, signals, now)
        own = _since_heard(columns, [one for one in job.segments if one.home == home])
        if not job.then_off:
            old += _episodes(job, home, own, then, history, "then")
        if not job.now_off:
            new += _episodes(job, home, own, now, history, "now")
        covered.append(history.covered(own))
        progress((done + 1) / len(homes))
    people = len({one.subject for one in job.segments})
    return compare(old, new, job.marked, covered, people, job.zone, job.start, job.end, readings)


def _since_heard(columns: Readings, segments: Sequence[Segment]) -> list[Segment]:
    """Nobody misses what came before a home's first reading: there was no home yet."""
    if not len(columns):
        return list(segments)
    first = int(columns.at[0])
    return [one._replace(start=max(one.start, first - 1)) for one in segments if one.end > first]


def _episodes(
    job: Job, home: str, segments: Sequence[Segment], rule: Rule, history: History, side: str
) -> list[Span]:
    """Episodes of one version; one that goes on over the border of two segments stays one."""
    found: dict[str, list[Span]] = {}
    for start, end in sorted({(one.start, one.end) for one in segments}):
        items = []
        for one in segments:
            if (one.start, one.end) == (start, end):
                plan_ = _plan(rule, one.then if side == "then" else one.now, job)
                items.append((one.subject, home, one.subject, plan_))
        lookback = max(item[3].lookback_ms for item in items)
        points = history.between(start, end, lookback)
        for episode in replay(items, points, job.zone, start, end):
            spans = found.setdefault(episode.key, [])
            if spans and spans[-1].end is None and episode.onset <= start + 1:
                spans[-1] = replace(spans[-1], end=episode.end)
            else:
                spans.append(Span(episode.key, home, episode.onset, episode.end))
    return [one for spans in found.values() for one in spans]


def _plan(rule: Rule, values: Mapping[str, str], job: Job) -> Plan:
    numbers = {name: Decimal(value) for name, value in values.items()}
    return plan(rule, numbers, job.zone, job.holidays)
