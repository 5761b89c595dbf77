"""What a file says of a state against the intervals that are registered, as one decision.

A file states the present: "Anna lives here (since …, until …)". `since` says when the state began
and is used when it begins; it never cuts history off. A file that is read again, or an old one,
changes nothing and brings nothing back that has been ended.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from gateway.registry.records import Span


@dataclass(frozen=True, slots=True)
class Decision:
    """What to do. Nothing set: all stands as the file says."""

    begin: int | None = None  # a new interval from here …
    until: int | None = None  # … to here
    end: tuple[Span, ...] = ()  # registered rivals that end at `begin`
    reach_back: Span | None = None  # this interval begins at `begin` instead
    stop: Span | None = None  # this interval ends at `until`
    note: str = ""  # why the file's word is left aside
    problem: str = ""


def settle(
    same: Sequence[Span],
    rivals: Sequence[Span],
    since: int | None,
    until: int | None,
    default: int,
) -> Decision:
    """Decide.

    same: intervals of just this state; rivals: of states that exclude it (another home, another
    thing at the address). default: when it begins where the file does not say.
    """
    running = next((span for span in same if span.to_at is None), None)
    if running is not None:
        return _against_running(running, [*same, *rivals], since, until)
    if until is not None and any(span.to_at == until for span in same):
        return Decision()  # ended just so already
    told = next((span for span in same if span.from_at == since), None)
    if told is not None:
        return _against_ended(told, [*same, *rivals], until)
    start = default if since is None else since
    if until is not None and until <= start:
        return Decision(problem="it ends before it begins; say since when")
    over = [span for span in [*same, *rivals] if _overlap(span, start, until)]
    ends = tuple(
        span
        for span in over
        if span.to_at is None and span.from_at < start and span.id and until is None
    )
    if len(ends) < len(over):
        return Decision(problem="overlaps")
    return Decision(begin=start, until=until, end=ends)


def _against_running(
    running: Span, others: Sequence[Span], since: int | None, until: int | None
) -> Decision:
    if until is not None:
        if until <= running.from_at:
            return Decision(problem="it ends before it began")
        return Decision(stop=running, until=until)
    if since is None or since == running.from_at:
        return Decision()
    if since > running.from_at:
        return Decision(note="it holds since an earlier day, which is left as it is")
    if any(_overlap(span, since, running.from_at) for span in others if span is not running):
        return Decision(note="another state is registered for the time before, and is left")
    return Decision(begin=since, reach_back=running)


def _against_ended(told: Span, others: Sequence[Span], until: int | None) -> Decision:
    if until == told.to_at:
        return Decision()
    if until is None:
        return Decision(note="it has ended since; to begin it again, write a later `since`")
    if until <= told.from_at:
        return Decision(problem="it ends before it began")
    if any(_overlap(span, told.from_at, until) for span in others if span is not told):
        return Decision(problem="overlaps")
    return Decision(stop=told, until=until)


def _overlap(span: Span, start: int, end: int | None) -> bool:
    return (end is None or span.from_at < end) and (span.to_at is None or span.to_at > start)
