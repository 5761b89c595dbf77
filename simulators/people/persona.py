"""Personas: how a simulated person's body and habits differ from the population's middle."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from devices.errors import Refused
from simulators.people.population import Level, population


# Systolic to weight: TIHM's homes (see population.py). Where TIHM measured nothing (SpO2, glucose,
# breath) the figures are assumptions, chosen within what home monitoring trials report.
LEVELS: Mapping[str, Level] = {
    **population().levels,
    "spo2": Level(96.4, 0.8, 0.7, 0.2, tail=0.0),
    "glucose": Level(6.3, 0.6, 0.7, 0.2),
    "respiration": Level(15.6, 1.4, 1.1, 0.2, tail=0.0),
}


@dataclass(frozen=True, slots=True)
class Persona:
    """A kind of person: what shifts, and what stands in the home because of it."""

    name: str
    title: str
    levels: Mapping[str, Level] = field(default_factory=dict)
    restless: float = 0.0  # added to the log weight of short gaps
    kit: tuple[str, ...] = ()  # models of devices beyond every home's own

    def level(self, signal: str) -> Level:
        """The spread of a signal here: the persona's own, or the population's."""
        return self.levels.get(signal) or LEVELS[signal]


PERSONAS: tuple[Persona, ...] = (
    Persona("well", "someone well", kit=("cuff", "thermometer")),
    Persona(
        "heart-failure",
        "heart failure",
        {
            "body_weight": Level(76.0, 9.0, 0.45, 0.2, slow=0.5, rho=0.9, tail=0.0),
            "pulse": Level(76.0, 6.0, 5.0),
            "systolic": Level(128.0, 10.0, 9.0),
        },
        kit=("scale", "cuff"),
    ),
    Persona(
        "copd",
        "chronic lung disease",
        {
            "spo2": Level(93.6, 0.5, 0.5, 0.1, tail=0.0),
            "pulse": Level(78.0, 5.0, 4.5),
            "respiration": Level(17.8, 1.2, 1.2, 0.2, tail=0.0),
        },
        kit=("oximeter", "cuff"),
    ),
    Persona(
        "diabetes",
        "diabetes",
        {"glucose": Level(8.4, 0.8, 1.6), "body_weight": Level(84.0, 11.0, 0.6, slow=0.6, rho=0.9)},
        kit=("glucose-meter", "scale"),
    ),
    Persona(
        "early-dementia", "early dementia", restless=0.25, kit=("bed-sensor", "dispenser", "cuff")
    ),
    Persona("frail", "frail and alone", restless=-0.15, kit=("bed-sensor", "thermometer", "cuff")),
)


def persona(name: str) -> Persona:
    """The persona of that name; Refused where there is none."""
    for known in PERSONAS:
        if known.name == name:
            return known
    names = ", ".join(p.name for p in PERSONAS)
    raise Refused("simulate a person", name, "no such persona", f"Known: {names}")
