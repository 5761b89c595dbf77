"""How a message is recognised when it comes again (`docs/adr/0002-journal.md`).

A message is identified by (boot, seq) or by its device time; then its digest is over all of it.
What carries neither is at least once: its digest is new each time, and it is marked as possibly
repeated (two identical motions are two).
"""

import secrets
from hashlib import blake2b
from typing import Any

SIZE = 16
# An urgent message known by (boot, seq) alone counts as the same only this long: a device whose
# battery was changed counts from one again, and its SOS must never vanish as a duplicate.
URGENT_MS = 3_600_000


class Digests:
    """Digests under one secret key, so that a copy of the journal tells no value."""

    def __init__(self, key: bytes) -> None:
        self._blank = blake2b(key=key, digest_size=SIZE)
        self._run = secrets.token_bytes(SIZE - 6)  # ascending within a run: cheap to index
        self._count = 0

    def begun(self, topic: bytes) -> Any:
        """The part of a digest that all messages on a topic share."""
        state = self._blank.copy()
        state.update(topic)
        state.update(b"\0")
        return state

    @staticmethod
    def of(begun: Any, payload: bytes) -> bytes:
        """Of an identified message."""
        state = begun.copy()
        state.update(payload)
        digest: bytes = state.digest()
        return digest

    def again(self, digest: bytes) -> bytes:
        """Derived from another digest, for yet another message that would have it."""
        state = self._blank.copy()
        state.update(digest)
        return state.digest()

    def unique(self) -> bytes:
        """Of a message that nothing identifies."""
        self._count += 1
        return self._run + self._count.to_bytes(6, "big")
