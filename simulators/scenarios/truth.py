"""What somebody should have been told of, apart from signals: nothing that detects reads it."""

from dataclasses import dataclass
from typing import Literal

HowSoon = Literal["now", "soon", "today"]


@dataclass(frozen=True, slots=True)
class Truth:
    """One situation of one person or home."""

    situation: str  # a stable word: "low-oxygen"
    site: str
    home: str
    person: str | None  # the resident's id; None: it concerns the home
    start: int  # ms UTC: from when somebody should be told
    end: int  # until when it goes on
    how_soon: HowSoon
