"""The local calendar that a rule is planned for: whose clocks, and whose public holidays."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Almanac:
    """What `bind` turns into numbers; nothing of it is read while a rule runs."""

    zone: str  # IANA
    holidays: str = ""  # code of a calendar of public holidays (`rules.holidays`); "": none known


ANYWHERE = Almanac("UTC")  # where only lengths matter, which no calendar changes
