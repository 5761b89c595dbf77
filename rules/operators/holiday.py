"""Today is a public holiday, or tomorrow is, or yesterday was: by the site's calendar.

True all through a local day: the window of `time_between` from midnight to midnight on holidays
alone, so it is that machine. Unknown where no calendar is known, and in years beyond it.
"""

from collections.abc import Mapping
from decimal import Decimal
from typing import TYPE_CHECKING, Literal

from pydantic import RootModel

from rules.almanac import Almanac
from rules.operators.machine import Operator, as_children, no_lookback, no_span
from rules.operators.time_between import (
    MS_OF_DAY,
    WITH_HOLIDAYS,
    calendar,
    judge,
    state,
    take,
)
from rules.quantity import Argument, Quantity, Whole
from rules.tree import Node

if TYPE_CHECKING:
    from rules.file.maker import Maker

DAYS_ON = {"yesterday": -1, "today": 0, "tomorrow": 1}


class Holiday(RootModel[Literal["today", "tomorrow", "yesterday"]]):
    """Which day is asked about."""


def build(form: Holiday, maker: "Maker") -> Node:
    later = Quantity(Decimal(DAYS_ON[form.root]), "1")
    return maker.node([Argument("later", Whole(-1, 1), later)], [])


def bind(values: Mapping[str, int], _node: Node, almanac: Almanac) -> list[int]:
    return calendar(0, MS_OF_DAY, WITH_HOLIDAYS, almanac, values["later"])


OPERATOR = Operator(
    "holiday",
    1,
    Holiday,
    build,
    take,
    judge,
    bind,
    state,
    no_lookback,
    no_span,
    as_children,
)
