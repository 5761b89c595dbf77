"""Looking through every file of a folder for a person's words, byte by byte."""

import mmap
import re
from collections.abc import Iterable
from pathlib import Path


def search(folders: Iterable[Path], words: Iterable[str]) -> list[Path]:
    """Files in which one of the words stands by itself, as it is or in another case."""
    said = b"|".join(re.escape(word.encode()) for word in words)
    pattern = re.compile(rb"(?<![\w-])(?:" + said + rb")(?![\w-])", re.IGNORECASE)
    files = {file for folder in folders for file in folder.rglob("*") if file.is_file()}
    return sorted(file for file in files if _holds(file, pattern))


def _holds(file: Path, pattern: re.Pattern[bytes]) -> bool:
    if not file.stat().st_size:
        return False
    with file.open("rb") as handle, mmap.mmap(handle.fileno(), 0, access=mmap.ACCESS_READ) as data:
        return pattern.search(data) is not None
