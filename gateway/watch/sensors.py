"""Which devices cover what, by what the registry says of where they stand."""

from gateway.registry import DeviceEntry
from gateway.watch.coverage import EVENT_HOLD_MS, Coverage, Sensor
from rules.places import MEMORY_MS, PREVAILING
from rules.rule import Rule


def hear(
    coverage: Coverage,
    device: DeviceEntry,
    signal: str,
    at: int,
    covered: frozenset[str],
    factor: float,
) -> None:
    """A reading proves that its device, where it stood, would have reported what it measures.

    `covered`: signals of which some rule needs to know it.
    """
    if (
        signal not in covered
        and not coverage.knows(device.key)
        and covered.isdisjoint(device.signals)
    ):
        return  # nobody needs to know it of such a device
    standing = device.standing(at)
    if standing is None or not standing.heard:
        return
    key = device.key, standing.from_at
    known = coverage.known(key)
    if known is None or (signal in covered and signal not in known.signals):
        elsewhere = (one for sensor in coverage.standing(device.key) for one in sensor.signals)
        signals = tuple(sorted({signal, *device.signals, *elsewhere} & covered))
        if not signals:
            return
        coverage.register(
            Sensor(
                device.key,
                standing.from_at,
                device.home,
                standing.place,
                device.hub,
                signals,
                hold_ms(device.interval_ms, factor),
                standing.to_at,
            )
        )
    coverage.heard(key, at)


def place(coverage: Coverage, device: DeviceEntry, at: int, factor: float) -> None:
    """The registry may say anew how often a device speaks, and how long it stands where it does.

    A placement that was withdrawn ends at `at`; what was said of its past stays said.
    """
    for known in coverage.standing(device.key):
        stood = next((one for one in device.standings if one.from_at == known.since), None)
        ends = at if stood is None or not stood.heard else stood.to_at
        hold = hold_ms(device.interval_ms, factor)
        coverage.register(known._replace(hub=device.hub, hold_ms=hold, until=ends))


def hold_ms(interval_ms: int | None, factor: float) -> int:
    """How long a reading proves that its device is heard; one that speaks on events: a day."""
    return EVENT_HOLD_MS if interval_ms is None else int(interval_ms * factor)


def before_ms(rule: Rule) -> int:
    """How far before its look-back the past of a rule matters: to what was covered when that began,
    and to what each device had last said.
    """
    states = any(ref.signal in PREVAILING for ref in rule.uses)
    return MEMORY_MS if states else EVENT_HOLD_MS
