"""The whole way with real parts: the demo as a newcomer meets it, and TIHM at different speeds."""

import json
import os
import re
import signal
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from api.cli.demo import folder
from tests.parts import shared_data

pytestmark = [pytest.mark.enable_socket, pytest.mark.broker, pytest.mark.server]

ROOT = Path(__file__).resolve().parents[2]
INVITATION = "Open this to sign in as a carer"
PATIENCE_S = 240


@contextmanager
def demo(data: Path, *options: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """A running demo and what it said up to its invitation; ended as a person would."""
    command = [sys.executable, "-u", "-m", "api.cli.main", "demo", "--data", str(data), *options]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT) as process:
        watchdog = threading.Timer(PATIENCE_S, process.kill)
        watchdog.start()
        try:
            assert process.stdout is not None
            said = ""
            for line in process.stdout:
                said += line
                if line.startswith(INVITATION):
                    break
            assert INVITATION in said, said
            yield process, said
            process.send_signal(signal.SIGINT)
            rest = process.stdout.read()
            assert process.wait() == 0
            assert "Stopped" in rest
        finally:
            watchdog.cancel()
            process.kill()


def query(data: Path, text: str) -> list[tuple]:
    with closing(sqlite3.connect(f"file:{data / 'state.db'}?mode=ro", uri=True)) as conn:
        return conn.execute(text).fetchall()


def left_running(data: Path) -> list[str]:
    """Processes whose command names the demo's folder, and a gateway that says it is there."""
    found = ["runtime.json"] if (data / "runtime.json").exists() else []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and int(entry.name) != os.getpid():
            try:
                line = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode()
            except OSError:
                continue
            if str(data) in line:
                found.append(line)
    return found


def until(there) -> None:
    waiting = threading.Event()
    for _ in range(600):
        if there():
            return
        waiting.wait(0.1)
    pytest.fail("it did not come to it")


def test_a_newcomers_demo_alerts_goes_on_and_leaves_nothing_running(tmp_path: Path) -> None:
    data = tmp_path / "demo"
    with demo(data, "--speed", "120") as (_, said):
        assert "days of history are played" in said
        assert re.search(r"http://127\.0\.0\.1:\d+/signin/link\?token=\S+", said)
        memory = folder.read(data)
        assert memory is not None
        open_now = "SELECT count(*) FROM alert WHERE technical = 0 AND closed_at IS NULL"
        until(lambda: query(data, open_now)[0][0] > 0)
        # Its evidence is of readings that came after the start.
        onsets = query(data, "SELECT onset_at FROM alert WHERE closed_at IS NULL")
        assert min(onset for (onset,) in onsets) >= memory.began_at
        # What the days before raised was closed with dispositions, for reviews to read.
        closed = query(data, "SELECT DISTINCT disposition FROM alert WHERE closed_at IS NOT NULL")
        assert {"useful", "nothing_to_do"} <= {word for (word,) in closed}
        assert query(data, "SELECT count(*) FROM dead_letter") == [(0,)]
    assert left_running(data) == []

    stood = folder.read(data)
    assert stood is not None
    with demo(data) as (_, said):
        assert "Going on where the last demo stopped" in said
        until(lambda: query(data, "SELECT min(watermark) FROM watch_site")[0][0] > stood.at)
        again = folder.read(data)
        assert again is not None
        assert (again.seed, again.began_at, again.starts) == (stood.seed, stood.began_at, 2)
    assert left_running(data) == []


def test_the_outcome_of_tihm_is_the_same_at_any_speed(tmp_path: Path) -> None:
    given = shared_data("tihm")
    program = [sys.executable, "bench/tihm_speeds.py", "--quick"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    told = subprocess.run(
        [*program, "--folder", str(given), "--data", str(tmp_path / "replay")],
        check=False,
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=PATIENCE_S * 2,
    )
    assert told.returncode == 0, told.stdout + told.stderr
    outcome = json.loads(told.stdout.splitlines()[-1])
    assert outcome["identical"]
    assert outcome["stored"] == [outcome["readings"]] * 3
    assert outcome["disturbed"]["killed"] >= 1
    assert live_and_again(tmp_path / "replay") >= 3


def live_and_again(data: Path) -> int:
    """The episodes that came through the broker are those of the back-test over the same folder."""
    files = []
    for number, text in enumerate(_rules_of_the_site(data)):
        files.append(data / f"rule-{number}.yaml")
        files[-1].write_text(text, encoding="utf-8")
    command = [sys.executable, "-m", "api.cli.main", "backtest", *map(str, files)]
    told = subprocess.run(
        [*command, "--site", "tihm", "--data", str(data), "--json"],
        check=True,
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
    )
    found = {
        (one["rule"], one["subject"], one["onset"], one["end"]): [
            (reading["signal"], reading["place"], reading["at"], reading["x"])
            for reading in one["evidence"]
        ]
        for one in json.loads(told.stdout)["episodes"]
    }
    columns = "rule_name, subject, onset_at, ended_at, evidence"
    live = {
        episode: [
            (one["signal"], one["place"], one["at"], one["x"]) for one in json.loads(evidence)
        ]
        for *episode, evidence in query(data, f"SELECT {columns} FROM episode")
        for episode in [tuple(episode)]
    }
    assert found == live
    return len(found)


def _rules_of_the_site(data: Path) -> list[str]:
    text = (
        "SELECT DISTINCT v.text FROM rulebook_entry e"
        " JOIN rule_version v ON v.text_hash = e.text_hash"
        " WHERE e.site = 'tihm' AND e.mode = 'live'"
    )
    return [row[0] for row in query(data, text)]
