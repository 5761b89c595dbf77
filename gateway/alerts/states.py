"""The life of an alert, as one table. What belongs here: states, moves, and which move leads where.

After ISA-18.2: unacknowledged or acknowledged, active or returned, then closed. Escalation is a
counter, shelving a deadline, ownership a column; none of them is a state. An illegal move raises
and changes nothing. Only a person closes (or the clock, for what is low, acknowledged and
returned); a condition that is over only returns.
"""

from enum import StrEnum

from devices.errors import Refused, Spoken


class State(StrEnum):
    """Where an alert stands."""

    UNACKNOWLEDGED = "unacknowledged"  # nobody has it; the condition holds
    UNACKNOWLEDGED_RETURNED = "unacknowledged-returned"  # nobody had it; back to usual by itself
    ACKNOWLEDGED = "acknowledged"  # somebody has it; the condition holds
    ACKNOWLEDGED_RETURNED = "acknowledged-returned"  # somebody has it; back to usual
    CLOSED = "closed"


class Move(StrEnum):
    """What can happen to one."""

    ACKNOWLEDGE = "acknowledge"  # a free alert gets an owner
    TAKE_OVER = "take-over"  # an owned one gets another
    RELEASE = "release"  # the acknowledgement ran out, or was undone
    RETURN = "return"  # the condition is over
    RECUR = "recur"  # it holds again, or once more
    RECUR_LOUD = "recur-loud"  # the same of an SOS, a fall or at a higher priority: all is new
    CLOSE = "close"
    REOPEN_OWNED = "reopen-owned"  # a close was undone, condition as it was
    REOPEN_OWNED_RETURNED = "reopen-owned-returned"


FREE = frozenset({State.UNACKNOWLEDGED, State.UNACKNOWLEDGED_RETURNED})
OWNED = frozenset({State.ACKNOWLEDGED, State.ACKNOWLEDGED_RETURNED})
ACTIVE = frozenset({State.UNACKNOWLEDGED, State.ACKNOWLEDGED})
OPEN = FREE | OWNED

TABLE: dict[tuple[State, Move], State] = {
    (State.UNACKNOWLEDGED, Move.ACKNOWLEDGE): State.ACKNOWLEDGED,
    (State.UNACKNOWLEDGED_RETURNED, Move.ACKNOWLEDGE): State.ACKNOWLEDGED_RETURNED,
    (State.ACKNOWLEDGED, Move.TAKE_OVER): State.ACKNOWLEDGED,
    (State.ACKNOWLEDGED_RETURNED, Move.TAKE_OVER): State.ACKNOWLEDGED_RETURNED,
    (State.ACKNOWLEDGED, Move.RELEASE): State.UNACKNOWLEDGED,
    (State.ACKNOWLEDGED_RETURNED, Move.RELEASE): State.UNACKNOWLEDGED_RETURNED,
    (State.UNACKNOWLEDGED, Move.RETURN): State.UNACKNOWLEDGED_RETURNED,
    (State.ACKNOWLEDGED, Move.RETURN): State.ACKNOWLEDGED_RETURNED,
    (State.UNACKNOWLEDGED, Move.RECUR): State.UNACKNOWLEDGED,
    (State.UNACKNOWLEDGED_RETURNED, Move.RECUR): State.UNACKNOWLEDGED,
    (State.ACKNOWLEDGED, Move.RECUR): State.ACKNOWLEDGED,
    (State.ACKNOWLEDGED_RETURNED, Move.RECUR): State.ACKNOWLEDGED,
    (State.UNACKNOWLEDGED, Move.RECUR_LOUD): State.UNACKNOWLEDGED,
    (State.UNACKNOWLEDGED_RETURNED, Move.RECUR_LOUD): State.UNACKNOWLEDGED,
    (State.ACKNOWLEDGED, Move.RECUR_LOUD): State.UNACKNOWLEDGED,
    (State.ACKNOWLEDGED_RETURNED, Move.RECUR_LOUD): State.UNACKNOWLEDGED,
    (State.UNACKNOWLEDGED, Move.CLOSE): State.CLOSED,
    (State.UNACKNOWLEDGED_RETURNED, Move.CLOSE): State.CLOSED,
    (State.ACKNOWLEDGED, Move.CLOSE): State.CLOSED,
    (State.ACKNOWLEDGED_RETURNED, Move.CLOSE): State.CLOSED,
    (State.CLOSED, Move.REOPEN_OWNED): State.ACKNOWLEDGED,
    (State.CLOSED, Move.REOPEN_OWNED_RETURNED): State.ACKNOWLEDGED_RETURNED,
}


class MoveRefused(Refused):
    """The alert does not stand where this move begins; nothing was changed."""


def moved(state: State, move: Move, code: str = "alert") -> State:
    """The state after `move`. Raises MoveRefused."""
    after = TABLE.get((state, move))
    if after is None:
        legal = ", ".join(sorted(known for at, known in TABLE if at is state)) or "nothing"
        raise MoveRefused(
            move,
            f"alert {code}",
            Spoken("it is {state}", state=state),
            Spoken("From there only: {legal}. Open it again", legal=legal),
        )
    return after
