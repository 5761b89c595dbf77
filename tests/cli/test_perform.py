"""A tick never overtakes a reading, whatever broker and gateway do meanwhile."""

from collections.abc import Iterator

import pytest

from api.cli import perform
from api.cli.perform import Performance, Stopped
from devices.errors import Failed
from gateway.clock import ManualClock
from gateway.mqtt import Address
from simulators.actions import Connect, Drop, Publish

HUB = "donegal/home-1"


class Stage:
    """What a broker would have seen, in order."""

    def __init__(self) -> None:
        self.log: list[str] = []
        self.backlog = 0
        self.clock = ManualClock()
        self.stopped = False

    def wait(self, seconds: float) -> bool:
        self.clock.advance(max(1, int(seconds * 1000)))
        if self.backlog:
            self.backlog -= 1
        return self.stopped

    def held(self) -> int:
        self.log.append(f"held {self.backlog}")
        return self.backlog


@pytest.fixture
def stage(monkeypatch: pytest.MonkeyPatch) -> Iterator[Stage]:
    made = Stage()

    class Receipt:
        def wait(self, timeout: float) -> bool:
            made.log.append("acknowledged")
            return True

    class Publisher:
        unacknowledged = 0

        def __init__(self, address, client_id="", will=None) -> None:
            self.name = client_id
            made.will = will

        def connect(self):
            made.log.append(f"connect {self.name}")
            return self

        def publish(self, topic: str, payload: bytes, *, retain: bool = False) -> Receipt:
            made.log.append(f"publish {topic.rsplit('/', 2)[-2]}")
            return Receipt()

        def flush(self, timeout: float) -> bool:
            made.log.append("flush")
            return True

        def close(self) -> None:
            made.log.append(f"close {self.name}")

        def drop(self) -> None:
            made.log.append(f"drop {self.name}")

    monkeypatch.setattr(perform, "Publisher", Publisher)
    return made


def performance(stage: Stage) -> Performance:
    return Performance(
        address=lambda user, secret: Address("127.0.0.1", 1, user, secret),
        logins={HUB: ("hub", "secret")},
        drivers={"donegal": ("driver", "secret")},
        backlog=stage.held,
        clock=stage.clock,
        stopping=stage.wait,
    )


def reading(at: int) -> Publish:
    return Publish(HUB, "homecare/v1/donegal/home-1/cuff/reading", b"{}", at)


def test_the_tick_waits_until_the_gateway_has_taken_all(stage: Stage) -> None:
    play = performance(stage)
    stage.backlog = 2
    play.act([Connect(HUB, 0), reading(1)])
    play.tick(["donegal"], 10)
    assert stage.log == [
        "connect sim-donegal-home-1",
        "publish cuff",
        "flush",
        "held 2",
        "held 1",
        "held 0",
        "connect clock-donegal",
        "publish clock",
        "acknowledged",
    ]
    assert (play.counts.messages, play.counts.readings, play.counts.ticks) == (1, 1, 1)


def test_a_hub_that_drops_leaves_its_will_and_comes_back(stage: Stage) -> None:
    play = performance(stage)
    play.act([Connect(HUB, 0), Drop(HUB, 1), Connect(HUB, 2)])
    assert stage.log == [
        "connect sim-donegal-home-1",
        "flush",
        "drop sim-donegal-home-1",
        "connect sim-donegal-home-1",
    ]
    assert stage.will.payload == b'{"online":false}'


def test_it_stops_in_the_middle_of_a_wait(stage: Stage) -> None:
    play = performance(stage)
    play.act([reading(1)])
    stage.backlog, stage.stopped = 1_000, True
    with pytest.raises(Stopped):
        play.tick(["donegal"], 10)


def test_a_gateway_that_never_takes_is_told(stage: Stage) -> None:
    play = performance(stage)
    play.act([reading(1)])
    stage.backlog = 10**9
    with pytest.raises(Failed, match="homecare doctor"):
        play.tick(["donegal"], 10)
