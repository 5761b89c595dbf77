"""The site file: a region with its homes. Every refusal names file and key."""

from typing import Annotated
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, Field

from devices.errors import Refused
from simulators.forms import Form, Name, SomeSpan, Texts, checked, known, mapping, refusing
from simulators.people.persona import PERSONAS

OLDEST, YOUNGEST = 1900, 2015


class SiteRefused(Refused):
    """A site file that names no place where people live."""


def _zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (OSError, ValueError, KeyError):
        raise ValueError(f"{name[:60]!r} is no time zone; write `Europe/Dublin`") from None
    return name


class WhereForm(Form):
    north: float = Field(ge=-90, le=90)
    east: float = Field(ge=-180, le=180)


class PersonForm(Form):
    name: str = Field(min_length=1, max_length=80)
    born: int = Field(ge=OLDEST, le=YOUNGEST)
    persona: str
    language: str = ""


class HomeForm(Form):
    area: str = Field(min_length=1, max_length=80)
    drive: SomeSpan
    people: tuple[PersonForm, ...] = Field(min_length=1, max_length=4)


class SiteForm(Form):
    site: Name
    name: str = Field(min_length=1, max_length=80)
    what: str = ""
    zone: Annotated[str, AfterValidator(_zone)]
    languages: Texts = Field(min_length=1)
    emergency: Texts = Field(min_length=1)
    fallback_phone: str = Field(min_length=3, max_length=30)
    holidays: str = "none"
    where: WhereForm
    homes: tuple[HomeForm, ...] = Field(min_length=1)


def parse_site(text: str, file: str) -> SiteForm:
    """Raises SiteRefused, naming file and key; a site without homes has no devices."""
    refuse = refusing("read a site", file, SiteRefused)
    form = checked(SiteForm, mapping(text, refuse, "a site"), refuse)
    names = [one.name for one in PERSONAS]
    for number, home in enumerate(form.homes):
        for index, person in enumerate(home.people):
            known(person.persona, names, refuse, f"homes.{number}.people.{index}.persona")
    return form
