"""A cheap MQTT 3.1.1 publisher at QoS 1 with a ledger of what was acknowledged.

It shares the two cores with broker and gateway, so it is plain sockets and prepared bytes: about
two microseconds a message. Run as a process of its own:

    python bench/publishing.py '{"port": 1883, "hubs": [...], ...}'

and read one JSON line from its standard output. See `Plan` for what it takes.
"""

import json
import mmap
import select
import signal
import socket
import struct
import sys
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path


@dataclass
class Hub:
    """One connection and the devices behind it."""

    login: str
    password: str
    devices: list[str]  # site/home/device


@dataclass
class Plan:
    """What to publish. Message n of a hub goes to its device n mod D with seq = n div D."""

    port: int
    hubs: list[Hub]
    host: str = "127.0.0.1"
    seconds: float = 10.0
    count: int | None = None  # in all; None: as many as there is time for
    rate: float | None = None  # messages a second in all; None: flat out
    readings: int = 1  # in each message
    window: int = 1_000  # messages of a hub on their way
    boot: int = 1
    first: int = 0  # seq to begin with
    signal: str = "spo2"
    low: int = 94
    span: int = 5  # values low .. low + span - 1
    drain: float = 20.0  # seconds to wait for the last acknowledgements
    ledger: str | None = None  # file: one line "site/home/device seq" for each acknowledgement
    progress: bool = False
    start_at: float | None = None  # time.time() to begin at
    channel: str = "reading"
    patient: bool = False  # connect again and send again what was not acknowledged
    behind_ms: int = 0  # how far the devices' clocks are behind: late readings
    credit: str | None = None  # file of eight bytes: how many messages may have been sent by now


@dataclass
class Result:
    """What came of it."""

    sent: int = 0
    acknowledged: int = 0
    seconds: float = 0.0  # from the first message to the last acknowledgement
    resent: int = 0
    last_seq: dict[str, int] = field(default_factory=dict)  # per device: highest acknowledged


class Connection:
    """One hub's socket, its window, its ledger."""

    def __init__(self, plan: Plan, hub: Hub) -> None:
        self.plan, self.hub = plan, hub
        self.topics = [_text(f"homecare/v1/{device}/{plan.channel}") for device in hub.devices]
        self.next = 0
        self.waiting: dict[int, tuple[int, bytes]] = {}  # mid: n, packet
        self.mid = 0
        self.acked: list[int] = []
        self.resent = 0
        self.out = bytearray()
        self.rest = b""
        self.sock = self._connect()

    def _connect(self) -> socket.socket:
        while True:
            try:
                sock = socket.create_connection((self.plan.host, self.plan.port), 5)
                sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                body = (
                    _text("MQTT")
                    + b"\x04\xc2\x00\x3c"
                    + _text(self.hub.login.replace(".", "-"))
                    + _text(self.hub.login)
                    + _text(self.hub.password)
                )
                sock.sendall(b"\x10" + _length(len(body)) + body)
                answer = sock.recv(4)
                if len(answer) == 4 and answer[3] == 0:
                    sock.setblocking(False)
                    return sock
                if answer:
                    raise SystemExit(f"the broker refused {self.hub.login}: {answer!r}")
                sock.close()
            except OSError:
                if not self.plan.patient:
                    raise
            time.sleep(0.1)

    def publish(self, how_many: int) -> int:
        """Put up to so many into the buffer, within the window."""
        plan = self.plan
        room = min(how_many, plan.window - len(self.waiting))
        if len(self.out) > 262_144:
            return 0
        at = time.time_ns() // 1_000_000 - plan.behind_ms
        wide = len(self.topics)
        for _ in range(room):
            n = self.next
            self.next = n + 1
            mid = self.mid = self.mid % 65_535 + 1
            while mid in self.waiting:
                mid = self.mid = self.mid % 65_535 + 1
            seq = plan.first + n // wide
            payload = self._payload(seq, n, at)
            topic = self.topics[n % wide]
            packet = (
                b"\x32"
                + _length(len(topic) + 2 + len(payload))
                + topic
                + mid.to_bytes(2, "big")
                + payload
            )
            self.waiting[mid] = (n, packet if plan.patient else b"")
            self.out += packet
        return room

    def _payload(self, seq: int, n: int, at: int) -> bytes:
        plan = self.plan
        if plan.readings == 1:
            return b'{"boot":%d,"seq":%d,"signal":"%s","value":%d,"time":%d}' % (
                plan.boot,
                seq,
                plan.signal.encode(),
                plan.low + n % plan.span,
                at,
            )
        readings = b",".join(
            b'{"signal":"%s","value":%d,"time":%d}'
            % (plan.signal.encode(), plan.low + (n + k) % plan.span, at - 10 * (plan.readings - k))
            for k in range(plan.readings)
        )
        return b'{"boot":%d,"seq":%d,"readings":[%s]}' % (plan.boot, seq, readings)

    def send(self) -> None:
        while self.out:
            try:
                done = self.sock.send(self.out)
            except BlockingIOError:
                return
            except OSError:
                self.again()
                return
            del self.out[:done]

    def receive(self) -> int:
        """Take acknowledgements; how many came."""
        try:
            data = self.sock.recv(262_144)
        except BlockingIOError:
            return 0
        except OSError:
            data = b""
        if not data:
            self.again()
            return 0
        data = self.rest + data
        whole = len(data) // 4 * 4
        self.rest = data[whole:]
        came = 0
        for kind, mid in struct.iter_unpack("!HH", data[:whole]):
            if kind == 0x4002:
                found = self.waiting.pop(mid, None)
                if found is not None:
                    self.acked.append(found[0])
                    came += 1
        return came

    def again(self) -> None:
        """The broker went: connect anew and send again what it has not acknowledged."""
        if not self.plan.patient:
            raise SystemExit(f"{self.hub.login}: the broker closed the connection")
        self.sock.close()
        self.rest = b""
        self.sock = self._connect()
        self.out = bytearray()
        for _, packet in self.waiting.values():
            self.out += bytes([packet[0] | 8]) + packet[1:]
            self.resent += 1


def run(plan: Plan) -> Result:
    """Publish, wait for the last acknowledgements, and tell."""
    connections = [Connection(plan, hub) for hub in plan.hubs]
    credit = _credit(plan.credit) if plan.credit else None
    result = Result()
    if plan.start_at is not None:
        time.sleep(max(0.0, plan.start_at - time.time()))
    began = told = last = time.monotonic()
    end = [began + plan.seconds]
    signal.signal(signal.SIGTERM, lambda *_: end.__setitem__(0, time.monotonic()))
    while True:
        now = time.monotonic()
        sending = now < end[0] and (plan.count is None or result.sent < plan.count)
        waiting = any(c.waiting or c.out for c in connections)
        if not sending and (not waiting or now > end[0] + plan.drain):
            break
        allowed = _allowed(plan, result.sent, now - began, credit) if sending else 0
        result.sent += _publish(connections, allowed)
        came = _receive(connections, 0.001 if plan.rate or credit else 0.01)
        if came:
            result.acknowledged += came
            last = time.monotonic()
        if plan.progress and now - told >= 1:
            told = now
            print(f"  published {result.acknowledged:,}", file=sys.stderr, flush=True)
    result.seconds = max(last - began, 1e-9)
    result.resent = sum(c.resent for c in connections)
    _write_ledger(plan, connections, result)
    for connection in connections:
        connection.sock.close()
    return result


def _publish(connections: list[Connection], allowed: int) -> int:
    """Share what may be sent; how many were put on their way."""
    done = 0
    share = -(-allowed // len(connections)) if allowed > 0 else 0
    for connection in connections:
        if done < allowed:
            done += connection.publish(min(share, allowed - done, 500))
        if connection.out:
            connection.send()
    return done


def _receive(connections: list[Connection], patience: float) -> int:
    """Acknowledgements that have come."""
    readable, _, _ = select.select(
        [c.sock for c in connections], [c.sock for c in connections if c.out], [], patience
    )
    return sum(c.receive() for c in connections if c.sock in readable)


def _allowed(plan: Plan, sent: int, seconds: float, credit: mmap.mmap | None) -> int:
    """How many more may be sent now."""
    allowed = 1_000_000 if plan.rate is None else int(seconds * plan.rate) - sent
    if plan.count is not None:
        allowed = min(allowed, plan.count - sent)
    if credit is not None:
        allowed = min(allowed, int.from_bytes(credit[:8], "little") - sent)
    return allowed


def _credit(file: str) -> mmap.mmap:
    with Path(file).open("r+b") as handle:
        return mmap.mmap(handle.fileno(), 8)


def _write_ledger(plan: Plan, connections: list[Connection], result: Result) -> None:
    lines = []
    for connection in connections:
        devices = connection.hub.devices
        for n in connection.acked:
            device, seq = devices[n % len(devices)], plan.first + n // len(devices)
            result.last_seq[device] = max(result.last_seq.get(device, -1), seq)
            if plan.ledger:
                lines.append(f"{device} {seq}\n")
    if plan.ledger:
        Path(plan.ledger).write_text("".join(lines), encoding="ascii")


def _text(value: str) -> bytes:
    raw = value.encode()
    return len(raw).to_bytes(2, "big") + raw


def _length(value: int) -> bytes:
    out = bytearray()
    while True:
        value, byte = divmod(value, 128)
        out.append(byte | (128 if value else 0))
        if not value:
            return bytes(out)


def main() -> None:
    raw = json.loads(sys.argv[1])
    plan = Plan(**{**raw, "hubs": [Hub(**hub) for hub in raw["hubs"]]})
    print(json.dumps(asdict(run(plan))))


if __name__ == "__main__":
    main()
