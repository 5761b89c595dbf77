"""Commands that ask the running gateway: their tokens, and what they say of an answer."""

import io
import shlex
import urllib.error
from email.message import Message
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from api.cli import client
from api.cli.databases import state
from api.cli.main import app
from api.cli.options import settings
from devices.errors import Failed, Refused
from gateway.access import Role, tokens
from gateway.clock import SystemClock
from gateway.db import reading
from rules.packs import starter_rules
from tests.cli.test_setup import INIT


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that a gateway was set up in."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("HOMECARE_CONFIG", raising=False)
    folder = tmp_path / "data"
    assert CliRunner().invoke(app, [*INIT, "--data", str(folder)]).exit_code == 0
    return folder


def test_two_commands_at_once_on_a_demo_both_keep_their_right(data: Path) -> None:
    secrets = [client._of_demo(data, "ask why", Role.NURSE) for _ in range(2)]
    assert secrets[0] != secrets[1]
    with state(settings(None, data, demo=True)) as engine, reading(engine) as conn:
        now = SystemClock().now()
        assert all(tokens.lookup(conn, secret, now) is not None for secret in secrets)
        later = now + 61 * 60_000
        assert all(tokens.lookup(conn, secret, later) is None for secret in secrets)


class Gateway:
    """Answers from a table, and 404 for all else, as the API does."""

    url = "http://127.0.0.1:1"

    def __init__(self, pages: dict[str, Any]) -> None:
        self.pages = pages

    def get(self, path: str) -> Any:
        if path in self.pages:
            return self.pages[path]
        raise client.NotThere(f"GET {path}", self.url, client.HIDDEN, client.ASK)

    def post(self, path: str, body: Any = None) -> Any:
        del body
        return self.get(path)


def refusal(monkeypatch: pytest.MonkeyPatch, pages: dict[str, Any], line: str) -> str:
    monkeypatch.setattr(client, "speaking", lambda *_: Gateway(pages))
    result = CliRunner().invoke(app, shlex.split(line))
    assert isinstance(result.exception, client.NotThere), result.output
    assert "404" not in str(result.exception)
    return str(result.exception)


HERE = {
    "/api/v1/residents/anna": {"site": "donegal"},
    "/api/v1/rules?site=donegal": [{"rule": "spo2-low"}],
}


@pytest.mark.parametrize(
    ("line", "what"),
    [
        ("why nobody spo2-low", "ask why: resident nobody: not found, or your token may not see"),
        ("why anna spo2-lwo", "rule spo2-lwo at site donegal: not found"),
        ("why anna spo2-lwo", "Did you mean 'spo2-low'?"),
        ("why anna spo2-low --version abc", "version abc of rule spo2-low: not found"),
        ("why anna spo2-low --at '2020-01-01 00:00'", "resident anna at that moment: not found"),
        ("why donegal/home-99 spo2-low", "home home-99 of site donegal at that moment: not found"),
        ("why nowhere/home-1 spo2-low", "home home-1 of site nowhere: not found"),
    ],
)
def test_why_says_which_thing_was_not_found(
    monkeypatch: pytest.MonkeyPatch, line: str, what: str
) -> None:
    assert what in refusal(monkeypatch, HERE, line)


def test_proposing_names_the_site_or_the_review(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "spo2-low.yaml"
    file.write_text(next(r.text for r in starter_rules() if r.name == "spo2-low"), "utf-8")
    line = f"rules propose {file} --site nowhere --reason x"
    assert "propose a rule: site nowhere: not found" in refusal(monkeypatch, {}, line)
    told = refusal(monkeypatch, {}, f"{line} --review 99")
    assert "propose a rule: review 99: not found" in told
    assert "page Reviews" in told


def test_a_review_of_another_site_is_not_proposed_in(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "spo2-low.yaml"
    file.write_text(next(r.text for r in starter_rules() if r.name == "spo2-low"), "utf-8")
    pages = {"/api/v1/reviews/3": {"review": {"site": "donegal"}}}
    monkeypatch.setattr(client, "speaking", lambda *_: Gateway(pages))
    line = f"rules propose {file} --site vestland --reason x --review 3"
    result = CliRunner().invoke(app, shlex.split(line))
    assert isinstance(result.exception, Refused)
    assert "review 3: it is of donegal, not vestland" in str(result.exception)
    assert "--site donegal" in str(result.exception)


def test_the_client_knows_a_404_from_other_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    def answers(status: int) -> Any:
        def urlopen(*_: Any, **__: Any) -> Any:
            body = io.BytesIO(b'{"title": "x", "detail": "too long", "status": 0}')
            raise urllib.error.HTTPError("http://x", status, "", Message(), body)

        return urlopen

    caller = client.Client("http://127.0.0.1:1", "t")
    monkeypatch.setattr("urllib.request.urlopen", answers(404))
    with pytest.raises(client.NotThere, match=r"GET /a: .*not found, or your token"):
        caller.get("/a")
    monkeypatch.setattr("urllib.request.urlopen", answers(422))
    with pytest.raises(Refused, match="too long"):
        caller.get("/a")


@pytest.mark.parametrize(
    "line", ["why anna spo2-low", "rules list", "backtest spo2-low.yaml --site s"]
)
def test_where_nothing_runs_the_folder_of_the_demo_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, line: str
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("HOMECARE_CONFIG", raising=False)
    text = next(rule.text for rule in starter_rules() if rule.name == "spo2-low")
    Path("spo2-low.yaml").write_text(text, "utf-8")
    result = CliRunner().invoke(app, shlex.split(line))
    assert isinstance(result.exception, Failed)
    assert "--data data/demo" in str(result.exception)


def test_why_tells_every_time_in_the_site_s_zone_and_names_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    reading_ = {"name": "SpO2", "value": "86 %", "at": "2026-07-04T02:10:00.000Z", "age_ms": 0}
    line = {
        "number": 1, "depth": 0, "answer": "true", "text": "t", "stopped": False, "value": "",
        "needed": "", "missing": [], "since": "", "follows": "", "readings": [reading_],
    }  # fmt: skip
    told = {
        "answer": "true", "verdict": "Yes", "rule": "spo2-low", "version": "abc", "mode": "live",
        "subject": "resident:anna", "at": "2026-07-04T02:10:00.000Z", "zone": "Europe/Dublin",
        "sentence": "s", "notes": [], "lines": [line], "clear_lines": [line], "enough": [],
        "rests_on": [reading_], "brakes": [], "previous_at": None,
        "came_of_it": [{"at": "2026-07-04T02:11:00.000Z", "text": "raised"}],
        "next_at": "2026-12-04T02:10:00.000Z",
    }  # fmt: skip
    page = "/api/v1/why?rule=spo2-low&resident=anna"
    monkeypatch.setattr(client, "speaking", lambda *_: Gateway({page: told}))
    result = CliRunner().invoke(app, ["why", "anna", "spo2-low"])
    assert result.exit_code == 0, (result.output, result.exception)
    assert "resident:anna, 2026-07-04 03:10:00 (Europe/Dublin)" in result.output
    assert result.output.count("SpO2 86 % at 2026-07-04 03:10:00") == 3
    assert "2026-07-04 03:11:00  raised" in result.output
    assert "Reading before: -   next: 2026-12-04 02:10:00" in result.output
    assert "Z" not in result.output
