"""A recording as a sealed history, without broker and journal: for a back-test of minutes."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from api.cli.databases import state
from api.cli.recorded.sources import tihm
from api.cli.recorded.stand import prepare, settings_of
from devices.reading import Quality
from gateway.clock import SystemClock
from gateway.db import reading
from gateway.registry import Directory, Registry
from gateway.series.sealing import seal_columns
from gateway.series.store import Columns
from reviews.backtests import Question, Task, task_of
from simulators.columns import SIGNALS
from simulators.recorded.recording import Recording
from simulators.recorded.tihm import SITE

if TYPE_CHECKING:
    from gateway.config import Settings


def sealed_recording(
    folder: Path, place: Path, asked: Callable[[str, int, int], Question]
) -> tuple[Path, str, Task]:
    """(sealed file, its sha256, task), with the registry that `homecare replay` makes."""
    recording = tihm(folder, None, None)
    settings: Settings = settings_of(place / "stand")
    prepare(settings, recording)
    clock = SystemClock()
    question = asked(SITE, recording.start, recording.end)
    with state(settings) as engine:
        directory = Registry(engine, clock).directory
        with reading(engine) as conn:
            task = task_of(conn, directory, question, settings.watch.silence_factor)
    path = place / "recording.sealed"
    digest = seal_columns(
        SITE, recording.start, recording.end + 1, _homes(recording, directory), path
    )
    return path, digest, task


def _homes(recording: Recording, directory: Directory) -> Iterator[tuple[str, Columns]]:
    """Each home's readings as intake would have placed them, in order of homes."""
    whole = recording.columns
    for number in sorted(range(len(recording.homes)), key=lambda n: recording.homes[n].id):
        home = recording.homes[number]
        rows = np.flatnonzero(whole.home == number)
        own = whole.where(whole.home == number)
        names = [device.id for device in home.devices]
        known = [directory.device(SITE, home.id, name) for name in names]
        holding = [None if one is None else one.holding(recording.end - 1) for one in known]
        signals = [SIGNALS[i] for i in own.signal.tolist()]
        quality = [
            0 if signal.low_x <= x <= signal.high_x else int(Quality.IMPLAUSIBLE)
            for signal, x in zip(signals, own.x.tolist(), strict=True)
        ]
        held = [holding[i] for i in own.device.tolist()]
        yield (
            home.id,
            Columns(
                at=own.at,
                x=own.x,
                offset=rows.astype(np.int64) + 1,
                index=np.zeros(len(own), np.int64),
                quality=np.array(quality, np.int64),
                signal=np.array([signal.name for signal in signals], object),
                place=np.array([None if one is None else one.place for one in held], object),
                device=np.array([names[i] for i in own.device.tolist()], object),
                home=np.array([home.id] * len(own), object),
                resident=np.array([None if one is None else one.resident for one in held], object),
            ),
        )
