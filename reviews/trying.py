"""A trial in shadow: the proposal is computed and counted beside what runs, and nobody is told.

It needs no mandate, for it tells nobody. It ends by itself at a stated instant of the site's clock;
then the review goes back to exploration with what it showed, or a decision ends it earlier.
"""

import sqlalchemy as sa

from devices.errors import Refused, Spoken
from gateway import rulebook
from gateway.access import Action, Viewer
from gateway.alerts.tables import episode
from gateway.rulebook import Entry, Mode
from reviews.cycle import Cause, Phase, move
from reviews.records import Review, find, proposals
from reviews.seen import meant
from reviews.steps import advance
from reviews.talking import DAY_MS

MOST_DAYS = 56


def start_trial(
    conn: sa.Connection,
    viewer: Viewer,
    review_id: int,
    days: int,
    now: int,
    *,
    site_at: int | None = None,
    seen: int | None = None,
) -> int:
    """Try the proposal for `days`; returns the instant of its end, in the site's clock.

    `seen`: the proposal that is meant. Raises Refused where another stands there by now.
    """
    review = find(conn, viewer, review_id)
    viewer.require(Action.RUN_REVIEW, review.site)
    what = f"{review.rule_name} at {review.site}"
    if not 1 <= days <= MOST_DAYS:
        hint = Spoken("1 to {days} days", days=MOST_DAYS)
        raise Refused(
            "try a rule in shadow", what, Spoken("{days} days is no trial", days=days), hint
        )
    if not proposals(conn, review_id):
        hint = Spoken("Put a proposal on the table first")
        raise Refused("try a rule in shadow", what, Spoken("nothing is proposed"), hint)
    proposal = meant(conn, review_id, "try a rule in shadow", seen, "begin the trial")
    if proposal.mode is not Mode.LIVE:
        hint = Spoken("Decide it, or propose other limits")
        raise Refused(
            "try a rule in shadow", what, Spoken("the proposal is to do without it"), hint
        )
    move(review.phase, Cause.TRIED)  # refuses before anything is entered
    at = now if site_at is None else site_at
    until = at + days * DAY_MS
    rulebook.trial(
        conn,
        viewer,
        review.site,
        proposal.rule,
        proposal.values,
        proposal.reason,
        at,
        until,
        now,
    )
    advance(conn, viewer, review, Cause.TRIED, f"{days} d", now)
    return until


def finish_trial(
    conn: sa.Connection,
    viewer: Viewer,
    review_id: int,
    now: int,
    *,
    site_at: int | None = None,
) -> None:
    """Back to exploration once the trial is over. Raises Refused while it runs."""
    review = find(conn, viewer, review_id)
    viewer.require(Action.RUN_REVIEW, review.site)
    running = trial_of(conn, review, now if site_at is None else site_at)
    if running is not None:
        raise Refused(
            "end a trial",
            f"{review.rule_name} at {review.site}",
            Spoken("it still runs"),
            Spoken("It ends by itself; a decision can be taken before"),
        )
    advance(conn, viewer, review, Cause.TRIAL_ENDED, "", now)


def trial_of(conn: sa.Connection, review: Review, at: int) -> Entry | None:
    """The trial that runs at `at` (site's clock) for this review's rule; None: none does."""
    if review.phase is not Phase.EXPERIMENTATION:
        return None
    found = rulebook.in_force(rulebook.entries(conn, review.site), at)
    return next(
        (one for one in found if one.rule_name == review.rule_name and one.mode is Mode.SHADOW),
        None,
    )


def episodes_in_shadow(conn: sa.Connection, review: Review, since: int) -> int:
    """How often the trial would have spoken since `since` (site's clock)."""
    of = episode.c
    counted = conn.execute(
        sa.select(sa.func.count())
        .select_from(episode)
        .where(of.site == review.site, of.rule_name == review.rule_name)
        .where(of.mode == Mode.SHADOW.value, of.onset_at >= since)
    ).scalar()
    return counted or 0
