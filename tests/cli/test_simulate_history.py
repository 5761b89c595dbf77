"""`homecare simulate history`: written once, whole days, only where nobody real lives."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from typer.testing import CliRunner

from api.cli import runtime
from api.cli.main import app
from api.cli.simulate import live_homes
from devices.errors import Refused
from gateway.clock import SystemClock
from gateway.config import load
from gateway.series import open_store
from gateway.series.store import Query
from tests.series.builders import reading

ROOT = Path(__file__).resolve().parents[2]
WEEK = ["--from", "2026-02-02", "--to", "2026-02-09"]


def said(*words: str) -> str:
    result = CliRunner().invoke(app, ["simulate", "history", *words], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.output


def refused(*words: str) -> str:
    with pytest.raises(Refused) as caught:
        CliRunner().invoke(app, ["simulate", "history", *words], catch_exceptions=False)
    return str(caught.value)


def held(folder: Path, site: str = "donegal") -> list[tuple[object, ...]]:
    store = open_store(load(None, data=folder))
    try:
        found = store.read(Query(site))
    finally:
        store.close()
    columns = (found.home, found.device, found.signal, found.at, found.x, found.quality)
    return sorted(zip(*(one.tolist() for one in columns), strict=True))


@pytest.fixture
def place(tmp_path):
    """An installation with four simulated homes at Donegal, to which nobody ever listened."""
    folder = tmp_path / "data"
    folder.mkdir()
    text = live_homes.registry(live_homes.made(4, 1, ["donegal"]), "2026-01-01")
    (tmp_path / "homes.yaml").write_text(text, encoding="utf-8")
    words = ["import", str(tmp_path / "homes.yaml"), "--yes", "--data", str(folder)]
    assert CliRunner().invoke(app, words, catch_exceptions=False).exit_code == 0
    return folder


def test_a_folder_of_its_own_is_made_and_can_be_back_tested(tmp_path) -> None:
    out = tmp_path / "winter"
    files = out / "files"
    told = said("--out", str(out), *WEEK, "-n", "4", "--region", "donegal", "--parquet", str(files))
    assert re.search(r"28 home-days written into .*winter", told)
    assert "offsets are negative" in told
    assert (files / "donegal.parquet").stat().st_size > 10_000
    assert len(held(out)) > 20_000
    rule = next((ROOT / "rules/packs").rglob("home-cold.yaml"))
    words = ["backtest", str(rule), "--site", "donegal", "--data", str(out), "--json"]
    result = CliRunner().invoke(app, [*words, *WEEK], catch_exceptions=False)
    report = json.loads(result.output[result.output.index("{") :])
    assert report["readings"] > 15_000


def test_the_same_again_writes_nothing_twice_and_longer_goes_on(place) -> None:
    first = json.loads(said("--data", str(place), *WEEK, "--json"))
    assert (first["home_days"], first["there_before"]) == (28, 0)
    before = held(place)
    assert len(before) == first["readings"] > 20_000
    again = json.loads(said("--data", str(place), *WEEK, "--json"))
    assert (again["readings"], again["there_before"]) == (0, 28)
    assert held(place) == before
    assert "28 home-days were there before" in said("--data", str(place), *WEEK)
    longer = ["--from", "2026-02-01", "--to", "2026-02-10"]
    more = json.loads(said("--data", str(place), *longer, "--json"))
    assert (more["home_days"], more["there_before"]) == (8, 28)
    whole = held(place)
    assert len(whole) == first["readings"] + more["readings"]
    other = place.parent / "at-once"
    said("--out", str(other), *longer, "-n", "4", "--region", "donegal")
    assert held(other) == whole  # however it was cut, wherever it lies


def test_processes_write_what_one_writes(place) -> None:
    two = place.parent / "two"
    days = ["--from", "2026-02-02", "--to", "2026-04-20", "--home", "donegal/home-2", "-n", "1"]
    told = said("--data", str(place), *days, "--workers", "1")
    days = ["--from", "2026-02-02", "--to", "2026-06-15", "-n", "4", "--region", "donegal"]
    said("--out", str(two), *days, "--workers", "2", "--rows", "100000")
    one = held(place)
    assert f"{len(one):,} readings of 77 home-days" in told
    last = max(int(row[3]) for row in one)
    assert [r for r in held(two) if r[0] == "home-2" and int(r[3]) <= last] == one


def test_another_seed_over_the_same_days_is_refused_until_it_is_removed(place) -> None:
    said("--data", str(place), *WEEK, "--home", "donegal/home-1")
    assert "another seed" in refused("--data", str(place), *WEEK, "--seed", "2")
    faulty = place.parent / "faults.yaml"
    faulty.write_text("faults:\n  - {fault: silence, home: donegal/home-1, for: 6 h}\n")
    assert "scenario or fault" in refused("--data", str(place), *WEEK, "--faults", str(faulty))
    assert "are removed" in said("--data", str(place), "--remove", "donegal")
    assert held(place) == []
    said("--data", str(place), *WEEK, "--seed", "2", "--home", "donegal/home-1")
    assert len(held(place)) > 5_000
    assert "goes with no other days" in refused("--data", str(place), "--remove", "donegal", *WEEK)
    assert "no such site" in refused("--data", str(place), "--remove", "atlantis")


def test_a_scenario_is_in_it_and_one_that_does_not_fit_is_refused(place) -> None:
    fall = "fall-without-detector@donegal/home-1@2026-02-03"
    said("--data", str(place), *WEEK, "-s", fall)
    with_fall = held(place)
    calm = place.parent / "calm"
    said("--out", str(calm), *WEEK, "-n", "4", "--region", "donegal")
    differing = set(with_fall) ^ set(held(calm))
    assert {row[0] for row in differing} == {"home-1"}
    options = ("--data", str(place), *WEEK, "-s")
    assert "none of the homes" in refused(*options, "sos@donegal/home-9@2026-02-03")
    assert "no such scenario" in refused(*options, "earthquake@donegal/home-1@2026-02-03")
    assert "does not lie within" in refused(*options, "power-cut@donegal/home-1@2026-02-07")
    assert "no date" in refused(*options, "cold-house@donegal/home-1@yesterday")
    assert "overlap" in refused(*options, fall, "-s", fall)


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        (["--from", "2026-02-02"], "--to"),
        (["--from", "soon", "--to", "2026-02-03"], "no date"),
        (["--from", "2026-02-09", "--to", "2026-02-02"], "before it begins"),
        (["--from", "1969-01-01", "--to", "1969-02-02"], "before 1970"),
        (["--from", "2026-02-02", "--to", "2036-06-02"], "no time"),
        ([*WEEK, "--site", "vestland"], "no such site"),
        ([*WEEK, "--home", "donegal/home-77"], "no such home"),
        ([*WEEK, "--persona", "marathon-runner"], "no such persona"),
        (["--from", "2030-02-02", "--to", "2030-02-09"], "ahead of the site's clock"),
        (["--from", "2025-02-02", "--to", "2025-02-09"], "2025-02-02"),
    ],
)
def test_what_cannot_be_is_refused_in_a_sentence(place, words, problem) -> None:
    assert problem in refused("--data", str(place), *words)
    assert held(place) == []


def test_real_people_get_no_invented_past(place) -> None:
    text = (place.parent / "homes.yaml").read_text(encoding="utf-8")
    text = text.replace("demo: yes", "demo: no").replace("donegal", "county")
    (place.parent / "real.yaml").write_text(text, encoding="utf-8")
    words = ["import", str(place.parent / "real.yaml"), "--yes", "--data", str(place)]
    assert CliRunner().invoke(app, words, catch_exceptions=False).exit_code == 0
    assert "real people" in refused("--data", str(place), *WEEK, "--site", "county")
    said("--data", str(place), *WEEK)
    assert held(place, "county") == []


def test_a_home_that_was_heard_keeps_its_own_past(place) -> None:
    store = open_store(load(None, data=place))
    at = 1_770_200_000_000  # within the week
    store.write([reading(1, at=at, home="home-3")], 1)
    store.close()
    assert "heard over the broker" in refused("--data", str(place), *WEEK)
    said("--data", str(place), *WEEK, "--home", "donegal/home-1")
    assert "holds something else" in refused("--out", str(place), *WEEK)


def test_a_folder_that_cannot_be_is_refused_before_anything_is_made(tmp_path) -> None:
    (tmp_path / "file").touch()
    wrong = str(tmp_path / "file")
    assert "Name a folder of yours" in refused("--out", wrong, *WEEK)
    out = tmp_path / "out"
    assert "Name a folder of yours" in refused("--out", str(out), *WEEK, "--parquet", wrong)
    assert held(out) == []


def test_a_running_gateway_is_asked_and_wants_to_know_who_asks(place, monkeypatch) -> None:
    running = runtime.Runtime("http://127.0.0.1:1", os.getpid(), "token")
    monkeypatch.setattr(runtime, "read", lambda _: running)
    monkeypatch.delenv("HOMECARE_TOKEN", raising=False)
    assert "HOMECARE_TOKEN is not set" in refused("--data", str(place), *WEEK)
    assert "a gateway runs there" in refused("--out", str(place.parent / "new"), *WEEK)


def test_ctrl_c_leaves_whole_days_and_the_same_command_goes_on(tmp_path) -> None:
    out, words = tmp_path / "out", ["-n", "6", "--region", "donegal", "--rows", "60000"]
    days = ["--from", "2026-01-02", "--to", "2026-06-30"]
    command = [sys.executable, "-m", "api.cli.main", "simulate", "history", "--out", str(out)]
    process = subprocess.Popen(
        [*command, *words, *days], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        text=True, env={**os.environ, "PYTHONUNBUFFERED": "1"},
    )  # fmt: skip
    assert process.stdout is not None
    clock = SystemClock()
    until = clock.monotonic() + 120
    lines = []
    while not any("%" in line and "  0%" not in line for line in lines):
        assert clock.monotonic() < until, lines
        lines.append(process.stdout.readline())
    time.sleep(0.2)
    process.send_signal(signal.SIGINT)
    told, complaint = process.communicate(timeout=120)
    assert process.returncode == 130, told + complaint
    assert "The same command goes on" in told
    assert complaint == ""
    kept = len(held(out))
    assert 0 < kept < 6 * 179 * 1_100
    rest = json.loads(said("--out", str(out), *words, *days, "--workers", "1", "--json"))
    assert rest["there_before"] > 0
    assert rest["there_before"] + rest["home_days"] == 6 * 179
    assert len(held(out)) == kept + rest["readings"]
