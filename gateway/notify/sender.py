"""Carries outbox rows to their channels: at least once, never after the fact.

The alert is read again just before each try: nobody is paged for what somebody has. A row that is
not delivered by its `not_after` expires; that nobody was told is an event of its own, said a
minute after the alert, while there is time.
"""

import threading
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import sqlalchemy as sa
import structlog

from gateway.alerts import ledger, tables
from gateway.alerts.episodes import EventKind, News, Priority
from gateway.alerts.states import FREE, State
from gateway.clock import Clock
from gateway.db import reading, writing
from gateway.notify.channel import Channel, Message, Result, Tried

_log = structlog.get_logger("notify")

LOOK_S = 0.5
BATCH = 50
PAUSES_MS = (2_000, 5_000, 15_000, 30_000, 60_000)  # between tries; the last repeats
NOBODY_MS = 60_000  # so long without anybody told is said
NOBODY = "nobody told"

Row = sa.Row[Any]


class Sender:
    """One thread; `step` is all it does."""

    def __init__(
        self,
        engine: sa.Engine,
        clock: Clock,
        channels: Iterable[Channel],
        publish: Callable[[list[News]], None],
    ) -> None:
        self._engine, self._clock, self._publish = engine, clock, publish
        self._channels = {channel.name: channel for channel in channels}
        self._wake = threading.Event()
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Also takes up what an earlier process left."""
        self._thread = threading.Thread(target=self._run, name="notify", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """After the try at hand."""
        self._stopping.set()
        self._wake.set()
        if self._thread is not None:
            self._thread.join(10)
            self._thread = None

    def wake(self) -> None:
        """There is something new."""
        self._wake.set()

    def step(self) -> int:
        """Try everything that is due once; how many rows that were."""
        rows = self._due()
        for row in rows:
            if self._stopping.is_set():
                break
            self._handle(row)
        return len(rows)

    def _run(self) -> None:
        while not self._stopping.is_set():
            try:
                self.step()
            except Exception:  # noqa: BLE001  # no fault may end it for good
                _log.exception("sender_failed")
            self._wake.wait(LOOK_S)
            self._wake.clear()

    def _due(self) -> Sequence[Row]:
        o = tables.outbox.c
        query = (
            sa.select(tables.outbox)
            .where(o.state == "waiting", o.next_at <= self._clock.now())
            .order_by(o.next_at, o.id)
            .limit(BATCH)
        )
        with reading(self._engine) as conn:
            return conn.execute(query).all()

    def _handle(self, row: Row) -> None:
        now = self._clock.now()
        with reading(self._engine) as conn:
            alert = conn.execute(
                sa.select(tables.alert).where(tables.alert.c.id == row.alert_id)
            ).one()
        gone = _why_not(alert)
        if gone is not None:
            self._finish(row, "dropped", gone, now)
            return
        if now > row.not_after:
            self._finish(row, "expired", NOBODY, now, EventKind.NOBODY_TOLD)
            return
        channel = self._channels.get(row.channel)
        if channel is None:
            self._finish(row, "dropped", "no such channel any more", now)
            return
        message = Message(
            row.key,
            row.alert_id,
            alert.code,
            row.site,
            Priority(alert.priority),
            row.purpose,
            repeat=row.unsure,
        )
        try:
            tried = channel.send(message)
        except Exception as error:  # noqa: BLE001  # a channel's fault is that channel's
            _log.exception("channel_failed", channel=row.channel, alert=alert.code)
            tried = Tried(Result.UNSURE, type(error).__name__)
        self._record(row, tried, self._clock.now())

    def _record(self, row: Row, tried: Tried, now: int) -> None:
        if tried.result is Result.SENT:
            self._finish(row, "sent", tried.detail, now, EventKind.TOLD)
            return
        if tried.result is Result.REFUSED:
            self._finish(row, "dropped", tried.detail, now, EventKind.NOBODY_TOLD)
            return
        late = now - row.due_at >= NOBODY_MS and row.reason != NOBODY
        pause = PAUSES_MS[min(row.attempts, len(PAUSES_MS) - 1)]
        with writing(self._engine) as conn:
            _update(
                conn,
                row,
                attempts=row.attempts + 1,
                next_at=now + pause,
                unsure=row.unsure or tried.result is Result.UNSURE,
                reason=NOBODY if late or row.reason == NOBODY else tried.detail,
            )
            news = [_tell(conn, row, EventKind.NOBODY_TOLD, tried.detail, now)] if late else []
        self._publish(news)

    def _finish(
        self, row: Row, state: str, reason: str, now: int, kind: EventKind | None = None
    ) -> None:
        with writing(self._engine) as conn:
            _update(
                conn,
                row,
                state=state,
                reason=reason,
                finished_at=now,
                attempts=row.attempts + (state == "sent"),
            )
            news = [] if kind is None else [_tell(conn, row, kind, reason, now)]
        self._publish(news)


def _why_not(alert: Row) -> str | None:
    """Why nobody need be told any more."""
    if alert.closed_at is not None:
        return "closed"
    if State(alert.state) not in FREE:
        return "somebody has it"
    if alert.inhibited_by is not None:
        return "explained by a broader cause"
    return None


def _update(conn: sa.Connection, row: Row, **values: Any) -> None:
    conn.execute(sa.update(tables.outbox).where(tables.outbox.c.id == row.id).values(**values))


def _tell(conn: sa.Connection, row: Row, kind: EventKind, detail: str, now: int) -> News:
    return ledger.append(
        conn, row.alert_id, kind, now, detail={"channel": row.channel, "detail": detail}
    )
