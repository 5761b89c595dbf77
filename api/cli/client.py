"""Asking the running gateway over HTTP, as any program would."""

import json
import os
import ssl
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING, Any

from api.cli import runtime
from api.cli.options import DEMO_FILE, DEMO_HINT
from devices.errors import Failed, Refused

if TYPE_CHECKING:
    from gateway.access import Role

TIMEOUT_S = 10.0
TOKEN = "HOMECARE_TOKEN"  # noqa: S105 - the name of a variable, no secret
HIDDEN = "not found, or your token may not see it"  # the API tells neither from the other
ASK = "Check how it is written, or ask a coordinator for access"
START = f"Start it: homecare serve. {DEMO_HINT}"
HOUR = 1 / 24  # days of a token that a demo gives itself


class NotThere(Refused):
    """The gateway answered 404: it is not there, or this token may not see it."""


class Client:
    """A bearer token and an address."""

    def __init__(self, url: str, token: str, certificate: str | None = None) -> None:
        self.url = url.rstrip("/")
        self._token = token
        self._tls = ssl.create_default_context(cafile=certificate) if certificate else None
        if self._tls is not None:
            self._tls.check_hostname = False  # the certificate itself is pinned

    def get(self, path: str) -> Any:
        """The JSON of a page of the API. Raises Refused or Failed."""
        return self._call("GET", path, None)

    def post(self, path: str, body: Any = None) -> Any:
        """The same, with a change."""
        return self._call("POST", path, body)

    def _call(self, method: str, path: str, body: Any) -> Any:
        request = urllib.request.Request(  # noqa: S310 - the address is our own runtime file's
            self.url + path,
            data=None if body is None else json.dumps(body).encode(),
            method=method,
            headers={
                "authorization": f"Bearer {self._token}",
                "content-type": "application/json",
                "accept": "application/json",
            },
        )
        try:
            with urllib.request.urlopen(request, timeout=TIMEOUT_S, context=self._tls) as answer:  # noqa: S310
                text = answer.read()
        except urllib.error.HTTPError as error:
            with error:
                if error.code == HTTPStatus.NOT_FOUND:
                    raise NotThere(f"{method} {path}", self.url, HIDDEN, ASK) from error
                raise Refused(f"{method} {path}", self.url, _problem(error)) from error
        except OSError as error:
            hint = "Look whether it runs: homecare doctor"
            raise Failed(f"{method} {path}", self.url, str(error), hint) from error
        return json.loads(text) if text else None


@contextmanager
def naming(operation: str, what: str, hint: str = ASK) -> Iterator[None]:
    """A 404 within says what was asked for, not an address. Raises NotThere."""
    try:
        yield
    except NotThere as error:
        raise NotThere(operation, what, HIDDEN, hint) from error


def of(data: Path) -> Client | None:
    """A client of the gateway that runs on this data folder; None where none does."""
    found = runtime.read(data)
    return None if found is None else Client(found.url, found.token, found.certificate)


def needed(data: Path, operation: str) -> Client:
    """The same, or Failed."""
    found = of(data)
    if found is None:
        raise Failed(operation, str(data), "no gateway runs here", START)
    return found


def speaking(data: Path, operation: str, role: "Role") -> Client:
    """A client with the rights of a person: this machine's own token is an administrator's.

    The token is in HOMECARE_TOKEN; a demo makes its own. Raises Refused or Failed.
    """
    found = runtime.read(data)
    if found is None:
        raise Failed(operation, str(data), "no gateway runs here", START)
    token = os.environ.get(TOKEN, "")
    if not token and (data / DEMO_FILE).exists():
        token = _of_demo(data, operation, role)
    if not token:
        raise Refused(
            operation,
            str(data),
            f"{TOKEN} is not set, and an administrator may not",
            f'Make a token: homecare token "me" --role {role}@SITE, then export HOMECARE_TOKEN=…',
        )
    return Client(found.url, token, found.certificate)


def _of_demo(data: Path, operation: str, role: "Role") -> str:
    """A token for an hour: a demo holds no real person's data.

    Each command has its own: one that runs beside it may be using another.
    """
    from api.cli.databases import state
    from api.cli.options import settings
    from gateway.access import SYSTEM, tokens
    from gateway.clock import SystemClock
    from gateway.db import writing

    label = f"homecare: {operation}"
    now = SystemClock().now()
    with state(settings(None, data, demo=True)) as engine, writing(engine) as conn:
        return tokens.issue(conn, SYSTEM, label, [("*", role)], now, days=HOUR)


def _problem(error: urllib.error.HTTPError) -> str:
    """What the API says of it, or the status."""
    try:
        told = json.loads(error.read())
    except (OSError, ValueError):
        return f"status {error.code}"
    if not isinstance(told, dict):
        return f"status {error.code}"
    words = [str(told[key]) for key in ("problem", "detail", "hint") if told.get(key)]
    return "; ".join(words) or f"status {error.code}"
