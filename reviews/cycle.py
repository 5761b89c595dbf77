"""A review's phases and the legal moves between them: one table, and nothing else decides.

Living-lab phases: co-creation, exploration, experimentation, evaluation; then closed.
"""

from dataclasses import dataclass
from enum import StrEnum

from devices.errors import Refused, Spoken


class Phase(StrEnum):
    """In this order on every page."""

    CO_CREATION = "co-creation"  # what troubles us; a proposal is made
    EXPLORATION = "exploration"  # what if; then and now; positions
    EXPERIMENTATION = "experimentation"  # in shadow, to a stated end
    EVALUATION = "evaluation"  # live: forecast against outcome
    CLOSED = "closed"


class Cause(StrEnum):
    """What moves a review."""

    PROPOSED = "proposed"  # somebody put a proposal
    REWORKED = "reworked"  # the facilitator takes it back to talk
    TRIED = "tried"  # a trial in shadow began
    TRIAL_ENDED = "trial-ended"
    ADOPTED = "adopted"  # decision: the version goes live
    REJECTED = "rejected"  # decision: what is live stays, and this is its mandate
    DEFERRED = "deferred"  # decision: later, with a new last day
    KEPT = "kept"  # decision after evaluation: it stays
    REOPENED = "reopened"  # the outcome was not what was said: change it again
    WITHDRAWN = "withdrawn"  # nobody wants it any more


MOVES: dict[tuple[Phase, Cause], Phase] = {
    (Phase.CO_CREATION, Cause.PROPOSED): Phase.EXPLORATION,
    (Phase.CO_CREATION, Cause.WITHDRAWN): Phase.CLOSED,
    (Phase.EXPLORATION, Cause.PROPOSED): Phase.EXPLORATION,
    (Phase.EXPLORATION, Cause.REWORKED): Phase.CO_CREATION,
    (Phase.EXPLORATION, Cause.TRIED): Phase.EXPERIMENTATION,
    (Phase.EXPLORATION, Cause.ADOPTED): Phase.EVALUATION,
    (Phase.EXPLORATION, Cause.REJECTED): Phase.CLOSED,
    (Phase.EXPLORATION, Cause.DEFERRED): Phase.EXPLORATION,
    (Phase.EXPERIMENTATION, Cause.TRIAL_ENDED): Phase.EXPLORATION,
    (Phase.EXPERIMENTATION, Cause.ADOPTED): Phase.EVALUATION,
    (Phase.EXPERIMENTATION, Cause.REJECTED): Phase.CLOSED,
    (Phase.EVALUATION, Cause.KEPT): Phase.CLOSED,
    (Phase.EVALUATION, Cause.REOPENED): Phase.CO_CREATION,
}

BY_DECISION = frozenset({Cause.ADOPTED, Cause.REJECTED, Cause.DEFERRED, Cause.KEPT})


@dataclass(frozen=True, slots=True)
class Move:
    """One line of a review's course."""

    source: Phase
    cause: Cause
    target: Phase


def move(phase: Phase, cause: Cause) -> Move:
    """Where `cause` leads from `phase`; raises Refused, naming what is possible instead."""
    target = MOVES.get((phase, cause))
    if target is None:
        possible = ", ".join(sorted(c for p, c in MOVES if p is phase)) or "nothing: it is closed"
        raise Refused(
            "move a review",
            phase,
            Spoken("{cause} is not possible here", cause=cause),
            Spoken("Now: {possible}", possible=possible),
        )
    return Move(phase, cause, target)


def allows(phase: Phase, cause: Cause) -> bool:
    """Whether a button for `cause` belongs on the page."""
    return (phase, cause) in MOVES
