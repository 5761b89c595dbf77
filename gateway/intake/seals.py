"""A new occupancy gets a new key, so that erasing who lived there is destroying the old one."""

import json
from pathlib import Path

from gateway.clock import Clock
from gateway.intake.broker_config import write_private
from gateway.intake.keyring import Keyring
from gateway.registry import Directory


class Seals:
    """Remembers who lived in each home when its present key was made."""

    def __init__(self, keyring: Keyring, folder: Path, clock: Clock) -> None:
        self._keyring, self._file, self._clock = keyring, folder / "occupancy.json", clock
        try:
            self._living: dict[str, str] = json.loads(self._file.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            self._living = {}

    def follow(self, directory: Directory) -> None:
        """Rotate the key of each home whose occupants are others than before."""
        now = self._clock.now()
        living = {
            f"{home.site}/{home.id}": ",".join(sorted(home.occupants(now)))
            for site in directory.sites
            for home in directory.homes(site)
        }
        self._keyring.forget_choices()
        for home, residents in living.items():
            before = self._living.get(home)
            if before is not None and before != residents:
                self._keyring.rotate(*home.split("/", 1))
        if living != self._living:
            self._living = living
            write_private(self._file, json.dumps(living))
