"""Virtual homes as a registry file, for `homecare import`: what a site would write by hand."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from simulators.homes.home import Device, Home
from simulators.homes.models import model


@dataclass(frozen=True, slots=True)
class SiteFacts:
    """What the registry says of a site besides its homes."""

    id: str
    name: str
    zone: str
    languages: Sequence[str]
    emergency: Sequence[str]
    fallback_phone: str
    holidays: str = "none"


def registry_file(
    sites: Sequence[tuple[SiteFacts, Sequence[Home]]],
    since: str,
    intervals: Mapping[str, str | None] | None = None,
) -> str:
    """YAML of demo sites with a data clock.

    since: date from which all live, agree and stand there. intervals: by model, in place of the
    model's own; None: the device is never expected.
    """
    lines = ["sites:"]
    for facts, homes in sites:
        lines += [
            f"  - id: {facts.id}",
            f"    name: {_text(facts.name)}",
            f"    zone: {facts.zone}",
            f"    languages: {_list(facts.languages)}",
            f"    emergency: {_list(facts.emergency)}",
            f"    fallback_phone: {_text(facts.fallback_phone)}",
            f"    holidays: {facts.holidays}",
            "    clock: data",
            "    demo: yes",
            "    homes:",
        ]
        for home in homes:
            lines += _home(home, since, intervals or {})
    return "\n".join(lines) + "\n"


def _home(home: Home, since: str, intervals: Mapping[str, str | None]) -> Iterator[str]:
    yield f"      - id: {home.id}"
    yield f"        label: {_text(home.label)}"
    yield f"        area: {_text(home.area)}"
    yield f"        drive_minutes: {home.drive_minutes}"
    yield "        residents:"
    for person in home.people:
        yield f"          - id: {person.id}"
        yield f"            name: {_text(person.name)}"
        yield f"            born: {person.born}"
        yield f"            language: {person.language}"
        yield f"            since: {since}"
        yield f"            consent: {since}"
    yield "        devices:"
    hubbed = any(device.model == "hub" for device in home.devices)
    for device in home.devices:
        yield from _device(home, device, since, intervals, hubbed=hubbed)


def _device(
    home: Home, device: Device, since: str, intervals: Mapping[str, str | None], *, hubbed: bool
) -> Iterator[str]:
    kind = model(device.model, home.models)
    owner = "home" if device.owner is None else home.people[device.owner].id
    interval = f"{kind.interval_ms // 60_000}min" if kind.interval_ms else None
    interval = intervals.get(device.model, interval)
    yield f"          - id: {device.id}"
    yield f"            dialect: {kind.dialect}"
    if device.model != "manual":
        yield f"            hub: {'hub' if hubbed else home.id}"
    yield f"            model: {_text(kind.title)}"
    yield f"            owner: {owner}"
    yield f"            place: {device.place}"
    yield f"            interval: {interval or 'none'}"
    yield f"            signals: {_list(kind.signals)}"
    yield f"            since: {since}"


def _text(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)  # a JSON string is a YAML string


def _list(words: Sequence[str]) -> str:
    return "[" + ", ".join(_text(word) for word in words) + "]"
