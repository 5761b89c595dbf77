"""A simulated past is handed to a running gateway: at simulated sites, whole days, once."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from api.cli.simulate.shelf import Running
from devices.errors import Refused
from gateway.db import reading
from gateway.series import handing
from gateway.series.past import Day, Owner
from gateway.series.store import Query
from tests.pages import seed
from tests.series.test_past import a_past

PASTS = "/api/v1/pasts"


@pytest.fixture
def home(gateway):
    return gateway.registry.directory.homes(seed.SITE)[0].id


@pytest.fixture
def shelf(program, gateway):
    """As `homecare simulate history` speaks to it."""
    caller = program(seed.SITE, "technician")

    def post(path, body):
        answer = caller.post(path, json=body)
        if answer.status_code >= 400:
            raise Refused("call", path, answer.json()["detail"], "")
        return answer.json()

    return Running(SimpleNamespace(post=post), gateway.settings.data)


def of(home, day=15_000, site=seed.SITE, messages=6):
    past = a_past(day, messages=messages)
    past = replace(past, at=past.at - 10**11, measured_at=past.at - 10**11)
    return replace(
        past,
        # one of another home too, of whom nothing is said here: a plan's owners travel whole
        owners=(Owner(site, home, "cuff-1", None, None), Owner(site, "other", "hub", None, None)),
        days=(Day(site, home, day, "a"),),
    )


def stored(gateway, home):
    columns = gateway.store.read(Query(seed.SITE, home=home))
    return columns.at[columns.offset < 0]


def test_what_is_handed_over_is_written_and_known(shelf, gateway, home):
    shelf.write(of(home))
    assert len(stored(gateway, home)) == 12
    assert shelf.days_of(seed.SITE) == {(home, 15_000): "a"}
    assert list(handing.folder(gateway.settings.data).iterdir()) == []
    with pytest.raises(Refused, match="written already"):
        shelf.write(of(home))
    assert len(stored(gateway, home)) == 12
    assert shelf.remove(seed.SITE) == 12
    assert shelf.days_of(seed.SITE) == {}
    assert home in shelf.journalled(seed.SITE, [home], 0, gateway.clock.now())
    assert shelf.journalled(seed.SITE, [home], 0, 1) == {}


def test_a_home_or_site_that_is_not_simulated_or_not_there_takes_nothing(shelf, gateway, home):
    for wrong in (of("no-such-home"), of("gweedore-1", site="donegal"), of(home, site="atlantis")):
        with pytest.raises(Refused):
            shelf.write(wrong)
    with pytest.raises(Refused):
        shelf.days_of("donegal")
    with pytest.raises(Refused):
        shelf.remove("donegal")
    assert len(stored(gateway, home)) == 0


def test_what_does_not_hold_together_is_refused(shelf, gateway, home):
    good = of(home)
    late = np.arange(len(good))[::-1]
    for wrong in (
        replace(good, message=late),
        replace(good, index=good.index - 1),
        replace(good, owner=good.owner + 2),
        replace(good, owner=good.owner + 1),
        replace(good, word=good.word + 1),
        replace(good, at=good.at * 0 - 5),
        replace(good, x=good.x[:5]),
        replace(good, days=(Day(seed.SITE, "another", 1, "a"),)),
        replace(good, owners=((1, 2),)),
    ):
        with pytest.raises(Refused, match=r"go together|another form|Expected"):
            shelf.write(wrong)
    assert len(stored(gateway, home)) == 0
    assert shelf.days_of(seed.SITE) == {}


@pytest.mark.parametrize("name", ["../state.db", "0.npz", "", "/etc/passwd", "a/b.npz"])
def test_a_name_is_a_file_that_was_handed_over_and_nothing_else(program, gateway, name):
    before = gateway.settings.data / "state.db"
    answer = program(seed.SITE, "technician").post(PASTS, json={"file": name})
    assert answer.status_code == 422
    assert "no such file" in answer.json()["detail"]
    assert before.exists()


def test_bytes_that_are_no_past_are_refused_and_gone(program, gateway):
    place = handing.folder(gateway.settings.data)
    place.mkdir(parents=True)
    (place / "junk.npz").write_bytes(b"PK\x03\x04 and no more")
    np.savez(place / "other.npz", at=np.array([{"a": 1}], object))
    for name in ("junk.npz", "other.npz"):
        answer = program(seed.SITE, "technician").post(PASTS, json={"file": name})
        assert answer.status_code == 422, answer.text
    assert list(place.iterdir()) == []


def test_it_is_audited(shelf, gateway, home):
    shelf.write(of(home))
    shelf.remove(seed.SITE)
    with reading(gateway.engine) as conn:
        said = conn.exec_driver_sql(
            "SELECT verb, object, site, detail FROM audit WHERE object LIKE 'history:%' ORDER BY id"
        ).all()
    assert [tuple(one) for one in said] == [
        ("told the simulator of", f"history:{seed.SITE}", seed.SITE, "12 readings"),
        ("told the simulator of", f"history:{seed.SITE}", seed.SITE, "12 readings removed"),
    ]
