"""Day-rhythm strips: a day as 48 half hours; height is movement, texture the room.

Blank is still; hatched is not covered (nothing in the home was heard). The two are never drawn
alike: what was not measured is not calm.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

CELLS = 48
CELL_MS = 1_800_000
LEAST_FULL = 4  # so many movements in half an hour fill the height, or the week's busiest tenth
TEXTURES = ("solid", "weave", "lines", "dots")  # by room, busiest first


@dataclass(frozen=True, slots=True)
class Cell:
    """Half an hour."""

    index: int
    height: int  # 0 to 100
    texture: str  # "" where nothing moved
    blind: bool


@dataclass(frozen=True, slots=True)
class Strip:
    """One local day."""

    start: int
    cells: tuple[Cell, ...]
    moves: int
    first: int | None
    last: int | None
    blind_hours: float


@dataclass(frozen=True, slots=True)
class Strips:
    """Newest day last, and which texture is which room."""

    days: tuple[Strip, ...]
    rooms: tuple[tuple[str, str], ...]  # (place, texture)


def midnight(day: date, zone: ZoneInfo) -> int:
    """Ms UTC at which a local day begins."""
    return round(datetime(day.year, day.month, day.day, tzinfo=zone).timestamp() * 1000)


def local_days(now: int, zone: str, count: int = 7) -> list[tuple[int, int]]:
    """The last `count` local days with today: [start, end) in ms UTC; of 23 to 25 hours."""
    info = ZoneInfo(zone)
    today = datetime.fromtimestamp(now / 1000, info).date()
    days = [today - timedelta(days=back) for back in range(count - 1, -1, -1)]
    return [(midnight(day, info), midnight(day + timedelta(days=1), info)) for day in days]


def strips(
    moves: Iterable[tuple[int, str | None]],
    heard: Sequence[int],
    days: Sequence[tuple[int, int]],
    now: int,
) -> Strips:
    """`moves`: (at, place) of each movement. `heard`: times at which anything of the home spoke."""
    events = sorted((at, place or "") for at, place in moves)
    rooms = Counter(place for _, place in events)
    textures = {
        place: TEXTURES[min(rank, len(TEXTURES) - 1)]
        for rank, (place, _) in enumerate(rooms.most_common())
    }
    alive = {at // CELL_MS for at in heard} | {at // CELL_MS for at, _ in events}
    busy = sorted(Counter(at // CELL_MS for at, _ in events).values())
    full = max(LEAST_FULL, busy[len(busy) * 9 // 10] if busy else 0)
    drawn = [
        _strip(start, [one for one in events if start <= one[0] < end], alive, textures, now, full)
        for start, end in days
    ]
    return Strips(tuple(drawn), tuple(textures.items()))


def _strip(
    start: int,
    events: Sequence[tuple[int, str]],
    alive: set[int],
    textures: Mapping[str, str],
    now: int,
    full: int,
) -> Strip:
    by_cell: dict[int, Counter[str]] = {}
    for at, place in events:
        by_cell.setdefault(min(CELLS - 1, (at - start) // CELL_MS), Counter())[place] += 1
    cells = []
    for index in range(CELLS):
        begin = start + index * CELL_MS
        if begin > now:
            break  # what has not happened yet is not drawn at all
        counts = by_cell.get(index)
        height = min(100, round(100 * sum(counts.values()) / full)) if counts else 0
        texture = textures[counts.most_common(1)[0][0]] if counts else ""
        blind = not counts and not _near(begin // CELL_MS, alive)
        cells.append(Cell(index, max(height, 12) if counts else 0, texture, blind))
    return Strip(
        start=start,
        cells=tuple(cells),
        moves=len(events),
        first=events[0][0] if events else None,
        last=events[-1][0] if events else None,
        blind_hours=sum(cell.blind for cell in cells) / 2,
    )


def _near(cell: int, alive: set[int]) -> bool:
    """Heard in this half hour or the one beside it: a heartbeat may come once an hour."""
    return cell in alive or cell - 1 in alive or cell + 1 in alive
