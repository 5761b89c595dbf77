"""What the live engine knows at a moment, from a fold that has come as far."""

from collections.abc import Sequence

from rules.compiled.columns import Channel, Channels
from rules.compiled.folding import Fold
from rules.engine.history import MOST, Log, Row
from rules.engine.lane import Lane, Run, matches
from rules.plan import Plan


def lane_at(
    fold: Fold, index: int, item: tuple[str, str, str, Plan], known: Channels, at: int
) -> tuple[Lane, Run]:
    """A lane with one run, as if it had been fed everything up to and including `at`."""
    key, home, subject, plan = item
    run = Run.fresh(key, home, subject, plan, at)
    states = zip(plan.steps, fold.states(index), strict=True)
    run.brings = {step.identity: state for step, state in states}
    lane = Lane(subject, 0, at)
    for (signal, place), channel in known.items():
        spans = [span for ref, span in plan.spans.items() if matches(ref, signal, place)]
        if spans:
            rows = recent(channel, at, max(spans))
            if rows:
                lane.logs[signal, place] = Log.of(signal, place, max(spans), rows)
    lane.install([run], (), at)
    return lane, run


def recent(channel: Channel, at: int, span: int) -> Sequence[Row]:
    """The readings that evidence may name: of the last `span`, and the one that stood before."""
    high = int(channel.at.searchsorted(at, "right"))
    low = max(int(channel.at.searchsorted(at - span, "right")) - 1, high - MOST, 0)
    return list(
        zip(
            channel.at[low:high].tolist(),
            channel.x[low:high].tolist(),
            channel.order[low:high].tolist(),
            strict=True,
        )
    )
