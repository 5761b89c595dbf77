"""Carers of the demo's history: they close what its days raised, and say what it was.

So that a newcomer finds a calm worklist, and a review finds dispositions to read. What they say
follows the staged truth where there is one.
"""

from collections.abc import Iterable, Mapping

import sqlalchemy as sa

from api.cli.demo.prepare import PARTS
from gateway.access import Viewer, users
from gateway.access.people import viewer_of
from gateway.alerts import service, worklist
from gateway.alerts.episodes import Disposition, Response
from gateway.alerts.states import State
from gateway.clock import Clock
from gateway.db import reading, writing
from simulators.randomness import key
from simulators.scenarios.truth import Truth

RULES: Mapping[str, str] = {  # situation of the truth → rule that speaks of it
    "low-oxygen": "spo2-low",
    "high-pressure": "blood-pressure-out-of-range",
    "fast-pulse": "pulse-out-of-range",
    "weight-gain": "weight-up",
    "door-at-night": "outer-door-open-at-night",
    "no-movement": "no-movement-by-ten",
    "sos": "sos",
    "not-heard": "device-silent",
}
OTHERWISE = (
    (Disposition.NOTHING_TO_DO, Response.PHONED, 5, "Phoned, all well."),
    (Disposition.FALSE, Response.PHONED, 4, "Measured again, as usual."),
    (Disposition.NOTHING_TO_DO, Response.RELATIVE, 0, "Daughter was there."),
    (Disposition.DEVICE, Response.DROVE, 55, "Sensor had fallen off."),
)


def close_all(engine: sa.Engine, truths: Iterable[Truth], clock: Clock) -> int:
    """Every open alert is taken and closed; how many."""
    planted = {(t.site, t.home, RULES.get(t.situation)) for t in truths}
    closed = 0
    with reading(engine) as conn:
        carer = _carer(conn, clock.now())
        rows = worklist.worklist(conn, carer, limit=500).rows
    for row in rows:
        useful = (row.site, row.home, row.rule_name) in planted
        what, did, minutes, words = (
            (Disposition.USEFUL, Response.PHONED, 12, "Phoned; doctor told.")
            if useful
            else OTHERWISE[key(0, row.code) % len(OTHERWISE)]
        )
        with writing(engine) as conn:
            now = clock.now()
            taken = service.acknowledge(conn, carer, row.id, None, f"take-{row.code}", now)
            if taken.state != State.CLOSED:  # a device that is heard again: closed by being seen
                service.close(
                    conn, carer, row.id, what, did, minutes, words, None, f"close-{row.code}", now
                )
        closed += 1
    return closed


def _carer(conn: sa.Connection, now: int) -> Viewer:
    account = users.by_login(conn, PARTS[0].login)
    assert account is not None
    viewer = viewer_of(conn, account.id, now)
    assert viewer is not None
    return viewer
