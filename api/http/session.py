"""Who the caller is; the CSRF token of a signed-in browser."""

from fastapi import APIRouter, Request
from pydantic import Field

from api.auth import ApiViewer, find_session
from api.http import PREFIX
from api.http.models import Out

router = APIRouter(prefix=PREFIX, tags=["session"])


class SessionOut(Out):
    """The caller and their rights."""

    login: str = Field(examples=["aoife"])
    name: str = Field(examples=["Aoife Ní Bhriain"])
    roles: dict[str, list[str]] = Field(
        description="Roles by site; `*` is every site", examples=[{"donegal": ["carer"]}]
    )
    csrf: str | None = Field(
        description="For the header X-CSRF-Token of requests that change something; null for tokens"
    )


@router.get("/session", summary="Who am I, and what are my roles?")
def who(request: Request, viewer: ApiViewer) -> SessionOut:
    """The rights of this moment."""
    roles: dict[str, list[str]] = {}
    for site, role in sorted(viewer.grants):
        roles.setdefault(site, []).append(role)
    session = None if "authorization" in request.headers else find_session(request)
    return SessionOut(
        login=viewer.login, name=viewer.name, roles=roles, csrf=session.csrf if session else None
    )
