"""Whether the gateway hears: when clocks stand, when a gap begins, when it ends."""

from hypothesis import given
from hypothesis import strategies as st

from gateway.watch.hearing import DRAIN_S, WAIT_S, Ended, Hearing, Phase


class Link:
    def __init__(self, heard_at=0):
        self.hearing = Hearing(heard_at)
        self.now = 1_000_000
        self.epoch = 1

    def look(self, *, connected=True, drained=True, after_s=0):
        self.now += after_s * 1_000
        return self.hearing.look(
            connected=connected,
            drained=drained,
            epoch=self.epoch,
            now=self.now,
            monotonic=self.now / 1_000,
        )


def test_clocks_stand_until_the_backlog_is_in():
    link = Link(heard_at=1_000_000)
    assert link.hearing.frozen
    assert link.look(drained=False) == (None, None)
    assert link.hearing.frozen
    assert link.look(after_s=5) == (Ended(None, 1_005_000, begun=False), None)
    assert not link.hearing.frozen


def test_the_first_start_ever_misses_nothing():
    link = Link(heard_at=None)
    link.look(drained=False)
    ended, _ = link.look(after_s=5)
    assert ended.since is None


def test_a_long_stop_is_a_gap_once_it_hears_again():
    link = Link(heard_at=500_000)
    link.look(drained=False)
    ended, _ = link.look(after_s=5)
    assert ended == Ended(500_000, 1_005_000, begun=False)


def test_a_broken_link_is_a_gap_after_a_minute_and_time_goes_on():
    link = Link(heard_at=1_000_000)
    link.look()
    assert link.look(connected=False, after_s=1) == (None, None)
    assert link.hearing.frozen
    _, begins_at = link.look(connected=False, after_s=61)
    assert begins_at == 1_000_000
    assert not link.hearing.frozen
    assert link.look(connected=False, after_s=600) == (None, None)  # begun once
    link.epoch += 2
    assert link.look(drained=False, after_s=1) == (None, None)
    ended, _ = link.look(after_s=5)
    assert (ended.since, ended.begun) == (1_000_000, True)


def test_a_backlog_that_never_ends_does_not_stop_the_clocks_for_ever():
    link = Link(heard_at=1_000_000)
    link.look(drained=False)
    _, begins_at = link.look(drained=False, after_s=31)
    assert begins_at == 1_000_000
    assert not link.hearing.frozen


def test_a_reconnection_between_two_looks_is_seen_by_its_epoch():
    link = Link(heard_at=1_000_000)
    link.look()
    link.look(after_s=1)
    link.epoch += 2
    link.look(drained=False, after_s=1)
    assert link.hearing.phase is Phase.DRAINING
    assert link.hearing.frozen


def test_clocks_stand_while_more_comes_than_is_taken():
    link = Link(heard_at=1_000_000)
    link.look()
    link.look(after_s=1)
    assert not link.hearing.frozen
    link.look(drained=False, after_s=1)
    assert link.hearing.frozen
    ended, _ = link.look(after_s=5)
    assert ended.since is None  # nothing was missed
    assert not link.hearing.frozen


def test_a_link_that_flaps_does_not_stop_the_clocks_for_ever():
    """Each reconnection began its own half minute: after a restart in a storm they never ended."""
    link = Link(heard_at=1_000_000)
    stood = 0
    for _ in range(60):
        link.look(connected=False, after_s=10)
        link.epoch += 2
        link.look(drained=False, after_s=10)
        stood += 20 * link.hearing.frozen
    assert stood <= WAIT_S + DRAIN_S
    assert link.hearing.gap_since == 1_000_000


@given(
    st.lists(
        st.tuples(st.booleans(), st.booleans(), st.booleans(), st.integers(1, 40)), max_size=60
    ),
    st.one_of(st.none(), st.integers(0, 1_000_000)),
)
def test_however_the_link_comes_and_goes_the_clocks_stand_a_while_and_no_longer(looks, heard_at):
    """Unless all was heard in between, they go on after a minute and a half; and once everything is
    in they always do.
    """
    link = Link(heard_at=heard_at)
    link.look(connected=False)
    stood = 0
    for connected, drained, again, seconds in looks:
        link.epoch += 2 * again
        before = link.hearing.frozen
        ended, _ = link.look(connected=connected, drained=drained, after_s=seconds)
        stood = 0 if ended or not link.hearing.frozen or not before else stood + seconds
        assert stood <= WAIT_S + DRAIN_S
    link.look(after_s=1)
    link.look(after_s=1)
    assert not link.hearing.frozen
    assert link.hearing.gap_since is None
