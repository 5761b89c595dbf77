"""Data folders that a command makes for itself and may delete: known by a mark, never another's."""

import shutil
from pathlib import Path

from api.cli import runtime
from devices.errors import Refused


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
