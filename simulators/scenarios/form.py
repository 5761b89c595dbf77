"""The scenario file: what may stand in it. Every refusal names file and key.

- scenario, title, what, source: which it is, and what it is modelled on
- people: [frail]: personas; several live together
- needs: [bed-sensor]: models of devices beyond the personas' own
- begins: friday: day 0 is such a day; left out: any
- lasts: 14 d: with the days after which nothing of it is left
- varies: 45 min: everything happens up to so much later
- happens: effects, in order
- truth: what somebody should have been told of
"""

import re
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Annotated, Any, Literal, NoReturn

from pydantic import BeforeValidator, Field

from devices.errors import Refused
from devices.signals import CATALOGUE, to_counts
from simulators.forms import Form, Name, Share, Texts, checked, mapping, nearest, refusing, texts
from simulators.scenarios.effects.scene import Hours, When

DAYS = 120  # the longest scenario
WEEK = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


class ScenarioRefused(Refused):
    """A scenario file that cannot be staged."""


def refuse(file: str, key: str, problem: str, hint: str) -> NoReturn:
    """Names file and key."""
    raise ScenarioRefused("read a scenario", f"{file}, {key}" if key else file, problem, hint)


def _when(raw: Any) -> When:
    found = re.fullmatch(r"day (-?\d+)(?: (\d\d):(\d\d))?", str(raw))
    if not found:
        raise ValueError(f"{raw!r} is no time; write `day 3` or `day 3 02:10`")
    day, hour, minute = int(found[1]), int(found[2] or 0), int(found[3] or 0)
    if day < 0:
        raise ValueError(f"{raw!r} lies before the scenario begins; its first day is day 0")
    if day > DAYS or hour > 23 or minute > 59:
        raise ValueError(f"{raw!r} is no time of a scenario of at most {DAYS} days")
    return When(day, hour * 60 + minute)


def _hours(raw: Any) -> Hours:
    found = re.fullmatch(r"([01]\d|2[0-3]):([0-5]\d)-([01]\d|2[0-3]):([0-5]\d)", str(raw))
    if not found:
        raise ValueError(f"{raw!r} are no hours; write `22:00-06:00`")
    first, last = (int(found[i]) * 60 + int(found[i + 1]) for i in (1, 3))
    return Hours(first, last)


def _days(raw: Any) -> int:
    found = re.fullmatch(r"(-?\d+) d", str(raw))
    if not found or not 0 < int(found[1]) <= DAYS:
        raise ValueError(f"{raw!r} is no length; write `14 d`, at most {DAYS} d")
    return int(found[1])


def _minutes(raw: Any) -> int:
    found = re.fullmatch(r"(\d+) (min|h)", str(raw))
    if not found:
        raise ValueError(f"{raw!r} is no length; write `45 min` or `2 h`")
    return int(found[1]) * (60 if found[2] == "h" else 1)


def _signals(raw: Any) -> tuple[str, ...]:
    names = raw if isinstance(raw, list) else [raw]
    for name in names:
        if str(name) not in CATALOGUE:
            raise ValueError(
                f"there is no signal {str(name)[:40]!r}. {nearest(str(name), CATALOGUE)}"
            )
    return tuple(map(str, names))


WhenText = Annotated[When, BeforeValidator(_when)]
HoursText = Annotated[Hours, BeforeValidator(_hours)]
Signals = Annotated[tuple[str, ...], BeforeValidator(_signals)]


class Over(Form):
    """A course: from `from` to `until`, whole at `full` (at once), over at `gone` (at once)."""

    start: WhenText = Field(alias="from")
    full: WhenText | None = None
    until: WhenText
    gone: WhenText | None = None


class ShiftForm(Over):
    shift: Signals
    by: str  # with its unit: "2.8 kg", "-9 Cel"
    varies: Share = 0.25
    whose: int = Field(0, ge=0)


class FewerForm(Over):
    fewer: Signals
    keep: Share
    hours: HoursText = Hours(0, 0)
    place: str = ""


class VisitsForm(Over):
    visits: Texts
    per_day: float = Field(gt=0, le=200)
    hours: HoursText = Hours(0, 0)
    from_bed: Literal["yes", "no"] = "no"


class HeldForm(Form):
    held: Signals
    to: str  # a word of the state, or a number in the signal's unit
    start: WhenText = Field(alias="from")
    until: WhenText
    then: str | None = None
    model: str = ""
    place: str = ""


class MeasuredForm(Form):
    measured: Texts  # a model
    at: Annotated[tuple[WhenText, ...], BeforeValidator(texts)]
    whose: int = Field(0, ge=0)


class EventForm(Form):
    event: Signals
    model: str
    place: str = ""
    at: Annotated[tuple[WhenText, ...], BeforeValidator(texts)]


class AwayForm(Form):
    away: Literal["everybody"]
    start: WhenText = Field(alias="from")
    until: WhenText


class SilentForm(Form):
    silent: Texts  # models, or `home`
    start: WhenText = Field(alias="from")
    until: WhenText


class ExchangedForm(Form):
    exchanged: Texts
    start: WhenText = Field(alias="from")
    until: WhenText


FORMS: Mapping[str, type[Form]] = {
    "shift": ShiftForm,
    "fewer": FewerForm,
    "visits": VisitsForm,
    "held": HeldForm,
    "measured": MeasuredForm,
    "event": EventForm,
    "away": AwayForm,
    "silent": SilentForm,
    "exchanged": ExchangedForm,
}


class TruthForm(Form):
    situation: Name
    about: Literal["resident", "home"] = "resident"
    whose: int = Field(0, ge=0)
    start: WhenText = Field(alias="from")
    until: WhenText
    how_soon: Literal["now", "soon", "today", "no-hurry"]
    shows: Signals


class ScenarioForm(Form):
    scenario: Name
    title: str = Field(min_length=5, max_length=80)
    what: str = Field(min_length=20)
    source: str = Field(min_length=5)
    people: Texts = Field(min_length=1)
    needs: tuple[str, ...] = ()
    begins: str | None = None
    lasts: Annotated[int, BeforeValidator(_days)]
    varies: Annotated[int, BeforeValidator(_minutes)] = 0
    happens: tuple[dict[str, Any], ...] = ()
    truth: tuple[TruthForm, ...] = ()


def read_form(text: str, file: str) -> tuple[ScenarioForm, tuple[Form, ...]]:
    """The file and its effects in order. Raises ScenarioRefused."""
    named = refusing("read a scenario", file, ScenarioRefused)
    form = checked(ScenarioForm, mapping(text, named, "a scenario"), named)
    effects = []
    for number, one in enumerate(form.happens):
        kind = next((word for word in FORMS if word in one), None)
        if kind is None:
            hint = nearest(next(iter(one), ""), FORMS)
            refuse(file, f"happens.{number}", "no known kind of effect", hint)
        effects.append(checked(FORMS[kind], one, named, ("happens", number)))
    return form, tuple(effects)


def counts_of(signal: str, text: str, file: str, key: str) -> int:
    """Counts of a quantity or word as the file writes it; a difference may be negative."""
    entry = CATALOGUE[signal]
    if text in entry.words:
        return entry.words[text]
    number, _, unit = text.partition(" ")
    try:
        whole = Decimal(number)
        if unit not in {"", entry.unit} and not (unit == "mmHg" and entry.unit == "mm[Hg]"):
            refuse(
                file, key, f"{signal} is measured in {entry.unit}, not in {unit}", "Use its unit"
            )
        x, _ = to_counts(entry, whole)
    except InvalidOperation:
        words = ", ".join(entry.words) or f"a number of {entry.unit}"
        refuse(file, key, f"{text!r} is no value of {signal}", f"Allowed: {words}")
    return x
