"""What stands behind each model of device: one entry says what it sends and how often it is heard.

To add a device: write a function `(work, which) -> Columns` and one `Model` line in MODELS.
"""

from collections.abc import Callable
from dataclasses import dataclass

from devices.errors import Refused
from simulators.columns import Columns
from simulators.homes import body, house
from simulators.homes.batch import HOUR_MS, MINUTE_MS, Batch, Fitted

Emit = Callable[[Batch, Fitted], Columns]


@dataclass(frozen=True, slots=True)
class Model:
    """A kind of device."""

    name: str
    title: str
    emit: Emit
    interval_ms: int | None  # at least so often something is heard of it; None: only when used
    place: str | None = None  # where it usually stands; None: it goes with a person
    dialect: str = "homecare"


MODELS: tuple[Model, ...] = (
    Model("hub", "hub", house.hub, 15 * MINUTE_MS, "hallway"),
    Model("motion", "motion sensor", house.motion, house.HEARTBEAT_MS),
    Model("door", "door contact", house.door, house.HEARTBEAT_MS),
    Model("climate", "room climate", house.climate, house.HEARTBEAT_MS, "lounge", "senml"),
    Model("smoke", "smoke alarm", house.smoke, 6 * HOUR_MS, "kitchen"),
    Model("button", "SOS button", house.button, 6 * HOUR_MS),
    Model("bed-sensor", "bed sensor", house.bed, house.HEARTBEAT_MS, "bedroom"),
    Model("dispenser", "medicine dispenser", house.dispenser, 24 * HOUR_MS, "kitchen"),
    Model("cuff", "blood pressure cuff", body.cuff, None),
    Model("scale", "scale", body.scale, None, "bathroom"),
    Model("thermometer", "thermometer", body.thermometer, None),
    Model("oximeter", "wearable oximeter", body.oximeter, body.OXIMETER_MS),
    Model("glucose-meter", "glucose meter", body.glucose, None),
    # Nothing by itself: people publish to it by hand (`homecare send`).
    Model("manual", "readings by hand", house.nothing, None),
)


def model(name: str) -> Model:
    """The model of that name; Refused where there is none."""
    for known in MODELS:
        if known.name == name:
            return known
    names = ", ".join(m.name for m in MODELS)
    raise Refused("simulate a device", name, "no such model", f"Known: {names}")
