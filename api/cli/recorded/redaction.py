"""What a capture may keep: values and times, never a name and never free text.

Redaction here is by allowance, not by search: a payload is read by its dialect and written anew
from what was understood (signal, number or known word, unit, time, slot, boot, seq). What nobody
understood is described and dropped, unless `raw` was asked for.
"""

import base64
import hashlib
import hmac
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec

from devices.dialects import BY_NAME, DIALECTS
from devices.reading import Decoded
from gateway.intake import topics
from gateway.mqtt.listener import Heard
from gateway.registry import Directory
from simulators.recorded.capture import Message, Source, Tick

OURS = "homecare"
PLACES = frozenset({
    *("kitchen", "hallway", "lounge", "bedroom", "bathroom", "toilet", "stairs", "landing"),
    *("outer", "fridge", "freezer", "stove", "bed", "chair", "kettle", "window", "garage"),
})  # fmt: skip
# Words of protocols in topics that are not ours: they say what it is, not whose.
WORDS = frozenset({
    OURS,
    *("zigbee2mqtt", "homeassistant", "shellies", "tasmota", "tele", "stat", "cmnd", "rpc"),
    *("sensor", "state", "status", "availability", "set", "get", "bridge", "events", "lwt"),
    *("online", "result", "info", "config", "v1", "v2", "v3", "mqtt", "data", "up", "down"),
})  # fmt: skip
KEPT_PROPERTIES = frozenset({"PayloadFormatIndicator", "MessageExpiryInterval"})

NOT_UNDERSTOOD = "dialect"  # no dialect reads it
NO_STATUS = "status"
NO_CONSENT = "consent"  # of the gateway's registry: nothing of it may be kept


class _Status(msgspec.Struct, gc=False):
    online: bool
    battery: float | None = None


_STATUS = msgspec.json.Decoder(_Status)
_STATES = {b"online": True, b"offline": False}


@dataclass
class Redactor:
    """One capture's pseudonyms and counts. The key lives as long as this object, or longer in the
    file of somebody who asked for that.
    """

    key: bytes
    raw: bool = False
    shift_ms: int = 0
    directory: Directory | None = None  # the registry of the gateway here, where there is one
    counts: Counter[str] = field(default_factory=Counter)  # parts taken out of what was kept
    dropped: Counter[str] = field(default_factory=Counter)  # messages, by reason
    skipped: int = 0  # the gateway's own messages
    _names: dict[tuple[str, str], str] = field(default_factory=dict)
    _sources: dict[topics.Topic, Source] = field(default_factory=dict)

    def lines(self, heard: Heard, at: int) -> Iterator[Source | Message | Tick]:
        """What is kept of a message: before a device's first one what is known of the device."""
        ticking = topics.tick_site(heard.topic)
        if ticking is not None and (clock := _clock(heard.payload)) is not None:
            site = self.pseudonym("site", ticking)
            yield Tick(site, at + self.shift_ms, clock + self.shift_ms)
            return
        if self._gateways_own(heard.topic):
            self.skipped += 1
            return
        topic = topics.parse(heard.topic)
        if topic is None:
            yield self._foreign(heard, at)
            return
        if self._forbidden(topic, at):
            self.dropped[NO_CONSENT] += 1
            return
        name = "/".join((OURS, "v1", *self._where(topic), topic.channel))
        if topic.channel == "status":
            yield self._message(heard, at, name, _status(heard.payload), NO_STATUS)
            return
        known = len(self._sources)
        payload = self._rewritten(topic, heard.payload)
        if len(self._sources) > known:
            yield self._sources[topic._replace(channel="reading")]
        yield self._message(heard, at, name, payload, NOT_UNDERSTOOD)

    def pseudonym(self, kind: str, name: str) -> str:
        """The same for the same name in this capture; a name cannot be had from it."""
        found = self._names.get((kind, name))
        if found is None:
            digest = hmac.digest(self.key, f"{kind}\0{name}".encode(), hashlib.sha256)
            text = base64.b32encode(digest).decode().lower()
            found = self._names[kind, name] = f"{kind}-{text[:8]}"
        return found

    def filter(self, wanted: str) -> str:
        """A subscription, with its names replaced."""
        kinds = iter(("site", "home", "device"))
        parts = wanted.split("/")
        ours = parts[:2] == [OURS, "v1"]
        return "/".join(
            part
            if part in {"+", "#", *topics.CHANNELS} or part in WORDS
            else self.pseudonym(next(kinds, "t") if ours else "t", part)
            for part in parts
        )

    def names(self) -> Mapping[str, int]:
        """How many of each kind were replaced."""
        return Counter(kind for kind, _ in self._names)

    def zones(self, wanted: Sequence[str]) -> Mapping[str, str]:
        """Zones of the sites that these filters can bring, where the registry knows them: without
        them no hour can be told.
        """
        if self.directory is None:
            return {}
        return {
            self.pseudonym("site", name): site.zone
            for name, site in self.directory.sites.items()
            if any(_brings(one, name) for one in wanted)
        }

    def _where(self, topic: topics.Topic) -> tuple[str, str, str]:
        return (
            self.pseudonym("site", topic.site),
            self.pseudonym("home", f"{topic.site}/{topic.home}"),
            self.pseudonym("device", f"{topic.site}/{topic.home}/{topic.device}"),
        )

    def _gateways_own(self, topic: str) -> bool:
        parts = topic.split("/")
        if parts[:2] != [OURS, "v1"]:
            return topic.startswith(("$", "_INBOX/"))  # what brokers tell themselves
        return topics.tick_site(topic) is not None or "_gateway" in parts or parts[-1] == "alert"

    def _forbidden(self, topic: topics.Topic, at: int) -> bool:
        if self.directory is None:
            return False
        entry = self.directory.device(topic.site, topic.home, topic.device)
        holding = None if entry is None else entry.holding(at)
        return holding is not None and (not holding.consent or holding.paused)

    def _foreign(self, heard: Heard, at: int) -> Message:
        """A topic that is not ours: every part that is no protocol's word is a name."""
        name = "/".join(
            part if part.lower() in WORDS else self.pseudonym("t", part)
            for part in heard.topic.split("/")
        )
        return self._message(heard, at, name, None, NOT_UNDERSTOOD)

    def _message(
        self, heard: Heard, at: int, name: str, payload: bytes | None, why: str
    ) -> Message:
        if payload is None and self.raw:
            payload = heard.payload
            self.counts["payloads kept as they were"] += 1
        length = None
        if payload is None:
            length = len(heard.payload)
            self.dropped[why] += 1
        return Message(
            at + self.shift_ms,
            name,
            payload,
            heard.qos,
            heard.retained,
            self._properties(heard.properties),
            length,
            why if payload is None else "",
        )

    def _properties(self, told: Mapping[str, Any]) -> Mapping[str, Any]:
        kept = {key: value for key, value in told.items() if key in KEPT_PROPERTIES}
        if len(kept) < len(told):
            self.counts["properties"] += len(told) - len(kept)
        return kept

    def _rewritten(self, topic: topics.Topic, payload: bytes) -> bytes | None:
        """The payload from what its dialect understood of it; None where that was nothing."""
        place = topic._replace(channel="reading")
        source = self._sources.get(place)
        entry = None
        if self.directory is not None:
            entry = self.directory.device(topic.site, topic.home, topic.device)
        if source is not None:
            dialect = source.dialect
            decoded = BY_NAME[dialect].decode(payload)
        elif entry is not None and entry.dialect in BY_NAME:
            dialect = entry.dialect
            decoded = BY_NAME[dialect].decode(payload)
        else:
            dialect, decoded = guessed(payload)
        if not decoded.items:
            return None
        encode = BY_NAME[dialect].encode
        if encode is None:  # read, but never written here: our own JSON holds the same
            dialect, encode = OURS, BY_NAME[OURS].encode
        assert encode is not None
        if source is None:
            self._sources[place] = self._source(topic, dialect)
        if decoded.refusals:
            self.counts["readings that no dialect reads"] += len(decoded.refusals)
        if decoded.unknown_keys:
            self.counts["keys that the dialect does not know"] += decoded.unknown_keys
        items = [
            one if one.at is None else msgspec.structs.replace(one, at=one.at + self.shift_ms)
            for one in decoded.items
        ]
        return encode(items, decoded.boot, decoded.seq)

    def _source(self, topic: topics.Topic, dialect: str) -> Source:
        where = self._where(topic)
        if self.directory is None:
            return Source(*where, dialect)
        entry = self.directory.device(topic.site, topic.home, topic.device)
        home = self.directory.home(topic.site, topic.home)
        holding = None if entry is None or not entry.history else entry.history[-1][1]
        if entry is None or home is None or holding is None:
            return Source(*where, dialect)
        living = sorted({stay.resident for stay in home.occupancies})
        owner = living.index(holding.resident) if holding.resident in living else None
        return Source(
            *where,
            dialect,
            self._place(holding.place),
            owner,
            entry.interval_ms,
            entry.hub is not None,
        )

    def _place(self, place: str | None) -> str | None:
        """A kitchen is nobody's name; what people called their rooms might be."""
        return place if place is None or place in PLACES else self.pseudonym("place", place)


def _brings(wanted: str, site: str) -> bool:
    """Whether a filter lets a site's topics through."""
    for part, own in zip(wanted.split("/"), (OURS, "v1", site), strict=False):
        if part == "#":
            return True
        if part not in {"+", own}:
            return False
    return True


def _clock(payload: bytes) -> int | None:
    items = BY_NAME[OURS].decode(payload).items
    return items[0].at if items else None


def guessed(payload: bytes) -> tuple[str, Decoded]:
    """The dialect that understands most of it, the first of equals."""
    best, found = DIALECTS[0].name, Decoded(())
    for one in DIALECTS:
        decoded = one.decode(payload)
        if len(decoded.items) > len(found.items):
            best, found = one.name, decoded
    return best, found


def _status(payload: bytes) -> bytes | None:
    word = _STATES.get(payload.strip())
    if word is not None:
        return payload.strip()
    try:
        told = _STATUS.decode(payload)
    except (ValueError, RecursionError):
        return None
    said = {"online": told.online} | ({} if told.battery is None else {"battery": told.battery})
    return msgspec.json.encode(said)
