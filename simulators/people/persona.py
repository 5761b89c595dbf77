"""Personas: how a simulated person's body and habits differ from the population's middle.

Each is a file in `personas/`; `reading.py` says what may stand there.
"""

from importlib.resources import files

from devices.errors import Refused
from simulators.forms import nearest
from simulators.people.reading import parse_persona
from simulators.people.traits import LEVELS, Course, Persona, Rhythm, Visit

REGIONS = (
    *("donegal", "derry-strabane", "borgarbyggd", "vestland", "vasternorrland", "north-karelia"),
)
FILES: tuple[str, ...] = (
    "well.yaml",
    "heart-failure.yaml",
    "copd.yaml",
    "diabetes.yaml",
    "early-dementia.yaml",
    "frail.yaml",
    "couple.yaml",
)


def _shipped(name: str) -> Persona:
    folder = files("simulators.people").joinpath("personas")
    return parse_persona(folder.joinpath(name).read_text(encoding="utf-8"), name, REGIONS)


PERSONAS: tuple[Persona, ...] = tuple(_shipped(name) for name in FILES)


def persona(name: str) -> Persona:
    """The persona of that name; Refused where there is none."""
    for known in PERSONAS:
        if known.name == name:
            return known
    hint = nearest(name, [one.name for one in PERSONAS])
    raise Refused("simulate a person", name, "no such persona", hint)


__all__ = ["LEVELS", "PERSONAS", "Course", "Persona", "Rhythm", "Visit", "persona"]
