"""Faults by file: which, where, when; checked against each other and against the homes.

faults:
  - {fault: silence, home: donegal/home-1, devices: [motion-kitchen], from: day 1, for: 6 h}
  - {fault: mobile, site: donegal, delay: 800 ms, loss: 10 %}
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from devices.errors import Refused
from simulators.faults.catalogue import FAULTS
from simulators.faults.fault import FOREVER, Fault, Target
from simulators.faults.form import FaultForm, Kind, Moment
from simulators.forms import Form, Refuse, checked, known, mapping, nearest, refusing
from simulators.homes.home import Home

MOST = 10_000  # faults in a file, and faults that a file becomes in many homes


class FaultRefused(Refused):
    """A fault that cannot be laid: which file, which key, what is allowed."""


@dataclass(frozen=True, slots=True)
class Planned:
    """One entry of a file, checked by itself; `placed` says in which homes and when."""

    kind: Kind
    form: FaultForm
    file: str
    key: str  # "faults.0"

    @property
    def refuse(self) -> Refuse:
        """What refuses, naming file and key; a key given goes below this entry's own."""
        whole = refusing("lay a fault", self.file, FaultRefused)

        def refuse(key: str, problem: str, hint: str) -> Any:
            whole(f"{self.key}.{key}" if key else self.key, problem, hint)

        return refuse


class _File(Form):
    faults: tuple[dict[str, Any], ...]


def load(text: str, name: str, kinds: Sequence[Kind] = FAULTS) -> tuple[Planned, ...]:
    """The faults of a file, in its order. Raises FaultRefused, naming file and key.

    name: the file's, for refusals. kinds: with a developer's own, `(*FAULTS, MINE)`.
    """
    refuse = refusing("read faults", name, FaultRefused)
    listed = checked(_File, mapping(text, refuse, "a fault file"), refuse).faults
    if len(listed) > MOST:
        refuse("faults", f"{len(listed)} faults are too many", f"At most {MOST}")
    return tuple(plan(raw, name, f"faults.{n}", kinds) for n, raw in enumerate(listed))


def plan(
    raw: dict[str, Any], file: str, key: str = "fault", kinds: Sequence[Kind] = FAULTS
) -> Planned:
    """One fault from its keys, as a page or an API hands them over. Raises FaultRefused."""
    refuse = refusing("read faults", file, FaultRefused)
    name = raw.get("fault")
    if name is None:
        refuse(key, "it does not say which fault", nearest("", [one.name for one in kinds]))
    known(str(name), [one.name for one in kinds], refuse, f"{key}.fault")
    kind = next(one for one in kinds if one.name == name)
    if kind.whole_home and "devices" in raw:
        refuse(f"{key}.devices", f"{kind.name} is the whole home's", "Leave `devices` out")
    return Planned(kind, checked(kind.form, raw, refuse, (key,)), file, key)


def placed(planned: Iterable[Planned], homes: Sequence[Home], start: int) -> tuple[Fault, ...]:
    """The faults in these homes; `start` (ms UTC) is the beginning that their times count from.

    Raises FaultRefused: an unknown home, site or device, one without devices, times that do not go
    forward, two that exclude each other on one device at one time.
    """
    if start < 0:
        raise Refused("lay faults", str(start), "it lies before 1970", "Give ms UTC")
    entries = list(planned)
    made = [one for entry in entries for one in _placed(entry, homes, start)]
    if len(made) > MOST:
        raise Refused("lay faults", f"{len(made)} faults", f"at most {MOST}", "Name fewer homes")
    agree(made, (*FAULTS, *(entry.kind for entry in entries)))
    return tuple(made)


def agree(faults: Sequence[Fault], kinds: Sequence[Kind] = FAULTS) -> None:
    """Refused where two exclude each other on one device at one time."""
    by_home: dict[int, list[Fault]] = {}
    for fault in faults:
        here = by_home.setdefault(fault.target.home, [])
        for other in here:
            if _contradict(fault, other, kinds):
                raise FaultRefused(
                    "lay a fault",
                    fault.target.key or type(fault).__name__,
                    f"it excludes {other.target.key or 'another'} "
                    f"({type(other).__name__.lower()}) on the same device at the same time",
                    "Give them different times or devices, or leave one out",
                )
        here.append(fault)


def _contradict(one: Fault, other: Fault, kinds: Sequence[Kind]) -> bool:
    a, b = one.target, other.target
    if a.end <= b.start or b.end <= a.start:
        return False
    if a.devices and b.devices and not set(a.devices) & set(b.devices):
        return False
    names = [next((k.name for k in kinds if k.fault is type(x)), "") for x in (one, other)]
    excludes = [next((k.excludes for k in kinds if k.fault is type(x)), ()) for x in (one, other)]
    return type(one) is type(other) or names[0] in excludes[1] or names[1] in excludes[0]


def _placed(entry: Planned, homes: Sequence[Home], start: int) -> list[Fault]:
    return [_in_home(entry, number, homes[number], start) for number in _homes(entry, homes)]


def _homes(entry: Planned, homes: Sequence[Home]) -> list[int]:
    """Numbers of the homes that an entry names, of those that have its devices."""
    form, refuse = entry.form, entry.refuse
    found = _of_sites(entry, homes) if form.site else _by_name(entry, homes)
    if not found:
        refuse("home", "there are no homes", "Name one of those that are simulated")
    if not form.devices:
        return found
    words = {n: {w for d in homes[n].devices for w in (d.id, d.model)} for n in found}
    for word in form.devices:
        known(word, set().union(*words.values()), refuse, "devices")
    return [n for n in found if words[n] & set(form.devices)]


def _of_sites(entry: Planned, homes: Sequence[Home]) -> list[int]:
    form, refuse = entry.form, entry.refuse
    for site in form.site:
        known(site, {home.site for home in homes}, refuse, "site")
        if not any(home.devices for home in homes if home.site == site):
            refuse("site", f"{site} has no devices", "Name one that has")
    return [n for n, home in enumerate(homes) if home.site in form.site and home.devices]


def _by_name(entry: Planned, homes: Sequence[Home]) -> list[int]:
    form, refuse = entry.form, entry.refuse
    if form.home == ("all",):
        return [n for n, home in enumerate(homes) if home.devices]
    for name in form.home:
        known(name, {home.hub for home in homes} | {"all"}, refuse, "home")
    found = [n for n, home in enumerate(homes) if home.hub in form.home]
    for number in found:
        if not homes[number].devices:
            refuse("home", f"{homes[number].hub} has no devices", "Name one that has")
    return found


def _devices(entry: Planned, home: Home) -> tuple[int, ...]:
    words = entry.form.devices
    return tuple(
        index for word in words for index, one in enumerate(home.devices)
        if word in {one.id, one.model}
    )  # fmt: skip


def _in_home(entry: Planned, number: int, home: Home, start: int) -> Fault:
    form, zone, refuse = entry.form, home.local(), entry.refuse
    begins = form.start.at(zone, start)
    ends = FOREVER
    if form.until is not None:
        ends = form.until.at(zone, start)
    elif form.length is not None:
        ends = begins + form.length
    if begins < 0 or begins >= FOREVER:
        refuse("from", "no time of this world", "Give a time between 1970 and ten years from now")
    if ends <= begins:
        refuse("until", "it ends before it begins", "Give a later time")
    devices = tuple(dict.fromkeys(_devices(entry, home)))
    target = Target(number, begins, ends, devices, home.hub, f"{entry.file}, {entry.key}")
    return entry.kind.make(form, target, home, refuse)


__all__ = ["FaultRefused", "Moment", "Planned", "agree", "load", "placed", "plan"]
