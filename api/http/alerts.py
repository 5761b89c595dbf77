"""Alerts for programs and for the phone's offline queue."""

from collections.abc import Callable
from typing import Annotated, Any, Literal

import sqlalchemy as sa
from fastapi import APIRouter, Path, Query, Request

from api.auth import ApiViewer, gateway_of
from api.failures import Conflict
from api.http import PREFIX
from api.http.models import (
    ActIn,
    AlertDetailOut,
    AlertOut,
    CloseIn,
    EvidenceOut,
    NoteIn,
    OutcomeOut,
    TimelineOut,
    VoiceIn,
    VoiceOut,
    WorklistOut,
)
from api.pages.sentences import sentence
from devices.errors import Refused, Spoken
from gateway.access import Viewer, not_found
from gateway.alerts import service, voices, worklist
from gateway.alerts.episodes import Disposition, Outcome, Response
from gateway.db import reading, writing

router = APIRouter(prefix=f"{PREFIX}/alerts", tags=["alerts"])

Code = Annotated[
    str, Path(description="The alert's code", examples=["K7Q2"], pattern="^[A-Za-z0-9]{2,8}$")
]


@router.get("", summary="Open alerts, most urgent first")
def list_alerts(
    request: Request,
    viewer: ApiViewer,
    show: Annotated[
        Literal["team", "mine", "held", "closed"],
        Query(description="Whose, what a broader cause holds back, or closed ones"),
    ] = "team",
    site: Annotated[str | None, Query(description="Only this site", examples=["donegal"])] = None,
    after: Annotated[str | None, Query(description="`next` of the page before")] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 25,
) -> WorklistOut:
    """By priority, unowned first, then oldest; closed ones newest first. Looking is recorded."""
    gateway = gateway_of(request)
    with reading(gateway.engine) as conn:
        found = worklist.worklist(conn, viewer, site, show, after, limit)
    people = [row.site for row in found.rows if not row.technical]
    worklist.note_looks(gateway.engine, viewer, people, gateway.clock.now())
    return WorklistOut(
        alerts=[AlertOut.model_validate(row) for row in found.rows],
        counts={str(level): n for level, n in found.counts.items()},
        hidden=found.hidden,
        next=found.next,
        last_event_id=found.last_event_id,
    )


@router.get("/{code}", summary="One alert: why it fired and what was done")
def read_alert(request: Request, viewer: ApiViewer, code: Code) -> AlertDetailOut:
    """With its evidence and its timeline. Looking is recorded."""
    gateway = gateway_of(request)
    with writing(gateway.engine) as conn:
        alert_id = _find(conn, viewer, code)
        detail = worklist.detail(conn, viewer, alert_id, gateway.clock.now())
        said = voices.newest(conn, [alert_id]).get(alert_id)
    timeline = [
        TimelineOut.model_validate(entry).model_copy(update={"text": entry.detail.get("text")})
        for entry in detail.timeline
    ]
    return AlertDetailOut(
        alert=AlertOut.model_validate(detail.row),
        sentence=sentence(detail.row, viewer.language),
        guidance=list(detail.row.guidance),
        evidence=[EvidenceOut.model_validate(point) for point in detail.evidence],
        timeline=timeline,
        voice=None if said is None else VoiceOut.model_validate(said),
        can=sorted(detail.can),
    )


@router.post("/{code}/acknowledge", summary="I have it")
def acknowledge(request: Request, viewer: ApiViewer, code: Code, act: ActIn) -> OutcomeOut:
    """Who reaches the server first owns it; by its owner again: still on it.

    409 when somebody else has it: the problem says who.
    """
    return _do(
        request,
        viewer,
        code,
        lambda conn, one, now: service.acknowledge(conn, viewer, one, act.done_at, act.key, now),
    )


@router.post("/{code}/take-over", summary="Take it over from a colleague")
def take_over(request: Request, viewer: ApiViewer, code: Code, act: ActIn) -> OutcomeOut:
    """The colleague is told."""
    return _do(
        request,
        viewer,
        code,
        lambda conn, one, now: service.take_over(conn, viewer, one, act.done_at, act.key, now),
    )


@router.post("/{code}/note", summary="Add a note to the timeline")
def note(request: Request, viewer: ApiViewer, code: Code, act: NoteIn) -> OutcomeOut:
    """History only grows: a note is never changed."""
    return _do(
        request,
        viewer,
        code,
        lambda conn, one, now: service.note(conn, viewer, one, act.text, act.done_at, act.key, now),
    )


@router.post("/{code}/voice", summary="Say whether it helped, as the resident it is about")
def say(request: Request, viewer: ApiViewer, code: Code, voice: VoiceIn) -> VoiceOut:
    """The resident or their representative; the newest counts. It is no disposition."""
    gateway = gateway_of(request)
    with writing(gateway.engine) as conn:
        alert_id = _find(conn, viewer, code)
        said = voices.say(conn, viewer, alert_id, voice.said, voice.words, gateway.clock.now())
    return VoiceOut.model_validate(said)


@router.post("/{code}/close", summary="Close it, saying what it was and what was done")
def close(request: Request, viewer: ApiViewer, code: Code, act: CloseIn) -> OutcomeOut:
    """Only people close; the disposition is what reviews read."""
    known, done = _word(Disposition, act.disposition), _word(Response, act.response)
    return _do(
        request,
        viewer,
        code,
        lambda conn, one, now: service.close(
            conn, viewer, one, known, done, act.minutes, act.text, act.done_at, act.key, now
        ),
    )


@router.post("/{code}/undo", summary="Take back one's own newest action")
def undo(request: Request, viewer: ApiViewer, code: Code, act: ActIn) -> OutcomeOut:
    """Within ten minutes; the history keeps both."""
    return _do(
        request,
        viewer,
        code,
        lambda conn, one, now: service.undo(conn, viewer, one, act.key, now),
    )


def _word(kind: Any, text: str) -> Any:
    if text not in set(kind):
        known = ", ".join(kind)
        raise Refused("close", text, "no such word", f"Use one of: {known}")
    return kind(text)


def _find(conn: sa.Connection, viewer: Viewer, code: str) -> int:
    alert_id = worklist.find_code(conn, viewer, code.upper())
    if alert_id is None:
        raise not_found("open", "alert")
    return alert_id


def _do(
    request: Request,
    viewer: Viewer,
    code: str,
    act: Callable[[sa.Connection, int, int], Outcome],
) -> OutcomeOut:
    gateway = gateway_of(request)
    with writing(gateway.engine) as conn:
        outcome = act(conn, _find(conn, viewer, code), gateway.clock.now())
    gateway.bulletin.publish(outcome.news)
    if outcome.result == "someone-else":
        raise Conflict(
            "acknowledge",
            f"alert {outcome.code}",
            Spoken("{owner_name} has it already", owner_name=outcome.owner_name),
            Spoken("Take it over if you are nearer"),
        )
    return OutcomeOut.model_validate(outcome)
