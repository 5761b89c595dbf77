"""Where a simulated past is put: a store that is open here, or that of a running gateway."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from api.cli.client import Client
from devices.errors import Refused
from gateway.series import handing
from gateway.series import past as pasts
from gateway.series.duckdb import DuckDBStore
from gateway.series.past import Past
from gateway.series.store import Store

_PASTS = "/api/v1/pasts"


class Shelf(Protocol):
    """All of them raise Refused and Failed."""

    @property
    def rows(self) -> int:
        """Of a piece, at the most."""
        ...

    def days_of(self, site: str) -> Mapping[tuple[str, int], str]:
        """Which days of which homes are written, and by what."""
        ...

    def journalled(
        self, site: str, homes: Iterable[str], start: int, end: int
    ) -> Mapping[str, int]:
        """Homes that were heard over the broker in that time, and when first."""
        ...

    def write(self, past: Past) -> None:
        """All of it or nothing."""
        ...

    def remove(self, site: str) -> int:
        """A site's past; how many readings it was."""
        ...

    def export(self, site: str, file: Path) -> int:
        """A site's past as Parquet; how many readings."""
        ...


class Here:
    """A store that this process has to itself."""

    rows = 10_000_000

    def __init__(self, store: Store) -> None:
        """Raises Refused for a store that takes no past."""
        if not isinstance(store, DuckDBStore):
            hint = "Set series.store to duckdb, or write into a folder of its own: --out"
            raise Refused("write history", store.name, "it takes no simulated past", hint)
        self._store = store

    def days_of(self, site: str) -> Mapping[tuple[str, int], str]:
        return pasts.days_of(self._store, site)

    def journalled(
        self, site: str, homes: Iterable[str], start: int, end: int
    ) -> Mapping[str, int]:
        return pasts.journalled(self._store, site, homes, start, end)

    def write(self, past: Past) -> None:
        pasts.write(self._store, past)

    def remove(self, site: str) -> int:
        return pasts.remove(self._store, site)

    def export(self, site: str, file: Path) -> int:
        return pasts.export(self._store, site, file)


@dataclass(frozen=True, slots=True)
class Running:
    """The store of a running gateway, which alone may write it: pieces are handed over as files.

    They are smaller, so that nobody waits long for a chart or an alert meanwhile.
    """

    client: Client
    data: Path
    rows: int = 150_000

    def days_of(self, site: str) -> Mapping[tuple[str, int], str]:
        found = self._known(site, (), 0, 0)["days"]
        return {(one["home"], one["day"]): one["maker"] for one in found}

    def journalled(
        self, site: str, homes: Iterable[str], start: int, end: int
    ) -> Mapping[str, int]:
        found: Mapping[str, int] = self._known(site, homes, start, end)["journalled"]
        return found

    def write(self, past: Past) -> None:
        name = handing.hand(self.data, past)
        try:
            self.client.post(_PASTS, {"file": name})
        finally:
            (handing.folder(self.data) / name).unlink(missing_ok=True)

    def remove(self, site: str) -> int:
        return int(self.client.post(f"{_PASTS}/removal", {"site": site})["readings"])

    def export(self, site: str, file: Path) -> int:
        hint = "Stop the gateway first, or write into a folder of its own: --out"
        raise Refused("write Parquet", f"{file} of {site}", "a gateway has the store", hint)

    def _known(self, site: str, homes: Iterable[str], start: int, end: int) -> dict[str, Any]:
        body = {"site": site, "homes": list(homes), "from": start, "to": end}
        found: dict[str, Any] = self.client.post(f"{_PASTS}/known", body)
        return found
