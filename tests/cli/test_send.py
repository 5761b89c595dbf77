"""What is typed after `homecare send` becomes the product's own JSON."""

import json

import pytest
from typer.testing import CliRunner

from api.cli.main import app
from api.cli.sending import Target, item
from devices.dialects import BY_NAME
from devices.errors import Refused


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ("spo2=91", {"signal": "spo2", "value": 91}),
        ("body_weight=82.4kg", {"signal": "body_weight", "value": 82.4, "unit": "kg"}),
        ("body_weight=82,4 kg", {"signal": "body_weight", "value": 82.4, "unit": "kg"}),
        ("room_temperature=-3", {"signal": "room_temperature", "value": -3}),
        ("systolic=150mm[Hg]", {"signal": "systolic", "value": 150, "unit": "mm[Hg]"}),
        ("door=open", {"signal": "door", "value": "open"}),
        ("motion", {"signal": "motion"}),
    ],
)
def test_words_become_readings(typed: str, told: dict) -> None:
    assert item(typed, None) == told
    assert not BY_NAME["homecare"].decode(json.dumps(told).encode()).refusals


def test_a_time_goes_along() -> None:
    assert item("spo2=91", "2026-11-04T08:00:00Z")["time"] == "2026-11-04T08:00:00Z"


def test_a_call_for_help_has_its_own_topic() -> None:
    to = Target("donegal", "home-1", "manual", "u", "p")
    assert to.topic(urgent=True) == "homecare/v1/donegal/home-1/manual/urgent"
    assert to.topic(urgent=False).endswith("/reading")


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ([], "no reading was given"),
        (["spo2=91"], "the device is not named"),
        (["--sos", "spo2=91"], "goes alone"),
    ],
)
def test_what_is_missing_is_named(arguments: list[str], told: str, tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    result = CliRunner().invoke(app, ["send", *arguments])
    assert isinstance(result.exception, Refused)
    assert told in str(result.exception)
