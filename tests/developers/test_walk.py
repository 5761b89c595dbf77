"""The developers' guide is walked from its first line to its last, as it stands there."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
GUIDE = (ROOT / "docs" / "developers" / "simulating.md").read_text(encoding="utf-8")
BLOCK = re.compile(r"```(python|yaml|sh)\n(.+?)```", re.DOTALL)
PATIENCE_S = 280

pytestmark = [pytest.mark.broker, pytest.mark.enable_socket]


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    """An empty folder with the guide's files, each named by its first line."""
    made = tmp_path_factory.mktemp("walk")
    for _, text in BLOCK.findall(GUIDE):
        name = re.match(r"# (\S+\.(?:py|yaml))\n", text)
        if name:
            (made / name[1]).write_text(text, encoding="utf-8")
    return made


@pytest.fixture(scope="module")
def commands() -> list[list[str]]:
    lines = [
        line for kind, text in BLOCK.findall(GUIDE) if kind == "sh" for line in text.split("\n")
    ]
    return [line.split() for line in lines if line.strip()]


def run(folder: Path, words: list[str]) -> str:
    program = {"homecare": ["-m", "api.cli.main"], "pytest": ["-m", "pytest"]}[words[0]]
    told = subprocess.run(
        [sys.executable, *program, *words[1:]],
        check=False,
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
    )
    assert told.returncode == 0, told.stdout + told.stderr
    return told.stdout


def test_the_alert_is_there_and_with_the_fault_it_is_not(folder, commands) -> None:
    healthy, loose = (run(folder, c) for c in commands if c[:2] == ["homecare", "replay"])
    assert re.search(r"\d\d:\d\d +spo2-low ", healthy)
    assert "SHOULD BE TOLD (now): low-oxygen" in healthy
    assert "1 faults laid over" in loose
    assert "SHOULD BE TOLD (now): low-oxygen" in loose
    assert "spo2-low" not in loose


def test_the_score_falls_from_all_to_none(folder, commands) -> None:
    scores = [c for c in commands if c[:3] == ["homecare", "simulate", "score"]]
    shares = [
        json.loads(run(folder, [*c, "--json"]))["all"][0]["sensitivity"]["value"] for c in scores
    ]
    assert shares == [1, 0]


def test_the_guides_test_passes_and_its_library_yields_readings(folder, commands) -> None:
    (line,) = (c for c in commands if c[0] == "pytest")
    assert "1 passed" in run(folder, [*line, "-p", "no:cacheprovider"])
    program = "import library; print(len(library.columns))"
    told = subprocess.run(
        [sys.executable, "-c", program],
        check=True,
        cwd=folder,
        env={**os.environ, "PYTHONPATH": f"{ROOT}{os.pathsep}{folder}"},
        capture_output=True,
        text=True,
    )
    assert int(told.stdout) > 200


def test_every_command_of_the_guide_is_walked(commands) -> None:
    known = (["homecare", "replay"], ["homecare", "simulate"], ["pytest", "-q"])
    assert len(commands) == 5
    assert all(command[:2] in known for command in commands)
