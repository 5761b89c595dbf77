"""SenML (RFC 8428) between its two codings: resolve a pack's records, map them to the catalogue.

JSON and CBOR parsers hand over records with JSON's labels and with numbers as int or Decimal. A pack
that breaks a rule of the whole (an unknown label that must be understood, a version, a base field
of the wrong type) is refused whole; a record that breaks one of its own is refused alone.
"""

import re
from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Any

import msgspec

from devices.dialects.values import LATEST, interpret
from devices.errors import Refused
from devices.reading import Decoded, Item, Refusal
from devices.signals import CATALOGUE
from devices.units import EXACT

ABSOLUTE = 1 << 28  # seconds; a smaller time is relative to now (RFC 8428, 4.5.3)
VERSION = 10

NUMBERS = ("bt", "bv", "bs", "v", "s", "t", "ut")
TEXTS = ("bn", "bu", "n", "u", "vs", "vd")
KNOWN = frozenset({*NUMBERS, *TEXTS, "bver", "vb", "l"})
VALUES = ("v", "vs", "vb", "vd")

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9\-:./_]*\Z")


class PackRefused(Refused):
    """The whole pack is unusable; `code` is the refusal's word."""

    def __init__(self, code: str, problem: str) -> None:
        super().__init__("read SenML", "pack", problem, "RFC 8428 has the rules")
        self.code = code

    def __reduce__(self) -> tuple[type, tuple[str, str]]:  # type: ignore[override]  # two parts here
        return type(self), (self.code, self.problem)


class Resolved(msgspec.Struct, frozen=True, gc=False):
    """A record that needs no other: base fields are applied (RFC 8428, 4.6)."""

    index: int
    name: str
    own: str  # the record's own name, "" where only the base named it
    unit: str | None
    t: int | Decimal  # seconds since 1970, or, where smaller than 2^28, after now
    value: object = None  # int, Decimal, str, bool; bytes text for vd; None with a sum alone
    label: str | None = None  # which of v, vs, vb, vd it was
    total: int | Decimal | None = None  # sum


def add(a: int | Decimal, b: int | Decimal) -> int | Decimal:
    """Exact sum; integers stay integers."""
    if type(a) is int and type(b) is int:
        return a + b
    return EXACT.add(Decimal(a), Decimal(b))


class _Base:
    """The base fields in force, and the checks that concern the whole pack."""

    __slots__ = ("name", "sum", "time", "unit", "unknown", "value", "version")

    def __init__(self) -> None:
        self.name = ""
        self.time: int | Decimal = 0
        self.unit: str | None = None
        self.value: int | Decimal = 0
        self.sum: int | Decimal | None = None
        self.version: int | None = None
        self.unknown = 0

    def take(self, record: dict[str, Any]) -> None:
        """Apply a record's base fields. Raises PackRefused."""
        if not record.keys() <= KNOWN:
            self._unknown(record)
        if (version := record.get("bver")) is not None or "bver" in record:
            self._version(version)
        elif self.version is None:
            self.version = VERSION
        for label in ("bt", "bv", "bs"):
            if label in record and not _is_number(record[label]):
                raise PackRefused("base", f"{label} is no finite number of sensible size")
        for label in ("bn", "bu"):
            if label in record and type(record[label]) is not str:
                raise PackRefused("base", f"{label} is no text")
        self.name = record.get("bn", self.name)
        self.unit = record.get("bu", self.unit)
        self.time = record.get("bt", self.time)
        self.value = record.get("bv", self.value)
        self.sum = record.get("bs", self.sum)

    def _unknown(self, record: dict[str, Any]) -> None:
        for label in record.keys() - KNOWN:
            if not isinstance(label, str):
                self.unknown += 1
            elif label.endswith("_"):
                raise PackRefused(
                    "must-understand", f"the label {label[:40]!r} must be understood and is not"
                )
            else:
                self.unknown += 1

    def _version(self, version: object) -> None:
        if type(version) is not int or version < 1:
            raise PackRefused("version", "bver is no positive whole number")
        if version > VERSION:
            raise PackRefused("version", f"version {str(version)[:10]} is newer than {VERSION}")
        if self.version not in {None, version}:
            raise PackRefused("version", "all records of a pack have one version")
        self.version = version


def resolve(records: object, base: _Base | None = None) -> Iterator[Resolved | Refusal]:
    """One resolved record or refusal for each record in order. Raises PackRefused."""
    if type(records) is not list:
        raise PackRefused("shape", "a pack is a list of records")
    if not records:
        raise PackRefused("empty", "the pack holds no record")
    base = base or _Base()
    for index, record in enumerate(records):
        if type(record) is not dict:
            raise PackRefused("shape", f"record {index} is no object")
        if not (record.keys() <= _PLAIN and base.version):
            base.take(record)
        yield _one(index, record, base)


_PLAIN = frozenset({"n", "v", "t", "u"})  # the common record: nothing for the base to take


def _one(index: int, record: dict[str, Any], base: _Base) -> Resolved | Refusal:
    own = record.get("n", "")
    unit = record.get("u", base.unit)
    if type(own) is not str or not (unit is None or type(unit) is str):
        return Refusal(index, "label", "n and u are texts")
    name = base.name + own if base.name else own
    if not _NAME.match(name):
        return Refusal(
            index,
            "name",
            f"{name[:60]!r} is no SenML name: letters, digits and - : . / _, beginning with a "
            "letter or digit",
        )
    t: Any = base.time
    if "t" in record:
        t = record["t"]
        if not _is_number(t):
            return Refusal(index, "time", "t is no finite number of sensible size")
        if base.time:
            t = add(base.time, t)
    return _valued(index, record, base, Resolved(index, name, own, unit, t))


def _valued(index: int, record: dict[str, Any], base: _Base, found: Resolved) -> Resolved | Refusal:
    labels = [label for label in VALUES if label in record]
    total = record.get("s", base.sum)
    if len(labels) > 1:
        return Refusal(index, "value", f"a record has one value, not {' and '.join(labels)}")
    if total is not None:
        if not _is_number(total):
            return Refusal(index, "value", "s is no finite number of sensible size")
        if base.sum is not None and "s" in record:
            total = add(base.sum, total)
    if not labels:
        if total is None:
            return Refusal(index, "no-value", "a record has v, vs, vb or vd, or a sum")
        return _with(found, None, None, total)
    label = labels[0]
    value = record[label]
    if label == "v":
        if not _is_number(value):
            return Refusal(index, "value", "v is no finite number of sensible size")
        if base.value:
            value = add(base.value, value)
    elif type(value) is not (bool if label == "vb" else str):
        return Refusal(index, "value", f"{label} is of the wrong type")
    return _with(found, value, label, total)


def _with(
    found: Resolved, value: object, label: str | None, total: int | Decimal | None
) -> Resolved:
    return Resolved(found.index, found.name, found.own, found.unit, found.t, value, label, total)


def _is_number(value: object) -> bool:
    """int, or a finite Decimal whose size and precision sums can hold exactly."""
    kind = type(value)
    if kind is int:
        return -(10**30) < value < 10**30  # type: ignore[operator]  # an int
    return (
        kind is Decimal
        and value.is_finite()  # type: ignore[attr-defined]  # a Decimal
        and -30 < value.adjusted() < 30  # type: ignore[attr-defined]
    )


def to_decoded(records: object) -> Decoded:
    """Items and refusals of a parsed pack; never raises."""
    base = _Base()
    items: list[Item] = []
    refusals: list[Refusal] = []
    try:
        for found in resolve(records, base):
            made = found if type(found) is Refusal else _item(found)  # type: ignore[arg-type]  # Resolved then
            (items if type(made) is Item else refusals).append(made)  # type: ignore[attr-defined]  # each has its list
    except PackRefused as error:
        return Decoded((), (Refusal(None, error.code, str(error)),))
    return Decoded(tuple(items), tuple(refusals), unknown_keys=base.unknown)


def _item(found: Resolved) -> Item | Refusal:
    if found.label is None:
        return Refusal(found.index, "sum", "a sum alone is not one of the gateway's signals")
    if found.label == "vd":
        return Refusal(found.index, "data", "binary data is not one of the gateway's signals")
    at, after = _time(found.t)
    if at is not None and not 0 <= at <= LATEST:
        return Refusal(found.index, "time", "the time lies beyond the year 9999")
    return interpret(found.index, signal_of(found), found.value, found.unit, at, None, after)


def signal_of(found: Resolved) -> str:
    """The record's own name, else what follows the last separator of the base; - stands for _."""
    name = found.own or re.split(r"[:/]", found.name)[-1]
    if name in CATALOGUE:
        return name
    return re.split(r"[:/]", name)[-1].replace("-", "_")


def _time(t: int | Decimal) -> tuple[int | None, int]:
    """(ms UTC, 0) or, for a relative time, (None, ms after receipt)."""
    if type(t) is int:
        return (t * 1000, 0) if t >= ABSOLUTE else (None, t * 1000)
    milliseconds = int(EXACT.to_integral_value(EXACT.scaleb(t, 3)))
    return (milliseconds, 0) if t >= ABSOLUTE else (None, milliseconds)


def from_items(items: Sequence[Item]) -> list[dict[str, Any]]:
    """Records for an encoder: numbers as Decimal or int, states as words."""
    records: list[dict[str, Any]] = []
    for item in items:
        record: dict[str, Any] = {"n": item.signal}
        if item.unit is not None:
            record["u"] = item.unit
        if item.value in CATALOGUE[item.signal].words:
            record["vs"] = item.value
        elif item.value in {"true", "false"}:
            record["vb"] = item.value == "true"
        else:
            number = Decimal(item.value)
            record["v"] = int(item.value) if item.value.lstrip("-").isdigit() else number
        if item.at is not None:
            whole, rest = divmod(item.at, 1000)
            record["t"] = Decimal(item.at).scaleb(-3) if rest else whole
        elif item.after_receipt:
            record["t"] = Decimal(item.after_receipt).scaleb(-3)
        records.append(record)
    return records
