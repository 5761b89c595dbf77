"""Files that appear whole or not at all, and sealed snapshots that are checked before use."""

import hashlib
import os
from pathlib import Path
from typing import Any

import duckdb

from devices.errors import Failed, Refused
from gateway.series import duckdb_sql as sql
from gateway.series.store import Columns

_BLOCK = 1 << 20


def publish(part: Path, path: Path) -> str:
    """Make a finished file durable under its name, in one step; its sha256 in hex."""
    digest = sha256(part)
    with part.open("rb+") as file:
        os.fsync(file.fileno())
    part.replace(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
    return digest


def sha256(path: Path) -> str:
    """Of a file's bytes, in hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def read_sealed(path: Path, digest: str, home: str | None = None, memory_mib: int = 512) -> Columns:
    """The columns of a sealed snapshot, in order of (home, at, offset, index).

    Raises Refused where the file is not the one that was sealed. Needs no store and no gateway:
    back-tests call it in a child process.
    """
    try:
        found = sha256(path)
    except OSError as error:
        raise Failed("read a snapshot", str(path), str(error), "Seal it again") from error
    if found != digest:
        raise Refused(
            "read a snapshot", str(path), f"its sha256 is {found}, not {digest}", "Seal it again"
        )
    where, values = ("WHERE home = ?", [str(path), home]) if home else ("", [str(path)])
    config: dict[str, Any] = {"threads": "1", "memory_limit": f"{memory_mib}MiB"}
    with duckdb.connect(":memory:", config=config) as connection:
        text = (
            'SELECT "at", x, "offset", index, quality, signal, place, device, home, resident'  # noqa: S608  # no value in it
            f" FROM read_parquet(?) {where}"
        )
        return sql.to_columns(connection.execute(text, values).fetchnumpy())
