"""Opaque random tokens: the holder has the token, the database its hash.

256 random bits need no slow hash; a stolen database gives nobody a session.
"""

import hashlib
import hmac
import secrets

BYTES = 32


def fresh(prefix: str = "") -> str:
    """A new token, safe in URLs and cookies."""
    return prefix + secrets.token_urlsafe(BYTES)


def digest(token: str) -> str:
    """What is stored and looked up: 64 hex digits."""
    return hashlib.sha256(token.encode()).hexdigest()


def derived(token: str, purpose: str) -> str:
    """A second secret of the same holder, which need not be stored: a session's CSRF token."""
    return hmac.new(token.encode(), purpose.encode(), hashlib.sha256).hexdigest()
