"""Rows of text → what is wanted: each value read, each moment settled in the site's zone."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from gateway.registry.directory import Directory
from gateway.registry.fields import FIELDS, Kind
from gateway.registry.sources import Raw, Sheet


@dataclass(frozen=True, slots=True)
class Wanted:
    """One row that can be understood. Keys that were not given are not in `values`."""

    kind: Kind
    line: int
    path: tuple[str, ...]  # site; site, home; site, home, resident or device
    values: Mapping[str, Any] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """How the plan calls it."""
        return "/".join(self.path)


def understand(sheet: Sheet, directory: Directory) -> list[Wanted]:
    """Sites before homes before residents before devices; problems go into the sheet."""
    zones = {site.id: site.zone for site in directory.sites.values()}
    wanted = []
    order: tuple[Kind, ...] = ("site", "home", "resident", "device")
    for raw in sorted(sheet.rows, key=lambda row: order.index(row.kind)):
        values = _values(sheet, raw)
        if values is None:
            continue
        if raw.kind == "site" and "zone" in values:
            zones[raw.id()] = values["zone"]
        settled = _settled(values, zones.get(raw.path()[0], "UTC"))
        wanted.append(Wanted(raw.kind, raw.line, raw.path(), settled))
    _refuse_twins(sheet, wanted)
    return wanted


def _values(sheet: Sheet, raw: Raw) -> dict[str, Any] | None:
    """None where something in it, or the id of something above it, cannot be read."""
    values, wrong = {}, not all(raw.path())
    for found in FIELDS[raw.kind]:
        cell = raw.cells.get(found.key)
        if cell is None:
            if found.required:
                wrong = True
                sheet.problem(raw.line, _missing(raw, found.key, found.help))
            continue
        try:
            values[found.key] = found.read(cell.text)
        except ValueError as error:
            wrong = True
            sheet.problem(cell.line, f"{found.key} of {raw.kind} {raw.id() or '?'}: {error}")
    return None if wrong else values


def _missing(raw: Raw, key: str, meaning: str) -> str:
    if key == "consent":
        return (
            f"{raw.kind} {raw.id() or '?'}: consent is missing; write the date it was given, "
            "or no: without consent no value is kept"
        )
    return f"{raw.kind} {raw.id() or '?'}: {key} is missing ({meaning})"


def _settled(values: dict[str, Any], zone: str) -> dict[str, Any]:
    return {
        key: _midnight(value, zone) if isinstance(value, date) else value
        for key, value in values.items()
    }


def _midnight(day: date, zone: str) -> int:
    """The first moment of a day at the site, ms UTC."""
    return round(datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(zone)).timestamp() * 1000)


def _refuse_twins(sheet: Sheet, wanted: list[Wanted]) -> None:
    """The same thing twice in one file: which of the two would hold?"""
    seen: dict[tuple[Kind, tuple[str, ...]], Wanted] = {}
    serials: dict[str, Wanted] = {}
    for row in wanted:
        first = seen.setdefault((row.kind, row.path), row)
        if first is not row:
            sheet.problem(
                row.line, f"{row.kind} {row.name} stands twice; first on line {first.line}"
            )
            continue
        number = row.values.get("serial")
        if number and row.values.get("until") is None:
            other = serials.setdefault(number, row)
            if other is not row:
                sheet.problem(
                    row.line,
                    f"serial {number} is also {other.name}'s on line {other.line}: "
                    "one thing stands in one place",
                )
