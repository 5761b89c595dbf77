"""Commands that ask the running gateway: their tokens, and what they say of an answer."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from api.cli import client
from api.cli.databases import state
from api.cli.main import app
from api.cli.options import settings
from gateway.access import Role, tokens
from gateway.clock import SystemClock
from gateway.db import reading
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
