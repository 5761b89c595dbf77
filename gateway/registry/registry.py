"""The registry as the running gateway holds it: the newest directory, and who wants to know."""

import threading
from collections.abc import Callable

from sqlalchemy import Engine

from gateway.clock import Clock
from gateway.db import reading
from gateway.registry.credentials import Credential, credentials
from gateway.registry.directory import Directory
from gateway.registry.records import Records, load, revision


class Registry:
    """Thread-safe. `directory` is a plain attribute read: no lock on the way of a reading."""

    def __init__(self, engine: Engine, clock: Clock) -> None:
        self._engine = engine
        self._clock = clock
        self._lock = threading.Lock()
        self._callbacks: list[Callable[[Directory], None]] = []
        self._directory = Directory(self._load())

    @property
    def directory(self) -> Directory:
        """The newest snapshot; take it once for a batch of readings."""
        return self._directory

    def reload(self) -> Directory:
        """Read the database anew, then tell those who asked to know (in this thread)."""
        with self._lock:
            self._directory = directory = Directory(self._load())
            callbacks = tuple(self._callbacks)
        for callback in callbacks:
            callback(directory)
        return directory

    def refresh(self) -> bool:
        """Reload if anyone has changed the registry since, also another process. Cheap: poll it."""
        with reading(self._engine) as conn:
            stale = revision(conn) != self._directory.revision
        if stale:
            self.reload()
        return stale

    def on_change(self, callback: Callable[[Directory], None]) -> None:
        """Call with each new directory, from whichever thread reloads."""
        with self._lock:
            self._callbacks.append(callback)

    def credentials(self) -> list[Credential]:
        """Who may connect to the broker now, and to which topics."""
        with reading(self._engine) as conn:
            return credentials(conn, self._clock.now())

    def _load(self) -> Records:
        with reading(self._engine) as conn:
            return load(conn)
