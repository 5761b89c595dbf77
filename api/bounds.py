"""How large what a stranger sends may be: numbers that a database keeps, bodies, moments.

A number that no row can have is answered like any other that none has (see api/failures.py), never
handed to a driver that breaks on it.
"""

from typing import Annotated

from pydantic import Field

LARGEST_ID = 2**63 - 1  # what SQLite and PostgreSQL keep in an integer
END_OF_TIME_MS = 253_402_300_799_999  # the last millisecond of the year 9999: RFC 3339 ends there
BODY = 1_000_000  # bytes of any request …
REGISTRY_BODY = 42_000_000  # … but a registry file of 20 MB, as JSON may write it

Id = Annotated[int, Field(ge=0, le=LARGEST_ID)]
Moment = Annotated[int, Field(ge=0, le=END_OF_TIME_MS)]
"""Milliseconds UTC that can be said as a date."""
