"""The table of states is the whole truth about what may follow what."""

import pytest

from gateway.alerts.states import TABLE, Move, MoveRefused, State, moved


def test_every_state_is_reached_and_left():
    assert {at for at, _ in TABLE} == set(State)
    assert {*TABLE.values()} == set(State)


def test_every_move_occurs():
    assert {move for _, move in TABLE} == set(Move)


@pytest.mark.parametrize("state", State)
@pytest.mark.parametrize("move", Move)
def test_what_the_table_does_not_hold_is_refused_by_name(state, move):
    if (state, move) in TABLE:
        assert moved(state, move) is TABLE[state, move]
        return
    with pytest.raises(MoveRefused) as refusal:
        moved(state, move, "K7Q2")
    assert "K7Q2" in str(refusal.value)
    assert state in str(refusal.value)


def test_a_condition_that_is_over_closes_nothing():
    assert all(
        after is not State.CLOSED for (_, move), after in TABLE.items() if move is Move.RETURN
    )
