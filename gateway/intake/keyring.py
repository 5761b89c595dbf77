"""Keys that seal what the journal keeps: one per home and occupancy, in files of their own.

    <keys>/digest.key                       keys the digests, so that a backup tells no value
    <keys>/homes/<site>/<home>/<n>-<id>.key the n-th occupancy of a home; the last one is current
    <keys>/homes/_/_/...                    messages that belong to no known home

Erasing a home's past is destroying its old keys. The folder is backed up apart from the data.
"""

import os
import secrets
import threading
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from devices.errors import Failed
from gateway.intake import topics

NONCE = 12
_CACHE = 100_000
NOBODY = ("_", "_")


class Key(NamedTuple):
    """One key: its number stands in each row that it sealed."""

    id: int
    aead: AESGCM


class Keyring:
    """All keys of one gateway. Threads may share it."""

    def __init__(self, folder: Path, known: Callable[[str, str], bool] | None = None) -> None:
        """`known(site, home)`: whether a home has a right to a key of its own (default: all).

        Raises Failed where the folder cannot be used.
        """
        self._folder = folder
        self._known = known or (lambda _site, _home: True)
        self._lock = threading.Lock()
        self._by_topic: dict[str, Key] = {}
        self._opened: dict[int, Key | None] = {}
        self._prefix = secrets.token_bytes(8)  # nonce: this run's prefix and a counter
        self._count = 0
        try:
            (folder / "homes").mkdir(parents=True, exist_ok=True, mode=0o700)
            self.digest_key = self._digest_key()
            self._files = {_id_of(file): file for file in sorted(folder.glob("homes/*/*/*.key"))}
        except OSError as error:
            raise _failed(folder, error) from error

    def seal(self, topic: str, raw: bytes, payload: bytes) -> tuple[int, bytes]:
        """The key's number, and nonce + sealed bytes, bound to the topic (`raw`: its bytes)."""
        key = self._by_topic.get(topic) or self._choose(topic)
        if self._count == 0xFFFFFFFF:
            self._prefix, self._count = secrets.token_bytes(8), 0
        self._count += 1
        nonce = self._prefix + self._count.to_bytes(4, "big")
        return key.id, nonce + key.aead.encrypt(nonce, payload, raw)

    def open(self, key_id: int, topic: str, sealed: bytes) -> bytes | None:
        """The bytes again; None where the key is destroyed or does not fit."""
        key = self._opened[key_id] if key_id in self._opened else self._load(key_id)
        if key is None:
            return None
        try:
            return key.aead.decrypt(
                sealed[:NONCE], sealed[NONCE:], topic.encode(errors="surrogatepass")
            )
        except InvalidTag:
            return None

    def forget_choices(self) -> None:
        """The registry changed: which home a topic belongs to is asked anew."""
        with self._lock:
            self._by_topic.clear()

    def rotate(self, site: str, home: str) -> int:
        """A new occupancy begins: what comes from now on is sealed with a new key."""
        with self._lock:
            self._by_topic.clear()
            return self._create(site, home).id

    def keys(self, site: str, home: str) -> list[int]:
        """Numbers of a home's keys, oldest first; the last is current."""
        return [_id_of(file) for file in sorted((self._folder / "homes" / site / home).glob("*"))]

    def destroy(self, key_id: int) -> None:
        """Nothing that this key sealed can be read again, wherever a copy of the journal lies."""
        with self._lock:
            file = self._files.pop(key_id, None)
            if file is not None:
                size = file.stat().st_size
                with file.open("r+b") as handle:
                    handle.write(b"\0" * size)
                    os.fsync(handle.fileno())
                file.unlink()
                _sync_folder(file.parent)
            self._opened[key_id] = None
            self._by_topic.clear()

    def _choose(self, topic: str) -> Key:
        parts = topics.parse(topic)
        owner = NOBODY
        if parts is not None and self._known(parts.site, parts.home):
            owner = (parts.site, parts.home)
        with self._lock:
            numbers = self.keys(*owner)
            key = self._load(numbers[-1]) if numbers else None
            if key is None:
                key = self._create(*owner)
            if len(self._by_topic) >= _CACHE:
                self._by_topic.clear()
            self._by_topic[topic] = key
            return key

    def _create(self, site: str, home: str) -> Key:
        folder = self._folder / "homes" / site / home
        number, key_id = len(self.keys(site, home)), secrets.randbits(48)
        file = folder / f"{number:06d}-{key_id:012x}.key"
        try:
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            _write(file, secrets.token_bytes(32))
        except OSError as error:
            raise _failed(file, error) from error
        self._files[key_id] = file
        loaded = self._load(key_id)
        assert loaded is not None
        return loaded

    def _load(self, key_id: int) -> Key | None:
        file = self._files.get(key_id)
        key = Key(key_id, AESGCM(file.read_bytes())) if file is not None else None
        self._opened[key_id] = key
        return key

    def _digest_key(self) -> bytes:
        file = self._folder / "digest.key"
        if not file.exists():
            _write(file, secrets.token_bytes(32))
        return file.read_bytes()


def _id_of(file: Path) -> int:
    return int(file.stem.partition("-")[2], 16)


def _write(file: Path, secret: bytes) -> None:
    """A key is on disk, its folder entry too, before anything is sealed with it."""
    part = file.with_suffix(".part")
    with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as handle:
        handle.write(secret)
        handle.flush()
        os.fsync(handle.fileno())
    part.replace(file)
    _sync_folder(file.parent)


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _failed(where: Path, error: OSError) -> Failed:
    return Failed(
        "use the keys",
        str(where),
        error.strerror or str(error),
        "Check that the keys folder is on its disk and belongs to the gateway",
    )
