"""`boot` and `seq`, for devices that keep them: packed into the number of a message.

A row's `message` says which rows travel in one payload. Its low bits keep what would otherwise be
one message apart; above them lie the counters that the device prints into the payload. So they
travel with the message through every fault: sent twice it has the same number, overtaken it
has the lower one.
"""

from simulators.columns import Ints

_SEQ, _BOOT = 16, 40  # bits below each
MOST_SEQ = (1 << (_BOOT - _SEQ)) - 1
MOST_BOOT = (1 << (62 - _BOOT)) - 1


def counted(message: Ints, boot: Ints, seq: Ints) -> Ints:
    """Message numbers with these counters; a boot of 0 is a device that keeps none."""
    number: Ints = (message & ((1 << _SEQ) - 1)) | (seq << _SEQ) | (boot << _BOOT)
    return number


def counters(message: int) -> tuple[int | None, int | None]:
    """Boot and seq of a message; None, None: the device keeps none."""
    boot = message >> _BOOT
    if boot <= 0:
        return None, None
    return boot, message >> _SEQ & MOST_SEQ


def apart(message: Ints, number: Ints) -> Ints:
    """Message numbers told apart by `number`: what is moved in time does not melt into another."""
    low = (1 << _SEQ) - 1
    moved: Ints = (message & ~low) | ((message + 1 + number % low) & low)
    return moved
