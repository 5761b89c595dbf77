"""SenML (RFC 8428) between its two codings: resolve a pack's records, map them to the catalogue.

JSON and CBOR parsers hand over records with JSON's labels and with numbers as int or Decimal. A
pack that breaks a rule of the whole (an unknown label that must be understood, a version, a base
field of the wrong type) is refused whole; a record that breaks one of its own is refused alone.
"""

import re
from collections.abc import Iterator, Sequence
from decimal import Decimal
from functools import lru_cache
from typing import Any

import msgspec

from devices.dialects.values import LATEST, Unreadable, interpret
from devices.reading import Decoded, Item, Refusal
from devices.signals import CATALOGUE
from devices.units import EXACT

ABSOLUTE = 1 << 28  # seconds; a smaller time is relative to now (RFC 8428, 4.5.3)
VERSION = 10

NUMBERS = ("bt", "bv", "bs", "v", "s", "t", "ut")
TEXTS = ("bn", "bu", "n", "u", "vs", "vd")
KNOWN = frozenset({*NUMBERS, *TEXTS, "bver", "vb", "l"})
VALUES = ("v", "vs", "vb", "vd")
_OTHER_VALUES = frozenset(VALUES[1:])
SIZE = 10**30  # of any number in a pack
MAX_NAME = 256  # characters; longer ones would fill the memory of checked names

Number = int | Decimal

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9\-:./_]*\Z")


class Resolved(msgspec.Struct, frozen=True, gc=False):
    """A record that needs no other: base fields are applied (RFC 8428, 4.6)."""

    index: int
    name: str
    own: str  # the record's own name, "" where only the base named it
    unit: str | None
    t: Number  # seconds since 1970, or, where smaller than 2^28, after now
    value: object = None  # int, Decimal, str, bool; bytes text for vd; None with a sum alone
    label: str | None = None  # which of v, vs, vb, vd it was
    total: Number | None = None  # sum


def add(a: Number, b: Number) -> Number:
    """Exact sum; integers stay integers."""
    if type(a) is int and type(b) is int:
        return a + b
    return EXACT.add(Decimal(a), Decimal(b))


class Base:
    """The base fields in force, and the checks that concern the whole pack."""

    __slots__ = ("name", "sum", "time", "unit", "unknown", "value", "version")

    def __init__(self) -> None:
        self.name = ""
        self.time: Number = 0
        self.unit: str | None = None
        self.value: Number = 0
        self.sum: Number | None = None
        self.version: int | None = None
        self.unknown = 0

    def take(self, record: dict[str, Any]) -> None:
        """Apply a record's base fields. Raises Unreadable."""
        if not record.keys() <= KNOWN:
            self._unknown(record)
        if (version := record.get("bver")) is not None or "bver" in record:
            self._version(version)
        elif self.version is None:
            self.version = VERSION
        for label in ("bt", "bv", "bs"):
            if label in record:
                _number(label, record[label])
        for label in ("bn", "bu"):
            if label in record and type(record[label]) is not str:
                raise Unreadable("base", f"{label} is no text")
        self.name = record.get("bn", self.name)
        self.unit = record.get("bu", self.unit)
        self.time = record.get("bt", self.time)
        self.value = record.get("bv", self.value)
        self.sum = record.get("bs", self.sum)

    def _unknown(self, record: dict[Any, Any]) -> None:
        for label in record.keys() - KNOWN:
            self.unknown += 1
            if isinstance(label, str) and label.endswith("_"):
                raise Unreadable(
                    "must-understand", f"the label {label[:40]!r} must be understood and is not"
                )

    def _version(self, version: object) -> None:
        if type(version) is not int or version < 1:
            raise Unreadable("version", "bver is no positive whole number")
        if version > VERSION:
            raise Unreadable("version", f"version {str(version)[:10]} is newer than {VERSION}")
        if self.version not in {None, version}:
            raise Unreadable("version", "all records of a pack have one version")
        self.version = version


def resolve(records: Any, base: Base | None = None) -> Iterator[Resolved | Refusal]:
    """A resolved record or a refusal for each record in order.

    Raises Unreadable where the pack as a whole must not be processed.
    """
    if type(records) is not list:
        raise Unreadable("shape", "a pack is a list of records")
    if not records:
        raise Unreadable("empty", "the pack holds no record")
    base = base or Base()
    for index, record in enumerate(records):
        if type(record) is not dict:
            raise Unreadable("shape", f"record {index} is no object")
        if not (record.keys() <= _PLAIN and base.version):
            base.take(record)
            if record and record.keys() <= _BASES:
                continue  # a record of base fields alone sets them for those that follow
        try:
            resolved = _one(index, record, base)
        except Unreadable as error:
            yield error.refusal(index)
        else:
            yield resolved


_BASES = frozenset({"bn", "bt", "bu", "bv", "bs", "bver"})
_PLAIN = frozenset({"n", "v", "t", "u"})  # the common record: nothing for the base to take


def _one(index: int, record: dict[str, Any], base: Base) -> Resolved:
    own = record.get("n", "")
    unit = record.get("u", base.unit)
    if type(own) is not str or not (unit is None or type(unit) is str):
        raise Unreadable("label", "n and u are texts")
    name = base.name + own if base.name else own
    if len(name) > MAX_NAME or not _is_name(name):
        raise Unreadable(
            "name",
            f"{name[:60]!r} is no SenML name: letters, digits and - : . / _, beginning with a "
            "letter or digit",
        )
    t = base.time
    if "t" in record:
        t = _number("t", record["t"])
        if base.time:
            t = add(base.time, t)
    label, value = _value(record, base)
    total = _total(record, base)
    if label is None and total is None:
        raise Unreadable("no-value", "a record has v, vs, vb or vd, or a sum")
    return Resolved(index, name, own, unit, t, value, label, total)


@lru_cache(maxsize=4096)
def _is_name(name: str) -> bool:
    return _NAME.match(name) is not None


def _value(record: dict[str, Any], base: Base) -> tuple[str | None, Any]:
    """Which of v, vs, vb and vd the record has, and its value."""
    if "v" in record and record.keys().isdisjoint(_OTHER_VALUES):
        value = _number("v", record["v"])
        return "v", add(base.value, value) if base.value else value
    labels = [label for label in VALUES if label in record]
    if not labels:
        return None, None
    if len(labels) > 1:
        raise Unreadable("value", f"a record has one value, not {' and '.join(labels)}")
    label = labels[0]
    if type(record[label]) is not (bool if label == "vb" else str):
        raise Unreadable("value", f"{label} is of the wrong type")
    return label, record[label]


def _total(record: dict[str, Any], base: Base) -> Number | None:
    if "s" not in record:
        return base.sum
    total = _number("s", record["s"])
    return total if base.sum is None else add(base.sum, total)


def _number(label: str, value: Any) -> Number:
    """A whole or finite decimal number, of a size and precision that sums hold exactly."""
    if type(value) is int:
        if -SIZE < value < SIZE:
            return value
    elif type(value) is Decimal and value.is_finite() and -30 < value.adjusted() < 30:
        return value
    raise Unreadable("value", f"{label} is no finite number of sensible size")


def to_decoded(records: Any) -> Decoded:
    """Items and refusals of a parsed pack. Raises Unreadable where the whole pack is refused."""
    base = Base()
    items: list[Item] = []
    refusals: list[Refusal] = []
    for found in resolve(records, base):
        if isinstance(found, Refusal):
            refusals.append(found)
            continue
        try:
            items.append(_item(found))
        except Unreadable as error:
            refusals.append(error.refusal(found.index))
    if not items and not refusals:
        raise Unreadable("empty", "the pack holds no record with a value")
    return Decoded(tuple(items), tuple(refusals), unknown_keys=base.unknown)


def _item(found: Resolved) -> Item:
    if found.label is None:
        raise Unreadable("sum", "a sum alone is not one of the gateway's signals")
    if found.label == "vd":
        raise Unreadable("data", "binary data is not one of the gateway's signals")
    at, after = _time(found.t)
    return interpret(found.index, signal_of(found), found.value, found.unit, at, None, after)


def signal_of(found: Resolved) -> str:
    """The record's own name, else what follows the last separator of the base; - stands for _."""
    name = found.own or re.split(r"[:/]", found.name)[-1]
    if name in CATALOGUE:
        return name
    return re.split(r"[:/]", name)[-1].replace("-", "_")


def _time(t: Number) -> tuple[int | None, int]:
    """(ms UTC, 0) or, for a relative time, (None, ms after receipt)."""
    if type(t) is int and ABSOLUTE <= t <= LATEST // 1000:
        return t * 1000, 0
    milliseconds = int(EXACT.to_integral_value(EXACT.multiply(t, 1000)))
    if abs(milliseconds) > LATEST:
        raise Unreadable("time", "the time lies beyond the year 9999")
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
