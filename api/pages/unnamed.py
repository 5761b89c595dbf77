"""Free text without the names of anybody who is registered: what is printed names nobody."""

import re
from collections.abc import Iterable

LEAST = 3  # letters of a part of a name; shorter ones are initials and common words
DOTS = "…"
APOSTROPHES = "'\N{RIGHT SINGLE QUOTATION MARK}"


def unnamed(text: str, names: Iterable[str]) -> str:
    """Every part of every name is put out of sight, in any case, with a possessive s."""
    parts = {part for name in names for part in re.findall(r"\w+", name) if len(part) >= LEAST}
    if not parts:
        return text
    longest = sorted(parts, key=len, reverse=True)
    pattern = rf"\b(?:{'|'.join(map(re.escape, longest))})(?:[{APOSTROPHES}]?s)?\b"
    return re.sub(pattern, DOTS, text, flags=re.IGNORECASE)
