"""What stands behind each model of device: one entry says what it sends and how often it is heard.

To add a device that ships: write a function `(work, which) -> Columns` and one `Model` line in
MODELS. A developer's own stands in a file of theirs (`simulators/catalogue.py`) and travels with
the homes that have it: `Home.models`.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from devices.errors import Refused
from simulators.columns import Columns
from simulators.homes import body, house
from simulators.homes.batch import HOUR_MS, MINUTE_MS, Batch, Fitted
from simulators.homes.home import Home

Emit = Callable[[Batch, Fitted], Columns]


@dataclass(frozen=True, slots=True)
class Model:
    """A kind of device."""

    name: str
    title: str
    emit: Emit
    interval_ms: int | None  # at least so often something is heard of it; None: only when used
    signals: tuple[str, ...]  # what it is there to measure
    place: str | None = None  # where it usually stands; None: it goes with a person
    dialect: str = "homecare"
    shared: bool = False  # it is the house's, whoever uses it


BEAT = house.HEARTBEAT_MS
ROOM_CLIMATE = ("room_temperature", "humidity", "co2")
BY_HAND = (
    *("spo2", "pulse", "systolic", "diastolic", "body_weight", "body_temperature", "glucose"),
    *("motion", "sos"),
)

MODELS: tuple[Model, ...] = (
    Model("hub", "hub", house.hub, 15 * MINUTE_MS, ("link_quality",), "hallway", shared=True),
    Model("motion", "motion sensor", house.motion, BEAT, ("motion",), shared=True),
    Model("door", "door contact", house.door, BEAT, ("door",), shared=True),
    Model(
        "climate",
        "room climate",
        house.climate,
        house.CLIMATE_MS,
        ROOM_CLIMATE,
        "lounge",
        "senml",
        shared=True,
    ),
    Model("smoke", "smoke alarm", house.smoke, 6 * HOUR_MS, ("smoke",), "kitchen", shared=True),
    Model("button", "SOS button", house.button, 6 * HOUR_MS, ("sos",)),
    Model("bed-sensor", "bed sensor", house.bed, BEAT, ("bed",), "bedroom"),
    Model(
        "dispenser", "medicine dispenser", house.dispenser, 24 * HOUR_MS, ("dispenser",), "kitchen"
    ),
    Model("cuff", "blood pressure cuff", body.cuff, None, ("systolic", "diastolic", "pulse")),
    Model("scale", "scale", body.scale, None, ("body_weight",), "bathroom"),
    Model("thermometer", "thermometer", body.thermometer, None, ("body_temperature",)),
    Model("oximeter", "wearable oximeter", body.oximeter, body.OXIMETER_MS, ("spo2",)),
    Model("glucose-meter", "glucose meter", body.glucose, None, ("glucose",)),
    Model("glucose-sensor", "glucose sensor", body.glucose_sensor, body.OXIMETER_MS, ("glucose",)),
    Model(
        "mattress-sensor",
        "breathing sensor under the mattress",
        body.mattress,
        24 * HOUR_MS,
        ("respiration",),
        "bedroom",
    ),
    Model("fall-detector", "fall detector", house.button, 6 * HOUR_MS, ("fall",)),
    Model(
        "stove-plug", "plug of the stove", house.stove, BEAT, ("plug_power",), "stove", shared=True
    ),
    # These say nothing by themselves: recordings use the first, people publish by the second.
    Model("skin-thermometer", "skin thermometer", house.nothing, None, ("skin_temperature",)),
    Model("manual", "readings by hand", house.nothing, None, BY_HAND),
)


def model(name: str, own: Sequence[Model] = ()) -> Model:
    """The model of that name, shipped or among `own`; Refused where there is none."""
    for known in (*MODELS, *own):
        if known.name == name:
            return known
    names = ", ".join(m.name for m in (*MODELS, *own))
    raise Refused("simulate a device", name, "no such model", f"Known: {names}")


def in_homes(homes: Sequence[Home]) -> tuple[Model, ...]:
    """All models that devices of these homes may be of: those that ship, then the homes' own."""
    own = {one.name: one for home in homes for one in home.models}
    return (*MODELS, *own.values())
