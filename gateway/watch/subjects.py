"""Whom a reading concerns: the subjects of rules, as strings the engine knows.

A resident's own reading concerns that resident. A home's reading concerns the home, and its
resident only while one person alone is recorded as living there. A personal measurement that
cannot be attributed concerns nobody: it never alerts as somebody.
"""

from functools import lru_cache

from devices.signals import CATALOGUE
from gateway.intake.placing import CALLS
from gateway.registry import Directory
from gateway.series.sealed import IGNORED, ORDER_BITS

__all__ = ["IGNORED", "ORDER_BITS", "concerned", "of_home", "of_resident", "sole_of"]

_PERSONAL = frozenset(name for name, signal in CATALOGUE.items() if signal.subject == "resident")


@lru_cache(maxsize=65_536)
def of_resident(resident: str) -> str:
    """The subject of a resident."""
    return f"resident:{resident}"


@lru_cache(maxsize=65_536)
def of_home(site: str, home: str) -> str:
    """The subject of a home."""
    return f"home:{site}/{home}"


@lru_cache(maxsize=65_536)
def _both(site: str, home: str, sole: str | None) -> tuple[str, ...]:
    return (of_home(site, home),) if sole is None else (of_home(site, home), of_resident(sole))


@lru_cache(maxsize=65_536)
def _one(resident: str) -> tuple[str, ...]:
    return (of_resident(resident),)


def concerned(
    site: str, home: str, resident: str | None, sole: str | None, signal: str
) -> tuple[str, ...]:
    """Subjects of one reading. `sole`: who lived there alone at the time of measuring."""
    if resident is not None:
        return _one(resident)
    if signal not in _PERSONAL:
        return _both(site, home, sole)
    if sole is not None and signal in CALLS:
        return _one(sole)  # the home's own button: only one person can have pressed it
    return ()


def sole_of(directory: Directory, site: str, home: str, device: str, at: int) -> str | None:
    """Who lived alone where the device stood then."""
    entry = directory.device(site, home, device)
    holding = entry.holding(at) if entry is not None else None
    return None if holding is None else holding.sole_resident
