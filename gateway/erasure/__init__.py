"""Erasing a person: what is theirs goes, what others did stays under a name that nobody has.

    found = erasure.find(registry.directory, engine, "anna")
    erasure.survey(...)   what would go; changes nothing
    erasure.erase(...)    everything below, while no gateway runs on the data folder

The order makes a second run finish what a killed one began: the registry forgets whom an id was
last of all, and what comes after it (freeing the files) is done by every run.
"""

from gateway.erasure.person import Person, find
from gateway.erasure.searching import search
from gateway.erasure.steps import Line, Parts, erase, survey

__all__ = ["Line", "Parts", "Person", "erase", "find", "search", "survey"]
