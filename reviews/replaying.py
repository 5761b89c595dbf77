"""Today's rule and a proposal over the same sealed history: what a review compares.

Consent is as it is now: whoever withdrew it is in no job.
"""

from collections.abc import Callable, Iterator

from gateway.series.sealed import Sealed
from reviews.comparing import Comparison, Span, compare
from reviews.job import Job
from reviews.pasts import OfHome, Past, Watch, split_key
from rules.compiled import Kernel
from rules.file.language import parse_rule

THEN, NOW = "then", "now"


def run(
    job: Job, snapshot: Sealed, progress: Callable[[float], None], kernel: Kernel | None
) -> Comparison:
    """One question of one history."""
    return answer(Past(snapshot, kernel), job, progress)


def answer(past: Past, job: Job, progress: Callable[[float], None]) -> Comparison:
    """Both versions over every home of the job. Asked again with other numbers it is quicker."""
    then, now = parse_rule(job.then_text), parse_rule(job.now_text)
    watches = [
        Watch(side, rule, one.subject, one.home, one.start, one.end, values)
        for one in job.segments
        for side, rule, values in ((THEN, then, one.then), (NOW, now, one.now))
    ]
    found = past.ask(job, watches, job.zone, job.holidays, progress, evidence=False)
    return compare(
        [] if job.then_off else list(_spans(found, THEN)),
        [] if job.now_off else list(_spans(found, NOW)),
        job.marked,
        [one.covered[now.name] for one in found if now.name in one.covered],
        len({one.subject for one in job.segments}),
        job.zone,
        job.start,
        job.end,
        sum(one.readings for one in found),
    )


def _spans(found: list[OfHome], wanted: str) -> Iterator[Span]:
    for of in found:
        for episode in of.episodes:
            side, _, subject = split_key(episode.key)
            if side == wanted:
                yield Span(subject, of.home, episode.onset, episode.end)
