"""A phrase as JSON and back: how alerts keep the sentence why, to be rendered when it is shown."""

from collections.abc import Mapping
from typing import Any

from rules.sentences.sentence import (
    Days,
    Length,
    Moment,
    Named,
    Part,
    Phrase,
    Plain,
    Speed,
    TimeOfDay,
    Value,
)


def to_record(phrase: Phrase) -> dict[str, Any]:
    """Plain JSON values only: {"key": …, "parts": {name: one of phrase, list, {kind: fields}}}."""
    return {
        "key": phrase.key,
        "parts": {name: _part_record(part) for name, part in phrase.parts.items()},
    }


def from_record(record: Mapping[str, Any]) -> Phrase | None:
    """The phrase; None for a record that this version does not know how to say."""
    try:
        return _phrase(record)
    except (KeyError, TypeError, ValueError):
        return None


def _part_record(part: Part) -> Any:  # noqa: PLR0911  # one return for each kind of part
    match part:
        case Phrase():
            return to_record(part)
        case tuple():
            return [to_record(inner) for inner in part]
        case Value(signal, x):
            return {"value": [signal, x]}
        case Plain(x, decimals):
            return {"plain": [x, decimals]}
        case Speed(signal, x):
            return {"speed": [signal, x]}
        case Length(ms):
            return {"length": ms}
        case TimeOfDay(minutes):
            return {"time": minutes}
        case Moment(at, zone):
            return {"moment": [at, zone]}
        case Named(signal, place):
            return {"named": [signal, place]}
        case Days(days):
            return {"days": list(days)}


def _phrase(record: Mapping[str, Any]) -> Phrase:
    return Phrase(record["key"], {name: _part(part) for name, part in record["parts"].items()})


def _part(record: Any) -> Part:  # noqa: PLR0911  # one return for each kind of part
    if isinstance(record, list):
        return tuple(_phrase(inner) for inner in record)
    if "key" in record:
        return _phrase(record)
    (kind, fields), *more = record.items()
    if more:
        raise ValueError(kind)
    match kind:
        case "value":
            return Value(*fields)
        case "plain":
            return Plain(*fields)
        case "speed":
            return Speed(*fields)
        case "length":
            return Length(fields)
        case "time":
            return TimeOfDay(fields)
        case "moment":
            return Moment(*fields)
        case "named":
            return Named(*fields)
        case "days":
            return Days(tuple(fields))
        case _:
            raise ValueError(kind)
