"""What somebody should have been told of, apart from signals: nothing that detects reads it."""

from dataclasses import dataclass
from typing import Literal

HowSoon = Literal["now", "soon", "today", "no-hurry"]
"""`no-hurry`: a change that is no emergency. Nobody must be told; a word today is no mistake."""


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
    shows: tuple[str, ...] = ()  # signals in which it can be seen at all
