"""What a simulator reports and is told, and what people and programs see of it."""

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from api.http.models import In, Moment, Out

Word = Annotated[str, StringConstraints(pattern=r"^[a-z0-9-]{1,64}$")]
RunId = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]{6,32}$")]
Ms = Annotated[int, Field(ge=0, le=1 << 52)]
Count = Annotated[int, Field(ge=0, le=1 << 52)]
Short = Annotated[str, StringConstraints(max_length=300)]
Kind = Literal["start", "pause", "speed", "scenario", "fault", "end"]
MOST_HOMES, MOST_PLANTED, MOST_NAMED = 5_000, 5_000, 50


class HomeIn(In):
    """A home that is simulated: what can be staged there follows from it."""

    site: Word
    home: Word
    people: Annotated[int, Field(ge=0, le=20)]
    drive_minutes: Annotated[int, Field(ge=0, le=1_440)] = 0
    models: list[Annotated[str, StringConstraints(max_length=64)]] = Field(max_length=100)
    devices: list[Annotated[str, StringConstraints(max_length=64)]] = Field(max_length=100)


class PlantedIn(In):
    """A situation that somebody should be told of."""

    scenario: Word
    situation: Word
    site: Word
    home: Word
    resident: Annotated[str, StringConstraints(max_length=64)] | None
    start: Ms = Field(description="Site clock, ms UTC")
    end: Ms
    how_soon: Literal["now", "soon", "today", "no-hurry"]
    shows: list[Annotated[str, StringConstraints(max_length=64)]] = Field(max_length=50)


class HubIn(In):
    """A hub without a connection, and why."""

    hub: Annotated[str, StringConstraints(max_length=140)]
    why: Short


class AnswerIn(In):
    """What became of an order."""

    order: Count
    done: bool
    words: Short = ""


class ReportIn(In):
    """How a simulation stands; sent each second."""

    run: RunId = Field(examples=["3f9c2a7b51"])
    sites: list[Word] = Field(min_length=1, max_length=100)
    began: Ms = Field(description="Where the site's clock stood when it began, ms UTC")
    at: Ms = Field(description="Where it stands now")
    speed: float = Field(ge=0, le=100_000, description="Times as fast as life; 0: as it goes")
    paused: bool = False
    ended: bool = False
    wall: bool = Field(
        default=False, description="The site's clock is the wall's: no pause, no speed"
    )
    homes: Count
    connected: Count
    messages: Count
    readings: Count
    rate: float = Field(ge=0, description="Messages a second")
    behind_s: float = Field(ge=0)
    waiting: Count = 0
    lost: Count = 0
    away: Count = 0
    refused: list[HubIn] = Field(default=[], max_length=MOST_NAMED)
    faults: Count = 0
    planted: list[PlantedIn] = Field(default=[], max_length=MOST_PLANTED)
    cast: list[HomeIn] | None = Field(
        default=None, max_length=MOST_HOMES, description="When asked for"
    )
    answers: list[AnswerIn] = Field(default=[], max_length=100)


class OrderOut(Out):
    """What a simulator is told to do."""

    order: int
    kind: Kind
    speed: str | None = Field(default=None, examples=["60"])
    site: str | None = None
    home: str | None = None
    scenario: str | None = Field(default=None, examples=["sos"])
    fault: dict[str, str | list[str]] | None = Field(default=None, examples=[{"fault": "silence"}])


class ReportedOut(Out):
    """The answer to a report."""

    orders: list[OrderOut]
    cast_wanted: bool = Field(description="Send `cast` with the next report")


class OrderIn(In):
    """Start, pause, change the speed, stage a scenario, lay a fault, end."""

    run: RunId
    kind: Kind
    speed: Annotated[str, StringConstraints(max_length=20)] | None = Field(
        default=None, examples=["60"]
    )
    site: Word | None = Field(default=None, examples=["donegal"])
    home: Word | None = Field(default=None, examples=["home-1"])
    scenario: Word | None = Field(default=None, examples=["sos"])
    fault: dict[str, str | list[str]] | None = Field(
        None,
        max_length=20,
        description="As an entry of a fault file, without `home`",
        examples=[{"fault": "silence", "for": "6 h"}],
    )


class GivenOut(Out):
    """An order, and what became of it."""

    order: int
    kind: str = Field(examples=["scenario"])
    what: str = Field(examples=["sos in donegal/home-1"])
    by: str = Field(examples=["Inga Berg"])
    at: Moment = Field(description="Wall clock")
    state: Literal["waiting", "done", "refused"]
    words: str


class RunOut(Out):
    """A simulation as the caller may see it."""

    run: str
    sites: list[str]
    state: Literal["running", "paused", "ended", "silent"] = Field(
        description="silent: nothing was heard of the simulator for some seconds"
    )
    began: Moment = Field(description="Site clock")
    at: Moment = Field(description="Site clock")
    speed: float
    wall: bool
    homes: int
    connected: int
    messages: int
    readings: int
    rate: float
    behind_s: float
    waiting: int
    lost: int
    away: int
    refused: list[HubIn]
    faults: int
    can_order: bool = Field(description="Whether the caller may simulate at all of its sites")
    orders: list[GivenOut]


class SituationOut(Out):
    """One planted situation, and whether somebody was told."""

    scenario: str
    situation: str
    site: str
    home: str
    start: Moment = Field(description="Site clock")
    end: Moment = Field(description="Site clock")
    how_soon: str
    state: Literal["to come", "not yet", "noticed", "missed", "no hurry"]
    delay_ms: int | None = Field(
        default=None, description="From when it began until somebody was told"
    )
    rule: str | None = Field(default=None, description="Which rule told it first")


class ScoreOut(Out):
    """What was planted, what was noticed, after how long, and what was told besides."""

    run: str
    at: Moment = Field(description="Site clock")
    planted: int = Field(description="Situations that have begun and that must be told")
    noticed: int
    missed: int = Field(description="Over, and nobody was told")
    not_yet: int
    median_delay_ms: int | None
    false_alerts: int = Field(description="Told of nothing that was planted")
    false_by_rule: dict[str, int]
    false_per_resident_month: float | None
    situations: list[SituationOut]


class ScenarioOut(Out):
    """A scenario that can be staged."""

    name: str
    title: str
    needs: list[str] = Field(description="Models of devices without which it cannot be seen")
    people: int
    days: float = Field(description="How long it goes on")


class ParameterOut(Out):
    name: str
    what: str
    default: str
    required: bool


class FaultOut(Out):
    """A fault that can be laid."""

    name: str
    title: str
    whole_home: bool
    parameters: list[ParameterOut]


class CatalogueOut(Out):
    """All that can be staged."""

    scenarios: list[ScenarioOut]
    faults: list[FaultOut]
