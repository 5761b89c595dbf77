"""What was planted against what was told, while it goes on.

Planted situations come from the simulator, alerts from the gateway; they meet here, by the same
rules as a score of weeks (`reviews.scoring`), and nothing goes back to what detects.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from functools import lru_cache
from statistics import median
from typing import Any

import sqlalchemy as sa

from api.simulation.desk import Run
from api.simulation.models import PlantedIn, ScoreOut, SituationOut
from gateway.access import Action, Viewer
from gateway.access.viewer import sites_clause
from gateway.alerts.tables import alert, episode
from gateway.db import reading
from gateway.rulebook.tables import rule_version
from gateway.watch.subjects import of_home
from reviews.detecting import WATCHDOG, WATCHED, Told
from reviews.scoring import DAY, MONTH_D, Planted, judge
from rules.file.language import parse_rule

MOST_TOLD = 20_000


def score(gateway: Any, viewer: Viewer, run_id: str, run: Run) -> ScoreOut:
    """Of the run's homes at sites where the viewer may simulate."""
    report = run.report
    sites = [one for one in report.sites if viewer.may(Action.SIMULATE, one)]
    simulated = gateway.registry.directory.sites
    sites = [one for one in sites if one in simulated and simulated[one].demo]
    told = _told(gateway, viewer, sites, report.began)
    planted: defaultdict[tuple[str, str], list[PlantedIn]] = defaultdict(list)
    for one in report.planted:
        if one.site in sites:
            planted[one.site, one.home].append(one)
    cast = {key for key in run.cast if key[0] in sites}
    false: Counter[str] = Counter()
    situations = []
    for key in sorted({*cast, *planted, *told}):
        here = told.get(key, [])
        zone = simulated[key[0]].zone
        false.update(_false(key, zone, report.began, here, planted[key]))
        situations += [_situation(one, key, zone, report, here) for one in planted[key]]
    people = sum(run.cast[key].people for key in cast)
    return _summed(run_id, report.at, report.began, people, situations, false)


def _summed(
    run_id: str,
    at: int,
    began: int,
    people: int,
    situations: list[SituationOut],
    false: Counter[str],
) -> ScoreOut:
    states = Counter(one.state for one in situations)
    delays = [one.delay_ms for one in situations if one.delay_ms is not None]
    months = people * (at - began) / DAY / MONTH_D
    wrong = sum(false.values())
    return ScoreOut(
        run=run_id,
        at=at,
        planted=states["noticed"] + states["missed"] + states["not yet"],
        noticed=states["noticed"],
        missed=states["missed"],
        not_yet=states["not yet"],
        median_delay_ms=int(median(delays)) if delays else None,
        false_alerts=wrong,
        false_by_rule=dict(sorted(false.items())),
        false_per_resident_month=round(wrong / months, 2) if at - began >= DAY and months else None,
        situations=sorted(situations, key=lambda one: (-one.start, one.site, one.home)),
    )


def _situation(
    one: PlantedIn, key: tuple[str, str], zone: str, report: Any, told: Sequence[Told]
) -> SituationOut:
    delay, rule = None, None
    if one.how_soon == "no-hurry":
        state = "no hurry"
    else:
        found = judge(("", 0), one.start, key[1], zone, 0.0, 0, told, [_planted(one)]).found[0]
        delay = found.delay_ms
        if delay is not None:
            state = "noticed"
            rule = next((t.rule for t in told if _first(t, one, delay, zone)), None)
        elif report.at < one.start:
            state = "to come"
        else:
            state = "not yet" if report.at < one.end else "missed"
    return SituationOut(
        scenario=one.scenario,
        situation=one.situation,
        site=one.site,
        home=one.home,
        start=one.start,
        end=one.end,
        how_soon=one.how_soon,
        state=state,  # type: ignore[arg-type]  # one of the words of the model
        delay_ms=delay,
        rule=rule,
    )


def _first(told: Told, one: PlantedIn, delay: int, zone: str) -> bool:
    alone = judge(("", 0), one.start, "", zone, 0.0, 0, [told], [_planted(one)])
    return alone.found[0].delay_ms == delay


def _false(
    key: tuple[str, str], zone: str, began: int, told: Sequence[Told], planted: Iterable[PlantedIn]
) -> dict[str, int]:
    """By rule. The watchdog speaks of devices: what it says is judged, but is no false alert."""
    spoken = [one for one in told if one.rule != WATCHDOG]
    every = [_planted(one) for one in planted]
    return dict(judge(("", 0), began, key[1], zone, 0.0, 0, spoken, every).false)


def _planted(one: PlantedIn) -> Planted:
    return Planted(
        one.situation, one.resident, one.start, one.end, one.how_soon, frozenset(one.shows)
    )


def _told(
    gateway: Any, viewer: Viewer, sites: Sequence[str], began: int
) -> dict[tuple[str, str], list[Told]]:
    """Alerts that reached somebody since the run began, by home, in order of time."""
    found: defaultdict[tuple[str, str], list[Told]] = defaultdict(list)
    with reading(gateway.engine) as conn:
        signals = _signals(conn)
        for row in conn.execute(_episodes(viewer, sites, began)):
            one = Told(
                row.rule_name,
                row.priority,
                signals.get(row.version, frozenset()),
                row.subject,
                max(row.told_at, row.noticed_at),
                row.ended_at,
            )
            found[row.site, row.home].append(one)
        for row in conn.execute(_silences(viewer, sites, began)):
            subject = of_home(row.site, row.home)
            found[row.site, row.home].append(
                Told(
                    WATCHDOG,
                    row.priority,
                    frozenset({WATCHED}),
                    subject,
                    row.noticed_at,
                    row.returned_at,
                )
            )
    for told in found.values():
        told.sort(key=lambda one: one.at)
    return dict(found)


def _episodes(viewer: Viewer, sites: Sequence[str], began: int) -> sa.Select[Any]:
    """Live, and told: in shadow, held back or too old is not told."""
    return (
        sa.select(
            episode.c.site,
            episode.c.home,
            episode.c.subject,
            episode.c.rule_name,
            episode.c.version,
            episode.c.noticed_at,
            episode.c.told_at,
            episode.c.ended_at,
            alert.c.priority,
        )
        .join(alert, alert.c.id == episode.c.alert_id)
        .where(
            sites_clause(viewer, episode.c.site, Action.SIMULATE),
            episode.c.site.in_(sites),
            episode.c.mode == "live",
            episode.c.told_at >= began,
        )
        .order_by(episode.c.told_at)
        .limit(MOST_TOLD)
    )


def _silences(viewer: Viewer, sites: Sequence[str], began: int) -> sa.Select[Any]:
    return (
        sa.select(
            alert.c.site, alert.c.home, alert.c.priority, alert.c.noticed_at, alert.c.returned_at
        )
        .where(
            sites_clause(viewer, alert.c.site, Action.SIMULATE),
            alert.c.site.in_(sites),
            alert.c.technical,
            alert.c.rule_name == WATCHDOG,
            alert.c.home.is_not(None),
            alert.c.noticed_at >= began,
        )
        .limit(MOST_TOLD)
    )


def _signals(conn: sa.Connection) -> dict[str, frozenset[str]]:
    """What each version of a rule reads."""
    rows = conn.execute(sa.select(rule_version.c.version, rule_version.c.text))
    return {row.version: _read(row.text) for row in rows}


@lru_cache(maxsize=1_024)
def _read(text: str) -> frozenset[str]:
    return frozenset(ref.signal for ref in parse_rule(text).uses)
