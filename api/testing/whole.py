"""A virtual home on a whole gateway: broker and gateway as processes, over MQTT and HTTP."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from api.cli import client
from api.cli.following import await_watermark
from api.cli.recorded.running import performance_of
from api.cli.recorded.stand import prepare, settings_of
from api.cli.supervise import Supervisor
from api.testing.life import Life
from devices.errors import Failed
from gateway.access import SYSTEM, Role, tokens
from gateway.clock import SystemClock
from gateway.db import open_state, writing
from simulators.columns import none
from simulators.recorded.recording import Recording, site_facts
from simulators.scenarios.course import Course

if TYPE_CHECKING:
    from api.cli.perform import Performance

MINUTE, HOUR, DAY = 60_000, 3_600_000, 86_400_000


class VirtualGateway:
    """`start`, `lives`, then look by HTTP; `close` ends its processes."""

    def __init__(self, data: Path, life: Life) -> None:
        data.mkdir(parents=True, exist_ok=True)
        self.data, self.life, self.home = data, life, life.home
        self.clock = SystemClock()
        self.settings = settings_of(data)
        site = life.home.site
        facts = site_facts(site, site.capitalize(), life.home.zone)
        self._about = Recording((life.home,), none(), (), {}, life.now, life.now, (facts,))
        self._passwords, _ = prepare(self.settings, self._about)
        self._said: list[str] = []
        self._supervisor = Supervisor(
            self.settings, self.clock, self._said.append, data / "gateway.log"
        )
        self._performance: Performance | None = None
        self._engine = open_state(self.settings.state_place)
        self.token = ""

    def start(self) -> None:
        """Returns when the gateway answers. Raises Failed."""
        self._supervisor.start()
        self._performance = performance_of(
            self.settings, self._about, self._passwords, self._supervisor.wait
        )
        self._performance.tick([self.home.site], self.life.now)
        with writing(self._engine) as conn:
            grants = [(self.home.site, Role.NURSE)]
            now = self.clock.now()
            self.token = tokens.issue(conn, SYSTEM, "virtual gateway", grants, now, days=1)

    def lives(self, *, days: float = 0, hours: float = 0, minutes: float = 0) -> None:
        """It is lived, published, taken in and judged; returns when the rules have spoken."""
        assert self._performance is not None, "start it first"
        end = self.life.now + round(days * DAY + hours * HOUR + minutes * MINUTE)
        site = self.home.site
        while self.life.now < end:
            stop = min(end, self.life.now // HOUR * HOUR + HOUR)
            self._performance.act(self.life.until(stop))
            self._performance.tick([site], stop)
        await_watermark(self._engine, [site], end, self.clock, self._supervisor.wait)

    def happens(self, what: str | Course) -> None:
        """A scenario begins now."""
        self.life.happens(what)

    def fails(self, fault: str, **keys: Any) -> None:
        """A fault begins now."""
        self.life.fails(fault, **keys)

    def get(self, path: str) -> Any:
        """JSON of the gateway's API, with a nurse's rights: `get("/api/v1/alerts")`."""
        running = client.of(self.data)
        if running is None:
            log = self.data / "gateway.log"
            raise Failed("ask the virtual gateway", str(self.data), "it does not run", str(log))
        return client.Client(running.url, self.token).get(path)

    def close(self) -> None:
        """Hubs say goodbye, gateway and broker end, in that order."""
        if self._performance is not None:
            self._performance.close()
        self._supervisor.stop()
        self._engine.dispose()
