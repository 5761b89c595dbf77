"""Charts drawn on the server: small inline SVG that needs no script, with the same data as a table.

The picture has no viewBox of its own text: shapes are stretched to the width of the phone
(`preserveAspectRatio="none"`, strokes do not scale), words stand beside it as HTML. No style
attribute anywhere, so the Content-Security-Policy holds.
"""

import itertools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal

WIDTH, HEIGHT = 1000, 100  # units of the drawing, stretched to fit
DOTS = 80  # up to this many points each is drawn as a dot


@dataclass(frozen=True, slots=True)
class Point:
    """Lowest, highest and mean of a bucket (one reading: all the same), in the signal's unit."""

    at: int
    low: Decimal
    mean: Decimal
    high: Decimal
    count: int = 1


@dataclass(frozen=True, slots=True)
class Limit:
    """A line that a rule compares with."""

    value: Decimal
    label: str


@dataclass(frozen=True, slots=True)
class Chart:
    """All that chart.html draws."""

    key: str  # unique on its page
    title: str
    unit: str
    caption: str  # the sentence that says what the picture shows
    ys: tuple[str, ...]  # from the top
    xs: tuple[str, ...]  # evenly spread
    days: bool  # each x stands in the middle of its day
    grid: tuple[int, ...]
    band: str  # path of lows and highs, empty where dots are drawn
    mean: str  # polyline segments
    dots: tuple[tuple[int, int], ...]
    whiskers: tuple[tuple[int, int, int], ...]  # x, lowest, highest: where a dot hides a span
    hot: tuple[tuple[int, int], ...]  # what the rule saw
    limits: tuple[tuple[int, str], ...]
    onset: int | None
    rows: tuple[tuple[int, str, str, str, int], ...]  # the table: at, low, mean, high, count
    source: str = ""  # where explore.js fetches more of it


@dataclass(frozen=True, slots=True)
class Frame:
    """What part of time and values is drawn."""

    start: int
    end: int
    low: Decimal
    high: Decimal
    tick: Decimal  # between two lines of the grid

    @property
    def lines(self) -> list[Decimal]:
        """Values of the grid's lines, from the top."""
        count = int((self.high - self.low) / self.tick)
        return [self.high - self.tick * number for number in range(count + 1)]

    def x(self, at: int) -> int:
        """Across, in units of the drawing."""
        return round(WIDTH * (at - self.start) / max(1, self.end - self.start))

    def y(self, value: Decimal) -> int:
        """Down, in units of the drawing."""
        return round(HEIGHT * float((self.high - value) / (self.high - self.low)))


def frame(
    points: Sequence[Point], limits: Sequence[Limit], start: int, end: int, step: Decimal
) -> Frame:
    """Round values with some air; never flatter than eight steps: noise is not drawn as drama."""
    values = [value for point in points for value in (point.low, point.high)]
    values += [limit.value for limit in limits]
    low, high = min(values), max(values)
    least = step * 8
    if high - low < least:
        middle = (high + low) / 2
        low, high = middle - least / 2, middle + least / 2
    tick = _round_tick((high - low) / 4, step)
    bottom = (low / tick).to_integral_value(ROUND_FLOOR) * tick
    top = (high / tick).to_integral_value(ROUND_CEILING) * tick
    return Frame(start, end, bottom, top, tick)


def _round_tick(width: Decimal, step: Decimal) -> Decimal:
    """The smallest of 1, 2, 5, 10, 20, 50 … of the signal's steps that is at least `width`."""
    tick = step
    for factor in itertools.cycle((Decimal(2), Decimal("2.5"), Decimal(2))):
        if tick >= width:
            return tick
        tick *= factor
    raise AssertionError  # the cycle has no end


def mean_segments(points: Sequence[Point], shape: Frame, gap: int) -> str:
    """A line that breaks where nothing was measured for `gap` ms: a gap is never drawn as calm."""
    parts: list[str] = []
    before: int | None = None
    for point in points:
        join = "L" if before is not None and point.at - before <= gap else "M"
        parts.append(f"{join}{shape.x(point.at)} {shape.y(point.mean)}")
        before = point.at
    return "".join(parts)


def band_path(points: Sequence[Point], shape: Frame, gap: int) -> str:
    """Lows and highs as closed areas, one for each stretch without a gap."""
    stretches: list[list[Point]] = []
    for point in points:
        if stretches and point.at - stretches[-1][-1].at <= gap:
            stretches[-1].append(point)
        else:
            stretches.append([point])
    return "".join(
        _area(stretch, shape) for stretch in stretches if any(p.low != p.high for p in stretch)
    )


def _area(stretch: Iterable[Point], shape: Frame) -> str:
    points = list(stretch)
    there = [f"{shape.x(point.at)} {shape.y(point.high)}" for point in points]
    back = [f"{shape.x(point.at)} {shape.y(point.low)}" for point in reversed(points)]
    return "M" + "L".join(there + back) + "Z"


def draw(
    key: str,
    title: str,
    unit: str,
    caption: str,
    points: Sequence[Point],
    *,
    start: int,
    end: int,
    step: Decimal,
    show: "Show",
    xs: Sequence[str],
    days: bool = False,
    limits: Sequence[Limit] = (),
    hot: Iterable[int] = (),
    onset: int | None = None,
    gap: int,
    source: str = "",
) -> Chart:
    """A chart of `points` between `start` and `end` (ms UTC). `step` is the signal's resolution."""
    shape = frame(points, limits, start, end, step)
    few = sum(point.count for point in points) <= DOTS
    seen = frozenset(hot)
    return Chart(
        key=key,
        title=title,
        unit=unit,
        caption=caption,
        ys=tuple(show(value) for value in shape.lines),
        xs=tuple(xs),
        days=days,
        grid=tuple(shape.y(value) for value in shape.lines),
        band="" if few else band_path(points, shape, gap),
        mean=mean_segments(points, shape, gap),
        dots=tuple((shape.x(p.at), shape.y(p.mean)) for p in points) if few else (),
        whiskers=tuple(
            (shape.x(p.at), shape.y(p.low), shape.y(p.high)) for p in points if p.low != p.high
        )
        if few
        else (),
        hot=tuple((shape.x(p.at), shape.y(p.mean)) for p in points if p.at in seen),
        limits=tuple((shape.y(limit.value), limit.label) for limit in limits),
        onset=shape.x(onset) if onset is not None and start <= onset <= end else None,
        rows=tuple((p.at, show(p.low), show(p.mean), show(p.high), p.count) for p in points),
        source=source,
    )


class Show:
    """Numbers of one signal as this reader writes them."""

    def __init__(self, write: "object", decimals: int) -> None:
        self._write = write
        self._decimals = decimals

    def __call__(self, value: Decimal) -> str:
        assert callable(self._write)
        return str(self._write(value, self._decimals))
