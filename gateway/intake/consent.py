"""What may not be written at all: values of a device whose people have not agreed.

The journal asks before it seals. Where consent is missing now, the message is looked into at once,
and if nothing in it may be kept, no byte of it is. A message from a time without consent that
arrives when there is consent lies sealed until every projection has passed it, then it is redacted
(`Journal.redact`).
"""

from collections.abc import Callable

from gateway.intake import topics
from gateway.intake.placing import place
from gateway.intake.rows import Flag, Message, Row
from gateway.registry import DeviceEntry, Directory, Holding


def gate(
    directory: Callable[[], Directory], site_at: Callable[[str], int | None]
) -> Callable[[Message], bool]:
    """`withhold(message)` of the journal; `site_at(site)` is the clock of a data site."""

    def withhold(message: Message) -> bool:
        topic = topics.parse(message.topic)
        if topic is None or topic.channel == "status":
            return False
        known = directory()
        entry = known.device(topic.site, topic.home, topic.device)
        if entry is None:
            return False
        clock = site_at(topic.site)
        if _agreed(entry, message.received_at if clock is None else clock):
            return False
        return _nothing_to_keep(message, clock, known)

    return withhold


def _agreed(entry: DeviceEntry, at: int) -> bool:
    holding = entry.holding(at)
    return holding is None or _consents(holding)


def _consents(holding: Holding) -> bool:
    if holding.slots is None:
        return holding.consent
    return any(slot.consent for slot in holding.slots.values())


def _nothing_to_keep(message: Message, clock: int | None, directory: Directory) -> bool:
    flags = int(Flag.RETAINED) if message.retained else 0
    row = Row(0, message.topic, message.payload, message.received_at, clock, flags)
    placed = place(row, directory)
    return placed.refused_for_consent > 0 and not placed.readings
