"""A slow, obvious oracle of the rules engine, written apart from it.

Time is a grid of ticks. Every node's answer is computed for every tick from its definition, by
looking at all of history again: no state, no deadlines, no change points. It reads the raw tree (as
the YAML file has it) and knows nothing of `rules`. None is unknown. One file a group of words.
"""

from tests.properties.oracle.clocks import CLOCKS, windows
from tests.properties.oracle.comparing import COMPARING
from tests.properties.oracle.following import FOLLOWING
from tests.properties.oracle.happening import HAPPENING
from tests.properties.oracle.joining import JOINING
from tests.properties.oracle.numbers import NUMBERS
from tests.properties.oracle.scoring import SCORING
from tests.properties.oracle.usual import USUAL
from tests.properties.oracle.windowed import WINDOWED
from tests.properties.oracle.world import TICK, WORDS, World, answers

WORDS.update(
    NUMBERS | WINDOWED | USUAL | SCORING | COMPARING | CLOCKS | HAPPENING | FOLLOWING | JOINING
)

__all__ = ["TICK", "WORDS", "World", "answers", "episodes", "windows"]


def episodes(when, clear):
    """(onset tick, end tick or None): held across unknown, a new occurrence begins a new one."""
    found = []
    begun = None
    told = 0
    for i, x in enumerate(when):
        if x:
            if begun is not None and x > told:
                found.append((begun, i))
                begun = None
            if begun is None and (x > told or x == 1):
                begun = i
            told = max(told, x)
            continue
        if begun is not None and (x == 0 if clear is None else clear[i]):
            found.append((begun, i))
            begun = None
        if x == 0 and begun is None:
            told = 0
    if begun is not None:
        found.append((begun, None))
    return found
