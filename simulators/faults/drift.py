"""A sensor that loses its calibration: every day a little further off."""

from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np
from pydantic import Field

from devices.signals import CATALOGUE, MAX_COUNT
from devices.signals import Kind as SignalKind
from simulators.columns import SIGNAL_INDEX, UNTIMED, Columns
from simulators.faults.fault import Fault, Layer, Memory, Target
from simulators.faults.form import FaultForm, Kind
from simulators.forms import DAY_MS, Refuse, amount, known
from simulators.homes.home import Home
from simulators.homes.models import model


@dataclass(frozen=True, slots=True)
class Drift(Fault):
    """All values of a signal move evenly away from what they should be, at most so far."""

    layer: ClassVar[Layer] = Layer.SENSOR
    signal: str = "room_temperature"
    per_day: float = 1.0  # counts of the signal
    most: float = float(MAX_COUNT)

    def lay(self, columns: Columns, seed: int, memory: Memory | None = None) -> Columns:
        """A drifting sensor knows no plausible range: what it says is for the gateway to judge."""
        del seed, memory
        hit = self.target.rows(columns) & (columns.signal == SIGNAL_INDEX[self.signal])
        when = np.where(columns.at == UNTIMED, columns.sent_at, columns.at)
        days = np.where(hit, when - self.target.start, 0) / DAY_MS
        off = np.rint(np.clip(self.per_day * days, -self.most, self.most)).astype(np.int64)
        return columns.altered(x=np.clip(columns.x + off, -MAX_COUNT, MAX_COUNT))


class DriftForm(FaultForm):
    signal: str = Field(description="what is measured wrongly, `body_weight`")
    per_day: str = Field(description="how far off after a day, with its unit, `-0.2 kg`")
    most: str = Field("", description="never further off than this, `3 kg`")


def _make(form: DriftForm, target: Target, home: Home, refuse: Refuse) -> Drift:
    measures = {
        index: set(model(home.devices[index].model, home.models).signals)
        for index in target.devices or range(len(home.devices))
    }
    has = set().union(*measures.values())
    drifts = {name for name in has if CATALOGUE[name].kind is SignalKind.MEASUREMENT}
    known(form.signal, drifts, refuse, "signal")
    own = tuple(index for index, signals in measures.items() if form.signal in signals)
    key = "per_day"
    try:
        per_day = amount(form.signal, form.per_day)
        key = "most"
        most = amount(form.signal, form.most) if form.most else float(MAX_COUNT)
    except ValueError as error:
        refuse(key, str(error), "A number with the signal's unit")
    if per_day == 0:
        refuse("per_day", "it does not drift", "Give another number than 0")
    if most <= 0:
        refuse("most", f"{form.most!r} is no distance", "Give a number above 0")
    return Drift(replace(target, devices=own), form.signal, per_day, most)


KIND = Kind(
    "drift", "values move away day by day", Drift, DriftForm, _make,
    frozenset({"silence", "stuck"}),
)  # fmt: skip
