"""The sum of several points, or the highest of them, if enough of them are known.

`needs` says how many parts must be known (all, if it is not given): with fewer the score is
unknown, and never a smaller number. At most 64 parts of at most 100 points.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Literal

from devices.errors import Spoken
from rules.almanac import Almanac
from rules.operators.machine import (
    NEVER,
    Form,
    Operator,
    State,
    U,
    as_children,
    no_lookback,
    no_span,
)
from rules.quantity import Amount, Argument, Whole, plain
from rules.tree import Counted, Measure, Node

if TYPE_CHECKING:
    from rules.file.maker import Maker

PARTS, NEEDS, HIGHEST = (
    0,
    1,
    2,
)  # p: n, how many must be known, 1 for the highest instead of the sum
MOST = 64


def take(s: State, p: list[int], t: int, port: int, x: int) -> None:
    s[port] = x


def judge(s: State, p: list[int], t: int) -> tuple[int, int]:
    known, total, highest = 0, 0, 0
    for part in range(p[PARTS]):
        x = s[part]
        if x != U:
            known += 1
            total += x
            highest = max(highest, x)
    if known < p[NEEDS]:
        return U, NEVER
    return (highest if p[HIGHEST] == 1 else total), NEVER


class Score(Form):
    parts: list[Any]
    needs: Amount | None = None  # all of them
    of: Literal["sum", "highest"] = "sum"


def build(form: Score, maker: "Maker") -> Node:
    count = len(form.parts)
    if not 1 <= count <= MOST:
        raise maker.refused(Spoken("a score has 1 to {most} parts", most=MOST), path=("parts",))
    parts = [maker.number_at(part, "parts", index) for index, part in enumerate(form.parts)]
    for index, part in enumerate(parts):
        if part.measure != Measure(None, Counted.NUMBER):
            hint = Spoken("Use points, or another score")
            raise maker.refused(Spoken("this is no number of points"), hint, path=("parts", index))
    return maker.node(
        [
            maker.argument("needs", Whole(1, count), form.needs or plain(count)),
            Argument("highest", Whole(0, 1), plain(int(form.of == "highest"))),
        ],
        parts,
        Measure(None, Counted.NUMBER),
    )


def bind(values: Mapping[str, int], node: Node, _almanac: Almanac) -> list[int]:
    return [len(node.children), values["needs"], values["highest"]]


def state(p: list[int]) -> State:
    return [U] * p[PARTS]


OPERATOR = Operator(
    "score",
    1,
    Score,
    build,
    take,
    judge,
    bind,
    state,
    no_lookback,
    no_span,
    as_children,
    number=True,
)
