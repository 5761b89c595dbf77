"""Builders of the intake's stories: a journal, a broker of either kind, an intake, a process."""

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Self

from gateway.clock import Clock, ManualClock, SystemClock
from gateway.config import Settings, load
from gateway.db import journal_metadata, open_journal
from gateway.intake.broker import EmbeddedBroker
from gateway.intake.journal import Journal, Message
from gateway.intake.keyring import Keyring
from gateway.intake.run import Intake, open_journal_of
from gateway.mqtt import Address, Publisher
from tests.building import PASSWORD, a_device, a_home, a_site, registry_with, state_engine
from tests.parts import free_port, need_program

TOPIC = "homecare/v1/donegal/home-1/meter/reading"
AT = 1_762_000_000_000
ROOT = Path(__file__).resolve().parents[2]


def a_message(payload=b'{"signal":"motion"}', topic=TOPIC, at=AT, **fields) -> Message:
    """A message that came at `at`."""
    return Message(topic, payload, at, **fields)


def said(value=97, /, *, seq=None, boot=1, time=None, signal="spo2") -> bytes:
    """A payload of the product's own JSON."""
    body = {"signal": signal, "value": value}
    if seq is not None:
        body |= {"boot": boot, "seq": seq}
    if time is not None:
        body["time"] = time
    return json.dumps(body).encode()


def a_journal(folder: Path, clock: Clock | None = None, **settings) -> Journal:
    """A journal of its own; called again on the same folder it is the next life of the same."""
    engine = open_journal(folder / "journal.db")
    journal_metadata.create_all(engine)
    return Journal(engine, clock or ManualClock(AT), Keyring(folder / "keys"), **settings)


def the_site():
    """Two homes of one person each, a hub in the first."""
    return a_site(
        "donegal",
        homes=[
            a_home(
                "home-1",
                residents=["anna"],
                devices=[
                    a_device("meter", owner="anna", hub="hub"),
                    a_device("motion", hub="hub", place="kitchen"),
                ],
            ),
            a_home("home-2", residents=["bert"], devices=[a_device("meter", owner="bert")]),
        ],
    )


class Parts:
    """A gateway's intake and what it stands on, in this process."""

    def __init__(self, folder: Path, clock: Clock | None = None, **broker) -> None:
        self.folder, self.clock = folder, clock or SystemClock()
        fields = {"port": 0, "durable": False, **broker}
        self.settings: Settings = load(None, data=folder, broker=fields)
        self.state = state_engine(folder)
        self.registry = registry_with(self.state, the_site(), clock=self.clock)
        self.broker: EmbeddedBroker | None = None
        self.gaps: list = []

    def start_broker(self) -> "Parts":
        self.broker = EmbeddedBroker(self.settings, self.registry.credentials, self.clock)
        self.broker.start()
        return self

    def start_intake(self) -> Intake:
        engine = open_journal(self.folder / "journal.db")
        journal_metadata.create_all(engine)
        self.journal, seals = open_journal_of(self.settings, engine, self.clock, self.registry)
        self.intake = Intake(
            self.settings,
            self.journal,
            self.clock,
            registry=self.registry,
            seals=seals,
            state=self.state,
        )
        self.intake.on_gap(self.gaps.append)
        self.intake.start()
        return self.intake

    def address(self, login="donegal.home-1.hub", password=PASSWORD) -> Address:
        if self.broker is None:
            return Address.of(self.settings.broker.url, username=login, password=password)
        return self.broker.endpoint.address(login, password)

    def publisher(self, login="donegal.home-1.hub") -> Publisher:
        return Publisher(self.address(login), login.replace(".", "-")).connect()

    def rows(self):
        return self.journal.read(0, 1_000_000)


@contextmanager
def running(folder: Path, *, intake=True, clock=None, **broker) -> Iterator[Parts]:
    """Embedded broker and intake; stopped afterwards."""
    parts = Parts(folder, clock, **broker).start_broker()
    try:
        if intake:
            parts.start_intake()
            until(lambda: parts.intake.status().connected)
        yield parts
    finally:
        if hasattr(parts, "intake"):
            parts.intake.stop()
        parts.broker.stop()


def until(condition: Callable[[], object], seconds: float = 20.0) -> None:
    """Wait for something that other threads or programs bring about."""
    pause = threading.Event()
    for _ in range(int(seconds / 0.02)):
        if condition():
            return
        pause.wait(0.02)
    raise AssertionError("it did not come about")


@contextmanager
def mosquitto(folder: Path, users: dict[str, str], *, port: int | None = None, tls=None):
    """Debian's Mosquitto with passwords and an access list: (port, process).

    `tls`: certificate and key.
    """
    program = need_program("mosquitto", "apt-get install mosquitto")
    maker = need_program("mosquitto_passwd", "apt-get install mosquitto")
    folder.mkdir(exist_ok=True)
    port = port or free_port()
    passwords = folder / "passwords"
    passwords.touch(mode=0o700)
    for user, password in users.items():
        subprocess.run([maker, "-b", passwords, user, password], check=True, capture_output=True)
    lines = ["user gateway", "topic readwrite homecare/#"]
    for user in users:
        if user != "gateway":
            _, home, _ = user.split(".")
            lines += [f"user {user}", f"topic write homecare/v1/donegal/{home}/#"]
    (folder / "acl").write_text("\n".join(lines) + "\n")
    (folder / "mosquitto.conf").write_text(
        f"listener {port} 127.0.0.1\nallow_anonymous false\n"
        f"password_file {passwords}\nacl_file {folder / 'acl'}\n"
        f"persistence true\npersistence_location {folder}/\nautosave_interval 1\n"
        "max_queued_messages 0\nuser root\n"
        + (f"certfile {tls[0]}\nkeyfile {tls[1]}\n" if tls else "")
    )
    process = subprocess.Popen(
        [program, "-c", str(folder / "mosquitto.conf")],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        yield port, process
    finally:
        process.terminate()
        process.wait(10)


def prepared(folder: Path, **broker) -> Parts:
    """A data folder for an intake in a process of its own."""
    parts = Parts(folder, **broker)
    described = {"broker": parts.settings.broker.model_dump(mode="json")}
    (folder / "settings.json").write_text(json.dumps(described))
    return parts


class Process:
    """An intake in a process of its own, so that it can be killed at any moment."""

    def __init__(self, folder: Path, *before: str) -> None:
        self._command = [*before, sys.executable, "-m", "tests.intake.intake_process", str(folder)]
        self._process: subprocess.Popen[str] | None = None

    def start(self) -> Self:
        self._process = subprocess.Popen(
            self._command,
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
        )
        assert self._process.stdout is not None
        assert self._process.stdout.readline() == "ready\n"
        return self

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        if self._process is not None and self._process.poll() is None:
            self.kill()

    def kill(self) -> None:
        """SIGKILL, as a crash would."""
        assert self._process is not None
        self._process.send_signal(signal.SIGKILL)
        self.ended()

    def stop(self) -> str:
        """In good order; what it said on standard error."""
        assert self._process is not None
        self._process.send_signal(signal.SIGTERM)
        return self.ended()[1]

    def ending(self) -> bool:
        """Whether it has ended by itself."""
        assert self._process is not None
        return self._process.poll() is not None

    def ended(self, seconds: float = 120.0) -> tuple[int, str]:
        """Wait for its end: exit code and standard error."""
        assert self._process is not None
        _, errors = self._process.communicate(timeout=seconds)
        return self._process.returncode, errors
