"""Intervals against what files say: never two at once, and the same word twice changes nothing."""

import itertools

from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.registry.records import Span
from gateway.registry.settling import Decision, settle

SPAN = Span(1, 10, None)
CLOSED = Span(2, 10, 20)


def test_what_is_new_begins_now_or_when_it_says():
    assert settle([], [], None, None, 50) == Decision(begin=50)
    assert settle([], [], 30, 40, 50) == Decision(begin=30, until=40)


def test_what_holds_already_is_left():
    assert settle([SPAN], [], None, None, 50) == Decision()
    assert settle([SPAN], [], 10, None, 50) == Decision()


def test_a_rival_ends_where_the_new_one_begins():
    assert settle([], [SPAN], None, None, 50) == Decision(begin=50, end=(SPAN,))


def test_a_rival_that_began_later_or_a_closed_stretch_inside_it_is_a_clash():
    assert settle([], [SPAN], 5, None, 50).problem
    assert settle([], [SPAN], 12, 15, 50).problem
    assert settle([], [CLOSED], 15, None, 50).problem


def test_what_was_ended_does_not_come_back_by_an_old_file():
    decision = settle([CLOSED], [], 10, None, 50)
    assert decision.begin is None
    assert "later `since`" in decision.note


def test_it_comes_back_by_a_later_since():
    assert settle([CLOSED], [], 30, None, 50) == Decision(begin=30)


def test_ends_are_set_and_mended_but_never_before_the_beginning():
    assert settle([SPAN], [], 10, 15, 50) == Decision(stop=SPAN, until=15)
    assert settle([CLOSED], [], 10, 15, 50) == Decision(stop=CLOSED, until=15)
    assert settle([CLOSED], [], 10, 20, 50) == Decision()
    assert settle([SPAN], [], 10, 10, 50).problem
    assert settle([], [], None, 40, 50).problem


def test_an_earlier_since_reaches_back_unless_another_was_there():
    assert settle([SPAN], [], 5, None, 50) == Decision(begin=5, reach_back=SPAN)
    assert settle([SPAN], [Span(3, 0, 10)], 5, None, 50).note
    assert settle([SPAN], [], 15, None, 50).note


class Diary:
    """Where one person lives, by one file after another."""

    def __init__(self):
        self.stays = {}  # id → (home, from, to)
        self.refused = False

    def read(self, home, since, until, now):
        same = [Span(k, a, b) for k, (h, a, b) in self.stays.items() if h == home]
        rivals = [Span(k, a, b) for k, (h, a, b) in self.stays.items() if h != home]
        decision = settle(same, rivals, since, until, now)
        self.refused = bool(decision.problem)
        if self.refused:
            return
        for span in decision.end:
            h, a, _ = self.stays[span.id]
            self.stays[span.id] = (h, a, decision.begin)
        if decision.reach_back:
            h, _, b = self.stays[decision.reach_back.id]
            self.stays[decision.reach_back.id] = (h, decision.begin, b)
        elif decision.begin is not None:
            self.stays[len(self.stays) + 1] = (home, decision.begin, decision.until)
        if decision.stop:
            h, a, _ = self.stays[decision.stop.id]
            self.stays[decision.stop.id] = (h, a, decision.until)


MOMENTS = st.none() | st.integers(0, 60)
FILES = st.lists(st.tuples(st.sampled_from("abc"), MOMENTS, MOMENTS), max_size=12)


@given(FILES)
@settings(max_examples=300, deadline=None)
def test_nobody_ever_lives_in_two_homes_and_nothing_changes_twice(files):
    diary = Diary()
    for number, (home, since, until) in enumerate(files):
        now = 40 + 3 * number
        diary.read(home, since, until, now)
        after = dict(diary.stays)
        if not diary.refused:
            diary.read(home, since, until, now + 1)
            assert not diary.refused
            assert diary.stays == after
        spans = sorted((a, b if b is not None else 10**9) for _, a, b in after.values())
        assert all(a < b for a, b in spans)
        assert all(first[1] <= then[0] for first, then in itertools.pairwise(spans))
