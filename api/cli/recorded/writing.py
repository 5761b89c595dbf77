"""Writing a capture so that whatever ends the recorder, what was heard before is on the disk."""

import gzip
import os
from pathlib import Path
from types import TracebackType
from typing import IO, Self

from devices.errors import Failed, Refused

FLUSH = 2  # zlib.Z_SYNC_FLUSH: a reader gets everything up to here, whatever follows


class CaptureFile:
    """Lines into a new file, packed where its name ends in .gz. Readable by its owner only."""

    def __init__(self, path: Path) -> None:
        if path.exists():
            raise Refused("record", str(path), "it is there already", "Name a new file")
        try:
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND, 0o600)
        except OSError as error:
            said = error.strerror or str(error)
            raise Failed("record", str(path), said, "Name a file in a folder of yours") from error
        self._path = path
        self._file: IO[bytes] = os.fdopen(descriptor, "ab")
        self._packed: gzip.GzipFile | None = None
        if path.suffix == ".gz":
            self._packed = gzip.GzipFile("", "wb", 6, self._file, mtime=0)

    def write(self, line: str) -> None:
        """Into the buffer."""
        try:
            (self._packed or self._file).write(line.encode())
        except OSError as error:
            raise self._full(error) from error

    def flush(self) -> None:
        """To the disk. Raises Failed where that is full."""
        try:
            if self._packed is not None:
                self._packed.flush(FLUSH)
            self._file.flush()
            os.fsync(self._file.fileno())
        except OSError as error:
            raise self._full(error) from error

    @property
    def size(self) -> int:
        """Bytes on the disk."""
        return self._path.stat().st_size

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        try:
            if self._packed is not None:
                self._packed.close()
            self._file.close()
        except OSError as problem:
            if kind is None:
                raise self._full(problem) from problem

    def _full(self, error: OSError) -> Failed:
        hint = "What was heard before is in the file"
        return Failed("record", str(self._path), error.strerror or str(error), hint)
