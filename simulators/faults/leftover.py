"""Firmware that publishes its readings retained: the last one comes again at every subscription."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import ClassVar

from simulators.actions import Action, Publish
from simulators.faults.fault import Fault, Layer, Target
from simulators.faults.form import FaultForm, Kind
from simulators.forms import Refuse
from simulators.homes.home import Home


@dataclass(frozen=True, slots=True)
class Leftover(Fault):
    """The devices' messages carry the retain flag.

    The broker keeps the last of each topic and hands it to whoever subscribes, days later, as if it
    were news. Nothing clears it: a leftover outlives the fault.
    """

    layer: ClassVar[Layer] = Layer.NETWORK

    def act(self, homes: Sequence[Home], actions: list[Action], seed: int) -> list[Action]:
        """The same actions; those published in the interval are retained."""
        del seed
        home = homes[self.target.home]
        ids = [home.devices[i].id for i in self.target.devices or range(len(home.devices))]
        root = f"homecare/v1/{home.site}/{home.id}"
        topics = {f"{root}/{name}/{kind}" for name in ids for kind in ("reading", "urgent")}
        return [
            replace(one, retain=True)
            if isinstance(one, Publish)
            and one.topic in topics
            and self.target.start <= one.at < self.target.end
            else one
            for one in actions
        ]


def _make(form: FaultForm, target: Target, home: Home, refuse: Refuse) -> Leftover:
    del form, home, refuse
    return Leftover(target)


KIND = Kind("leftover", "readings are retained by the broker", Leftover, FaultForm, _make)
