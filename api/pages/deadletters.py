"""What was rejected and why; opened by whom may see the home; replayed once the cause is mended.

The list shows reason, topic and size. The bytes are shown only to who may see that home's
payloads, and opening them is recorded. More than one at a time goes through a check page.
"""

from typing import Annotated

from fastapi import APIRouter, Form, Query, Request
from fastapi.responses import RedirectResponse, Response

from api import auth
from api.auth import PageViewer
from api.bounds import Id
from api.pages.page import is_htmx, render
from api.pages.sites import home_zone
from gateway.access import Action
from gateway.db import reading, writing
from gateway.intake import deadletters

router = APIRouter(prefix="/deadletters")

PAGE = 25
SHOWN_BYTES = 4_096


@router.get("")
def listing(
    request: Request,
    viewer: PageViewer,
    code: str | None = None,
    site: str | None = None,
    limit: Annotated[int, Query(ge=1, le=500)] = PAGE,
    done: int | None = None,
    gone: int = 0,
) -> Response:
    """Newest first, with how many of each reason wait."""
    gateway = auth.gateway_of(request)
    with reading(gateway.engine) as conn:
        letters = deadletters.listing(conn, viewer, site, limit + 1, code=code, waiting=True)
        counts = deadletters.counts(conn, viewer)
    by_code: dict[str, int] = {}
    for (_, name), number in counts.items():
        by_code[name] = by_code.get(name, 0) + number
    return render(
        request,
        "deadletters.html",
        viewer=viewer,
        letters=letters[:limit],
        more=len(letters) > limit,
        limit=limit,
        code=code,
        site=site,
        counts=sorted(by_code.items(), key=lambda item: -item[1]),
        may_replay=viewer.may(Action.REPLAY_DEAD_LETTERS, site),
        may_open=viewer.may(Action.SEE_PAYLOADS, site),
        zone=home_zone(gateway, viewer),
        done=done,
        gone=gone,
    )


@router.get("/check")
def check(
    request: Request, viewer: PageViewer, code: str | None = None, site: str | None = None
) -> Response:
    """Before replaying many: how many, of which reason, what will happen."""
    viewer.require(Action.REPLAY_DEAD_LETTERS, site)
    gateway = auth.gateway_of(request)
    with reading(gateway.engine) as conn:
        counts = deadletters.counts(conn, viewer)
    number = sum(
        n for (where, name), n in counts.items() if code in (None, name) and site in (None, where)
    )
    return render(
        request, "deadletters_check.html", viewer=viewer, number=number, code=code, site=site
    )


@router.post("/replay")
def replay(
    request: Request,
    viewer: PageViewer,
    ids: Annotated[list[Id] | None, Form(max_length=deadletters.MOST)] = None,
    code: Annotated[str, Form()] = "",
    site: Annotated[str, Form()] = "",
) -> Response:
    """Into the journal again, as received when they first came."""
    gateway = auth.gateway_of(request)
    with writing(gateway.engine) as conn:
        result = deadletters.replay(
            gateway.journal,
            conn,
            viewer,
            gateway.clock.now(),
            ids=ids,
            site=site or None,
            code=code or None,
        )
    return RedirectResponse(
        f"/deadletters?done={len(result.replayed)}&gone={len(result.gone)}", 303
    )


@router.get("/{letter}")
def opened(request: Request, viewer: PageViewer, letter: Id) -> Response:
    """One of them with its bytes; recorded."""
    gateway = auth.gateway_of(request)
    with writing(gateway.engine) as conn:
        found = deadletters.inspect(gateway.journal, conn, viewer, letter, gateway.clock.now())
    payload = found.payload
    text, shape = _readable(payload)
    return render(
        request,
        "deadletter.html",
        viewer=viewer,
        letter=found.letter,
        text=text,
        shape=shape,
        kept=payload is not None,
        cut=payload is not None and len(payload) > SHOWN_BYTES,
        zone=home_zone(gateway, viewer),
        may_replay=viewer.may(Action.REPLAY_DEAD_LETTERS, found.letter.site),
        partial_only=is_htmx(request),
    )


def _readable(payload: bytes | None) -> tuple[str, str]:
    """The first bytes as text, or as hexadecimal where they are none."""
    if payload is None:
        return "", ""
    head = payload[:SHOWN_BYTES]
    try:
        text = head.decode("utf-8")
    except UnicodeDecodeError:
        return head.hex(" "), "hex"
    if any(ord(char) < 32 and char not in "\r\n\t" for char in text):
        return head.hex(" "), "hex"
    return text, "text"
