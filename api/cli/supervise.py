"""The supervisor: broker and gateway as siblings, watched and started again with back-off.

It holds no readings and no pages, so there is little in it that could fail. Children die with it
(PR_SET_PDEATHSIG), also when it is killed. The thread that keeps a child is the one that spawned
it: the kernel's signal follows that thread's life.
"""

import contextlib
import ctypes
import fcntl
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from devices.errors import Failed, Refused

if TYPE_CHECKING:
    import sqlalchemy as sa

    from gateway.clock import Clock
    from gateway.config import Settings
    from gateway.intake.broker import EmbeddedBroker

RESTART_S = (0.2, 1.0, 2.0, 5.0, 10.0)
STEADY_S = 30.0  # lived so long: the next failure starts the back-off anew
READY_S = 60.0
STOP_S = 20.0
_PR_SET_PDEATHSIG = 1

Told = Callable[[str], None]


class Supervisor:
    """One gateway with its broker. `start`, then `wait` or work beside it, then `stop`."""

    def __init__(
        self, settings: "Settings", clock: "Clock", tell: Told, log_file: Path | None = None
    ) -> None:
        """`log_file` takes what the gateway would write to standard error."""
        self._settings, self._clock, self._told = settings, clock, tell
        self._log_file = log_file
        self.command = (sys.executable, "-m", "api.cli.gateway")
        self._stopping = threading.Event()
        self._threads: list[threading.Thread] = []
        self._child: subprocess.Popen[bytes] | None = None
        self._failed = ""
        self._engine: sa.Engine | None = None
        self.broker: EmbeddedBroker | None = None
        self.restarts = 0
        self._lock: IO[bytes] | None = None

    def start(self) -> None:
        """Returns when the gateway answers. Raises Refused for a taken port, Failed otherwise."""
        self._lock = locked(self._settings.data)
        web = self._settings.web
        if web.port == 0:
            chosen = web.model_copy(update={"port": free_port(web.host, 8080)})
            self._settings = self._settings.model_copy(update={"web": chosen})
        else:
            refuse_taken("web.port", web.host, web.port)
        if self._settings.broker.url is None:
            self._start_broker()
        self._thread("gateway", self._keep_gateway)
        self._await_ready()

    def stop(self) -> None:
        """The gateway first, so that it acknowledges what it has; then the broker."""
        self._stopping.set()
        child = self._child
        if child is not None and child.poll() is None:
            child.terminate()
            try:
                child.wait(STOP_S)
            except subprocess.TimeoutExpired:
                child.kill()
        for thread in self._threads:
            thread.join(STOP_S)
        if self.broker is not None:
            self.broker.stop()
        if self._engine is not None:
            self._engine.dispose()
        if self._lock is not None:
            self._lock.close()

    def wait(self, seconds: float | None = None) -> bool:
        """Until something tells to stop; whether it did."""
        return self._stopping.wait(seconds)

    def end(self, *_: object) -> None:
        """For signal handlers."""
        self._stopping.set()

    @property
    def settings(self) -> "Settings":
        """With the port that was chosen where none was named."""
        return self._settings

    @property
    def gateway_pid(self) -> int | None:
        """Of the child that runs now."""
        child = self._child
        return None if child is None or child.poll() is not None else child.pid

    def _start_broker(self) -> None:
        from gateway.db import migrate, open_state
        from gateway.intake.broker import EmbeddedBroker
        from gateway.registry import Registry

        broker = self._settings.broker
        if broker.port:
            refuse_taken("broker.port", broker.host, broker.port)
        self._settings.data.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._engine = open_state(self._settings.state_place)
        migrate(self._engine, "state")
        registry = Registry(self._engine, self._clock)
        self.broker = EmbeddedBroker(self._settings, registry.credentials, self._clock)
        self.broker.start()
        embedded = self.broker
        registry.on_change(lambda _: embedded.reload(registry.credentials()))
        self._thread("credentials", lambda: self._follow(registry))

    def _follow(self, registry: Any) -> None:
        """Whoever changed the registry, the broker learns of it within a second."""
        while not self._stopping.wait(1.0):
            try:
                registry.refresh()
            except Exception as error:  # noqa: BLE001 - a busy database: tried again
                self._tell(f"the broker's users could not be read anew: {error}")

    def _keep_gateway(self) -> None:
        attempt = 0
        while not self._stopping.is_set():
            began = self._clock.monotonic()
            self._child = self._spawn()
            code = self._child.wait()
            if self._stopping.is_set():
                return
            if self._clock.monotonic() - began > STEADY_S:
                attempt = 0
            pause = RESTART_S[min(attempt, len(RESTART_S) - 1)]
            self._failed = f"it ended with code {code}"
            self._tell(f"the gateway ended with code {code}; starting it again in {pause} s")
            attempt += 1
            self.restarts += 1
            self._stopping.wait(pause)

    def _spawn(self) -> subprocess.Popen[bytes]:
        parent = os.getpid()
        with contextlib.ExitStack() as stack:
            words = stack.enter_context(self._log_file.open("ab")) if self._log_file else None
            child = subprocess.Popen(  # noqa: S603 - our own module, our own interpreter
                self.command,
                stdin=subprocess.PIPE,
                stderr=words,
                start_new_session=True,  # a Ctrl-C in the terminal is ours to pass on, in order
                preexec_fn=lambda: die_with(parent),  # noqa: PLW1509 - one system call, no locks
            )
        assert child.stdin is not None
        with contextlib.suppress(BrokenPipeError), child.stdin as pipe:  # it died at once
            pipe.write(self._settings.model_dump_json().encode())
        return child

    def _await_ready(self) -> None:
        from api.cli import runtime

        until = self._clock.monotonic() + READY_S
        web = self._settings.web
        while self._clock.monotonic() < until and not self._stopping.is_set():
            found = runtime.read(self._settings.data)
            if found is not None and found.pid == self.gateway_pid and _listens(web.host, web.port):
                return
            if self.restarts > 1:
                break
            self._stopping.wait(0.1)
        if self._stopping.is_set():
            return
        problem = self._failed or f"it does not answer after {READY_S:.0f} s"
        raise Failed(
            "start the gateway",
            str(self._settings.data),
            f"{problem}{self._last_words()}",
            f"All its words: {self._log_file or 'above'}. `homecare doctor` looks at everything",
        )

    def _last_words(self) -> str:
        """The end of the gateway's log, where it goes to a file."""
        if self._log_file is None:
            return ""
        try:
            lines = self._log_file.read_text(encoding="utf-8", errors="replace").split("\n")
        except OSError:
            return ""
        return f": {next((line for line in reversed(lines) if line.strip()), '')[:300]}"

    def _tell(self, text: str) -> None:
        """A terminal that is gone must not end the watching."""
        with contextlib.suppress(OSError):
            self._told(text)

    def _thread(self, name: str, target: Callable[[], None]) -> None:
        thread = threading.Thread(target=target, name=name, daemon=True)
        thread.start()
        self._threads.append(thread)


def configure_log(settings: "Settings") -> None:
    """The house's logs, without a line for each step of opening a database."""
    import logging

    from gateway import log

    log.configure(settings.log.level, settings.log.format)
    logging.getLogger("alembic").setLevel(logging.WARNING)


def until_signal(supervisor: Supervisor) -> None:
    """Ctrl-C and SIGTERM end the supervisor's wait."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, supervisor.end)


def is_free(host: str, port: int) -> bool:
    """Whether a server could listen there now."""
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True


def free_port(host: str, wanted: int) -> int:
    """`wanted`, or one of the next that is free, or any."""
    for port in range(wanted, wanted + 20):
        if is_free(host, port):
            return port
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.bind((host, 0))
        port = probe.getsockname()[1]
    return int(port)


def locked(data: Path) -> IO[bytes]:
    """The data folder is this process's until the file is closed; also a kill lets go of it.

    Two brokers on one folder would destroy its store. Raises Refused.
    """
    data.mkdir(parents=True, exist_ok=True, mode=0o700)
    file = (data / "running.lock").open("ab")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        file.close()
        hint = "Stop it, or name another folder with --data"
        raise Refused("start", str(data), "a gateway already runs on this folder", hint) from error
    return file


def refuse_taken(key: str, host: str, port: int) -> None:
    """Raises Refused where another program listens."""
    if not is_free(host, port):
        raise Refused(
            "start",
            f"port {port} on {host}",
            "another program listens there",
            f"End that program, or set {key} to a free port",
        )


def die_with(parent: int) -> None:
    """In a child, before it becomes another program: end when the parent ends (Linux)."""
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
        if os.getppid() != parent:
            os._exit(1)


def _listens(host: str, port: int) -> bool:
    try:
        with socket.create_connection((host.replace("0.0.0.0", "127.0.0.1"), port), 1):  # noqa: S104
            return True
    except OSError:
        return False
