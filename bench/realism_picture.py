"""A picture of every marginal: real against simulated, as SVG."""

from collections.abc import Mapping, Sequence
from html import escape

import numpy as np

from bench.realism_distances import Marginal, Shares, Values
from bench.realism_homes import Floats

_WIDE, _HIGH, _GAP, _ACROSS = 260, 120, 46, 4
_REAL, _MADE = "#1f5f8b", "#c8641e"
_POINTS = 80


def picture(
    rows: Sequence[tuple[str, float]],
    real: Mapping[str, Marginal],
    made: Mapping[str, Marginal],
) -> str:
    """Panels in the order of `rows` (name, ratio); both sides hold every name."""
    down = -(-len(rows) // _ACROSS)
    width = _ACROSS * (_WIDE + _GAP) + _GAP
    height = down * (_HIGH + _GAP) + 2 * _GAP
    parts = [
        (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" '
            f'width="{width}" height="{height}" font-family="sans-serif" font-size="11">'
        ),
        "<title>Every marginal, real (blue) and simulated (orange, dashed)</title>",
        f'<rect width="{width}" height="{height}" fill="#ffffff"/>',
        (
            f'<text x="{_GAP}" y="24" font-size="14" fill="#222222">Real homes '
            f'<tspan fill="{_REAL}">blue</tspan>, simulated <tspan fill="{_MADE}">orange, dashed'
            "</tspan>; the ratio is the distance between them over that between real halves</text>"
        ),
    ]
    for number, (name, ratio) in enumerate(rows):
        left = _GAP + number % _ACROSS * (_WIDE + _GAP)
        top = 1.6 * _GAP + number // _ACROSS * (_HIGH + _GAP)
        parts.append(f'<g transform="translate({left},{top:.0f})">')
        parts += _panel(name, ratio, real[name], made[name])
        parts.append("</g>")
    return "\n".join([*parts, "</svg>"]) + "\n"


def _panel(name: str, ratio: float, real: Marginal, made: Marginal) -> list[str]:
    (x, one), (_, two) = _curves(real, made)
    highest = max(float(one.max()), float(two.max()), 1e-9)
    return [
        f'<text y="-6" fill="#222222">{escape(name)} · {ratio:.2f}</text>',
        f'<rect width="{_WIDE}" height="{_HIGH}" fill="none" stroke="#bbbbbb"/>',
        _line(x, one / highest, _REAL, ""),
        _line(x, two / highest, _MADE, ' stroke-dasharray="5 3"'),
        f'<text y="{_HIGH + 13}" fill="#555555">{x[0]:.4g}</text>',
        f'<text x="{_WIDE}" y="{_HIGH + 13}" fill="#555555" text-anchor="end">{x[-1]:.4g}</text>',
    ]


def _curves(real: Marginal, made: Marginal) -> tuple[tuple[Floats, Floats], tuple[Floats, Floats]]:
    """Shares by category, or distribution functions over the middle 98 % of real values."""
    if isinstance(real, Shares) and isinstance(made, Shares):
        x = np.arange(real.table.shape[1], dtype=np.float64)
        return (x, real.table.mean(axis=0)), (x, made.table.mean(axis=0))
    assert isinstance(real, Values)
    assert isinstance(made, Values)
    low, high = np.percentile(real.value, (1, 99))
    x = np.linspace(low, high, _POINTS)
    return (x, _below(real, x)), (x, _below(made, x))


def _below(values: Values, x: Floats) -> Floats:
    ordered, weights = values.sorted_weights()
    heap = np.concatenate([[0.0], np.cumsum(weights)])
    below: Floats = heap[np.searchsorted(ordered, x, side="right")]
    return below


def _line(x: Floats, y: Floats, colour: str, dash: str) -> str:
    across = (x - x[0]) / max(float(x[-1] - x[0]), 1e-9) * _WIDE
    points = " ".join(f"{a:.1f},{b:.1f}" for a, b in zip(across, _HIGH * (1 - y), strict=True))
    return f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="1.6"{dash}/>'
