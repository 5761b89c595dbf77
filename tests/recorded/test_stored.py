"""A stretch of a store is replayed with the rights of whoever asks, and their look is noted."""

import sqlite3
from collections import Counter
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from api.cli.main import app
from api.cli.recorded.sources import Asked, source
from devices.errors import Refused
from simulators.catalogue import SHIPPED
from simulators.columns import SIGNALS

DAYS = ("2026-05-03", "2026-05-05")


def ran(*words: str) -> str:
    told = CliRunner().invoke(app, list(words), catch_exceptions=False)
    assert told.exit_code == 0, told.output
    return told.output


@pytest.fixture(scope="module")
def past(tmp_path_factory) -> Path:
    """Two days of two homes in a data folder of their own."""
    data = tmp_path_factory.mktemp("store") / "past"
    ran(
        *("simulate", "history", "--from", DAYS[0], "--to", DAYS[1], "--site", "donegal"),
        *("--homes", "2", "--workers", "1", "--out", str(data)),
    )
    return data


def token(past: Path, role: str) -> str:
    return ran("token", role, "--role", f"{role}@donegal", "--data", str(past)).split()[-1]


def asked(past: Path, **more) -> Asked:
    return Asked(store=past, since=DAYS[0], until=DAYS[1], **more)


def looks(past: Path) -> list[tuple[str, str]]:
    with closing(sqlite3.connect(past / "state.db")) as conn:
        return conn.execute(
            "SELECT login, object FROM audit WHERE verb = 'looked at' ORDER BY id"
        ).fetchall()


def test_a_nurse_replays_what_was_measured_and_it_is_noted(past, monkeypatch) -> None:
    monkeypatch.setenv("HOMECARE_TOKEN", token(past, "nurse"))
    made = source("store:donegal", asked(past), SHIPPED).recording
    assert [home.id for home in made.homes] == ["home-1", "home-2"]
    assert {home.site for home in made.homes} == {"replayed"}
    assert {who for who, _ in looks(past)} == {"program:nurse"}
    assert len(looks(past)) == 2
    counts = Counter(SIGNALS[i].name for i in made.columns.signal.tolist())
    assert counts["motion"] > 20
    assert "link_quality" in counts
    assert np.all(made.columns.sent_at == made.columns.at)
    assert np.all((made.columns.at >= made.start) & (made.columns.at < made.end))


def test_one_home_and_no_names(past, monkeypatch) -> None:
    monkeypatch.setenv("HOMECARE_TOKEN", token(past, "nurse"))
    (home,) = source("store:donegal/home-2", asked(past), SHIPPED).recording.homes
    said = repr(home)
    assert "donegal" not in said
    assert "motion-kitchen" not in said
    assert {device.place for device in home.devices} >= {"kitchen", "bedroom"}
    assert all(model.name.startswith("recorded-") for model in home.models)


def test_who_may_see_no_readings_replays_none(past, monkeypatch) -> None:
    before = looks(past)
    monkeypatch.setenv("HOMECARE_TOKEN", token(past, "technician"))
    with pytest.raises(Refused, match="not found"):
        source("store:donegal", asked(past), SHIPPED)
    monkeypatch.setenv("HOMECARE_TOKEN", "hc_nonsense")
    with pytest.raises(Refused, match="HOMECARE_TOKEN is not known"):
        source("store:donegal", asked(past), SHIPPED)
    monkeypatch.delenv("HOMECARE_TOKEN")
    with pytest.raises(Refused, match="HOMECARE_TOKEN is not set"):
        source("store:donegal", asked(past), SHIPPED)
    assert looks(past) == before


@pytest.mark.parametrize(
    ("name", "since", "until", "says"),
    [
        ("store:atlantis", *DAYS, "no such site"),
        ("store:donegal/home-99", *DAYS, "not found"),
        ("store:donegal", "2030-01-01", "2030-01-02", "nothing was stored then"),
        ("store:donegal", DAYS[1], DAYS[0], "the time ends before it begins"),
        ("store:donegal", "yesterday", DAYS[0], "is no moment"),
    ],
)
def test_what_is_not_there_is_refused(past, monkeypatch, name, since, until, says) -> None:
    monkeypatch.setenv("HOMECARE_TOKEN", token(past, "nurse"))
    with pytest.raises(Refused, match=says):
        source(name, Asked(store=past, since=since, until=until), SHIPPED)
