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


def text_of(name: str) -> str:
    """The file of a persona that ships; Refused where there is none."""
    return _text(f"{persona(name).name}.yaml")


def _text(file: str) -> str:
    folder = files("simulators.people").joinpath("personas")
    return folder.joinpath(file).read_text(encoding="utf-8")


def _shipped(file: str) -> Persona:
    return parse_persona(_text(file), file, REGIONS)


PERSONAS: tuple[Persona, ...] = tuple(_shipped(name) for name in FILES)


def persona(name: str) -> Persona:
    """The persona of that name; Refused where there is none."""
    for known in PERSONAS:
        if known.name == name:
            return known
    hint = nearest(name, [one.name for one in PERSONAS])
    raise Refused("simulate a person", name, "no such persona", hint)


__all__ = ["LEVELS", "PERSONAS", "Course", "Persona", "Rhythm", "Visit", "persona", "text_of"]
