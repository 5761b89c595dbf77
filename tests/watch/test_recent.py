"""Graded checkpoints: how far back they reach, what they cost, and that they change nothing."""

import random

from hypothesis import given
from hypothesis import strategies as st

from devices.reading import Reading
from gateway.watch.recent import EVERY_MS, MOST, Checkpoint, Recent, Recents
from tests.building import a_device, a_home, a_site
from tests.stories.test_data_sites import outcome
from tests.stories.world import HOUR, MINUTE, SECOND, World


def a_reading(at, offset=1):
    return Reading(offset, 0, "s", "h", "clip", "anna", None, "spo2", 97, at, at, at, 0, "97", "%")


def checkpoint(at):
    return Checkpoint(at, b"", {}, [])


def filled(hours):
    made = Recent(0)
    for minute in range(round(hours * 60)):
        at = minute * MINUTE
        if at >= made.due:
            made.keep(checkpoint(at))
        made.take(a_reading(at + 1, minute))
    return made


@given(st.integers(2 * 60, 12 * 60), st.integers(0, 60))
def test_an_hour_late_goes_back_little_more_than_two(minutes, late):
    made = filled(minutes / 60)
    at = (minutes - 1 - late) * MINUTE
    back = made.before(at)
    assert at - back.at <= (minutes * MINUTE - at) + 2 * EVERY_MS
    seen = made.seen(back.at)
    assert [one.at for one in seen] == [
        n * MINUTE + 1 for n in range(minutes) if n * MINUTE + 1 > back.at
    ]


def test_few_checkpoints_however_long_it_runs():
    assert len(filled(48).checkpoints) <= 10


def test_a_flood_goes_back_less_far_and_misses_nothing():
    made = Recent(0)
    made.keep(checkpoint(0))
    for n in range(3 * MOST):
        made.take(a_reading(n + 1, n))
    assert made.checkpoints == []
    assert made.due >= MOST  # the next is taken when all that was dropped has been settled


def test_one_that_is_always_as_late_finds_a_checkpoint_as_old():
    made = filled(2)
    for n in range(30):
        now = 2 * HOUR + n * 5 * SECOND
        late = now - 3 * MINUTE
        back = made.before(late)
        assert late - back.at <= 2 * EVERY_MS
        made.replayed(late)
        made.keep(checkpoint(late - 1))
    assert late - made.before(late).at <= MINUTE


def test_what_came_before_the_first_checkpoint_and_is_later_than_it_is_seen():
    made = Recents()
    made.clear(due=1_000, homes=["h"])
    for watermark, at in ((500, 1_900), (900, 2_100), (1_200, 2_500)):  # two seconds behind
        made.hear(a_reading(at, at), watermark, lambda _, __: checkpoint(1_200))
    assert made.of("h").before(1_500).at == 1_200
    assert [one.at for one in made.of("h").seen(1_200)] == [1_900, 2_100, 2_500]


def run(folder, values, late, *, without, monkeypatch):
    """A wall site; readings in `late` come in minutes after the others."""
    if without:
        monkeypatch.setattr(Recent, "before", lambda *_: None)
    folder.mkdir()
    site = a_site(homes=[a_home(devices=[a_device("clip", owner="anna")])])
    it = World(folder, site)
    try:
        held = []
        for number, low in enumerate(values):
            at = it.clock.now()
            body = {"signal": "spo2", "value": 86 if low else 97, "time": at}
            if number in late:
                held.append((number + late[number], body))
            else:
                it.publish("clip", body)
            for _, body in [one for one in held if one[0] == number]:
                it.publish("clip", body)
            it.wait(2 * MINUTE)
        it.wait(20 * MINUTE)
        return outcome(it)
    finally:
        it.close()
        monkeypatch.undo()


def test_with_checkpoints_and_without_the_same_is_on_record(tmp_path, monkeypatch):
    for seed in range(6):
        r = random.Random(seed)
        values = [r.random() < 0.5 for _ in range(40)]
        late = {r.randrange(20, 36): r.randint(1, 4) for _ in range(4)}
        folders = tmp_path / f"{seed}a", tmp_path / f"{seed}b"
        quick = run(folders[0], values, late, without=False, monkeypatch=monkeypatch)
        slow = run(folders[1], values, late, without=True, monkeypatch=monkeypatch)
        assert quick == slow, seed
        assert quick[0]
