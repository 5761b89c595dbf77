"""Passwords: argon2id, and what makes one too weak."""

import functools
import threading
import unicodedata

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from devices.errors import Refused, Spoken

SHORTEST = 12  # characters
LONGEST = 200

_hasher = PasswordHasher()  # RFC 9106, low memory: 64 MiB, 3 passes
# Each check takes 64 MiB and a tenth of a second: a storm of sign-ins must not starve alerts.
_at_once = threading.BoundedSemaphore(2)


def check_strength(password: str, login: str) -> None:
    """Raises Refused. Length is what counts; composition rules make worse passwords."""
    problem = ""
    if len(password) < SHORTEST:
        problem = Spoken("shorter than {count} characters", count=SHORTEST)
    elif len(password) > LONGEST:
        problem = Spoken("longer than {count} characters", count=LONGEST)
    elif len(set(password)) < 5:
        problem = Spoken("the same few characters over and over")
    elif login.casefold() in password.casefold():
        problem = Spoken("contains the login")
    if problem:
        raise Refused(
            "set password", login, problem, Spoken("Take four words that do not belong together")
        )


def hash_password(password: str) -> str:
    """The text to store. Takes about 0.1 s: not inside a transaction others wait for."""
    with _at_once:
        return _hasher.hash(_normal(password))


def verify(stored: str | None, password: str) -> bool:
    """Whether it is the password; takes as long where there is none to compare with."""
    with _at_once:
        try:
            right = _hasher.verify(stored or _nobody(), _normal(password)[: LONGEST * 4])
        except (VerificationError, InvalidHashError):
            return False
    return right and stored is not None


def outdated(stored: str) -> bool:
    """Whether it was hashed with weaker settings than today's."""
    return _hasher.check_needs_rehash(stored)


def _normal(password: str) -> str:
    """The same word typed on two keyboards is the same word."""
    return unicodedata.normalize("NFKC", password)


@functools.cache
def _nobody() -> str:
    """A hash of today's cost that no password of a person matches."""
    return _hasher.hash("\x00 nobody")
