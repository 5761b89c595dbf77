"""The product's own topics: how they are read, and what a credential may use.

homecare/v1/{site}/{home}/{device}/reading|urgent|status
homecare/v1/{site}/{home}/alert                 the gateway to displays in the home
homecare/v1/{site}/_site/clock/reading          the tick of a data site's clock
homecare/v1/_gateway/_probe/{id}/reading        the gateway's proof that the broker lives
"""

import re
from functools import lru_cache
from typing import Literal, NamedTuple

ROOT = "homecare/v1"
READINGS = f"{ROOT}/+/+/+/reading"
URGENT = f"{ROOT}/+/+/+/urgent"
STATUS = f"{ROOT}/+/+/+/status"
PROBE = f"{ROOT}/_gateway/_probe/"
CHANNELS = ("reading", "urgent", "status")
SUBSCRIPTIONS = (READINGS, URGENT, STATUS)  # the gateway's

_TOPIC = re.compile(
    r"homecare/v1/(?P<site>[a-z0-9-]{1,64})/(?P<home>[a-z0-9-]{1,64})/(?P<device>[a-z0-9-]{1,64})"
    r"/(?P<channel>reading|urgent|status)"
)
_TICK = re.compile(r"homecare/v1/([a-z0-9-]{1,64})/_site/clock/reading")


class Topic(NamedTuple):
    """Where a device's message came in."""

    site: str
    home: str
    device: str
    channel: Literal["reading", "urgent", "status"]


@lru_cache(maxsize=65_536)
def parse(topic: str) -> Topic | None:
    """The parts of a device's topic, or None where it is none (a space, a capital, a wrong depth).

    Cached: a device sends to the same three topics for years.
    """
    match = _TOPIC.fullmatch(topic)
    return Topic(*match.groups()) if match else None  # type: ignore[arg-type]  # the pattern's own


@lru_cache(maxsize=4_096)
def tick_site(topic: str) -> str | None:
    """The site whose clock a topic moves, or None."""
    match = _TICK.fullmatch(topic)
    return match.group(1) if match else None


def device(site: str, home: str, device_id: str, channel: str = "reading") -> str:
    """The topic of a device."""
    return f"{ROOT}/{site}/{home}/{device_id}/{channel}"


def tick(site: str) -> str:
    """The topic that moves a data site's clock; payload `{"signal":"tick","time":ms}`."""
    return f"{ROOT}/{site}/_site/clock/reading"
