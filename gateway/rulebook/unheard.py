"""Which homes have nothing in a place that a rule names: there it can say nothing, ever."""

from dataclasses import dataclass

from devices.signals import CATALOGUE
from gateway.registry import DeviceEntry, Directory
from rules.rule import Rule
from rules.tree import SignalRef


@dataclass(frozen=True, slots=True)
class Unheard:
    """A signal at a place, and the homes in which no device there reports it."""

    source: SignalRef
    homes: tuple[str, ...]
    among: int  # homes for which the rule would be: somebody there has agreed


def unheard(directory: Directory, site: str, rule: Rule, at: int) -> list[Unheard]:
    """By what is registered at `at`. A device of which nobody wrote down what it reports may be the
    one.
    """
    homes = [
        home.id
        for home in sorted(directory.homes(site), key=lambda home: home.id)
        if any(
            (who := directory.resident(one)) is not None and who.consented(at)
            for one in home.occupants(at)
        )
    ]
    found = []
    for source in rule.uses:
        if source.place is None or CATALOGUE[source.signal].by_gateway:
            continue
        without = tuple(
            home
            for home in homes
            if not any(_reports(one, source, at) for one in directory.devices(site, home))
        )
        if without:
            found.append(Unheard(source, without, len(homes)))
    return found


def _reports(device: DeviceEntry, source: SignalRef, at: int) -> bool:
    known = not device.signals or source.signal in device.signals
    return known and device.stands(source.place, at)
