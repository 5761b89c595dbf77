"""A file that holds disk space back: when the disk is full, alerts get it, intake does not."""

import contextlib
import os
from pathlib import Path

MIB = 1_048_576


class Ballast:
    """One file beside the databases."""

    def __init__(self, file: Path, mebibytes: int) -> None:
        self._file, self._size = file, mebibytes * MIB

    def hold(self) -> bool:
        """Take the space; False where there is not enough."""
        if self._size == 0:
            return True
        try:
            handle = os.open(self._file, os.O_RDWR | os.O_CREAT, 0o600)
        except OSError:
            return False
        try:
            os.posix_fallocate(handle, 0, self._size)
        except OSError:
            self.release()
            return False
        finally:
            os.close(handle)
        return True

    def release(self) -> None:
        """Give the space to whoever writes next."""
        with contextlib.suppress(OSError):
            self._file.unlink()
