"""A gateway without broker and threads: what is published is journalled, and the host is stepped.

    world = World(tmp_path, a_site(homes=[a_home(devices=[a_device("clip", owner="anna")])]))
    world.say("clip", "spo2", 88)
    world.wait(6 * MINUTE)
    [alert] = world.alerts()

`kill` throws the host away as SIGKILL would; what follows is a new one over the same files.
"""

import json

from sqlalchemy import event

from gateway.access import Role
from gateway.alerts import service
from gateway.alerts.worklist import worklist
from gateway.clock import ManualClock
from gateway.config import load
from gateway.db import journal_metadata, open_journal, open_state, reading, state_metadata, writing
from gateway.intake.journal import Message
from gateway.intake.run import open_journal_of
from gateway.notify.stream import Bulletin
from gateway.registry import Registry
from gateway.rulebook import install_starter
from gateway.series.duckdb import DuckDBStore
from gateway.series.projector import Projector
from gateway.watch.host import EngineHost
from rules.packs import starter_rules
from tests.building import a_home, a_site, registry_with, viewer

SECOND, MINUTE, HOUR, DAY = 1_000, 60_000, 3_600_000, 86_400_000
START = 1_762_156_800_000  # Monday 3 November 2025, 08:00 UTC, in Dublin too


def in_memory_of_the_kernel(engine):
    """No flush to the disk: these stories are about processes that end, not about power."""
    event.listen(engine, "connect", lambda raw, _: raw.execute("PRAGMA synchronous = OFF").close())
    engine.dispose()


class World:
    """One or more sites, from journal to worklist."""

    def __init__(self, folder, *sites, rules=None, now=START, store=None, **settings):
        self.folder = folder
        self.clock = ManualClock(now)
        self.settings = load(data=folder, **settings)
        self.engine = open_state(folder / "state.db")
        state_metadata.create_all(self.engine)
        self.journal_engine = open_journal(folder / "journal.db")
        journal_metadata.create_all(self.journal_engine)
        for engine in (self.engine, self.journal_engine):
            in_memory_of_the_kernel(engine)
        self.sites = sites or (a_site(homes=[a_home()]),)
        registry_with(self.engine, *self.sites, clock=self.clock)
        with writing(self.engine) as conn:
            for site in self.sites:
                install_starter(
                    conn, site.id, starter_rules() if rules is None else rules, self.clock.now()
                )
        self.registry = Registry(self.engine, self.clock)
        self.journal, self.seals = open_journal_of(
            self.settings, self.journal_engine, self.clock, self.registry
        )
        self.store = store or DuckDBStore(folder / "series" / "readings.duckdb", 128)
        self.bulletin = Bulletin()
        self.news = []
        self.bulletin.publish = self.news.extend
        self.status = None  # an IntakeStatus where a story is about the link
        self.me = viewer(Role.CARER, "*", user_id=1, login="aoife")
        self.keys = 0
        self.host = self._new_host()

    def _new_host(self):
        host = EngineHost(
            self.settings,
            self.clock,
            self.engine,
            self.registry,
            self.journal,
            self.store,
            self.bulletin,
            intake=None if self.status is None else lambda: self.status,
        )
        host.projector = self.projector = Projector(self.store, host.reread, self.clock)
        host.prepare()
        return host

    def kill(self):
        """The host is gone without a word; another takes up."""
        self.host = self._new_host()

    def close(self):
        self.store.close()
        self.engine.dispose()
        self.journal_engine.dispose()

    # -- what devices do

    def publish(self, device, payload, channel="reading", home=None, site=None, **more):
        """One message, journalled now."""
        site = site or self.sites[0].id
        home = home or next(one for one in self.sites if one.id == site).homes[0].id
        topic = f"homecare/v1/{site}/{home}/{device}/{channel}"
        body = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
        self.journal.append([Message(topic, body, self.clock.now(), **more)])

    def say(self, device, signal, value=None, at=None, channel="reading", **where):
        """One reading, by default measured now."""
        body = {"signal": signal, "time": self.clock.now() if at is None else at}
        if value is not None:
            body["value"] = value
        self.publish(device, body, channel, **where)
        self.run()

    def tick(self, at, site=None):
        """Move a data site's clock."""
        site = site or self.sites[0].id
        topic = f"homecare/v1/{site}/_site/clock/reading"
        body = json.dumps({"signal": "tick", "time": at}).encode()
        self.journal.append([Message(topic, body, self.clock.now())])
        self.run()

    # -- time

    def run(self):
        """Everything that can be done now."""
        while self.host.step():
            pass
        self.host.step()

    def wait(self, milliseconds, step=MINUTE):
        """Time goes by, looked at now and then."""
        left = milliseconds
        while left > 0:
            self.clock.advance(min(step, left))
            left -= step
            self.run()

    def stored(self):
        """Let the store catch up."""
        while self.projector.step() == 0.0:
            pass
        self.clock.advance(SECOND)
        self.projector.step()

    # -- what people see and do

    def alerts(self, show="team", site=None):
        with reading(self.engine) as conn:
            return list(worklist(conn, self.me, site, show, limit=200).rows)

    def alert(self, rule_name):
        """The open alert of a rule; None: there is none."""
        found = [row for row in self.alerts() if row.rule_name == rule_name]
        assert len(found) <= 1
        return found[0] if found else None

    def care(self):
        """Open care alerts."""
        return [row for row in self.alerts() if not row.technical]

    def does(self, action, alert_id, *args, who=None):
        self.keys += 1
        with writing(self.engine) as conn:
            return action(
                conn, who or self.me, alert_id, *args, None, f"k{self.keys}", self.clock.now()
            )

    def takes(self, row, who=None):
        return self.does(service.acknowledge, row.id, who=who)

    def closes(self, row, disposition="useful"):
        return self.does(service.close, row.id, disposition, "phoned", None, "")
