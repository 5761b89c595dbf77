"""A scenario by file: staged in a home from a date on, with the truth of it.

Effects and truth come out of the same file and go separate ways: columns carry no word of the
truth, and what detects is handed columns.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from importlib.resources import files
from itertools import pairwise

from devices.errors import Refused
from simulators.catalogue import SHIPPED, Catalogue
from simulators.columns import none
from simulators.homes.home import Home
from simulators.scenarios.effects.scene import DAY, MINUTE, Effect, Scene, When
from simulators.scenarios.form import (
    WEEK,
    ScenarioForm,
    TruthForm,
    read_form,
    refuse,
)
from simulators.scenarios.making import effect_of
from simulators.scenarios.staging import Staged
from simulators.scenarios.truth import Truth


@dataclass(frozen=True, slots=True)
class Course:
    """Something that goes on for days."""

    name: str
    title: str
    what: str
    source: str
    people: tuple[str, ...]  # personas of those who live there
    needs: tuple[str, ...]  # models of devices without which it cannot be seen
    weekday: int | None  # Monday is 0: the day it begins on
    days: int
    late_minutes: int
    effects: tuple[Effect, ...]
    truths: tuple[TruthForm, ...]
    text: str  # the file
    catalogue: Catalogue = SHIPPED  # what its people and devices are of

    @property
    def lasts_ms(self) -> int:
        """From its first midnight; a day with a change of clocks is taken as any other."""
        return self.days * DAY

    def possible(self, home: Home) -> bool:
        """Whether the home has the devices, and as many people."""
        return all(home.has(one) for one in self.needs) and len(home.people) >= len(self.people)

    def first_day(self, day: date) -> date:
        """The first day from `day` on that it may begin on."""
        if self.weekday is None:
            return day
        return day + timedelta(days=(self.weekday - day.weekday()) % 7)

    def stage(self, home: Home, start: int, seed: int = 0) -> Staged:
        """From the local date of `start` on. `seed` is that of the home's own life."""
        if start < 0:
            raise Refused(
                "stage a scenario", self.name, f"{start} lies before 1970", "Give ms UTC of a day"
            )
        if not home.devices:
            raise Refused(
                "stage a scenario", f"{self.name}, {home.hub}", "the home has no devices",
                "Choose a home that has some",
            )  # fmt: skip
        for name in self.needs:
            home.device(name)
        begins = datetime.fromtimestamp(start / 1000, home.local()).date()
        scene = Scene(self.name, home, begins, seed)
        late = scene.key("late") % (self.late_minutes + 1) * MINUTE
        scene = Scene(self.name, home, begins, seed, late)
        return Staged(
            home,
            (),
            none(),
            tuple(_truth(scene, one) for one in self.truths),
            tuple(_offline(scene, self.effects)),
            self.effects,
            scene,
            (scene.at(When(0)), scene.at(When(self.days))),
        )


@lru_cache(maxsize=256)
def parse_course(text: str, file: str, catalogue: Catalogue = SHIPPED) -> Course:
    """Raises ScenarioRefused, naming file and key."""
    form, effects = read_form(text, file)
    _check(form, file, catalogue)
    made = tuple(
        effect_of(one, file, f"happens.{number}", form, catalogue)
        for number, one in enumerate(effects)
    )
    return Course(
        form.scenario,
        form.title,
        form.what.strip(),
        form.source,
        form.people,
        form.needs,
        WEEK.index(form.begins) if form.begins else None,
        form.lasts,
        form.varies,
        made,
        form.truth,
        text,
        catalogue,
    )


@lru_cache(maxsize=1)
def courses() -> tuple[Course, ...]:
    """Every file that ships. Raises ScenarioRefused; a test holds that it does not."""
    folder = files("simulators.scenarios").joinpath("files")
    return tuple(
        parse_course(folder.joinpath(name).read_text(encoding="utf-8"), name) for name in FILES
    )


def _check(form: ScenarioForm, file: str, catalogue: Catalogue) -> None:
    known: Callable[[str], object]
    for key, names, known in (
        ("people", form.people, catalogue.persona),
        ("needs", form.needs, catalogue.model),
    ):
        for number, name in enumerate(names):
            try:
                known(name)
            except Refused as error:
                refuse(file, f"{key}.{number}", f"{name!r}: {error.problem}", error.hint)
    if form.begins is not None and form.begins not in WEEK:
        refuse(file, "begins", f"{form.begins!r} is no weekday", "Known: " + ", ".join(WEEK))
    end = When(form.lasts)
    for number, one in enumerate(form.truth):
        key = f"truth.{number}"
        if (one.until.day, one.until.minute) <= (one.start.day, one.start.minute):
            refuse(file, f"{key}.until", "it ends before it begins", "Give a later time")
        if (one.until.day, one.until.minute) > (end.day, end.minute):
            refuse(file, f"{key}.until", f"the scenario lasts {form.lasts} d", "Let it last longer")
        if one.whose >= len(form.people):
            refuse(file, f"{key}.whose", "nobody of that number lives there", "0 is the first")
    by_situation = sorted(enumerate(form.truth), key=lambda one: _order(one[1]))
    for (_, one), (number, other) in pairwise(by_situation):
        same = (one.situation, one.whose) == (other.situation, other.whose)
        if same and (other.start.day, other.start.minute) < (one.until.day, one.until.minute):
            problem = f"{one.situation} overlaps itself"
            refuse(file, f"truth.{number}.from", problem, "Make it one, or leave a pause")


def _order(one: TruthForm) -> tuple[str, int, int, int]:
    return one.situation, one.whose, one.start.day, one.start.minute


def _truth(scene: Scene, one: TruthForm) -> Truth:
    home = scene.home
    return Truth(
        one.situation,
        home.site,
        home.id,
        home.people[one.whose].id if one.about == "resident" else None,
        scene.at(one.start),
        scene.at(one.until),
        one.how_soon,
        one.shows,
    )


def _offline(scene: Scene, effects: Sequence[Effect]) -> list[tuple[int, int]]:
    from simulators.scenarios.effects.devices import Silent

    return [
        (scene.at(one.start), scene.at(one.end))
        for one in effects
        if isinstance(one, Silent) and not one.models
    ]


FILES: tuple[str, ...] = (
    "heart-failure-nine-days.yaml",
    "copd-exacerbation.yaml",
    "hypoglycaemia-at-night.yaml",
    "high-sugar.yaml",
    "urinary-infection.yaml",
    "pneumonia.yaml",
    "oxygen-falls.yaml",
    "fall-with-detector.yaml",
    "fall-without-detector.yaml",
    "fall-in-the-bathroom.yaml",
    "wandering-at-night.yaml",
    "missed-medicine.yaml",
    "slow-decline.yaml",
    "weight-lost.yaml",
    "cold-house.yaml",
    "hot-week.yaml",
    "stroke.yaml",
    "hypertensive-days.yaml",
    "slow-pulse.yaml",
    "calls-for-help.yaml",
    "stove-left-on.yaml",
    "smoke-in-the-kitchen.yaml",
    "not-back.yaml",
    "restless-nights.yaml",
    "bereavement.yaml",
    "holiday.yaml",
    "hospital-stay.yaml",
    "visitor-for-a-week.yaml",
    "cat.yaml",
    "fall-beside-a-cat.yaml",
    "power-cut.yaml",
    "hub-dies-on-friday.yaml",
    "battery-dies.yaml",
    "sensors-swapped.yaml",
    "couple-one-falls.yaml",
    "ordinary-month-frail.yaml",
    "ordinary-month-copd.yaml",
    "ordinary-month-heart-failure.yaml",
    "ordinary-month-diabetes.yaml",
    "ordinary-month-early-dementia.yaml",
    "ordinary-month-well.yaml",
)
