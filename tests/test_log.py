"""Logs: a message's id on every line, and no health value on any."""

import io
import json
import logging
from decimal import Decimal

import pytest
import structlog

from devices.errors import Refused
from gateway import log


@pytest.fixture
def lines():
    """Configure into memory; afterwards as if nothing had been."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    stream = io.StringIO()
    log.configure("debug", "json", stream)
    yield lambda: [json.loads(line) for line in stream.getvalue().splitlines()]
    root.handlers[:], root.level = handlers, level
    structlog.reset_defaults()


@pytest.fixture
def strict(lines):
    log.configure("debug", "json", io.StringIO(), strict=True)


def test_every_line_of_a_message_carries_its_id(lines):
    with log.message(4711):
        structlog.get_logger("gateway.intake").info("dead letter", code="unknown-device")
    structlog.get_logger("gateway.intake").info("idle")
    first, second = lines()
    assert first["message"] == 4711
    assert first["event"] == "dead letter"
    assert first["code"] == "unknown-device"
    assert first["logger"] == "gateway.intake"
    assert "message" not in second


@pytest.mark.parametrize(
    ("key", "what"),
    [
        ("value", 71.4),
        ("x", 714),
        ("payload", b"{}"),
        ("readings", 3),
        ("body_weight", 71.4),
        ("old_value", 71),
        ("name", "Anna"),
        ("phone", "+353"),
        ("thing", Decimal("71.4")),
        ("thing", {"weight": 71}),
        ("thing", [71, 72]),
        ("thing", b"\x00"),
        ("thing", object()),
    ],
)
def test_what_may_be_a_value_is_withheld(lines, key, what):
    structlog.get_logger().info("stored", **{key: what})
    assert lines()[0][key] == log.WITHHELD


@pytest.mark.parametrize(
    ("key", "what"), [("value", 71.4), ("thing", {"weight": 71}), ("event", "weight is 71.4 kg")]
)
def test_in_tests_a_breach_raises(strict, key, what):
    said = {"event": "stored", key: what}
    with pytest.raises(log.HealthValueInLogError, match=key):
        structlog.get_logger().info(said.pop("event"), **said)


def test_numbers_in_sentences_are_masked_and_numbers_as_keys_are_not(lines):
    structlog.get_logger().info(
        "weight 71.4", reason="812 is outside 20 to 300", port=1883, lag_ms=12.5, topic="a/home-1/b"
    )
    line = lines()[0]
    assert line["event"] == "weight #"
    assert line["reason"] == "# is outside # to #"
    assert (line["port"], line["lag_ms"], line["topic"]) == (1883, 12.5, "a/home-1/b")


def test_an_error_says_what_and_where_but_not_the_number_it_choked_on(lines):
    sent = str(Decimal(714) / 10)
    try:
        try:
            int(sent)
        except ValueError as error:
            raise Refused("read", "anna", f"{sent} is no count", "Round it") from error
    except Refused as error:
        structlog.get_logger().exception("failed", error=error)
    line = lines()[0]
    assert "71.4" not in json.dumps(line)
    assert "test_log.py" in line["trace"]
    assert "ValueError: invalid literal for int() with base #: '#'" in line["trace"]
    assert line["error"] == "read: # is no count"


def test_other_programs_log_lines_pass_the_same_keeper(lines):
    extra = {"topic": "a/home-1/b", "payload": b"71.4"}
    logging.getLogger("paho").warning("got 71.4 from %s", "anna", extra=extra)
    assert lines()[0]["event"] == "got # from anna"
    assert lines()[0]["level"] == "warning"
    assert lines()[0]["topic"] == "a/home-1/b"
    assert lines()[0]["payload"] == log.WITHHELD


def test_text_for_people(capsys, lines):
    stream = io.StringIO()
    log.configure("info", "text", stream)
    structlog.get_logger().debug("not this")
    structlog.get_logger().info("broker is up", port=1883)
    assert "broker is up" in stream.getvalue()
    assert "port=1883" in stream.getvalue()
    assert "not this" not in stream.getvalue()
