"""A tick never overtakes a reading, whatever broker and gateway do meanwhile."""

from collections.abc import Iterator

import pytest

from api.cli import perform
from api.cli.perform import Performance, Stopped
from devices.errors import Failed, Refused
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

    class Fleet:
        """Does at once what it is told."""

        owed = 0

        def __init__(self, clock) -> None:
            self.refusing = False

        def add(self, name, address, client_id, will=None) -> None:
            if will is not None:
                made.will = will

        def start(self) -> None:
            pass

        def connect(self, name: str) -> None:
            made.log.append(f"connect {name}")

        def publish(self, name, topic, payload, *, retain=False, due=0.0) -> None:
            made.log.append(f"publish {topic.rsplit('/', 2)[-2]}")

        def drop(self, name: str) -> None:
            made.log.append(f"drop {name}")

        def close(self) -> None:
            made.log.append("close")

    monkeypatch.setattr(perform, "Fleet", Fleet)
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
        f"connect {HUB}",
        "publish cuff",
        "held 2",
        "held 1",
        "held 0",
        "publish clock",
    ]
    assert (play.counts.messages, play.counts.readings, play.counts.ticks) == (1, 1, 1)


def test_a_hub_that_drops_leaves_its_will_and_comes_back(stage: Stage) -> None:
    play = performance(stage)
    play.act([Connect(HUB, 0), Drop(HUB, 1), Connect(HUB, 2)])
    assert stage.log == [
        f"connect {HUB}",
        f"drop {HUB}",
        f"connect {HUB}",
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


def test_a_hub_or_clock_without_a_credential_is_refused(stage: Stage) -> None:
    play = performance(stage)
    with pytest.raises(Refused, match="donegal/home-9"):
        play.act([Connect("donegal/home-9", 0)])
    with pytest.raises(Refused, match=r"elsewhere\._site\.clock"):
        play.tick(["elsewhere"], 10)
