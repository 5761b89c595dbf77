"""The embedded broker: nats-server as a child process, watched, restarted, never left behind.

The thread that keeps it also spawns it: the kernel ends the child with the thread that made it
(PR_SET_PDEATHSIG), so that nothing is left running however this process ends. A broker of an
earlier life on the same folder is ended first: two on one store would destroy it.
"""

import contextlib
import logging
import os
import secrets
import socket
import subprocess
import threading
from collections.abc import Callable, Sequence
from pathlib import Path

from devices.errors import Failed
from gateway.clock import Clock
from gateway.config import Settings
from gateway.intake import broker_config as config
from gateway.intake import topics
from gateway.intake.broker_asking import reload
from gateway.intake.broker_process import (
    die_with,
    end_earlier,
    find_program,
    free_port,
    is_free,
    last_line,
    reachable,
)
from gateway.intake.broker_stream import Backlog, backlog
from gateway.intake.broker_trimming import Trimmer
from gateway.intake.violations import Follower, Violation
from gateway.mqtt import prepare_session
from gateway.registry import Credential

__all__ = ["Backlog", "EmbeddedBroker", "backlog", "end_earlier", "find_program", "reload"]

log = logging.getLogger(__name__)

READY_S = 15.0
RESTART_S = (0.1, 0.5, 1.0, 2.0, 5.0)


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
        self._trimmer = Trimmer(lambda: self.endpoint)
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
        self._trimmer.start()

    def stop(self) -> None:
        """End the child, waiting until it has flushed its store."""
        self._stopping.set()
        self._trimmer.stop()
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
        monitor = free_port("127.0.0.1")
        # Devices get in only once the gateway's session is there to take what they publish.
        session = self._folder / "js" / "session-created"
        window = config.WINDOW if session.exists() else config.WINDOW_OF_ONE
        self._configure(port, monitor, window)
        first = [] if not session.exists() else self._credentials()
        config.write_private(self._folder / "users.conf", config.users_text(self._password, first))
        self._spawn(port)
        assert self._process is not None
        endpoint = config.Endpoint(
            host=reachable(self._settings.broker.host),
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
                topics.SUBSCRIPTIONS,
                self._clock,
            )
            session.touch()
            self._configure(port, monitor, config.WINDOW)
            self.reload(self._credentials())

    def _configure(self, port: int, monitor: int, window: int) -> None:
        text = config.server_text(self._settings, port, monitor, window)
        config.write_private(self._folder / "nats.conf", text)

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
            preexec_fn=lambda: die_with(parent),  # noqa: PLW1509  # one system call, no locks
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
                    problem or last_line(self._folder / "nats.log"),
                    f"{self._folder / 'nats.log'} tells more",
                )
            with (
                contextlib.suppress(OSError),
                socket.create_connection((reachable(self._settings.broker.host), port), 1),
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
            if port == 0 and is_free(host, self.endpoint.port):
                return self.endpoint.port  # hubs remember it
        if port == 0:
            return free_port(host)
        if not is_free(host, port):
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


def _text(path: Path | None) -> str | None:
    return None if path is None else str(path.resolve())
