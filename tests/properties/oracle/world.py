"""What an oracle looks at: a grid of ticks, the readings on it, and the words by name."""

from dataclasses import dataclass

TICK = 15 * 60_000  # every length of time and every offset change here is a multiple of it
WORDS = {}  # word -> its definition; `tests.properties.oracle` fills it
SHORT_FOR_LASTING = {"above", "below", "between", "is"}  # with a `for` beside their other keys


@dataclass
class World:
    start: int  # ms of tick 0
    ticks: int
    zone: str
    points: list  # (signal, place, tick, x, order), any order
    holidays: str = ""  # code of the calendar; "": nobody knows one

    def of(self, ref):
        """(tick, x) of a source, in order."""
        signal, _, place = ref.partition("@")
        found = [p for p in self.points if p[0] == signal and place in ("", p[1])]
        return [(p[2], p[3]) for p in sorted(found, key=lambda p: (p[2], p[4]))]


def ticks_of(text):
    number, unit = text.split()
    size = {"min": 60_000, "h": 3_600_000, "d": 86_400_000}[unit]
    return int(number) * size // TICK


def number_of(text, scale):
    return round(float(text.split()[0]) * scale)


def answers(tree, world):
    """The answer of a node at every tick."""
    (word, body), *_ = tree.items()
    if word in SHORT_FOR_LASTING and "for" in body:
        inner = {word: {key: value for key, value in body.items() if key != "for"}}
        word, body = "lasting", {"condition": inner, "for": body["for"]}
    return WORDS[word](body, world)
