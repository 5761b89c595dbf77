"""Two sentences as one, with what went and what came: how a rule's versions are shown."""

from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Literal


@dataclass(frozen=True, slots=True)
class Piece:
    """Words that stand in both, only in the old, or only in the new sentence."""

    kind: Literal["same", "gone", "new"]
    text: str


def difference(old: str, new: str) -> list[Piece]:
    """By words; a no-break space does not part a number from its unit."""
    before, after = old.split(" "), new.split(" ")
    found: list[Piece] = []
    matcher = SequenceMatcher(None, before, after, autojunk=False)
    for tag, a, b, c, d in matcher.get_opcodes():
        if tag == "equal":
            found.append(Piece("same", " ".join(before[a:b])))
            continue
        if b > a:
            found.append(Piece("gone", " ".join(before[a:b])))
        if d > c:
            found.append(Piece("new", " ".join(after[c:d])))
    return found
