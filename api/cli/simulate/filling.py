"""History into a series store: what is asked for, what is refused, what is written."""

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import numpy as np

from api.cli.simulate.making import pasts, stand
from api.cli.simulate.shelf import Shelf
from devices.errors import Refused
from gateway.registry import Directory
from gateway.series.past import Past
from simulators.faults import Planned, placed
from simulators.history import Piece, Plan, pieces
from simulators.homes.batch import EPOCH
from simulators.homes.home import Home
from simulators.scenarios.catalogue import scenario
from simulators.scenarios.course import Course
from simulators.scenarios.staging import Staged

ROWS = 1_000_000  # of a piece: 250 MB in each process that makes one
FEWEST_ROWS = 20_000
FEW_HOME_DAYS = 500
_OPERATION = "write history"


@dataclass
class Filled:
    """What was written."""

    readings: int = 0
    not_kept: int = 0  # values that the registry lets nobody keep
    home_days: int = 0
    there: int = 0  # home-days that were written before
    seconds: float = 0.0
    sites: dict[str, int] = field(default_factory=dict)  # readings of each


def days_between(since: str, until: str) -> tuple[date, int]:
    """(first day, how many), the last left out. Raises Refused."""
    first, end = _date("--from", since), _date("--to", until)
    if end <= first:
        raise Refused(_OPERATION, f"{since} to {until}", "it ends before it begins", "Turn them")
    return first, (end - first).days


def plan(
    homes: Sequence[Home],
    first: date,
    days: int,
    seed: int,
    plays: Iterable[str] = (),
    faults: Sequence[Planned] = (),
) -> Plan:
    """Raises Refused for scenarios and faults that do not go with these homes and days."""
    calm = Plan(tuple(homes), first, days, seed)
    plays = tuple(plays)
    staged = tuple(_staged(calm, one) for one in plays)
    _apart([(one.home.hub, *_span(one), text) for one, text in zip(staged, plays, strict=True)])
    start = min(calm.start(home) for home in range(len(homes)))
    return replace(calm, staged=staged, faults=placed(faults, calm.homes, start))


def check(wanted: Plan, directory: Directory, now: Callable[[str], int]) -> None:
    """Raises Refused where the installation cannot take such a past. `now`: of a site's clock."""
    for number, home in enumerate(wanted.homes):
        site = directory.sites.get(home.site)
        if site is None or not site.demo:
            problem = "it is no site with simulated people" if site else "no such site"
            hint = "Only a site that is registered with `demo: yes` is given a past"
            raise Refused(_OPERATION, home.site, problem, hint)
        if wanted.end(number) > now(home.site):
            problem = f"{_day(wanted.first_day + wanted.days)} 04:00 lies ahead of the site's clock"
            raise Refused(_OPERATION, home.hub, problem, "Give an earlier --to")
        start = wanted.start(number)
        entries = [directory.device(home.site, home.id, one.id) for one in home.devices]
        if not any(one is not None and one.holding(start) is not None for one in entries):
            raise Refused(
                _OPERATION,
                home.hub,
                f"no device of it stood there on {wanted.first}",
                "Import it with an earlier `since`, or give a later --from",
            )


def fill(
    shelf: Shelf,
    wanted: Plan,
    directory: Directory,
    rows: int,
    workers: int,
    told: Callable[[Filled, int], None],
) -> Filled:
    """All that is not there yet, and nothing twice. `told` hears (so far, home-days in all).

    What was committed stays, whatever interrupts it; the same plan then goes on from there. Raises
    Refused where a home has another past or readings of its own.
    """
    done = Filled()
    skip = _there(shelf, wanted)
    done.there = len(skip)
    left = len(wanted.homes) * wanted.days - done.there
    begun = time.perf_counter()
    listed = list(pieces(wanted, _rows(min(rows, shelf.rows), left, workers), skip))
    told(done, left)
    if left < FEW_HOME_DAYS:
        workers = 1  # done before another process has begun
    making = pasts(stand(wanted, directory), listed, min(workers, len(listed)))
    try:
        for piece, past, lost in making:
            shelf.write(past)
            _count(done, piece, past, lost)
            done.seconds = time.perf_counter() - begun
            told(done, left)
    finally:
        making.close()  # type: ignore[attr-defined]  # a generator: its processes end with it
    return done


def _rows(rows: int, home_days: int, workers: int) -> int:
    """Of a piece: smaller where all of it would be fewer pieces than processes."""
    share = home_days * 1_100 // (2 * max(1, workers))
    return max(FEWEST_ROWS, min(rows, share))


def _count(done: Filled, piece: Piece, past: Past, lost: int) -> None:
    done.readings += len(past)
    done.not_kept += lost
    done.home_days += piece.home_days
    of_owner = np.bincount(past.owner, minlength=len(past.owners)).tolist()
    for owner, count in zip(past.owners, of_owner, strict=True):
        if count:
            done.sites[owner.site] = done.sites.get(owner.site, 0) + count


def _there(shelf: Shelf, wanted: Plan) -> frozenset[tuple[int, int]]:
    """(home, day) that this plan wrote before. Raises Refused for what anything else did."""
    found = set()
    for site in sorted({home.site for home in wanted.homes}):
        known = shelf.days_of(site)
        own = {n: home for n, home in enumerate(wanted.homes) if home.site == site}
        for number, home in own.items():
            maker = wanted.made_by(number)
            for day in range(wanted.first_day, wanted.first_day + wanted.days):
                there = known.get((home.id, day))
                if there == maker:
                    found.add((number, day))
                elif there is not None:
                    raise Refused(
                        _OPERATION,
                        home.hub,
                        f"{_day(day)} is written already, by another seed, scenario or fault",
                        f"Leave that day out, or: homecare simulate history --remove {site}",
                    )
        _no_journal(shelf, wanted, site, own)
    return frozenset(found)


def _no_journal(shelf: Shelf, wanted: Plan, site: str, own: dict[int, Home]) -> None:
    """Who was really listened to has a past already."""
    start, end = (f(n) for f, n in ((wanted.start, min(own)), (wanted.end, min(own))))
    names = [home.id for home in own.values()]
    found = shelf.journalled(site, names, start, end)
    for home, at in found.items():
        when = datetime.fromtimestamp(at / 1000, UTC).strftime("%Y-%m-%d %H:%M")
        raise Refused(
            _OPERATION,
            f"{site}/{home}",
            f"it was heard over the broker in that time, first at {when} UTC",
            "Give a --to before that",
        )


def _staged(calm: Plan, text: str) -> Staged:
    """NAME@SITE/HOME@DATE or a local time of it."""
    name, _, rest = text.partition("@")
    hub, _, when = rest.partition("@")
    numbers = [n for n, home in enumerate(calm.homes) if home.hub == hub]
    known = scenario(name)
    if not numbers:
        hint = "Write --scenario NAME@SITE/HOME@DATE; here: " + ", ".join(
            home.hub for home in calm.homes[:8]
        )
        raise Refused("stage a scenario", text, "it names none of the homes", hint)
    home = calm.homes[numbers[0]]
    start = _instant(home, when or str(calm.first))
    if not known.possible(home):
        needs = ", ".join(known.needs) or "more people"
        raise Refused(
            "stage a scenario", text, "the home has not what it needs", f"It needs: {needs}"
        )
    made = (
        known.stage(home, start, calm.seed)
        if isinstance(known, Course)
        else known.stage(home, start)
    )
    begins, ends = _span(made)
    first, last = calm.start(numbers[0]), calm.end(numbers[0])
    if begins < first - 6 * 3_600_000 or ends > last:
        raise Refused(
            "stage a scenario",
            text,
            f"it does not lie within {calm.first} and {_day(calm.first_day + calm.days)}",
            f"It lasts {-(-known.lasts_ms // 86_400_000)} d; choose another date, --from or --to",
        )
    return made


def _span(made: Staged) -> tuple[int, int]:
    """From when to when it plays."""
    if made.scene is not None:
        return made.lasts
    at = made.added.at.tolist()
    return (
        min([*(one.start for one in made.removed), *at]),
        max([*(one.end for one in made.removed), *at]),
    )


def _apart(plays: list[tuple[str, int, int, str]]) -> None:
    """Raises Refused where two play in one home at one time."""
    for (hub, _, ends, _), (other, begins, _, text) in pairwise(sorted(plays)):
        if hub == other and begins < ends:
            raise Refused(
                "stage a scenario",
                text,
                "it overlaps another in the same home",
                "Let it begin later, or choose another home",
            )


def _instant(home: Home, text: str) -> int:
    try:
        local = datetime.fromisoformat(text)
    except ValueError:
        local = None
    if local is None or local.tzinfo is not None:
        raise Refused(
            "stage a scenario", text[:40], "that is no date", "Write 2026-03-01 or 2026-03-01T14:30"
        )
    return int(local.replace(tzinfo=home.local()).timestamp()) * 1000


def _date(option: str, text: str) -> date:
    try:
        found = date.fromisoformat(text)
    except ValueError:
        raise Refused(
            _OPERATION, f"{option} {text[:40]}", "that is no date", "Write 2026-03-01"
        ) from None
    if found < EPOCH + timedelta(days=2):
        raise Refused(_OPERATION, f"{option} {text}", "it lies before 1970", "Give a later one")
    return found


def _day(number: int) -> date:
    return EPOCH + timedelta(days=number)
