"""A virtual home: people, rooms and devices. Only facts; what it says is in `day.py`."""

from dataclasses import dataclass
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from devices.errors import Refused
from simulators.people.persona import Persona
from simulators.randomness import key

if TYPE_CHECKING:
    from simulators.homes.models import Model


@dataclass(frozen=True, slots=True)
class Person:
    """Who lives there. Names are invented."""

    id: str
    name: str
    born: int
    language: str
    persona: Persona


@dataclass(frozen=True, slots=True)
class Device:
    """One device: `model` is a name in `simulators.homes.models.MODELS`, or in the home's own."""

    id: str
    model: str
    place: str
    owner: int | None = None  # index into the home's people; None: it is the home's


@dataclass(frozen=True, slots=True)
class Home:
    """A home with its hub, over which all its devices speak."""

    site: str
    id: str
    label: str
    area: str
    drive_minutes: int
    zone: str
    people: tuple[Person, ...]
    devices: tuple[Device, ...]
    models: "tuple[Model, ...]" = ()  # of its devices, beyond those that ship
    where: tuple[float, float] | None = None  # degrees north and east, roughly; None: no seasons

    def __post_init__(self) -> None:
        names = [device.id for device in self.devices]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise Refused(
                "build a home", self.id, f"device {twice[0]} stands twice", "Give it another id"
            )

    @property
    def hub(self) -> str:
        """The name of the one connection that this home makes."""
        return f"{self.site}/{self.id}"

    def device(self, model: str) -> int:
        """Index of the first device of a model; Refused where the home has none."""
        for index, device in enumerate(self.devices):
            if device.model == model:
                return index
        raise Refused(
            "stage a scenario", self.id, f"the home has no {model}", "Choose a home that has one"
        )

    def has(self, model: str) -> bool:
        """Whether a device of that model stands here."""
        return any(device.model == model for device in self.devices)

    def local(self) -> ZoneInfo:
        """The zone in which its people live."""
        return ZoneInfo(self.zone)

    def draw_key(self, seed: int, *names: str | int) -> int:
        """The key of this home's draws."""
        return key(seed, self.site, self.id, *names)
