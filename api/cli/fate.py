"""What becomes of one message: read from the journal and the state database as it happens."""

import time
from typing import TYPE_CHECKING

import sqlalchemy as sa

from api.cli import client
from api.cli.printing import say
from devices.errors import Failed

if TYPE_CHECKING:
    from gateway.clock import Clock
    from gateway.config import Settings

LOOK_S = 0.1
STORED_S = 5.0  # it is written at least once a second

DENIED_S = 4.0  # a broker that took it hands it on in milliseconds


class Fate:
    """Made before the message is published; tells afterwards."""

    def __init__(self, settings: "Settings", topic: str, home: str, clock: "Clock") -> None:
        from gateway.db import open_journal, open_state

        if not settings.journal_file.exists():
            raise Failed(
                "follow a message",
                str(settings.data),
                "no gateway keeps its journal here",
                "Name its folder with --data, or send with --follow 0",
            )
        self._state = open_state(settings.state_place)
        self._journal = open_journal(settings.journal_file)
        self._client = client.of(settings.data)
        self._topic, self._home, self._clock = topic, home, clock
        self._began = clock.now()
        self._before = self._last_offset()

    def tell(self, seconds: float) -> bool:
        """Follow it for so long; False: it was rejected."""
        try:
            return self._tell(seconds)
        finally:
            self._state.dispose()
            self._journal.dispose()

    def _tell(self, seconds: float) -> bool:
        until = self._clock.monotonic() + seconds
        offset = self._await_offset(min(until, self._clock.monotonic() + DENIED_S))
        if offset is None:
            say("rejected, because it never came out of the broker: this user may not publish to")
            say("this topic (the broker acknowledges and drops it), or the gateway is not running.")
            return False
        say(f"journalled   as number {offset}")
        while self._clock.monotonic() < until and self._settled() < offset:
            time.sleep(LOOK_S)
        for code, reason in self._letters(offset):
            say(f"rejected, because {reason} ({code})")
            return False
        from gateway.intake.rows import Flag

        say("taken        by the rules")
        self._tell_stored(offset, min(until, self._clock.monotonic() + STORED_S))
        if self._flags(offset) & Flag.BACKLOG:
            say("note: it has no time, and the gateway has just come back: it may have waited, so")
            say("rules do not trust it. Give --time, or send it again in a minute.")
        return self._await_alert(until)

    def _tell_stored(self, offset: int, until: float) -> None:
        """The store belongs to the gateway's process: ask it how far it is."""
        while self._client is not None and self._clock.monotonic() < until:
            lag = self._client.get("/api/v1/health")["checks"]["store"]["value"]
            if isinstance(lag, int) and self._last_offset() - lag >= offset:
                say("stored       with the resident's readings")
                return
            time.sleep(LOOK_S)

    def _flags(self, offset: int) -> int:
        from gateway.db import reading
        from gateway.intake.tables import journal

        query = sa.select(journal.c.flags).where(journal.c.offset == offset)
        with reading(self._journal) as conn:
            return int(conn.execute(query).scalar() or 0)

    def _await_alert(self, until: float) -> bool:
        say("waiting for an alert …")
        told: set[str] = set()
        while self._clock.monotonic() < until:
            for code, priority, title, kind in self._alerts():
                if code not in told:
                    told.add(code)
                    say(f"alert {code}   {priority.upper()} {title} ({kind})")
            if told:
                return True
            time.sleep(LOOK_S)
        say("no alert (a rule may want it to last: --follow 60 waits longer)")
        return True

    def _await_offset(self, until: float) -> int | None:
        from gateway.db import reading
        from gateway.intake.tables import journal

        query = sa.select(sa.func.min(journal.c.offset)).where(
            journal.c.topic == self._topic, journal.c.offset > self._before
        )
        while self._clock.monotonic() < until:
            with reading(self._journal) as conn:
                offset = conn.execute(query).scalar()
            if offset is not None:
                return int(offset)
            time.sleep(LOOK_S)
        return None

    def _last_offset(self) -> int:
        from gateway.db import reading
        from gateway.intake.tables import journal

        with reading(self._journal) as conn:
            return int(conn.execute(sa.select(sa.func.max(journal.c.offset))).scalar() or 0)

    def _settled(self) -> int:
        from gateway.db import reading
        from gateway.watch.tables import projection

        with reading(self._state) as conn:
            return int(conn.execute(sa.select(sa.func.max(projection.c.offset))).scalar() or 0)

    def _letters(self, offset: int) -> list[tuple[str, str]]:
        from gateway.db import reading
        from gateway.intake.tables import dead_letter

        query = sa.select(dead_letter.c.code, dead_letter.c.reason).where(
            dead_letter.c.offset == offset
        )
        with reading(self._state) as conn:
            return [(row.code, row.reason) for row in conn.execute(query)]

    def _alerts(self) -> list[tuple[str, str, str, str]]:
        """Care alerts of this home of which something was said since the message left."""
        from gateway.alerts.tables import alert, alert_event
        from gateway.db import reading

        site, _, home = self._home.partition("/")
        query = (
            sa.select(alert.c.code, alert.c.priority, alert.c.title, alert_event.c.kind)
            .join(alert_event, alert_event.c.alert_id == alert.c.id)
            .where(
                alert.c.site == site,
                alert.c.home == home,
                alert.c.technical.is_(False),
                alert_event.c.at >= self._began,
                alert_event.c.by_id.is_(None),
            )
            .order_by(alert_event.c.id)
        )
        with reading(self._state) as conn:
            return [(row.code, row.priority, row.title, row.kind) for row in conn.execute(query)]
