"""How the gateway is: checks for people and probes, numbers for Prometheus; no person."""

import shutil
from collections.abc import Callable
from typing import Any, Protocol

import sqlalchemy as sa
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from gateway.alerts import tables as alerts
from gateway.clock import Clock
from gateway.config import Settings
from gateway.db import reading
from gateway.intake import tables as intake_tables
from gateway.intake.journal import Journal
from gateway.intake.run import Intake
from gateway.series.projector import Projector
from gateway.series.store import Store
from gateway.watch.host import EngineHost

LAG_ROWS = 5_000  # more than a moment's work
OLDEST_UNSENT_MS = 60_000
DISK_FREE = 500 * 1_048_576  # bytes


class Parts(Protocol):
    """What is looked at (`gateway.run.Gateway`)."""

    settings: Settings
    clock: Clock
    engine: sa.Engine
    journal: Journal
    intake: Intake
    store: Store
    projector: Projector
    host: EngineHost


Check = dict[str, Any]


def _check(*, ok: bool, value: Any, hint: str = "", since: int | None = None) -> Check:
    return {"ok": ok, "value": value, "since": since, "hint": "" if ok else hint}


def _broker(of: Parts) -> Check:
    status = of.intake.status()
    hint = "Start the broker, or check its address and password; devices keep what they cannot send"
    return _check(ok=status.connected, value=status.problem or f"epoch {status.epoch}", hint=hint)


def _journal(of: Parts) -> Check:
    status = of.intake.status()
    hint = f"{status.problem}. Check disk space and the disk itself"
    return _check(ok=not status.problem or not status.connected, value=status.queue, hint=hint)


def _watch(of: Parts) -> Check:
    lag = of.journal.last_offset() - of.host.offset
    ok = of.host.alive and not of.host.problem and lag < LAG_ROWS
    hint = of.host.problem or "Rules are behind the journal; look at the log"
    return _check(ok=ok, value=lag, hint=hint)


def _store(of: Parts) -> Check:
    status, found = of.projector.status(), of.store.health()
    ok = found.ok and status.problem is None
    hint = status.problem or found.detail
    return _check(ok=ok, value=status.lag, hint=f"{hint}. Alerts go on; charts wait")


def _state(of: Parts) -> Check:
    try:
        with reading(of.engine) as conn:
            conn.execute(sa.select(sa.literal(1))).scalar()
    except sa.exc.SQLAlchemyError as error:
        return _check(ok=False, value=type(error).__name__, hint="Check the state database")
    return _check(ok=True, value="answers")


def _notify(of: Parts) -> Check:
    o = alerts.outbox.c
    with reading(of.engine) as conn:
        oldest = conn.execute(sa.select(sa.func.min(o.due_at)).where(o.state == "waiting")).scalar()
    age = 0 if oldest is None else max(0, of.clock.now() - oldest)
    hint = "Somebody should have the alerts' page open: an alert waits that nobody was told"
    return _check(ok=age < OLDEST_UNSENT_MS, value=age, since=oldest, hint=hint)


def _clock(of: Parts) -> Check:
    behind = of.intake.status().clock_behind_ms
    hint = "The machine's clock went back; check its time server"
    return _check(ok=behind < 1_000, value=behind, hint=hint)


def _disk(of: Parts) -> Check:
    free = shutil.disk_usage(of.settings.data).free
    return _check(ok=free > DISK_FREE, value=free, hint="Make room, or move the data folder")


CHECKS: tuple[tuple[str, Callable[[Parts], Check], bool], ...] = (
    ("broker", _broker, True),
    ("journal", _journal, True),
    ("rules", _watch, True),
    ("state", _state, True),
    ("store", _store, False),  # charts may wait, alerts do not
    ("notify", _notify, False),
    ("clock", _clock, False),
    ("disk", _disk, False),
)


def health(of: Parts) -> dict[str, Any]:
    """Every check; ready when all that alerts depend on is well."""
    checks: dict[str, Check] = {}
    ready = True
    for name, look, needed in CHECKS:
        try:
            checks[name] = look(of)
        except Exception as error:  # noqa: BLE001  # a check that cannot be made has failed
            checks[name] = _check(ok=False, value=type(error).__name__, hint="See the log")
        ready = ready and (checks[name]["ok"] or not needed)
    return {"live": True, "ready": ready, "checks": checks}


class Metrics:
    """Numbers that are asked for, and one that is told: how long an alert took."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self._gauges: dict[str, Gauge] = {}
        self._receipt_to_alert = Histogram(
            "homecare_receipt_to_alert_seconds",
            "From a message's receipt to its alert on the event stream",
            buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 60),
            registry=self._registry,
        )
        self._alerts = Counter(
            "homecare_alerts_told", "Alerts raised or raised again", registry=self._registry
        )

    def alert(self, milliseconds: int) -> None:
        """An alert was committed so long after its message was received."""
        self._receipt_to_alert.observe(milliseconds / 1000)
        self._alerts.inc()

    def text(self, of: Parts) -> bytes:
        """Prometheus text of this moment."""
        status, projected = of.intake.status(), of.projector.status()
        last = of.journal.last_offset()
        self._set("journal_offset", "Newest offset of the journal", last)
        self._set("journal_queue", "Messages received and not yet journalled", status.queue)
        self._set(
            "journal_lag", "Journalled messages that rules have not seen", last - of.host.offset
        )
        self._set(
            "store_lag", "Journalled messages that the store has not", last - projected.stored
        )
        self._set("broker_epoch", "Connections made and lost", status.epoch)
        self._set("broker_connected", "1: the link to the broker stands", int(status.connected))
        self._set("messages_stored", "Messages journalled since the start", status.stored)
        self._set("messages_duplicate", "Messages that had come before", status.duplicates)
        self._set("gaps", "Times in which messages may be missing", status.gaps)
        with reading(of.engine) as conn:
            table = intake_tables.dead_letter
            open_ = table.c.replayed_at.is_(None)
            dead = conn.execute(sa.select(sa.func.count()).select_from(table).where(open_)).scalar()
        self._set("dead_letters", "Messages that are no readings, not replayed", dead or 0)
        for site, watermark in of.host.watermarks().items():
            self._set(
                "watermark_seconds",
                "A site's clock as rules have settled it",
                watermark / 1000,
                site,
            )
        return generate_latest(self._registry)

    def _set(self, name: str, text: str, value: float, site: str | None = None) -> None:
        gauge = self._gauges.get(name)
        if gauge is None:
            labels = () if site is None else ("site",)
            gauge = Gauge(f"homecare_{name}", text, labels, registry=self._registry)
            self._gauges[name] = gauge
        (gauge if site is None else gauge.labels(site)).set(value)
