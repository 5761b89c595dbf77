"""The persona file: what may stand in it. Every refusal names file and key.

- persona, title, what, source: who it is, and what the figures come from
- kit: models of devices beyond every home's own
- lives_with: personas of others in the same home
- levels: a vital sign's mean and spread, and its course through the day
- habits: when, how often and how faithfully a device is taken up, by its model
- rhythm: restlessness, getting up and going to bed, outings, how much the season counts
- visits: who comes by, on which days, between which hours
- regions: what is otherwise in one of them: the same keys again
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from devices.errors import Refused
from devices.signals import CATALOGUE
from simulators.forms import (
    Clock,
    Form,
    Name,
    Refuse,
    Share,
    SomeSpan,
    Span,
    Texts,
    amount,
    checked,
    known,
    mapping,
    nearest,
    refusing,
    texts,
)
from simulators.people.population import ROOMS, Habit, Level
from simulators.people.traits import COURSES, HABITS, LEVELS, Course, Persona, Rhythm, Visit

WEEK = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
MEASURED = frozenset(LEVELS)
_HOUR_MS = 3_600_000


class PersonaRefused(Refused):
    """A persona file that describes nobody."""


def _percent(raw: Any) -> float:
    text = str(raw)
    number = text.removesuffix("%").strip()
    try:
        value = float(number) / 100
    except ValueError:
        value = -1.0
    if not text.endswith("%") or not 0 <= value <= 3:
        raise ValueError(f"{text[:60]!r} is no factor; write `120 %`, from 0 % to 300 %")
    return value


def _weekdays(raw: Any) -> tuple[str, ...]:
    names = WEEK if raw == "every day" else texts(raw)
    for name in names:
        if name not in WEEK:
            raise ValueError(f"{str(name)[:60]!r} is no weekday. {nearest(str(name), WEEK)}")
    return tuple(names)


def _between(raw: Any) -> tuple[int, int]:
    from simulators.forms import clock

    first, dash, last = str(raw).partition("-")
    if not dash or clock(last) <= clock(first):
        raise ValueError(f"{str(raw)[:60]!r} are no hours of a day; write `08:00-09:30`")
    return clock(first), clock(last)


Percent = Annotated[float, BeforeValidator(_percent)]
Weekdays = Annotated[tuple[str, ...], BeforeValidator(_weekdays)]
Between = Annotated[tuple[int, int], BeforeValidator(_between)]
Clocks = Annotated[tuple[Clock, ...], BeforeValidator(texts), Field(min_length=1, max_length=12)]


class LevelForm(Form):
    mean: str = ""  # what is left out is the population's
    between: str = ""
    within: str = ""
    spread: float | None = Field(None, ge=0, le=2)
    slow: Share | None = None
    rho: float | None = Field(None, ge=0, lt=1)
    tail: Share | None = None
    swing: str = ""
    peak: Clock = 16 * 60
    night: str = ""
    source: str = Field(min_length=5)


class HabitForm(Form):
    hours: Clocks | None = None
    days: Share | None = None
    repeat: Share | None = None
    repeat_after: SomeSpan | None = None
    same: Share | None = None
    own: Span | None = None
    between: Span | None = None
    forgets: dict[str, Share] = Field(default={})


class RhythmForm(Form):
    restless: float = Field(default=0.0, ge=-2, le=2)
    up: Clock = 7 * 60
    down: Clock = 22 * 60 + 36
    outings: Percent = 1.0
    light: Percent = 1.0


class VisitForm(Form):
    who: str = Field(min_length=2, max_length=60)
    days: Weekdays = WEEK
    hours: Between
    stays: SomeSpan
    chance: Share = 1.0
    rooms: Texts = ("hallway", "lounge")


class _Parts(Form):
    kit: Texts = ()
    lives_with: Texts = ()
    levels: dict[str, LevelForm] = Field(default={})
    habits: dict[str, HabitForm] = Field(default={})
    rhythm: RhythmForm = RhythmForm()
    visits: tuple[VisitForm, ...] = ()


class PersonaForm(_Parts):
    persona: Name
    title: str = Field(min_length=3, max_length=80)
    what: str = Field(min_length=20)
    source: str = Field(min_length=5)
    regions: dict[str, dict[str, Any]] = Field(default={})


def parse_persona(text: str, file: str, regions: tuple[str, ...] = ()) -> Persona:
    """A persona, and what it is in each region that its file names.

    regions: those that are known; none: any name. Raises PersonaRefused, naming file and key.
    """
    refuse = refusing("read a persona", file, PersonaRefused)
    raw = mapping(text, refuse, "a persona")
    form = checked(PersonaForm, raw, refuse)
    anywhere, there = _made(form, refuse), {}
    for region, changes in form.regions.items():
        if regions:
            known(region, regions, refuse, f"regions.{region}")
        for key in changes:
            if key not in _Parts.model_fields:
                refuse(f"regions.{region}.{key}", "unknown key", nearest(key, _Parts.model_fields))
        merged = _merged({k: v for k, v in raw.items() if k != "regions"}, changes)
        below = _below(refuse, f"regions.{region}")
        there[region] = _made(checked(PersonaForm, merged, below), below)
    return replace(anywhere, regions=there)


def _made(form: PersonaForm, refuse: Refuse) -> Persona:
    for key, names, words in (
        ("levels", form.levels, MEASURED),
        ("habits", form.habits, frozenset(HABITS)),
    ):
        for name in names:
            known(name, words, refuse, f"{key}.{name}")
    rhythm = form.rhythm
    return Persona(
        form.persona,
        form.title,
        {name: _level(name, one, refuse) for name, one in form.levels.items()},
        rhythm.restless,
        form.kit,
        {name: _habit(name, one, refuse) for name, one in form.habits.items()},
        {
            name: _course(name, one, refuse)
            for name, one in form.levels.items()
            if one.swing or one.night
        },
        Rhythm(rhythm.up / 60, _evening(rhythm.down), rhythm.outings, rhythm.light),
        tuple(_visit(n, one, refuse) for n, one in enumerate(form.visits)),
        form.lives_with,
        form.what.strip(),
        form.source,
    )


def _level(signal: str, form: LevelForm, refuse: Refuse) -> Level:
    usual, entry = LEVELS[signal], CATALOGUE[signal]
    sizes = {}
    for key in ("mean", "between", "within"):
        text = getattr(form, key)
        at = f"levels.{signal}.{key}"
        sizes[key] = _value(signal, text, refuse, at) if text else getattr(usual, key)
        if key != "mean" and sizes[key] < 0:
            refuse(at, "a spread is not negative", "Give 0 or more")
    if not float(entry.low) <= sizes["mean"] <= float(entry.high):
        problem = f"{form.mean!r} is outside {entry.low} to {entry.high} {entry.unit}"
        refuse(f"levels.{signal}.mean", problem, "Nobody lives with that")
    own = bool(form.mean or form.within)
    rest = Level(**sizes) if own else replace(usual, **sizes)
    given = {key: getattr(form, key) for key in ("spread", "slow", "rho", "tail")}
    return replace(rest, **{key: value for key, value in given.items() if value is not None})


def _course(signal: str, form: LevelForm, refuse: Refuse) -> Course:
    swing = _value(signal, form.swing or "0", refuse, f"levels.{signal}.swing")
    usual = COURSES.get(signal, Course()).night
    night = _value(signal, form.night, refuse, f"levels.{signal}.night") if form.night else usual
    return Course(swing, form.peak / 60, night)


def _habit(model: str, form: HabitForm, refuse: Refuse) -> Habit:
    usual = HABITS[model]
    forgets = [0.0] * 7
    for day, share in form.forgets.items():
        known(day, WEEK, refuse, f"habits.{model}.forgets.{day}")
        forgets[WEEK.index(day)] = share
    given: dict[str, Any] = {"repeat": form.repeat, "same": form.same}
    if form.days is not None:
        if not 0 < form.days < 1:
            refuse(f"habits.{model}.days", "nobody is like that", "More than 0 %, less than 100 %")
        given["keen"] = form.days / (1 - form.days)  # the mean of Beta(keen, 1)
    if form.hours is not None:
        given["hours"] = tuple(one / 60 for one in form.hours)
    if form.hours is not None or form.between is not None:
        given["between_h"] = ()  # people lie about these hours, not as the population's do
    if form.between is not None:
        given["between_sd_h"] = form.between / _HOUR_MS
    if form.own is not None:
        given["own_sd_h"] = form.own / _HOUR_MS
    if form.repeat_after is not None:
        given["repeat_after_s"] = form.repeat_after // 1_000
    if any(forgets):
        given["forgets"] = tuple(forgets)
    return replace(usual, **{key: value for key, value in given.items() if value is not None})


def _visit(number: int, form: VisitForm, refuse: Refuse) -> Visit:
    for room in form.rooms:
        known(room, ROOMS, refuse, f"visits.{number}.rooms")
    stays = form.stays // 60_000
    if not 1 <= stays <= 600:
        refuse(f"visits.{number}.stays", "no visit lasts so long", "From 1 min to 10 h")
    days = tuple(WEEK.index(day) for day in form.days)
    return Visit(form.who, days, *form.hours, stays, form.chance, form.rooms)


def _value(signal: str, text: str, refuse: Refuse, key: str) -> float:
    try:
        return amount(signal, text) / CATALOGUE[signal].scale
    except ValueError as error:
        refuse(key, str(error), "A number with the signal's unit")


def _evening(minute: int) -> float:
    """Hours after midnight of the day before: 00:30 in the evening is 24.5."""
    return minute / 60 + (24 if minute < 12 * 60 else 0)


def _merged(base: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """Mappings key by key; anything else is put in place of what was."""
    merged = dict(base)
    for key, value in changes.items():
        old = merged.get(key)
        if isinstance(old, dict) and isinstance(value, dict):
            merged[key] = _merged(old, value)
        else:
            merged[key] = value
    return merged


def _below(refuse: Refuse, above: str) -> Refuse:
    def below(key: str, problem: str, hint: str) -> Any:
        refuse(f"{above}.{key}" if key else above, problem, hint)

    return below


__all__ = ["WEEK", "PersonaRefused", "parse_persona"]
