r"""A capture: what a broker passed on, as lines of JSON. Pure: lines in, messages out, and back.

    {"homecare-capture":1,"began":1762156800000,"redacted":true,"raw":false,"shifted":false,…}
    {"device":"site-k2/home-a7/device-f3","dialect":"homecare","place":"kitchen","owner":null,…}
    {"t":1762156800123,"topic":"homecare/v1/site-k2/…/reading","qos":1,"text":"{\"signal\":…"}
    {"t":1762156800125,"topic":"t-h5/t-q9","qos":0,"retain":true,"length":318,"why":"dialect"}
    {"t":1762156810000,"site":"site-k2","clock":1730620800000}
    {"t":1762156811002,"gap":"the connection was lost"}
    {"end":1762156860000,"messages":2,"dropped":{"dialect":1}}

Lines are only ever appended, so whatever ends the recorder, all lines before the last are whole. A
file without its `end` was cut, and says so when it is read. docs/developers/captures.md has every
key.
"""

import base64
import binascii
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, NoReturn

from devices.errors import Refused

KIND = "homecare-capture"
VERSION = 1
ASK = "read a capture"
_TOPIC = ("site", "home", "device")


@dataclass(frozen=True, slots=True)
class Message:
    """One message as it came. Its payload is None where it was only described."""

    at: int  # ms UTC of its receipt, shifted where the capture is
    topic: str
    payload: bytes | None
    qos: int = 1
    retained: bool = False  # a leftover from before the capture, not news
    properties: Mapping[str, Any] = field(default_factory=dict)  # of MQTT 5
    length: int | None = None  # of a payload that was not kept
    why: str = ""  # it was not kept


@dataclass(frozen=True, slots=True)
class Source:
    """What is known of a device besides its messages."""

    site: str
    home: str
    device: str
    dialect: str
    place: str | None = None
    owner: int | None = None  # number of the resident in the home; None: it is the home's
    interval_ms: int | None = None
    hub: bool = False  # it speaks over the home's hub


@dataclass(frozen=True, slots=True)
class Tick:
    """The clock of a site that does not go by the wall's, at one moment of the recorder's."""

    site: str
    at: int  # ms UTC of the recorder's clock
    clock: int  # ms UTC of the site's


@dataclass(frozen=True, slots=True)
class Capture:
    """A whole file, or what is left of it."""

    header: Mapping[str, Any]
    sources: tuple[Source, ...]
    messages: tuple[Message, ...]
    gaps: tuple[tuple[int, str], ...]
    dropped: Mapping[str, int]  # messages that were not kept, by reason
    whole: bool  # it was ended in order
    torn: bool = False  # its last line is half a line
    ticks: tuple[Tick, ...] = ()


def header_line(began: int, **more: Any) -> str:
    """The first line."""
    return _line({KIND: VERSION, "began": began, **more})


def source_line(one: Source) -> str:
    """Before the first message of a device."""
    said = {
        "device": f"{one.site}/{one.home}/{one.device}",
        "dialect": one.dialect,
        "place": one.place,
        "owner": one.owner,
        "interval_ms": one.interval_ms,
        "hub": one.hub,
    }
    return _line(said)


def message_line(one: Message) -> str:
    """A message. Bytes that are text stand as text."""
    said: dict[str, Any] = {"t": one.at, "topic": one.topic, "qos": one.qos}
    if one.retained:
        said["retain"] = True
    if one.payload is None:
        said |= {"length": one.length, "why": one.why}
    else:
        try:
            said["text"] = one.payload.decode()
        except UnicodeDecodeError:
            said["base64"] = base64.b64encode(one.payload).decode()
    if one.properties:
        said["properties"] = dict(one.properties)
    return _line(said)


def tick_line(one: Tick) -> str:
    """What a site's clock shows."""
    return _line({"t": one.at, "site": one.site, "clock": one.clock})


def gap_line(at: int, why: str) -> str:
    """Nothing was heard from here on, for a while."""
    return _line({"t": at, "gap": why})


def end_line(at: int, messages: int, dropped: Mapping[str, int]) -> str:
    """The last line."""
    return _line({"end": at, "messages": messages, "dropped": dict(dropped)})


def read(lines: Iterable[str], file: str) -> Capture:
    """All of a file. A last line that is half a line is left out; any other raises Refused."""
    made = _Reader(file)
    held: tuple[int, str] | None = None
    for number, text in enumerate(lines, 1):
        if held is not None:
            made.take(*held)
        held = number, text
    if held is None:
        made.refuse(1, "it is empty", "Record one: homecare record FILE")
    torn = not held[1].endswith("\n") and not _is_json(held[1])
    if torn and held[0] == 1:
        made.refuse(1, "it is no capture", "Its first line is {“homecare-capture”: 1, …}")
    if not torn:
        made.take(*held)
    return made.capture(torn=torn)


def is_capture(first: str) -> bool:
    """Whether the first line of a file is that of a capture, of any version."""
    try:
        told = json.loads(first)
    except ValueError:
        return False
    return isinstance(told, dict) and KIND in told


class _Reader:
    def __init__(self, file: str) -> None:
        self._file = file
        self._header: Mapping[str, Any] | None = None
        self._sources: dict[str, Source] = {}
        self._messages: list[Message] = []
        self._gaps: list[tuple[int, str]] = []
        self._ticks: list[Tick] = []
        self._end: Mapping[str, Any] | None = None

    def take(self, number: int, text: str) -> None:
        """One line."""
        try:
            told = json.loads(text)
        except ValueError:
            self.refuse(number, "it is no JSON", "The file was changed, or is no capture")
        if not isinstance(told, dict):
            self.refuse(number, "it is no object", "The file was changed, or is no capture")
        if self._header is None:
            self._begin(number, told)
        elif self._end is not None:
            self.refuse(number, "it stands after the end", "One file holds one capture")
        elif "device" in told:
            self._source(number, told)
        elif "end" in told:
            self._end = told
        elif "gap" in told:
            self._gaps.append((self._time(number, told), str(told["gap"])))
        elif "clock" in told:
            clock = told["clock"]
            if type(clock) is not int or clock < 0:
                self.refuse(number, f"its clock is {clock!r}", "Whole milliseconds since 1970")
            at = self._time(number, told)
            self._ticks.append(Tick(str(told.get("site")), at, clock))
        else:
            self._messages.append(self._message(number, told))

    def capture(self, *, torn: bool) -> Capture:
        assert self._header is not None
        dropped: dict[str, int] = {}
        for one in self._messages:
            if one.payload is None:
                dropped[one.why] = dropped.get(one.why, 0) + 1
        if self._end is not None and isinstance(self._end.get("dropped"), dict):
            dropped = self._end["dropped"]
        return Capture(
            self._header,
            tuple(self._sources.values()),
            tuple(self._messages),
            tuple(self._gaps),
            dropped,
            self._end is not None,
            torn,
            tuple(self._ticks),
        )

    def _begin(self, number: int, told: Mapping[str, Any]) -> None:
        if told.get(KIND) != VERSION:
            if KIND in told:
                problem = f"version {told[KIND]!r} is not known here"
                self.refuse(number, problem, f"Known: {VERSION}")
            self.refuse(number, "it is no capture", f'Its first line is {{"{KIND}": 1, …}}')
        self._header = told

    def _source(self, number: int, told: Mapping[str, Any]) -> None:
        names = str(told["device"]).split("/")
        if len(names) != len(_TOPIC) or not isinstance(told.get("dialect"), str):
            self.refuse(number, "a device is site/home/device with a dialect", "Mend the line")
        owner, interval = told.get("owner"), told.get("interval_ms")
        for key, value in (("owner", owner), ("interval_ms", interval)):
            if value is not None and (type(value) is not int or value < 0):
                self.refuse(
                    number, f"{key} is {value!r}", "Write a whole number from 0 on, or null"
                )
        place = told.get("place")
        self._sources[str(told["device"])] = Source(
            names[0],
            names[1],
            names[2],
            told["dialect"],
            place=None if place is None else str(place),
            owner=owner,
            interval_ms=interval,
            hub=bool(told.get("hub")),
        )

    def _message(self, number: int, told: Mapping[str, Any]) -> Message:
        topic, qos = told.get("topic"), told.get("qos", 1)
        if not isinstance(topic, str) or qos not in (0, 1, 2):
            self.refuse(number, "it is no message of a capture", "A message has t, topic and qos")
        payload = None
        if isinstance(told.get("text"), str):
            payload = told["text"].encode()
        elif "base64" in told:
            try:
                payload = base64.b64decode(told["base64"], validate=True)
            except (binascii.Error, TypeError, ValueError):
                self.refuse(number, "its payload is no base64", "The file was changed")
        return Message(
            self._time(number, told),
            topic,
            payload,
            qos,
            bool(told.get("retain")),
            told.get("properties") or {},
            told.get("length"),
            str(told.get("why", "")),
        )

    def _time(self, number: int, told: Mapping[str, Any]) -> int:
        at = told.get("t")
        if type(at) is not int or at < 0:
            self.refuse(number, f"its time is {at!r}", "`t` is whole milliseconds since 1970")
        return at

    def refuse(self, number: int, problem: str, hint: str) -> NoReturn:
        raise Refused(ASK, f"{self._file}, line {number}", problem, hint)


def _is_json(text: str) -> bool:
    try:
        json.loads(text)
    except ValueError:
        return False
    return True


def _line(said: Mapping[str, Any]) -> str:
    return json.dumps(said, ensure_ascii=False, separators=(",", ":")) + "\n"
