"""What the embedded broker's log tells of refusals."""

import pytest

from gateway.intake.violations import Follower, Violation, read
from tests.intake.building import until

HEAD = '[17] 2026/11/24 18:24:14.101441 [ERR] 127.0.0.1:60475 - mid:32 - "hub-1" - '
TOPIC = "homecare/v1/donegal/home-2/meter/reading"
PUBLISH = f'{HEAD}Publish Violation - Subject "{TOPIC.replace("/", ".")}"'


@pytest.mark.parametrize(
    ("line", "kind", "topic", "client"),
    [
        (PUBLISH, "publish", TOPIC, "hub-1"),
        (
            f'{HEAD}Subscription Violation - Subject "homecare.v1.>", SID homecare.v1.>',
            "subscribe",
            "homecare/v1/>",
            "hub-1",
        ),
        (f"{HEAD}character not supported for MQTT topics", "topic", "", "hub-1"),
        (
            "[1] 2026/11/24 18:24:14.1 [ERR] 127.0.0.1:1 - mid:5 - authentication error - User x",
            "sign-in",
            "",
            "",
        ),
    ],
)
def test_a_refusal_is_read(line, kind, topic, client):
    violation = read(line)
    assert violation
    assert (violation.kind, violation.topic, violation.client) == (kind, topic, client)


@pytest.mark.parametrize("line", ["", "[17] 2026 [INF] Server is ready", "[ERR] something else"])
def test_other_lines_tell_nothing(line):
    assert read(line) is None


def followed(tmp_path, heard, mark=True):
    follower = Follower(tmp_path / "nats.log", heard.append, tmp_path / "mark" if mark else None)
    follower.start()
    return follower


def test_a_growing_and_rotated_log_is_followed(tmp_path):
    log, heard = tmp_path / "nats.log", []
    log.write_text("old\n")
    follower = followed(tmp_path, heard)
    try:
        with log.open("a") as handle:
            handle.write(PUBLISH[:40])
            handle.flush()
            handle.write(PUBLISH[40:] + "\n")
        until(lambda: len(heard) == 1)
        with log.open("a") as handle:
            handle.write(PUBLISH + "\n")
        log.rename(tmp_path / "nats.log.1")
        log.write_text(PUBLISH + "\n")
        until(lambda: len(heard) == 3)
    finally:
        follower.stop()
    assert all(isinstance(violation, Violation) for violation in heard)


def test_what_was_refused_between_two_lives_is_told_once(tmp_path):
    log, heard = tmp_path / "nats.log", []
    log.write_text("")
    first = followed(tmp_path, heard)
    with log.open("a") as handle:
        handle.write(PUBLISH + "\n")
    until(lambda: len(heard) == 1)
    first.stop()
    with log.open("a") as handle:
        handle.write(PUBLISH + "\n")
    second = followed(tmp_path, heard)
    until(lambda: len(heard) == 2)
    second.stop()
    assert len(heard) == 2
