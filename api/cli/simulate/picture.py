"""A score as a picture: for each scenario what was noticed, with its interval; SVG made here.

Colours are told apart by people who see red and green alike, and shape tells them apart too. The
same figures stand in the table, so the picture carries one sentence for those who cannot see it.
"""

from collections.abc import Iterator
from typing import Any
from xml.sax.saxutils import escape

LEFT, WIDTH, ROW, TOP = 250, 360, 26, 74
FALSE_AT, FALSE_WIDTH = 660, 180
COLOURS = ("#0b5394", "#b45f06")
INK, FAINT = "#222222", "#c9c9c9"


def draw(made: dict[str, Any]) -> str:
    """A whole SVG document."""
    rows = made["scenarios"]
    height = TOP + ROW * len(rows) + 50
    most = max((f["false"]["value"] or 0 for r in rows for f in r["scores"]), default=0) or 1
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 880 {height}" role="img">',
        f"<title>{escape(_sentence(made))}</title>",
        f'<rect width="880" height="{height}" fill="#ffffff"/>',
        *_legend(made),
        *_axis(height, most),
    ]
    for number, row in enumerate(rows):
        middle = TOP + ROW * number + ROW / 2
        parts.append(_text(LEFT - 10, middle + 4, row["scenario"], anchor="end"))
        for side, found in enumerate(row["scores"]):
            at = middle + (side - (len(row["scores"]) - 1) / 2) * 9
            parts += _noticed(found["sensitivity"], at, side)
            parts += _bar(found["false"]["value"], most, at, side)
    return "\n".join([*parts, "</svg>"]) + "\n"


def _sentence(made: dict[str, Any]) -> str:
    said = [
        f"{name}: {100 * (one['sensitivity']['value'] or 0):.0f} % noticed, "
        f"{one['false']['value'] or 0:.1f} false alerts per resident and month"
        for name, one in zip(made["rulebooks"], made["all"], strict=True)
    ]
    return f"{len(made['scenarios'])} scenarios. " + "; ".join(said)


def _legend(made: dict[str, Any]) -> Iterator[str]:
    for side, name in enumerate(made["rulebooks"]):
        x = LEFT + 170 * side
        yield _mark(x, 22, side)
        yield _text(x + 12, 26, name)


def _axis(height: int, most: float) -> Iterator[str]:
    bottom = height - 40
    for share in (0, 25, 50, 75, 100):
        x = LEFT + WIDTH * share / 100
        yield _line(x, TOP - 6, x, bottom, FAINT)
        yield _text(x, bottom + 16, f"{share} %", anchor="middle")
    yield _text(LEFT, TOP - 18, "noticed")
    yield _text(FALSE_AT, TOP - 18, "false alerts per resident and 30 days")
    for part in (0, 0.5, 1):
        x = FALSE_AT + FALSE_WIDTH * part
        yield _line(x, TOP - 6, x, bottom, FAINT)
        yield _text(x, bottom + 16, f"{most * part:.1f}", anchor="middle")


def _noticed(interval: dict[str, float | None], at: float, side: int) -> Iterator[str]:
    value, low, high = interval["value"], interval["low"], interval["high"]
    if value is None:
        return
    if low is not None and high is not None and high > low:
        yield _line(LEFT + WIDTH * low, at, LEFT + WIDTH * high, at, COLOURS[side], 2)
    yield _mark(LEFT + WIDTH * value, at, side)


def _bar(value: float | None, most: float, at: float, side: int) -> Iterator[str]:
    if value:
        yield (
            f'<rect x="{FALSE_AT}" y="{at - 3:.1f}" width="{FALSE_WIDTH * value / most:.1f}"'
            f' height="6" fill="{COLOURS[side]}"/>'
        )


def _mark(x: float, y: float, side: int) -> str:
    if side == 0:
        return f'<circle cx="{x:.1f}" cy="{y:.1f}" r="4" fill="{COLOURS[0]}"/>'
    return f'<rect x="{x - 4:.1f}" y="{y - 4:.1f}" width="8" height="8" fill="{COLOURS[1]}"/>'


def _line(x1: float, y1: float, x2: float, y2: float, colour: str, width: int = 1) -> str:
    return (
        f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}"'
        f' stroke="{colour}" stroke-width="{width}"/>'
    )


def _text(x: float, y: float, words: str, anchor: str = "start") -> str:
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" fill="{INK}"'
        f' font-family="sans-serif" font-size="12">{escape(words)}</text>'
    )
