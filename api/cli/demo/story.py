"""What happens in the demo, and when: drawn from the seed, so that it can be told again.

Soon after each start the rules are seen to act, one after the other; on other days something
happens now and then. Pure.
"""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta

from api.cli.demo.folder import Play
from simulators.homes.home import Home
from simulators.randomness import key
from simulators.scenarios.catalogue import SCENARIOS, scenario
from simulators.scenarios.staging import DAY, HOUR, MINUTE, Staged

# Minutes of the site's clock after a start; at sixty times, as many seconds of the reader's.
OPENING = (
    ("low-oxygen", 2),
    ("sos", 12),
    ("high-pressure", 45),
    ("fast-pulse", 70),
    ("silent-hub", 30),
)
NIGHT_H, MORNING_H = (22, 5), 5
CHANCE = 0.35  # that something happens at a site on an ordinary day
HOURS = {"door-at-night": 23, "still-morning": MORNING_H, "weight-gain": 8, "low-oxygen": 20}


def opening(homes: Sequence[Home], at: int, number: int, seed: int) -> list[Play]:
    """What is staged for the start of a session; `number` counts the starts and moves it around."""
    taken: set[str] = set()
    plays = []
    for name, minutes in OPENING:
        home = _home_for(homes, name, number, seed, taken)
        plays.append(Play(name, home.site, home.id, at + minutes * MINUTE))
    home = _home_for(homes, "weight-gain", number, seed, taken)
    # Only the first start can look back: the three days before it are played too.
    begin = at - 3 * DAY + HOUR if number == 0 else at + HOUR
    plays.append(Play("weight-gain", home.site, home.id, begin))
    plays += [_night(homes, at, number, seed, taken), _morning(homes, at, number, seed, taken)]
    return plays


def ordinary(homes: Sequence[Home], start: int, end: int, seed: int) -> list[Play]:
    """What happens of itself on the days from `start` to `end`."""
    plays = []
    for site in sorted({home.site for home in homes}):
        mine = [home for home in homes if home.site == site]
        for day in range(start // DAY, end // DAY + 1):
            draw = key(seed, "story", site, day)
            if draw % 10_000 >= CHANCE * 10_000:
                continue
            choice = SCENARIOS[(draw >> 16) % len(SCENARIOS)]
            able = [home for home in mine if choice.possible(home)]
            if able:
                home = able[(draw >> 24) % len(able)]
                hour = HOURS.get(choice.name, 9 + (draw >> 32) % 9)
                begin = _at_local(home, day * DAY, hour, (draw >> 40) % 50)
                if start <= begin < end:
                    plays.append(Play(choice.name, site, home.id, begin))
    return plays


def staged(homes: Iterable[Home], plays: Iterable[Play], start: int, end: int) -> list[Staged]:
    """Those plays that reach into [start, end); two in one home never overlap: the first stays."""
    by_hub = {home.hub: home for home in homes}
    found: list[Staged] = []
    busy: list[tuple[str, int, int]] = []
    for play in sorted(plays, key=lambda one: one.start):
        lasts = scenario(play.scenario).lasts_ms
        hub, stop = f"{play.site}/{play.home}", play.start + lasts
        if hub not in by_hub or any(h == hub and play.start < e and b < stop for h, b, e in busy):
            continue
        busy.append((hub, play.start, stop))
        if play.start - 3 * DAY < end and stop + DAY > start:
            found.append(scenario(play.scenario).stage(by_hub[hub], play.start))
    return found


def _night(homes: Sequence[Home], at: int, number: int, seed: int, taken: set[str]) -> Play:
    """An open door, where it is night soonest."""
    able = [h for h in homes if scenario("door-at-night").possible(h) and h.hub not in taken]
    begins = [(_next_night(home, at + 20 * MINUTE), home) for home in able]
    soonest = min(begin for begin, _ in begins)
    fitting = [home for begin, home in begins if begin == soonest]
    home = fitting[(number + seed) % len(fitting)]
    taken.add(home.hub)
    return Play("door-at-night", home.site, home.id, soonest)


def _morning(homes: Sequence[Home], at: int, number: int, seed: int, taken: set[str]) -> Play:
    """A still morning, of somebody alone, where ten o'clock comes soonest but is still to come."""
    able = [h for h in homes if len(h.people) == 1 and h.hub not in taken]
    ten = [(_next_local(home, at + 30 * MINUTE, 10), home) for home in able]
    soonest = min(begin for begin, _ in ten)
    fitting = [home for begin, home in ten if begin == soonest]
    home = fitting[(number + seed) % len(fitting)]
    taken.add(home.hub)
    return Play("still-morning", home.site, home.id, soonest - 5 * HOUR)


def _home_for(homes: Sequence[Home], name: str, number: int, seed: int, taken: set[str]) -> Home:
    """A home that can show it and has nothing else to show; each start takes another."""
    able = [h for h in homes if scenario(name).possible(h) and h.hub not in taken]
    home = able[(key(seed, name) + number) % len(able)]
    taken.add(home.hub)
    return home


def _next_night(home: Home, after: int) -> int:
    """`after` itself where it is night and stays so for half an hour, else the next 22:20."""
    local = datetime.fromtimestamp(after / 1000, home.local())
    if local.hour >= NIGHT_H[0] or local.hour < NIGHT_H[1]:
        return after
    return _next_local(home, after, 22) + 20 * MINUTE


def _next_local(home: Home, after: int, hour: int) -> int:
    begin = _at_local(home, after - DAY, hour, 0)
    while begin < after:
        begin += DAY
    return begin


def _at_local(home: Home, at: int, hour: int, minute: int) -> int:
    """That local time on the local date of `at`."""
    local = datetime.fromtimestamp(at / 1000, home.local())
    moment = local.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(
        hours=hour, minutes=minute
    )
    return int(moment.astimezone(UTC).timestamp() * 1000)
