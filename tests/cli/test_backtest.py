"""`homecare backtest` as people call it: what it refuses first, and what it prints."""

from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from api.cli import backtested, backtesting
from api.cli.main import app
from api.cli.printing import Progress
from devices.errors import Refused
from rules.packs import library_rules

PULSE = next(rule for rule in library_rules() if rule.name == "pulse-out-of-range")
ACTIVITY = "patient_id,location_name,date\n1fbe4,kitchen,2019-05-01 08:00:00\n"
LABELS = "patient_id,date,type\n"
PHYSIOLOGY = "patient_id,date,device_type,value,unit\n" + "".join(
    f"1fbe4,2019-{month}-{day} 09:00:00,Heart rate,{beats},beats/min\n"
    for month in ("05", "06", "07")
    for day, beats in (("01", 150.0), ("02", 70.0))
)


@pytest.fixture
def rule(tmp_path: Path) -> Path:
    path = tmp_path / "pulse.yaml"
    path.write_text(PULSE.text, encoding="utf-8")
    return path


@pytest.fixture
def recording(tmp_path: Path) -> Path:
    """A folder as TIHM's: one person whose pulse was fast on three days."""
    folder = tmp_path / "recording"
    folder.mkdir()
    for name, text in (("Activity", ACTIVITY), ("Physiology", PHYSIOLOGY), ("Labels", LABELS)):
        (folder / f"{name}.csv").write_text(text, encoding="utf-8")
    return folder


def run(*words: object) -> Result:
    return CliRunner().invoke(app, ["backtest", *map(str, words)])


@pytest.mark.enable_socket  # a free port is looked for; nobody listens
def test_a_recording_is_asked_about_the_interval_in_its_own_time_without_links(
    rule: Path, recording: Path
) -> None:
    whole = run(rule, "--tihm", recording)
    assert whole.exit_code == 0, (whole.output, whole.exception)
    assert "Times: Europe/London" in whole.output
    assert "/why" not in whole.output
    onsets = [f"2019-{day} 09:00" for day in ("05-01", "06-01")]
    assert all(onset in whole.output for onset in onsets)
    part = run(rule, "--tihm", recording, "--from", "2019-05-20", "--to", "2019-06-10")
    assert part.exit_code == 0, (part.output, part.exception)
    assert [onset in part.output for onset in onsets] == [False, True]


def test_a_site_does_not_go_with_a_recording(rule: Path, recording: Path) -> None:
    refused = run(rule, "--tihm", recording, "--site", "donegal").exception
    assert isinstance(refused, Refused)
    assert "does not go with --tihm" in str(refused)


@pytest.mark.parametrize(
    ("out", "says"), [("no/such/report.json", "there is no folder"), (".", "it is a folder")]
)
def test_where_the_report_goes_is_looked_at_before_anything_runs(
    rule: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, out: str, says: str
) -> None:
    def never(*_: Any) -> None:
        raise AssertionError("it ran")

    monkeypatch.setattr(backtesting, "by_recording", never)
    refused = run(rule, "--tihm", tmp_path, "--out", tmp_path / out).exception
    assert isinstance(refused, Refused)
    assert says in str(refused)


def test_episodes_are_listed_in_the_site_s_own_time(capsys: pytest.CaptureFixture[str]) -> None:
    line = {"rule": "r", "subject": "home:1", "onset": 1_780_000_000_000, "end": None}
    episode = {**line, "counted": True, "why": "/why?x"}
    report = {"readings": 1, "homes": 1, "rules": [], "difference": [], "episodes": [episode]}
    backtested.show({**report, "zone": "Europe/Helsinki"}, everything=True)
    told = capsys.readouterr().out
    assert "Times: Europe/Helsinki." in told
    assert "2026-05-28 23:26  r " in told  # 20:26 UTC
    assert "/why?x" in told


def test_progress_in_a_pipe_is_told_by_tenths(capsys: pytest.CaptureFixture[str]) -> None:
    progress = Progress()
    for percent in range(101):
        progress.show(f"{percent} %", percent / 100)
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "0 %"
    assert len(lines) in {10, 11}
    for _ in range(50):
        progress.show("again", 1.0)
    assert len(capsys.readouterr().out.splitlines()) <= 1
