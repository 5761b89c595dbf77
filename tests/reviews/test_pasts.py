"""One sealed history that is asked again: what was answered before is not folded again, and every
answer is what a question asked for the first time gets.
"""

import numpy as np
import pytest

from gateway.series.sealed import ORDER_BITS, Sealed
from gateway.series.sealing import Group, Rows, Sealer
from gateway.watch import subjects
from reviews.job import Stay
from reviews.pasts import Past, Watch
from rules.compiled import Backtest
from tests.reviews.lab import SPO2, kernel

MINUTE = 60_000
START = 1_762_207_200_000
MIDDLE, END = START + 600 * MINUTE, START + 1200 * MINUTE
FOREVER = 1 << 53


class Setting:
    """One person alone in each of two homes."""

    def __init__(self):
        self.site, self.end, self.gaps, self.pauses, self.devices = "s", END, (), (), ()
        self.stays = (Stay("one", "home-1", 0, FOREVER), Stay("two", "home-2", 0, FOREVER))


@pytest.fixture
def sealed(tmp_path):
    """Oxygen each two minutes, low for an hour about the middle, lower in the second home."""
    at = np.arange(START, END, 2 * MINUTE)
    low = abs(at - MIDDLE) < 30 * MINUTE
    groups = [
        Group(f"home-{n + 1}", "spo2", None, who, ignored=False, device="oximeter")
        for n, who in enumerate(("one", "two"))
    ]
    with Sealer(tmp_path / "past.sealed", "s", 0, FOREVER) as sealer:
        sealer.add(
            groups,
            Rows(
                np.repeat([0, 1], len(at)),
                np.tile(at, 2),
                np.concatenate([np.where(low, 89, 96), np.where(low, 85, 96)]),
                np.arange(1, 2 * len(at) + 1) << ORDER_BITS,
                np.zeros(2 * len(at), np.int64),
            ),
        )
        digest = sealer.finish()
    return Sealed(tmp_path / "past.sealed", digest)


def watches(first, second):
    """The number changes in the middle, for the second person alone."""
    for home, who, later in (("home-1", "one", first), ("home-2", "two", second)):
        subject = subjects.of_resident(who)
        yield Watch("now", SPO2, subject, home, START, MIDDLE, {"limit": first})
        yield Watch("now", SPO2, subject, home, MIDDLE, END, {"limit": later})


def asked(past, first, second, **more):
    found = past.ask(Setting(), list(watches(first, second)), "UTC", "", lambda _: None, **more)
    return [(one.home, one.episodes, one.covered) for one in found]


@pytest.mark.parametrize("evidence", [False, True])
def test_what_is_asked_again_is_what_is_asked_for_the_first_time(sealed, evidence):
    past, told = Past(sealed, kernel()), set()
    for first, second in [("92", "92"), ("92", "88"), ("88", "92"), ("92", "88"), ("92", "88")]:
        found = asked(past, first, second, evidence=evidence)
        assert found == asked(Past(sealed, kernel()), first, second, evidence=evidence)
        told.add(sum(len(episodes) for _, episodes, _ in found))
    assert told == {1, 2}


def test_only_what_changed_is_folded(sealed, monkeypatch):
    folded = []
    whole = Backtest.episodes

    def spied(self, items, *more, **options):
        folded.extend((item.key, *more[1:]) for item in items)
        return whole(self, items, *more, **options)

    monkeypatch.setattr(Backtest, "episodes", spied)
    past = Past(sealed, kernel())
    asked(past, "92", "92", evidence=False)
    assert len(folded) == 4
    folded.clear()
    asked(past, "92", "88", evidence=False)
    assert [(key.rpartition("|")[2], start, end) for key, start, end in folded] == [
        (subjects.of_resident("two"), MIDDLE, END)
    ]
    folded.clear()
    past.forget_answers()
    asked(past, "92", "88", evidence=False)
    assert len(folded) == 4
