"""What every dialect offers."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from devices.reading import Decoded, Item


class Encode(Protocol):
    """Items back to a payload, for simulators; boot and seq where the format has room for them."""

    def __call__(
        self, items: Sequence[Item], boot: int | None = None, seq: int | None = None
    ) -> bytes: ...


@dataclass(frozen=True, slots=True)
class Dialect:
    """A payload format; the registry's `dialect` of a device names it."""

    name: str
    decode: Callable[[bytes], Decoded]  # never raises on bad input
    encode: Encode | None = None
