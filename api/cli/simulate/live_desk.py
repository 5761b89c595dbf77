"""The simulator's end of the page: it reports each second, and does what it is told.

HTTP, as any program would, so that a simulator elsewhere is told in the same way. A gateway that
does not answer holds up nothing: the homes live on, and the next report says all again.
"""

import queue
import threading
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from api.cli.client import Client
from api.cli.simulate.live_source import Play
from api.pace import speed_of
from devices.errors import HomecareError, Refused
from simulators.faults import plan

if TYPE_CHECKING:
    from api.cli.simulate.live_player import Player
    from api.cli.simulate.live_show import Show, Standing
    from api.cli.simulate.live_source import Source
    from simulators.scenarios.truth import Truth

EVERY_S = 1.0
NAMED = 50
PLANTED = 5_000
PATH = "/api/v1/simulations/reports"

Connection = Callable[[], Client | None]  # of the gateway that runs now; a new one after a restart
Order = dict[str, Any]


@dataclass
class Line:
    """Between one player and one gateway. `turn` is the player's, all else a thread's."""

    connection: Connection
    source: "Source"
    show: "Show"
    wall: bool
    sites: list[str]
    began: int
    ended: Callable[[], None]  # what an order to end does
    # What is planted besides what was staged by name: name and truth, as it stands now.
    story: "Callable[[], list[tuple[str, Truth]]]" = list
    run: str = field(default_factory=lambda: uuid.uuid4().hex[:12])
    problem: str = ""
    _orders: "queue.SimpleQueue[Order]" = field(default_factory=queue.SimpleQueue)
    _answers: dict[int, dict[str, Any]] = field(default_factory=dict)
    _seen: set[int] = field(default_factory=set)
    _planted: list[dict[str, Any]] = field(default_factory=list)
    _faults: int = 0
    _cast_wanted: bool = False
    _stopping: threading.Event = field(default_factory=threading.Event)
    _thread: threading.Thread | None = None

    def start(self) -> None:
        self._plant()
        self._thread = threading.Thread(target=self._talk, name="desk", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """A last word: it has ended."""
        self._stopping.set()
        if self._thread is not None:
            self._thread.join(15)
        self._say(ended=True)

    def turn(self, player: "Player") -> None:
        """Do what was told since the last step."""
        while True:
            try:
                order = self._orders.get_nowait()
            except queue.Empty:
                return
            number = int(order["order"])
            try:
                words = self._do(player, order)
            except HomecareError as error:
                self._answers[number] = {"order": number, "done": False, "words": str(error)[:300]}
            else:
                self._answers[number] = {"order": number, "done": True, "words": words}

    def _do(self, player: "Player", order: Order) -> str:
        """What was done, in words. Raises Refused."""
        kind = order["kind"]
        if kind in {"start", "pause"}:
            player.pause(paused=kind == "pause")
        elif kind == "speed":
            player.set_speed(speed_of(str(order["speed"])))
        elif kind == "scenario":
            return self._stage(player, order)
        elif kind == "fault":
            return self._lay(player, order)
        elif kind == "end":
            self.ended()
        else:
            raise Refused("simulate", str(kind), "no such order", "The simulator is older")
        return ""

    def _stage(self, player: "Player", order: Order) -> str:
        with player.ahead.changed() as source:
            play = Play(order["scenario"], order["site"], order["home"], player.ahead.said_to)
            source.stage(play)
        self._plant()
        return ""

    def _lay(self, player: "Player", order: Order) -> str:
        home = f"{order['site']}/{order['home']}"
        entry = plan({**order["fault"], "home": home}, "order")
        with player.ahead.changed() as source:
            laid = source.lay([entry], player.ahead.said_to)
        self._faults += laid
        return ""

    def _plant(self) -> None:
        self._planted = [
            _planted(play.scenario, one) for play, truths in self.source.truth() for one in truths
        ]

    # -- the thread that talks

    def _talk(self) -> None:
        while not self._stopping.wait(EVERY_S):
            self._say()

    def _say(self, *, ended: bool = False) -> None:
        standing = self.show.newest
        if standing is None:
            return
        answers = dict(self._answers)
        try:
            client = self.connection()
            if client is None:
                self.problem = "no gateway answers"
                return
            heard = client.post(PATH, self._report(standing, answers, ended=ended))
        except HomecareError as error:
            self.problem = str(error)
            return
        self.problem = ""
        for number in answers:
            self._answers.pop(number, None)
        self._cast_wanted = bool(heard["cast_wanted"])
        for order in heard["orders"]:
            if order["order"] not in self._seen:
                self._seen.add(order["order"])
                self._orders.put(order)

    def _report(
        self, of: "Standing", answers: dict[int, dict[str, Any]], *, ended: bool
    ) -> dict[str, Any]:
        return {
            "run": self.run,
            "sites": self.sites,
            "began": self.began,
            "at": of.at,
            "speed": of.speed,
            "paused": of.paused,
            "ended": ended,
            "wall": self.wall,
            "homes": of.homes,
            "connected": of.connected,
            "messages": of.messages,
            "readings": of.readings,
            "rate": round(of.rate, 1),
            "behind_s": round(of.behind_s, 2),
            "waiting": of.waiting,
            "lost": of.lost,
            "away": len(of.away),
            "refused": [{"hub": hub, "why": why[:300]} for hub, why in of.refused[:NAMED]],
            "faults": self._faults,
            "planted": [
                *(_planted(name, one) for name, one in self.story()),
                *self._planted,
            ][-PLANTED:],
            "cast": self._cast() if self._cast_wanted else None,
            "answers": list(answers.values()),
        }

    def _cast(self) -> list[dict[str, Any]]:
        return [
            {
                "site": home.site,
                "home": home.id,
                "people": len(home.people),
                "drive_minutes": home.drive_minutes,
                "models": sorted({device.model for device in home.devices}),
                "devices": [device.id for device in home.devices],
            }
            for home in self.source.homes
        ]


def _planted(scenario: str, one: "Truth") -> dict[str, Any]:
    return {
        "scenario": scenario,
        "situation": one.situation,
        "site": one.site,
        "home": one.home,
        "resident": one.person,
        "start": one.start,
        "end": one.end,
        "how_soon": one.how_soon,
        "shows": list(one.shows),
    }
