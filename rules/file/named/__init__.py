"""Named expressions that ship with the gateway: what rules share, in the language of rules.

Time in bed, visits to the bathroom, a door left open: each a file with its title, source, inputs
and examples. Rules use them by name; residents' pages show them; nothing of them is stored.
"""

from collections.abc import Iterator, Mapping
from functools import lru_cache
from importlib.resources import files

from rules.file.naming import Named, read_named

SHIPPED: tuple[str, ...] = (
    "in-bed.yaml",
    "time-in-bed.yaml",
    "out-of-bed-at-night.yaml",
    "time-out-of-bed-at-night.yaml",
    "up-in-the-morning.yaml",
    "time-in-chair.yaml",
    "seen-in.yaml",
    "room-transitions.yaml",
    "bathroom-visits.yaml",
    "bathroom-visits-by-day.yaml",
    "bathroom-visits-at-night.yaml",
    "door-left-open.yaml",
    "door-openings.yaml",
    "away.yaml",
    "back.yaml",
    "news2-respiration.yaml",
    "news2-spo2.yaml",
    "news2-spo2-scale-2-on-air.yaml",
    "news2-spo2-scale-2-on-oxygen.yaml",
    "news2-spo2-scale-2.yaml",
    "news2-oxygen.yaml",
    "news2-systolic.yaml",
    "news2-pulse.yaml",
    "news2-consciousness.yaml",
    "news2-temperature.yaml",
    "news2-total.yaml",
    "news2-worst.yaml",
    "news2-scale-2-total.yaml",
    "news2-scale-2-worst.yaml",
)


class _Shipped(Mapping[str, Named]):
    """Read at first use, so that importing this package reads nothing."""

    def __getitem__(self, name: str) -> Named:
        return _read()[name]

    def __iter__(self) -> Iterator[str]:
        return iter(_read())

    def __len__(self) -> int:
        return len(_read())


@lru_cache(maxsize=1)
def _read() -> Mapping[str, Named]:
    folder = files(__name__)
    return read_named({n: folder.joinpath(n).read_text(encoding="utf-8") for n in SHIPPED})


NAMED: Mapping[str, Named] = _Shipped()
