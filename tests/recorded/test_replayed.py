"""A capture, a store, a scenario as homes and columns; moved in time; with faults laid over."""

import gzip
import json
import subprocess
import sys
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from api.cli.main import app
from api.cli.recorded.play import Player
from api.cli.recorded.sources import Asked, source
from devices.dialects import BY_NAME
from devices.errors import HomecareError, Refused
from gateway.clock import ManualClock
from simulators.actions import Publish, publishes
from simulators.catalogue import SHIPPED
from simulators.columns import SIGNAL_INDEX, UNTIMED
from simulators.faults import load, placed
from simulators.recorded.capture import (
    Message,
    Source,
    Tick,
    end_line,
    header_line,
    message_line,
    read,
    source_line,
    tick_line,
)
from simulators.recorded.captured import from_capture
from simulators.recorded.warp import days_to, warped

ROOT = Path(__file__).resolve().parents[2]
AT = 1_762_156_800_000
MINUTE, HOUR, DAY = 60_000, 3_600_000, 86_400_000
CLIP = Source("site-a", "home-b", "device-c", "homecare", None, 0, 5 * MINUTE, hub=True)
PIR = Source("site-a", "home-b", "device-d", "homecare", "kitchen", None, HOUR, hub=True)
ZONES = {"site-a": "Europe/Dublin"}


def topic(one: Source, channel: str = "reading") -> str:
    return f"homecare/v1/{one.site}/{one.home}/{one.device}/{channel}"


def said(one: Source, at: int, payload: object, channel: str = "reading", **more) -> Message:
    body = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
    return Message(at, topic(one, channel), body, **more)


def lines(*messages: Message, sources=(CLIP, PIR), end: bool = True, **header) -> list[str]:
    header.setdefault("zones", ZONES)
    made = [header_line(AT, **header), *map(source_line, sources), *map(message_line, messages)]
    return [*made, end_line(AT + DAY, len(messages), {})] if end else made


def recording(*messages: Message, **more):
    return from_capture(read(lines(*messages, **more), "x"), "x")


STORY = (
    said(CLIP, AT, {"signal": "spo2", "value": 96, "time": AT - 500}),
    said(PIR, AT + MINUTE, {"signal": "motion", "time": AT + MINUTE}),
    said(CLIP, AT + 2 * MINUTE, {"boot": 3, "seq": 41, "signal": "spo2", "value": 91}),
    said(CLIP, AT + 3 * MINUTE, b"online", "status"),
)


def test_a_capture_becomes_homes_with_what_is_known_of_them() -> None:
    made = recording(*STORY)
    (home,) = made.homes
    assert (home.site, home.id, home.zone) == ("site-a", "home-b", "Europe/Dublin")
    clip, pir = home.devices
    assert (clip.id, clip.model, clip.owner) == ("device-c", "recorded-spo2", 0)
    assert (pir.model, pir.place, pir.owner) == ("recorded-motion", "kitchen", None)
    assert [one.interval_ms for one in home.models] == [5 * MINUTE, HOUR]
    assert made.start <= AT - 500
    assert made.end == AT + 3 * MINUTE + 1
    (status,) = made.messages
    assert (status.publish.payload, status.publish.readings) == (b"online", 0)


def test_messages_of_a_simulated_site_are_played_on_its_own_clock() -> None:
    fast = [tick_line(Tick("site-a", AT + n * 1_000, AT + n * HOUR)) for n in range(4)]
    said_at = [AT + 500, AT + 2_000, AT + 2_750]
    told = [message_line(said(PIR, at, {"signal": "motion"})) for at in said_at]
    head, *rest = lines(sources=(CLIP, PIR))
    made = from_capture(read([head, *rest[:2], *fast, *told, rest[-1]], "x"), "x")
    wanted = [AT + HOUR // 2, AT + 2 * HOUR, AT + 2 * HOUR + 3 * HOUR // 4]
    assert made.columns.sent_at.tolist() == wanted


def test_what_is_published_again_says_the_same_with_boot_and_seq() -> None:
    made = recording(*STORY)
    again = list(publishes(made.homes, made.columns))
    assert [one.topic for one in again] == [one.topic for one in STORY[:3]]
    assert [one.at for one in again] == [one.at for one in STORY[:3]]
    third = BY_NAME["homecare"].decode(again[2].payload)
    assert (third.boot, third.seq, third.items[0].x, third.items[0].at) == (3, 41, 91, None)


def test_what_columns_have_no_room_for_is_played_as_it_was() -> None:
    slotted = {"signal": "body_weight", "value": 71.4, "slot": 2, "time": AT}
    made = recording(said(CLIP, AT, slotted))
    (one,) = made.messages
    assert json.loads(one.publish.payload)["slot"] == 2
    assert len(made.columns) == 0
    assert len(made) == 1
    later = warped(made, DAY).messages[0].publish
    assert later.at == AT + DAY
    assert json.loads(later.payload) == {**slotted, "time": AT + DAY}


def test_leftovers_are_no_news_and_what_was_dropped_is_told() -> None:
    made = recording(
        said(CLIP, AT, {"signal": "spo2", "value": 60}, retained=True),
        said(CLIP, AT, b"online", "status", retained=True),
        Message(AT, "zigbee2mqtt/t-1", None, length=5, why="dialect"),
        said(PIR, AT + 5, {"signal": "motion"}),
    )
    assert made.dropped["leftover readings"] == 1
    assert sum(made.dropped.values()) == 2
    assert len(made.columns) == 1
    assert made.messages[0].publish.retain


def test_without_a_registry_the_first_person_has_what_measures_a_body() -> None:
    bare = [Source(*one, "homecare") for one in (("s", "h", "a"), ("s", "h", "b"))]
    made = recording(
        said(bare[0], AT, {"signal": "pulse", "value": 70}),
        said(bare[1], AT, {"signal": "door", "value": "open"}),
        sources=bare,
        zones={},
    )
    assert [one.owner for one in made.homes[0].devices] == [0, None]
    assert {one.place for one in made.homes[0].devices} == {"unplaced"}
    assert made.sites[0].zone == "UTC"


@given(st.integers(-300, 3000), st.sampled_from((1.0, 2.0, 24.0, 0.5)))
def test_time_moves_as_one(days, squeeze) -> None:
    made = recording(*STORY)
    moved = warped(made, days * DAY, squeeze)
    assert moved.start == made.start + days * DAY
    assert len(moved.columns) == len(made.columns)
    gaps = np.diff(made.columns.sent_at) / squeeze
    assert np.all(np.abs(np.diff(moved.columns.sent_at) - gaps) <= 1)
    untimed = made.columns.at == UNTIMED
    assert np.array_equal(moved.columns.at == UNTIMED, untimed)
    assert np.all(moved.columns.sent_at < moved.end)
    assert warped(moved, -days * DAY).start == made.start


def test_to_today_is_whole_days_so_that_every_hour_stays() -> None:
    made = recording(*STORY)
    now = AT + 400 * DAY + 17 * HOUR
    by = days_to(made, now)
    assert by % DAY == 0
    dates = [
        datetime.fromtimestamp(at / 1000, ZoneInfo("Europe/Dublin")).date()
        for at in (made.start + by, now)
    ]
    assert dates[0] == dates[1]


@pytest.mark.parametrize(
    ("shift", "squeeze", "says"),
    [
        (-30_000 * DAY, 1.0, "before 1970"),
        (3_000_000 * DAY, 1.0, "after the year 9999"),
        (0, 0.0, "no such density"),
        (0, -2.0, "no such density"),
        (0, float("nan"), "no such density"),
        (0, float("inf"), "no such density"),
    ],
)
def test_time_that_cannot_be_is_refused(shift, squeeze, says) -> None:
    with pytest.raises(Refused, match=says):
        warped(recording(*STORY), shift, squeeze)


class Stage:
    """A performance that only listens."""

    def __init__(self) -> None:
        self.log: list[tuple[str, object]] = []

    def act(self, actions) -> None:
        self.log += [("did", one) for one in actions]

    def tick(self, sites, at) -> None:
        self.log.append(("tick", at))

    def settle(self) -> None:
        self.log.append(("settled", None))

    def stopping(self, seconds: float) -> bool:
        return False


def played(made, faults="", shuffle=None):
    stage = Stage()
    laid = placed(load(f"faults: [{faults}]", "f"), made.homes, made.start)
    Player(made, stage, ManualClock(), None, shuffle, laid).play(lambda *_: None)
    return stage.log


def test_no_tick_overtakes_a_reading_and_the_clock_ends_at_the_end() -> None:
    made = recording(*STORY)
    log = played(made)
    now = None
    for kind, what in log:
        if kind == "tick":
            assert now is None or what >= now
            now = what
        elif isinstance(what, Publish):
            assert now is not None
            assert what.at >= now
    assert now == made.end
    assert sum(isinstance(what, Publish) for _, what in log) == len(STORY)


def test_faults_are_laid_over_by_id_and_by_what_it_measures() -> None:
    made = recording(*STORY)

    def values(log):
        decoded = [
            BY_NAME["homecare"].decode(w.payload).items for _, w in log if isinstance(w, Publish)
        ]
        return [(one.signal, one.x) for items in decoded for one in items]

    assert values(played(made)) == [("spo2", 96), ("motion", 1), ("spo2", 91)]
    stuck = played(made, "{fault: stuck, home: all, devices: [recorded-spo2]}")
    assert values(stuck) == [("spo2", 96), ("motion", 1), ("spo2", 96)]
    silent = played(made, "{fault: silence, home: site-a/home-b, devices: [device-c]}")
    assert values(silent) == [("motion", 1)]
    with pytest.raises(Refused, match="recorded-motion"):
        played(made, "{fault: silence, home: all, devices: [toaster]}")


def test_homes_in_an_order_of_chance_say_the_same() -> None:
    other = Source("site-a", "home-z", "device-q", "homecare")
    made = recording(*STORY, said(other, AT + 5, {"signal": "motion"}), sources=(CLIP, PIR, other))
    plain, turned = (
        sorted(what.payload for _, what in played(made, shuffle=s) if isinstance(what, Publish))
        for s in (None, 7)
    )
    assert plain == turned


def test_a_scenario_is_what_the_score_would_play() -> None:
    found = source("scenario:oxygen-falls", Asked(before=0), SHIPPED).recording
    (wish,) = found.wanted
    assert wish.situation == "low-oxygen"
    own = found.columns.where(found.columns.signal == SIGNAL_INDEX["spo2"])
    during = own.x[(own.at > wish.start) & (own.at < wish.end)]
    assert np.median(during) < np.median(own.x) - 5
    assert found.day_zero == found.start


@pytest.mark.parametrize("name", ["c.jsonl", "c.jsonl.gz"])
@pytest.mark.parametrize("keep", [1.0, 0.9])
def test_a_file_that_was_cut_is_played_as_far_as_it_goes(tmp_path, name, keep) -> None:
    file = tmp_path / name
    many = [
        said(PIR, AT + n * MINUTE, {"signal": "motion", "time": AT + n * MINUTE + n % 7})
        for n in range(3_000)
    ]
    data = "".join(lines(*many)).encode()
    data = gzip.compress(data) if name.endswith(".gz") else data
    file.write_bytes(data[: int(len(data) * keep)])
    found = source(str(file), Asked(), SHIPPED)
    if keep == 1.0:
        assert len(found.recording) == 3_000
        assert found.notes == ()
    else:
        assert 1_000 < len(found.recording) < 3_000
        assert "was cut" in found.notes[0]


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["nowhere.jsonl"], "there is no such file or folder"),
        (["."], "there is no Activity.csv.gz"),
        (["text.txt"], "it is no capture"),
        (["empty.jsonl"], "it is no capture"),
        (["bytes.bin"], "it is no text"),
        (["header.jsonl"], "there is nothing in it to play"),
        (["good.jsonl", "--speed", "0"], "no speed"),
        (["good.jsonl", "--speed", "-1"], "no speed"),
        (["good.jsonl", "--speed", "nan"], "no speed"),
        (["good.jsonl", "--compress", "0"], "no such density"),
        (["good.jsonl", "--shift", "yesterday"], "no shift of time"),
        (["good.jsonl", "--shift", "-900000d"], "before 1970"),
        (["good.jsonl", "--zone", "Mars/Olympus"], "no such zone"),
        (["good.jsonl", "--faults", "none.yaml"], "it cannot be read"),
        (["good.jsonl", "--with", "none.py"], "no such Python file"),
        (["scenario:nothing-happens"], "no such scenario"),
        (["scenario:low-oxygen"], "it is a moment for the demo"),
        (["store:donegal", "--store", "nowhere"], "nothing was set up here"),
    ],
)
def test_what_cannot_be_replayed_is_refused(tmp_path, monkeypatch, words, says) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "text.txt").write_text("hello\nworld\n")
    (tmp_path / "empty.jsonl").write_text("")
    (tmp_path / "bytes.bin").write_bytes(bytes(range(128, 256)))
    (tmp_path / "header.jsonl").write_text("".join(lines(sources=())))
    (tmp_path / "good.jsonl").write_text("".join(lines(*STORY)))
    with pytest.raises(HomecareError) as told:
        CliRunner().invoke(app, ["replay", *words], catch_exceptions=False)
    assert says in str(told.value)
    assert not (tmp_path / "data").exists()


def test_a_packed_file_that_is_none_is_refused(tmp_path) -> None:
    file = tmp_path / "c.jsonl.gz"
    file.write_bytes(b"\x1f\x8b" + b"no gzip at all" * 5)
    with pytest.raises(Refused, match="it cannot be unpacked"):
        source(str(file), Asked(), SHIPPED)


@pytest.mark.broker
@pytest.mark.enable_socket
def test_a_capture_goes_the_whole_way_to_its_alert(tmp_path) -> None:
    """Through broker, journal, rules and store, in a process of its own."""
    night = [said(CLIP, AT + n * MINUTE, {"signal": "spo2", "value": 96}) for n in range(30)]
    low = [said(CLIP, AT + n * MINUTE, {"signal": "spo2", "value": 84}) for n in range(30, 60)]
    file = tmp_path / "night.jsonl"
    file.write_text("".join(lines(*night, *low)), encoding="utf-8")
    told = run_replay(tmp_path, str(file), "--shift", "-30d")
    assert told["published"] == told["journalled"] == 60
    assert told["readings"] == told["stored"] == 60
    assert told["dead_lettered"] == {}
    assert told["alerts"] == {"spo2-low": 1}
    (onset,) = told["told"]
    assert 0 <= onset["at"] - (AT - 30 * DAY + 35 * MINUTE) < MINUTE


def run_replay(folder, *words: str) -> dict:
    made = subprocess.run(
        [sys.executable, "-m", "api.cli.main", "replay", *words, "--json", "-d", str(folder / "r")],
        check=False,
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert made.returncode == 0, made.stdout + made.stderr
    return json.loads(made.stdout.splitlines()[-1])
