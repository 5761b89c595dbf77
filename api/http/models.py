"""What the API says and hears, as records with examples. Times are RFC 3339 in UTC."""

from datetime import UTC, datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, PlainSerializer


def moment(at: int) -> str:
    """Milliseconds UTC as RFC 3339, always with milliseconds and Z."""
    text = datetime.fromtimestamp(at / 1000, UTC).isoformat(timespec="milliseconds")
    return text.replace("+00:00", "Z")


Moment = Annotated[
    int,
    PlainSerializer(moment, return_type=str, when_used="json"),
    Field(json_schema_extra={"format": "date-time", "examples": ["2026-11-04T03:10:00.000Z"]}),
]


class Out(BaseModel):
    """Something the API says."""

    model_config = ConfigDict(from_attributes=True)


class In(BaseModel):
    """Something the API hears; unknown keys are refused, so that a typo is not silence."""

    model_config = ConfigDict(extra="forbid")


class AlertOut(Out):
    """One alert, as a line of the worklist."""

    code: str = Field(description="What people call it; unique", examples=["K7Q2"])
    site: str = Field(examples=["borgarbyggd"])
    home: str | None = Field(examples=["hvanneyri-7"])
    resident: str | None = Field(None, validation_alias="resident_id", examples=["anna"])
    priority: str = Field(description="now, soon, today or device", examples=["now"])
    state: str = Field(
        description="unacknowledged, acknowledged (each also -returned), or closed",
        examples=["unacknowledged"],
    )
    rule: str = Field(validation_alias="rule_name", examples=["spo2-low"])
    version: str = Field(description="Hash of the rule's version", examples=["3f9c2a"])
    title: str = Field(examples=["Oxygen low"])
    technical: bool = Field(description="About our sight (a device), not about a person")
    owner: str | None = Field(None, validation_alias="owner_name", examples=["Aoife"])
    mine: bool = Field(description="Whether the caller has it")
    hold_until: Moment | None = Field(None, description="The owner's time; wall clock")
    onset_at: Moment = Field(description="When the condition began; site clock")
    noticed_at: Moment = Field(description="When it became known; site clock")
    raised_at: Moment = Field(description="Wall clock")
    returned_at: Moment | None = Field(None, description="Back to usual since; site clock")
    closed_at: Moment | None = Field(None, description="Wall clock")
    occurrences: int = Field(examples=[1])
    late: bool = Field(description="Found in readings that came late")
    disposition: str | None = Field(None, examples=["useful"])


class WorklistOut(Out):
    """A page of alerts."""

    alerts: list[AlertOut]
    counts: dict[str, int] = Field(
        description="All open alerts the caller may see, by priority",
        examples=[{"now": 1, "soon": 2, "today": 1, "device": 0}],
    )
    hidden: int = Field(description="Open alerts that the filter keeps out")
    next: str | None = Field(description="Pass as `after` for the next page; null: no more")
    last_event_id: int = Field(description="Where `/events` goes on from here", examples=[4711])


class EvidenceOut(Out):
    """One value that the rule saw."""

    signal: str = Field(examples=["spo2"])
    place: str | None = Field(None, examples=["bedroom"])
    at: Moment = Field(description="Site clock")
    value: str | None = Field(description="Decimal; null: unknown", examples=["84"])
    unit: str = Field(description="UCUM", examples=["%"])


class TimelineOut(Out):
    """One appended fact."""

    kind: str = Field(examples=["acknowledged"])
    at: Moment = Field(description="Wall clock")
    by: str | None = Field(None, validation_alias="by_name", examples=["Aoife"])
    done_at: Moment | None = Field(None, description="When an offline action was really done")
    text: str | None = Field(None, description="Words of a note")


class VoiceIn(In):
    """What the resident, or their representative, says of an alert."""

    said: Literal["helped", "not_needed", "dont_know"] = Field(examples=["helped"])
    words: str = Field("", max_length=500, examples=["Siv phoned me at once."])


class VoiceOut(Out):
    """What was said last; it is no disposition, and closes nothing."""

    said: str = Field(examples=["helped"])
    words: str
    at: Moment = Field(description="Wall clock")


class AlertDetailOut(Out):
    """One alert with why it fired and what was done."""

    alert: AlertOut
    sentence: str = Field(description="Why it fired", examples=["SpO2 84 % for 5 minutes"])
    guidance: list[str]
    evidence: list[EvidenceOut]
    timeline: list[TimelineOut]
    voice: VoiceOut | None = Field(None, description="What the resident says of it")
    can: list[str] = Field(
        description="What the caller may do now", examples=[["acknowledge", "note"]]
    )


class ActIn(In):
    """Taking an alert."""

    key: str = Field(
        description="Idempotency key of your making: the same key twice does nothing twice",
        min_length=8,
        max_length=64,
        examples=["6f1b6e0c-7d1e-4a39-8f7b-2f2f4f1d7a10"],
    )
    done_at: int | None = Field(
        None,
        description="When it was done, if later than now it reached us (offline); ms UTC",
        examples=[1793763360000],
        ge=0,
    )


class NoteIn(ActIn):
    """A note for whoever looks next."""

    text: str = Field(min_length=1, max_length=2000, examples=["Phoned her: she was asleep"])


class CloseIn(ActIn):
    """What it was and what was done."""

    disposition: str = Field(
        description="useful, false, nothing_to_do, device or dont_know", examples=["useful"]
    )
    response: str = Field(description="phoned, drove, relative or nothing", examples=["phoned"])
    minutes: int | None = Field(None, ge=0, le=1440, description="On the road, both ways")
    text: str = Field("", max_length=2000)


class OutcomeOut(Out):
    """What became of an action."""

    code: str = Field(examples=["K7Q2"])
    result: str = Field(description="done, or already (same key, or already so)", examples=["done"])
    state: str = Field(examples=["acknowledged"])
    owner: str | None = Field(None, validation_alias="owner_name", examples=["Aoife"])
    hold_until: Moment | None = Field(None, description="Wall clock")
