"""Asking the running gateway over HTTP, as any program would."""

import json
import ssl
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

from api.cli import runtime
from devices.errors import Failed, Refused

TIMEOUT_S = 10.0


class Client:
    """A bearer token and an address."""

    def __init__(self, url: str, token: str, certificate: str | None = None) -> None:
        self._url = url.rstrip("/")
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
            self._url + path,
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
                raise Refused(f"{method} {path}", self._url, _problem(error)) from error
        except OSError as error:
            hint = "Look whether it runs: homecare doctor"
            raise Failed(f"{method} {path}", self._url, str(error), hint) from error
        return json.loads(text) if text else None


def of(data: Path) -> Client | None:
    """A client of the gateway that runs on this data folder; None where none does."""
    found = runtime.read(data)
    return None if found is None else Client(found.url, found.token, found.certificate)


def needed(data: Path, operation: str) -> Client:
    """The same, or Failed."""
    found = of(data)
    if found is None:
        raise Failed(operation, str(data), "no gateway runs here", "Start it with `homecare serve`")
    return found


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
