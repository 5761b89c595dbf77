"""`homecare erase` from an empty folder on: what is asked, refused and done."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from api.cli import runtime
from api.cli.main import app
from devices.errors import Refused
from tests.cli.test_setup import HOMES, INIT


def run(*words: str, typed: str = "") -> Result:
    return CliRunner().invoke(app, list(words), input=typed)


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("HOMECARE_CONFIG", raising=False)
    (tmp_path / "homes.yaml").write_text(HOMES, encoding="utf-8")
    for words in (INIT, ["import", "homes.yaml", "--yes"]):
        assert run(*words).exit_code == 0
    return tmp_path / "data"


def test_a_dry_run_tells_and_a_no_changes_nothing(data: Path) -> None:
    told = run("erase", "nora", "--dry-run").output
    assert "messages in the journal" in told
    assert "What stays, and why" in told
    assert "nothing was changed" in told
    assert "nothing was changed" in run("erase", "nora", typed="n\n").output.lower()
    assert run("erase", "nora", "--dry-run").exit_code == 0
    assert (data / "state.db").exists()


def test_it_is_done_once_and_again_without_harm(data: Path) -> None:
    told = run("erase", "nora", "--yes").output
    assert "stands under erased-" in told
    assert f"No file in {data.name} holds a word of theirs any more." in told
    again = run("erase", "nora", "--yes")
    assert again.exit_code == 0
    assert "Nobody of that id is registered" in again.output


def test_a_process_of_its_own_knows_every_table(data: Path) -> None:
    """In a test others have imported what a command would forget."""
    root = str(Path(__file__).parents[2])
    program = [sys.executable, "-m", "api.cli.main", "erase", "nora", "--yes"]
    told = subprocess.run(
        program, check=False, capture_output=True, text=True, env={**os.environ, "PYTHONPATH": root}
    )
    assert (told.returncode, told.stderr) == (0, "")
    assert "holds a word of theirs any more" in told.stdout
    assert not (data / "runtime.json").exists()


def test_a_file_that_still_names_the_person_is_told(data: Path) -> None:
    (data / "homes.yaml").write_text(HOMES, encoding="utf-8")
    assert "homes.yaml" in run("erase", "nora", "--yes").output


def test_refused_where_a_gateway_runs_or_nobody_has_the_id(
    data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(Refused, match="nobody of that id"):
        raise run("erase", "nobody", "--dry-run").exception or AssertionError
    running = runtime.Runtime("http://127.0.0.1:1", 1, "")
    monkeypatch.setattr(runtime, "read", lambda _: running)
    with pytest.raises(Refused, match="a gateway runs"):
        raise run("erase", "nora", "--yes").exception or AssertionError
    assert (data / "state.db").exists()
