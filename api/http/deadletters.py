"""Rejected messages for programs: listed, opened, replayed once the cause is mended."""

import base64
from typing import Annotated

from fastapi import APIRouter, Path, Query, Request
from pydantic import Field

from api.auth import ApiViewer, gateway_of
from api.bounds import Id
from api.http import PREFIX
from api.http.models import In, Moment, Out
from gateway.db import reading, writing
from gateway.intake import deadletters

router = APIRouter(prefix=f"{PREFIX}/deadletters", tags=["devices"])


class LetterOut(Out):
    """One message, or one item of a list, that became no reading."""

    id: int = Field(examples=[17])
    site: str | None = Field(None, examples=["donegal"])
    home: str | None = Field(None, examples=["arranmore-3"])
    device: str | None = Field(None, examples=["scale"])
    topic: str = Field(examples=["homecare/v1/donegal/arranmore-3/scale/reading"])
    code: str = Field(description="A short stable word", examples=["unit"])
    reason: str = Field(examples=["item 1: body_weight cannot be in 'mmHg'; send kg, g or [lb_av]"])
    index: int | None = Field(None, description="Which item of a list; null: all of it")
    size: int = Field(description="Bytes", examples=[48])
    received_at: Moment = Field(description="Wall clock")
    replayed_at: Moment | None = Field(None, description="Wall clock")


class OpenedOut(Out):
    """With its bytes."""

    letter: LetterOut
    payload: str | None = Field(description="Base64; null: no longer kept")


class ReplayIn(In):
    """Which to replay: ids, or all of a reason."""

    ids: list[Id] | None = Field(None, max_length=deadletters.MOST, examples=[[17, 18]])
    code: str | None = Field(None, examples=["unknown-device"])
    site: str | None = Field(None, examples=["donegal"])


class ReplayedOut(Out):
    """What a replay did; what is still no reading becomes a new dead letter."""

    replayed: list[int]
    gone: list[int] = Field(description="Whose bytes are no longer kept")


@router.get("", summary="Rejected messages, newest first")
def list_letters(
    request: Request,
    viewer: ApiViewer,
    site: Annotated[str | None, Query(description="Only this site")] = None,
    code: Annotated[str | None, Query(description="Only this reason")] = None,
    waiting: Annotated[bool, Query(description="Only those not replayed yet")] = True,
    after: Annotated[Id | None, Query(description="Id of the last one seen")] = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 50,
) -> list[LetterOut]:
    """Reason, topic and size; never the bytes."""
    with reading(gateway_of(request).engine) as conn:
        found = deadletters.listing(conn, viewer, site, limit, after, code=code, waiting=waiting)
    return [LetterOut.model_validate(one) for one in found]


@router.get("/{letter}", summary="One rejected message with its bytes")
def open_letter(
    request: Request, viewer: ApiViewer, letter: Annotated[Id, Path(examples=[17])]
) -> OpenedOut:
    """Only for who may see that home's payloads; opening is recorded."""
    gateway = gateway_of(request)
    with writing(gateway.engine) as conn:
        opened = deadletters.inspect(gateway.journal, conn, viewer, letter, gateway.clock.now())
    payload = None if opened.payload is None else base64.b64encode(opened.payload).decode()
    return OpenedOut(letter=LetterOut.model_validate(opened.letter), payload=payload)


@router.post("/replay", summary="Put them into the journal again")
def replay(request: Request, viewer: ApiViewer, which: ReplayIn) -> ReplayedOut:
    """Each keeps the time at which it was first received."""
    gateway = gateway_of(request)
    with writing(gateway.engine) as conn:
        done = deadletters.replay(
            gateway.journal,
            conn,
            viewer,
            gateway.clock.now(),
            ids=which.ids,
            site=which.site,
            code=which.code,
        )
    return ReplayedOut(replayed=list(done.replayed), gone=list(done.gone))
