"""Comparisons as people say them: "more than 5 times within 12 hours", where the tree says that the
number of times within 12 hours is above 5. Meaning is the operators'; these are only other words.
"""

from rules.sentences.parts import Part, Phrase, Plain

COUNTS = frozenset({"times_true", "count"})
BASES = COUNTS | {"time_true", "difference", "deviation"}


def compared(word: str, number: Phrase, limit: Part) -> Phrase | None:
    """`word` is above or below, without a way back. None: no shorter way to say it."""
    base, _, rest = number.key.partition(".")
    if base not in BASES:
        return None
    if base == "deviation":
        return _spreads(word, number, limit, rest)
    if base in COUNTS and (word, limit) in {("above", Plain(0)), ("below", Plain(1))}:
        word = "some" if word == "above" else "none"
        return Phrase(f"{word}.{number.key}", number.parts)
    return Phrase(f"{word}.{number.key}", {**number.parts, "limit": limit})


def _spreads(word: str, number: Phrase, limit: Part, rest: str) -> Phrase | None:
    """Above what is usual by more spreads, or below it by more."""
    if not isinstance(limit, Plain) or (limit.x < 0) != (word == "below"):
        return None
    usual = Phrase(f"baseline.{rest}" if rest else "baseline", number.parts)
    far = Plain(abs(limit.x), limit.decimals)
    return Phrase(
        f"{word}.deviation", {"signal": number.parts["signal"], "usual": usual, "limit": far}
    )


def opposite(inner: Phrase) -> Phrase | None:
    """What "not" says of a condition. None: no shorter way to say it."""
    if inner.key in {"above", "below", "none_for", "lasting"}:
        return Phrase(f"not.{inner.key}", inner.parts)
    return None


KEYS = frozenset(
    {f"{word}.{key}" for word in ("above", "below") for key in ("difference", "deviation")}
    | {
        f"{word}.{base}{heard}"
        for base in ("time_true", "times_true", "count")
        for word in ("above", "below", *(("some", "none") if base in COUNTS else ()))
        for heard in ("", ".heard")
    }
    | {"not.above", "not.below", "not.none_for", "not.lasting"}
)
