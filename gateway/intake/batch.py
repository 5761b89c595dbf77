"""One batch on its way into the journal: identity, order, clocks, seals, and the rows themselves.

This is the hot path: about ten microseconds a message. Statements are prepared text.
"""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import msgspec
from sqlalchemy import Connection, select

from devices.dialects.head import peek
from gateway.intake import tables, topics
from gateway.intake.digest import URGENT_MS, Digests
from gateway.intake.keyring import Keyring
from gateway.intake.rows import Flag, Message, Row
from gateway.intake.sequence import Seen, dump, notice, restore

HEAD_BYTES = 256  # what is kept of a message that is too long
LARGEST = 2**62  # a sequence number beyond it is none
STEP_MS = 1_000  # a wall clock that is this far behind has been stepped
ROUTES = 100_000  # topics remembered

_INSERT = (
    "INSERT INTO journal (offset, topic, payload, received_at, site_at, flags, digest, key_id,"
    " first_received_at, part) VALUES (?,?,?,?,?,?,?,?,?,?) ON CONFLICT (digest) DO NOTHING"
)
_SINCE = "SELECT offset FROM journal WHERE offset > ?"
_LAST_OF = "SELECT received_at FROM journal WHERE digest = ?"
_CLOCK = "INSERT INTO site_clock VALUES (?,?) ON CONFLICT (site) DO UPDATE SET at = excluded.at"
_SEEN = (
    "INSERT INTO device_sequence VALUES (?,?,?,?) ON CONFLICT (device)"
    " DO UPDATE SET boot = excluded.boot, high = excluded.high, holes = excluded.holes"
)
_REPEATED, _RETAINED, _URGENT = int(Flag.REPEATED), int(Flag.RETAINED), int(Flag.URGENT)
_REPLAY, _CLASH, _OVERSIZED = int(Flag.REPLAY), int(Flag.CLASH), int(Flag.OVERSIZED)
_WITHHELD, _UNSURE = int(Flag.WITHHELD), int(Flag.UNSURE)
_BACKLOG = int(Flag.BACKLOG)


class _Tick(msgspec.Struct, gc=False):
    time: int
    signal: str = "tick"


_TICK = msgspec.json.Decoder(_Tick)


class Memory:
    """What the writer knows without asking the database; a batch works on a child of it."""

    def __init__(
        self,
        offset: int,
        received_at: int,
        clocks: dict[str, int],
        seen: dict[str, Seen],
    ) -> None:
        self.offset, self.received_at = offset, received_at
        self.clocks, self.seen = clocks, seen
        self.new_clocks: dict[str, int] = {}
        self.new_seen: dict[str, Seen] = {}

    def child(self, floor: int) -> "Memory":
        """For one batch: read through, written apart, so that a failed commit leaves no trace."""
        return Memory(self.offset, max(floor, self.received_at), self.clocks, self.seen)

    def settled(self) -> "Memory":
        """The batch is on disk: what it learnt holds."""
        self.clocks.update(self.new_clocks)
        self.seen.update(self.new_seen)
        self.new_clocks, self.new_seen = {}, {}
        return self


def load_memory(conn: Connection) -> Memory:
    """After a restart."""
    rows, clock, sequence = tables.journal.c, tables.site_clock.c, tables.device_sequence.c
    last = conn.execute(
        select(rows.offset, rows.received_at).order_by(rows.offset.desc()).limit(1)
    ).one_or_none()
    clocks = {row.site: row.at for row in conn.execute(select(clock.site, clock.at))}
    seen = {
        row.device: restore(row.boot, row.high, row.holes)
        for row in conn.execute(
            select(sequence.device, sequence.boot, sequence.high, sequence.holes)
        )
    }
    return Memory(last.offset if last else 0, last.received_at if last else 0, clocks, seen)


class Route(NamedTuple):
    """What a topic says, worked out once."""

    raw: bytes
    site: str
    device: str  # site/home/device
    urgent: bool
    tick: bool
    digest: Any  # a keyed hash that has taken in the topic


class Maker:
    """What every batch needs."""

    def __init__(
        self,
        keyring: Keyring,
        digests: Digests,
        limit: int,
        withhold: Callable[[Message], bool] | None,
    ) -> None:
        """`limit`: bytes of a payload; `withhold`: whether none of them may be kept."""
        self.keyring, self.digests = keyring, digests
        self.limit, self.withhold = limit, withhold
        self.routes: dict[str, Route] = {}

    def route(self, topic: str) -> Route:
        """Of a topic that is not in `routes` yet."""
        if len(self.routes) >= ROUTES:
            self.routes.clear()
        raw = topic.encode(errors="surrogatepass")
        device = topic[len(topics.ROOT) + 1 : max(topic.rfind("/"), 0)]
        route = Route(
            raw,
            device.partition("/")[0],
            device,
            topic.endswith("/urgent"),
            topics.tick_site(topic) is not None,
            self.digests.begun(raw),
        )
        self.routes[topic] = route
        return route


class Stored(NamedTuple):
    """What a batch became."""

    rows: list[Row]
    missing: tuple[tuple[str, int], ...]  # (site/home/device, sequence numbers never seen)


class Batch:
    """Turns the messages of one transaction into rows. Made anew for each."""

    def __init__(self, maker: "Maker", conn: Connection, memory: Memory) -> None:
        self._maker, self._conn, self._memory = maker, conn, memory
        self._rows: list[Row] = []
        self._values: list[tuple[Any, ...]] = []
        self._digests: set[bytes] = set()
        self._missing: dict[str, int] = {}

    def store(self, messages: Sequence[Message]) -> Stored:
        """Inside a writing transaction; the caller keeps `memory` only once that is committed."""
        memory, before = self._memory, self._memory.offset
        for message in messages:
            self._take(message)
        rows = self._insert(before)
        memory.offset = rows[-1].offset if rows else before
        if memory.new_clocks:
            self._conn.exec_driver_sql(_CLOCK, list(memory.new_clocks.items()))
        if memory.new_seen:
            seen = [(device, *state[:2], dump(state)) for device, state in memory.new_seen.items()]
            self._conn.exec_driver_sql(_SEEN, seen)
        return Stored(rows, tuple(self._missing.items()))

    def _insert(self, before: int) -> list[Row]:
        if not self._values:
            return []
        stored = self._conn.exec_driver_sql(_INSERT, self._values).rowcount
        if stored == len(self._rows):
            return self._rows
        # Duplicates were dropped: which ones?
        kept = set(self._conn.exec_driver_sql(_SINCE, (before,)).scalars())
        return [row for row in self._rows if row.offset in kept]

    def _take(self, message: Message) -> None:
        topic, payload, received_at = message.topic, message.payload, message.received_at
        memory, maker = self._memory, self._maker
        route = maker.routes.get(topic) or maker.route(topic)
        flags = _URGENT if route.urgent else 0
        if received_at >= memory.received_at:
            memory.received_at = received_at
        else:
            if received_at < memory.received_at - STEP_MS:
                flags |= _UNSURE
            received_at = memory.received_at
        if message.retained:
            flags |= _RETAINED
        digest, marks = self._identify(message, route, received_at)
        if digest is None:
            return  # seen before
        flags |= marks
        first, part = message.first_received_at, message.part
        if len(payload) > maker.limit:
            flags |= _OVERSIZED
            payload, part = payload[:HEAD_BYTES], len(payload)
        key_id: int | None = None
        sealed: bytes | None = None
        if maker.withhold is not None and maker.withhold(message):
            flags |= _WITHHELD
            payload = b""
        else:
            key_id, sealed = maker.keyring.seal(topic, route.raw, payload)
        site_at = self._site_at(route, message)
        memory.offset = offset = memory.offset + 1
        self._digests.add(digest)
        self._rows.append(Row(offset, topic, payload, received_at, site_at, flags, first, part))
        self._values.append(
            (offset, topic, sealed, received_at, site_at, flags, digest, key_id, first, part)
        )

    def _identify(
        self, message: Message, route: Route, received_at: int
    ) -> tuple[bytes | None, int]:
        """The digest (None: certainly a duplicate) and what it says of the message."""
        digests = self._maker.digests
        if message.replay_of is not None:
            return digests.again(b"replay %d" % message.replay_of), _REPLAY
        boot, seq, timed = head = peek(message.payload)
        if not head.identified:
            return digests.unique(), _REPEATED | (_BACKLOG if message.backlog else 0)
        digest, marks = digests.of(route.digest, message.payload), 0
        if not timed:
            if route.urgent:
                another, again = self._urgent(digest, received_at)
                if another is None:
                    return None, 0
                digest, marks = another, _CLASH if again else 0
            if message.backlog:
                marks |= _BACKLOG
        if boot is not None and seq is not None and not message.retained:
            return self._sequence(route.device, boot, seq, digest, marks)
        return digest, marks

    def _urgent(self, digest: bytes, received_at: int) -> tuple[bytes | None, bool]:
        """An SOS known by (boot, seq) alone: the same again after an hour is another one."""
        again = False
        while True:
            if digest in self._digests:
                return None, again
            last = self._conn.exec_driver_sql(_LAST_OF, (digest,)).scalar_one_or_none()
            if last is None:
                return digest, again
            if last > received_at - URGENT_MS:
                return None, again
            digest, again = self._maker.digests.again(digest), True

    def _sequence(
        self, device: str, boot: int, seq: int, digest: bytes, marks: int
    ) -> tuple[bytes | None, int]:
        memory = self._memory
        state = memory.new_seen.get(device) or memory.seen.get(device)
        if state == (boot, seq - 1, ()):  # nearly always: the next one
            memory.new_seen[device] = Seen(boot, seq)
            return digest, marks
        if not (0 <= boot < LARGEST and 0 <= seq < LARGEST):
            return digest, marks
        noticed = notice(state, boot, seq, memory.received_at)
        if noticed.clash or (state is not None and state.boot != boot):
            # Seen before: the very same message, or a counter that began anew?
            known = self._conn.exec_driver_sql(_LAST_OF, (digest,)).scalar_one_or_none()
            if known is not None or digest in self._digests:
                return None, 0
            if noticed.clash:
                marks |= _CLASH
        memory.new_seen[device] = noticed.state
        if noticed.missing:
            self._missing[device] = self._missing.get(device, 0) + noticed.missing
        return digest, marks

    def _site_at(self, route: Route, message: Message) -> int | None:
        """The data site's clock, moved by this message where it is a tick."""
        memory = self._memory
        at = memory.new_clocks.get(route.site) or memory.clocks.get(route.site)
        if route.tick and not message.retained:
            tick = tick_time(message.payload)
            if tick is not None and (at is None or tick > at):
                memory.new_clocks[route.site] = at = tick
        return at


def tick_time(payload: bytes) -> int | None:
    """The time of a tick, ms UTC; None where it is none."""
    try:
        tick = _TICK.decode(payload)
    except (ValueError, RecursionError):
        return None
    return tick.time if tick.signal == "tick" and 0 <= tick.time < LARGEST else None
