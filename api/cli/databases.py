"""Opening the state database for a command, beside a gateway that may be running.

SQLite lets several processes write in turn; the registry of a running gateway notices changes
within a second. Only the series store belongs to one process: for that, ask over HTTP (client.py).
"""

from contextlib import contextmanager
from typing import TYPE_CHECKING

from api.cli.options import DEMO_HINT
from devices.errors import Failed

if TYPE_CHECKING:
    from collections.abc import Iterator

    import sqlalchemy as sa

    from gateway.config import Settings


@contextmanager
def state(settings: "Settings", *, create: bool = False) -> "Iterator[sa.Engine]":
    """The state database at the newest schema. Raises Failed where there is none yet."""
    from gateway.db import migrate, open_state

    place = settings.state_place
    if not create and not isinstance(place, str) and not place.exists():
        raise Failed(
            "open the databases",
            str(settings.data),
            "nothing was set up here",
            f"homecare init sets up a first site. {DEMO_HINT}",
        )
    settings.data.mkdir(parents=True, exist_ok=True, mode=0o700)
    engine = open_state(place)
    try:
        migrate(engine, "state")
        yield engine
    finally:
        engine.dispose()
