"""What a command that starts a gateway for itself alone needs: a folder, settings, people.

The folder may be deleted by the command that made it: it is known by a mark, never another's.
"""

import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

from api.cli import runtime
from devices.errors import Refused

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from gateway.access import Role
    from gateway.config import Settings

LOOPBACK = "127.0.0.1"
LINK_MINUTES = 24 * 60


def begin_anew(operation: str, data: Path, mark: str) -> None:
    """An empty folder with the command's mark in it.

    operation: the words after `homecare`. Raises Refused where a gateway runs, or where something
    stands that the same command did not make.
    """
    if runtime.read(data) is not None:
        raise Refused(
            operation, str(data), "a gateway runs there", "Stop it, or name another --data"
        )
    if data.exists():
        if any(data.iterdir()) and not (data / mark).exists():
            raise Refused(
                operation, str(data), "the folder holds something else", "Name another --data"
            )
        shutil.rmtree(data)
    data.mkdir(parents=True, mode=0o700)
    (data / mark).write_text(f"Made by `homecare {operation}`, which deletes it to begin anew.\n")


def own_settings(data: Path, web: int, broker: int, **more: Any) -> "Settings":
    """Loopback only, on free ports: `web` and `broker`, or the next ones that nobody has."""
    from api.cli.supervise import free_port
    from gateway.config import load

    return load(
        None,
        data=data,
        demo=True,
        web={"host": LOOPBACK, "port": free_port(LOOPBACK, web)},
        broker={
            "url": None,
            "host": LOOPBACK,
            "port": free_port(LOOPBACK, broker),
            "durable": False,  # what a power cut would lose is made again
        },
        log={"format": "text"},
        **more,
    )


def invited(conn: "Connection", login: str, role: "Role", now: int) -> str:
    """Somebody with a role at every site; the path that signs them in, once, within a day."""
    from gateway.access import users
    from gateway.access.links import Purpose, issue

    made = users.create(conn, login, login.capitalize(), None, [("*", role)], now)
    return f"/signin/link?token={issue(conn, made, now, LINK_MINUTES, Purpose.SIGN_IN)}"
