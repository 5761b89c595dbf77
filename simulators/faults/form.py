"""The keys that every fault in a file knows, and when it acts."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from pydantic import BeforeValidator, Field, model_validator
from pydantic.fields import FieldInfo

from simulators.faults.fault import Fault, Target
from simulators.forms import Form, Refuse, SomeSpan, Texts, in_words, some_span, span
from simulators.homes.home import Home

LAST_DAY = 3_660
_LONGEST_TEXT = 60


@dataclass(frozen=True, slots=True)
class Moment:
    """A time as a fault file writes it; it needs a beginning, and some need a home's zone."""

    instant: int | None = None  # ms UTC
    after: int = 0  # ms after the beginning …
    day: int | None = None  # … or a local day, the date of the beginning being day 0
    minute: int = 0

    def at(self, zone: ZoneInfo, start: int) -> int:
        """The instant, ms UTC."""
        if self.instant is not None:
            return self.instant
        if self.day is None:
            return start + self.after
        first = datetime.fromtimestamp(start / 1000, zone).date()
        midnight = datetime.combine(
            first + timedelta(days=self.day), datetime.min.time(), tzinfo=zone
        )
        local = midnight + timedelta(minutes=self.minute)
        return int(local.astimezone(UTC).timestamp()) * 1000


def moment(raw: Any) -> Moment:
    """`day 1 02:10`, `90 min` after the beginning, or RFC 3339 with its zone. ValueError."""
    text = str(raw)[:_LONGEST_TEXT]
    if found := re.fullmatch(r"day (-?\d{1,6})(?: ([01]\d|2[0-3]):([0-5]\d))?", text):
        day = int(found[1])
        if day < 0:
            raise ValueError(f"{text!r} is negative; the first day is day 0")
        if day > LAST_DAY:
            raise ValueError(f"{text!r} is more than ten years away")
        return Moment(day=day, minute=int(found[2] or 0) * 60 + int(found[3] or 0))
    if "T" in text:
        try:
            when = datetime.fromisoformat(text)
        except ValueError:
            when = None
        if when is None or when.tzinfo is None:
            raise ValueError(f"{text!r} is no time; write `2026-11-04T02:10:00Z`, with its zone")
        at = int(when.timestamp() * 1000)
        if at < 0:
            raise ValueError(f"{text!r} lies before 1970")
        return Moment(instant=at)
    try:
        return Moment(after=span(text))
    except ValueError as error:
        if "negative" in str(error) or "ten years" in str(error):
            raise
        raise ValueError(
            f"{text!r} is no time; write `day 1 02:10`, `90 min` or `2026-11-04T02:10:00Z`"
        ) from None


When = Annotated[Moment, BeforeValidator(moment)]


class FaultForm(Form):
    """What every fault in a file knows: which, where, when."""

    fault: str = Field(description="which fault")
    home: Texts = Field((), description="`donegal/home-1`, several, or `all`")
    site: Texts = Field((), description="all homes of a site, in place of `home`")
    devices: Texts = Field((), description="ids or models; left out: all of the home")
    start: When = Field(Moment(), alias="from", description="left out: from the beginning")
    until: When | None = Field(None, description="left out: for good")
    length: SomeSpan | None = Field(None, alias="for", description="in place of `until`")

    @model_validator(mode="after")
    def _one_of_each(self) -> "FaultForm":
        if self.until is not None and self.length is not None:
            raise ValueError("`until` and `for` exclude each other; give one of them")
        if bool(self.home) == bool(self.site):
            raise ValueError("say where: `home` or `site`, one of them")
        return self


Make = Callable[[Any, Target, Home, Refuse], Fault]


@dataclass(frozen=True, slots=True)
class Parameter:
    """A key of one kind of fault."""

    name: str
    what: str
    default: str  # as a file would write it; empty: it must be given
    required: bool


@dataclass(frozen=True, slots=True)
class Kind:
    """A fault by name: its keys, and how it is made for one home.

    make(form, target, home, refuse) -> Fault; `refuse` names file and key.
    """

    name: str
    title: str
    fault: type[Fault]
    form: type[FaultForm]
    make: Make
    excludes: frozenset[str] = frozenset()  # kinds that contradict it on one device at one time
    whole_home: bool = False  # it is the hub's: it knows no `devices`

    @property
    def parameters(self) -> tuple[Parameter, ...]:
        """Its own keys, beyond those of every fault."""
        return tuple(
            Parameter(
                field.alias or name,
                field.description or "",
                "" if field.is_required() else _shown(field),
                field.is_required(),
            )
            for name, field in self.form.model_fields.items()
            if name not in FaultForm.model_fields
        )


def _shown(field: FieldInfo) -> str:
    """A default in the words of a file; empty: there is nothing to write."""
    default = field.default
    validators = {getattr(one, "func", None) for one in field.metadata}
    if validators & {span, some_span}:
        return in_words(default)
    if isinstance(default, bool):
        return "yes" if default else "no"
    if isinstance(default, float):
        return f"{default * 100:g} %"
    return "" if default in {None, ""} else str(default)
