"""A simulated past on its way from the process that made it to the one that has the store.

One file in a folder of the data folder, readable by its owner only. Numbers lie in it as NumPy
writes them, texts as JSON; nothing in it is ever run. What does not hold together is refused.
"""

import secrets
import zipfile
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from devices.errors import Refused
from gateway.series.past import COLUMNS, NARROW, Day, Owner, Past, Word

LARGEST = 512 * 2**20  # bytes
_OPERATION = "take in a simulated past"
_TEXTS = ("owners", "words", "days")


def folder(data: Path) -> Path:
    """Where such files lie."""
    return data / "series" / "handed"


def hand(data: Path, past: Past) -> str:
    """Write the file; its name."""
    place = folder(data)
    place.mkdir(parents=True, exist_ok=True, mode=0o700)
    name = f"{secrets.token_hex(16)}.npz"
    columns = {
        one: getattr(past, one).astype(np.int32 if one in NARROW else np.int64, copy=False)
        for one in COLUMNS
    }
    texts = {one: msgspec.json.encode(list(getattr(past, one))) for one in _TEXTS}
    packed = {one: np.frombuffer(raw, np.uint8) for one, raw in texts.items()}
    path = place / name
    path.touch(mode=0o600)
    with path.open("wb") as file:
        np.savez(file, allow_pickle=False, **columns, **packed)
    return name


def taken(data: Path, name: str) -> Past:
    """What lies under that name; the file is gone afterwards. Raises Refused."""
    path = folder(data) / name
    if Path(name).name != name or not path.is_file():
        raise Refused(_OPERATION, name[:64], "no such file was handed over", "Write it again")
    try:
        if path.stat().st_size > LARGEST:
            raise _wrong(name, "it is too large")
        with path.open("rb") as file, np.load(file, allow_pickle=False) as found:
            return _checked(name, {key: found[key] for key in found.files})
    except (OSError, ValueError, zipfile.BadZipFile, KeyError, TypeError) as error:
        raise _wrong(name, str(error)) from error
    finally:
        path.unlink(missing_ok=True)


def _checked(name: str, found: dict[str, Any]) -> Past:
    columns = {one: found[one] for one in COLUMNS}
    size = len(columns["at"])
    for one, column in columns.items():
        wanted = np.int32 if one in NARROW else np.int64
        if column.shape != (size,) or column.dtype != wanted:
            raise _wrong(name, f"the column {one} has another form")
    past = Past(
        **columns,
        owners=msgspec.json.decode(found["owners"].tobytes(), type=list[Owner]),
        words=msgspec.json.decode(found["words"].tobytes(), type=list[Word]),
        days=msgspec.json.decode(found["days"].tobytes(), type=list[Day]),
    )
    message, index = columns["message"].astype(np.int64), columns["index"]
    step = np.diff(message)
    if size and (
        message[0] < 0
        or (step < 0).any()
        or not 0 <= int(index.min()) <= int(index.max()) < 1 << 16
        or not 0 <= int(past.owner.min()) <= int(past.owner.max()) < len(past.owners)
        or not 0 <= int(past.word.min()) <= int(past.word.max()) < len(past.words)
        or int(past.at.min()) < 0
        or {past.owners[n][:2] for n in np.unique(past.owner).tolist()}
        - {one[:2] for one in past.days}
    ):
        raise _wrong(name, "its rows do not go together")
    return past


def _wrong(name: str, problem: str) -> Refused:
    return Refused(_OPERATION, name[:64], problem[:200], "Write it again")
