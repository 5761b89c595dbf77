"""The safety floor by scenario: read from its file, measured, and asked before a decision.

A decision is refused where it makes a protected scenario fall below its line and below what the
site notices today. Seeds are drawn from the rule versions in question, so that nobody can fit a
rule to them, and the same question always gets the same answer.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from hashlib import blake2b
from importlib.resources import files
from typing import Annotated, Any, Literal

import sqlalchemy as sa
import yaml
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from devices.errors import Refused
from gateway import rulebook
from reviews.detecting import WATCHED, Chosen, Rulebook
from reviews.records import Proposal
from reviews.score import Course, Wish, courses, run
from rules.compiled import Kernel
from rules.rule import Rule

FILE = "reviews/floor.yaml"
SEEDS, HOMES = 2, 6
MINUTE, DAY = 60_000, 86_400_000
_UNITS = {"min": MINUTE, "h": 60 * MINUTE, "d": DAY}


def _share(raw: Any) -> float:
    found = re.fullmatch(r"(\d+) %", str(raw))
    if not found or not 0 < int(found[1]) <= 100:
        raise ValueError(f"{raw!r} is no share; write `90 %`")
    return int(found[1]) / 100


def _length(raw: Any) -> int:
    found = re.fullmatch(r"(\d+) (min|h|d)", str(raw))
    if not found or int(found[1]) < 1:
        raise ValueError(f"{raw!r} is no length of time; write `30 min`, `6 h` or `2 d`")
    return int(found[1]) * _UNITS[found[2]]


Share = Annotated[float, BeforeValidator(_share)]
Length = Annotated[int, BeforeValidator(_length)]


class _Form(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Was(_Form):
    """A stricter line of before, and why it is no longer held."""

    sensitivity: Share
    within: Length
    reason: str = Field(min_length=20)


class Line(_Form):
    """One line of the file."""

    scenario: str
    of: Literal["starter", "library"] = Field(alias="for")
    sensitivity: Share
    within: Length
    was: tuple[Was, ...] = ()

    @property
    def within_text(self) -> str:
        unit = next(name for name, ms in reversed(_UNITS.items()) if self.within % ms == 0)
        return f"{self.within // _UNITS[unit]} {unit}"

    @property
    def course(self) -> Course:
        return next(one for one in courses() if one.name == self.scenario)

    def shows(self) -> frozenset[str]:
        """Signals in which its situations show."""
        return frozenset(name for truth in self.course.truths for name in truth.shows)


@dataclass(frozen=True, slots=True)
class Measured:
    """What a rulebook notices of one line's scenario."""

    situations: int
    noticed: int  # in time
    holds: bool
    watched: bool  # it has a rule that reads any of its signals

    @property
    def sensitivity(self) -> float:
        return self.noticed / self.situations


def parse(text: str, file: str = FILE) -> tuple[Line, ...]:
    """Raises Refused naming file and key: unknown scenario, lowered without a reason, twice."""
    try:
        raw = yaml.safe_load(text)
        rows = raw["floors"] if isinstance(raw, dict) and set(raw) == {"floors"} else None
    except yaml.YAMLError as error:
        raise _refused(file, "", f"not YAML: {' '.join(str(error).split())[:120]}") from None
    if not isinstance(rows, list):
        raise _refused(file, "floors", "a list of lines is needed, and nothing else")
    lines: list[Line] = []
    known = {one.name: one for one in courses()}
    for number, row in enumerate(rows):
        line = _line(row, file, number)
        key = f"floors.{number}"
        if line.scenario not in known or not known[line.scenario].truths:
            raise _refused(file, f"{key}.scenario", f"{line.scenario!r} plants nothing to notice")
        if any(line.scenario == one.scenario for one in lines):
            raise _refused(file, f"{key}.scenario", f"{line.scenario} stands twice")
        for before in line.was:
            if before.sensitivity <= line.sensitivity and before.within >= line.within:
                raise _refused(file, f"{key}.was", "it was not stricter than what holds now")
        lines.append(line)
    return tuple(lines)


@lru_cache(maxsize=1)
def shipped() -> tuple[Line, ...]:
    """The file that ships."""
    return parse(files("reviews").joinpath("floor.yaml").read_text(encoding="utf-8"))


def measured(
    line: Line,
    book: Rulebook,
    kernel: Kernel | None = None,
    salt: str = "",
    homes: int = HOMES,
    seeds: int = SEEDS,
) -> Measured:
    """`salt`: what the seeds are drawn from; none: the rulebook itself."""
    shows = line.shows()
    own = Rulebook(book.name, tuple(one for one in book.chosen if _reads(one.rule, shows)))
    drawn = tuple(drawn_seeds(line.scenario, salt or fingerprint(own), seeds))
    lookback = max((one.rule.lookback_ms for one in own.chosen), default=0)
    primed = min(35, 1 + lookback // DAY)
    (found,) = run([own], Wish((line.course,), drawn, homes, primed, 0), kernel)
    delays = [one.delay_ms for home in found for one in home.found]
    noticed = sum(1 for delay in delays if delay is not None and delay <= line.within)
    watched = bool(own.chosen) or WATCHED in shows
    return Measured(len(delays), noticed, noticed >= line.sensitivity * len(delays), watched)


def drawn_seeds(scenario: str, salt: str, count: int) -> list[int]:
    """The same for the same question, and for no other."""
    return [
        int.from_bytes(blake2b(f"{scenario}|{salt}|{n}".encode(), digest_size=4).digest(), "big")
        for n in range(count)
    ]


def fingerprint(book: Rulebook) -> str:
    """Of the versions and numbers of its rules."""
    said = sorted(
        f"{one.rule.version} {sorted((n, str(v)) for n, v in one.values.items())}"
        for one in book.chosen
    )
    return blake2b("\n".join(said).encode(), digest_size=8).hexdigest()


@dataclass(frozen=True, slots=True)
class ScenarioFloor:
    """One line, beside what runs live at the site where something is to be decided."""

    line: Line
    live: Rulebook

    @property
    def name(self) -> str:
        return self.line.scenario

    def breach(self, site: str, rule: Rule, values: Mapping[str, Decimal]) -> str | None:
        """Why this version must not go live; None: it holds, or does not concern it."""
        del site
        return self._breach(rule, _with(self.live, Chosen(rule, values)))

    def ending(self, site: str, rule: Rule) -> str | None:
        """Why this rule must not be switched off."""
        del site
        return self._breach(rule, _without(self.live, rule.name))

    def _breach(self, rule: Rule, changed: Rulebook) -> str | None:
        before = self.live[rule.name]
        shows = self.line.shows()
        if not _reads(rule, shows) and (before is None or not _reads(before.rule, shows)):
            return None
        after = _asked(self.line, _Key(changed), fingerprint(changed))
        if after.holds:
            return None
        today = _asked(self.line, _Key(self.live), fingerprint(changed))
        if after.noticed >= today.noticed:
            return None  # below the line, but no worse than today: that is no undercutting
        return (
            f"of {after.situations} simulated cases of {self.line.course.title!r} it notices "
            f"{after.noticed} within {self.line.within_text}, today's rules {today.noticed}; "
            f"at least {self.line.sensitivity:.0%} must be noticed"
        )


def live_rulebook(conn: sa.Connection, site: str, at: int) -> Rulebook:
    """What runs live at the site at `at`, in its clock, with the numbers of the site."""
    found = rulebook.running(rulebook.entries(conn, site), at)
    return Rulebook(
        f"site:{site}",
        tuple(
            Chosen(rulebook.rule_of(one.text), dict(one.values))
            for one in found
            if one.lane is rulebook.Mode.LIVE
        ),
    )


def floors_of(conn: sa.Connection, site: str, at: int) -> tuple[ScenarioFloor, ...]:
    """All lines, for a decision at that site."""
    live = live_rulebook(conn, site, at)
    return tuple(ScenarioFloor(line, live) for line in shipped())


def weighed(
    conn: sa.Connection, site: str, at: int, proposal: Proposal | None
) -> tuple[ScenarioFloor, ...]:
    """All lines, asked about a proposal before anything is locked for writing.

    That may take seconds; the decision then reads the same answers from memory.
    """
    floors = floors_of(conn, site, at)
    if proposal is not None:
        for one in floors:
            if proposal.mode is rulebook.Mode.OFF:
                one.ending(site, proposal.rule)
            else:
                one.breach(site, proposal.rule, proposal.values)
    return floors


class _Key:
    """A rulebook that is the same where its versions and numbers are: for remembering answers."""

    def __init__(self, book: Rulebook) -> None:
        self.book = book
        self._same = fingerprint(book)

    def __hash__(self) -> int:
        return hash(self._same)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Key) and other._same == self._same


@lru_cache(maxsize=256)
def _asked(line: Line, key: _Key, salt: str) -> Measured:
    """By the plain driver: a decision is rare, and its process compiles nothing."""
    return measured(line, key.book, None, salt, seeds=1)


def _reads(rule: Rule, shows: frozenset[str]) -> bool:
    return any(ref.signal in shows for ref in rule.uses)


def _without(book: Rulebook, name: str) -> Rulebook:
    return Rulebook(book.name, tuple(one for one in book.chosen if one.rule.name != name))


def _with(book: Rulebook, chosen: Chosen) -> Rulebook:
    others = _without(book, chosen.rule.name).chosen
    return Rulebook(book.name, (*others, chosen))


def _line(row: Any, file: str, number: int) -> Line:
    try:
        return Line.model_validate(row)
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(str(part) for part in ("floors", number, *first["loc"]))
        if first["loc"][-1:] == ("reason",):
            raise _refused(file, key, "a line is lowered only with a stated reason") from None
        problem = first["msg"].removeprefix("Value error, ")
        raise _refused(file, key, problem) from None


def _refused(file: str, key: str, problem: str) -> Refused:
    return Refused(
        "read the safety floor",
        f"{file}, {key}" if key else file,
        problem,
        "The head of reviews/floor.yaml says what a line is",
    )
