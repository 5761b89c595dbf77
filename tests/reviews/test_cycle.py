"""A review moves only along its table."""

import itertools

import pytest

from devices.errors import Refused
from reviews.cycle import BY_DECISION, MOVES, Cause, Phase, allows, move


@pytest.mark.parametrize(("phase", "cause"), list(itertools.product(Phase, Cause)))
def test_every_pair_is_a_line_of_the_table_or_is_refused(phase, cause):
    if allows(phase, cause):
        assert move(phase, cause).target is MOVES[phase, cause]
    else:
        with pytest.raises(Refused, match="is not possible here"):
            move(phase, cause)


def test_closed_is_the_end():
    assert not any(phase is Phase.CLOSED for phase, _ in MOVES)


def test_every_phase_but_the_first_is_reached_and_each_can_be_left():
    assert set(MOVES.values()) | {Phase.CO_CREATION} == set(Phase)
    assert {phase for phase, _ in MOVES} == set(Phase) - {Phase.CLOSED}


def test_nothing_goes_live_but_by_decision():
    assert {c for (_, c), target in MOVES.items() if target is Phase.EVALUATION} <= BY_DECISION
