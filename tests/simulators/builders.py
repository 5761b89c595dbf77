"""A morning in two homes, for the stories here."""

from datetime import UTC, datetime

from simulators.homes.home import Home
from simulators.homes.regions import sites

HOUR = 3_600_000
START = int(datetime(2026, 5, 10, 4, tzinfo=UTC).timestamp() * 1000)
SEED = 7


def homes() -> list[Home]:
    return [home for site in sites() for home in site.homes]
