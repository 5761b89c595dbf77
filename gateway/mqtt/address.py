"""Where a broker is, and as whom to speak to it."""

from dataclasses import dataclass
from pathlib import Path
from typing import Self
from urllib.parse import unquote, urlsplit

from devices.errors import Refused


@dataclass(frozen=True, slots=True)
class Address:
    """One broker, one user."""

    host: str
    port: int
    username: str | None = None
    password: str | None = None
    tls: bool = False
    authority: Path | None = None  # CA file; none: the system's own
    pinned: Path | None = None  # the broker's own certificate: it alone is believed, by any name
    protocol: str = "3.1.1"  # or "5"

    @classmethod
    def of(
        cls,
        url: str,
        *,
        username: str | None = None,
        password: str | None = None,
        authority: Path | None = None,
        protocol: str = "3.1.1",
    ) -> Self:
        """From mqtt://[user:password@]host[:port] or mqtts://. Raises Refused."""
        parts = urlsplit(url)
        try:
            port = parts.port
        except ValueError:
            port = -1
        if parts.scheme not in {"mqtt", "mqtts"} or not parts.hostname or port == -1:
            raise Refused(
                "read the broker's address",
                url.rpartition("@")[2],
                "it is not mqtt://host:port or mqtts://host:port",
                "Mend broker.url",
            )
        tls = parts.scheme == "mqtts"
        if parts.username:
            username, password = unquote(parts.username), unquote(parts.password or "")
        return cls(
            parts.hostname,
            port or (8883 if tls else 1883),
            username,
            password,
            tls,
            authority,
            protocol=protocol,
        )

    @property
    def url(self) -> str:
        """Without user and password: for logs and pages."""
        return f"{'mqtts' if self.tls else 'mqtt'}://{self.host}:{self.port}"
