"""The packs: a library of rules by what they are for, each rule a file with its source, guidance
and examples.

A site begins with the starter set (`starter_rules`), under a founding mandate: what needs no
condition of the resident to be known, and what the simulator's planted truth proves. All others are
on offer (`library_rules`): a living lab picks from them, and a review's decision puts them live.
"""

from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files

from rules.file.language import Rule, parse_rule


@dataclass(frozen=True, slots=True)
class Pack:
    """A folder of rules with one purpose."""

    name: str  # the folder
    title: str  # English, through gettext where people see it
    rules: tuple[str, ...]  # names; each is a file of the folder


PACKS: tuple[Pack, ...] = (
    Pack(
        "falls",
        "Falls and calls for help",
        (
            "sos",
            "fall",
            "still-in-bathroom",
            "sos-repeated",
            "falls-repeated",
        ),
    ),
    Pack(
        "vital_signs",
        "Vital signs",
        (
            "spo2-low",
            "blood-pressure-out-of-range",
            "pulse-out-of-range",
            "breathing-fast",
            "body-temperature-low",
            "weight-lost",
        ),
    ),
    Pack(
        "news2",
        "NEWS2, on a visit",
        (
            "news2-emergency",
            "news2-urgent",
            "news2-scale-2-emergency",
            "news2-scale-2-urgent",
            "vital-signs-together",
        ),
    ),
    Pack(
        "infection",
        "Signs of infection",
        (
            "fever",
            "temperature-above-usual",
            "infection-signs",
        ),
    ),
    Pack(
        "heart_failure",
        "Heart failure",
        (
            "weight-up",
            "weight-up-week",
            "weight-down",
            "pulse-above-usual",
        ),
    ),
    Pack(
        "copd",
        "COPD and oxygen at home",
        (
            "spo2-below-usual",
            "breathing-above-usual",
            "copd-flare",
            "oxygen-too-much",
        ),
    ),
    Pack(
        "hypertension",
        "High and low blood pressure",
        (
            "bp-average-high",
            "bp-average-low",
            "bp-very-high",
        ),
    ),
    Pack(
        "diabetes",
        "Diabetes",
        (
            "glucose-very-low",
            "glucose-low",
            "glucose-high",
            "glucose-low-time",
            "cgm-stale",
        ),
    ),
    Pack(
        "medicine",
        "Medicine",
        (
            "dose-missed",
            "doses-missed-often",
        ),
    ),
    Pack(
        "activity",
        "Activity and daily rhythm",
        (
            "no-movement-by-ten",
            "no-movement-long",
            "in-bed-long",
            "no-kitchen-by-noon",
            "no-bathroom-by-noon",
            "fridge-not-opened",
            "sitting-long",
        ),
    ),
    Pack(
        "night",
        "Night",
        (
            "left-bed-and-still",
            "restless-night",
            "up-often-at-night",
        ),
    ),
    Pack(
        "doors",
        "Wandering and doors",
        (
            "outer-door-open-at-night",
            "gone-out-at-night",
            "not-back",
        ),
    ),
    Pack(
        "visits",
        "Visits",
        (
            "visit-not-come",
            "door-unused",
        ),
    ),
    Pack(
        "climate",
        "Home climate and safety",
        (
            "smoke",
            "water-on-the-floor",
            "stove-left-on",
            "home-very-cold",
            "home-cold",
            "home-hot",
            "air-stale",
            "home-damp",
        ),
    ),
    Pack(
        "devices",
        "Devices and measuring",
        (
            "battery-low",
            "weight-not-taken",
            "pressure-not-taken",
        ),
    ),
)

STARTER: tuple[str, ...] = (  # the order in which they are shown
    "spo2-low",
    "blood-pressure-out-of-range",
    "weight-up",
    "pulse-out-of-range",
    "no-movement-by-ten",
    "outer-door-open-at-night",
    "sos",
    "fall",
)


@lru_cache(maxsize=1)
def library_rules() -> tuple[Rule, ...]:
    """Every rule of every pack, in the order of the packs.

    Raises RuleRefused; a test holds that it does not.
    """
    return tuple(_read(pack, name) for pack in PACKS for name in pack.rules)


@lru_cache(maxsize=1)
def starter_rules() -> tuple[Rule, ...]:
    """What a new site begins with. Raises RuleRefused; a test holds that it does not."""
    folders = {name: pack for pack in PACKS for name in pack.rules}
    return tuple(_read(folders[name], name) for name in STARTER)


def pack_of(rule: str) -> Pack | None:
    """The pack that a rule of that name belongs to; None for a site's own."""
    return next((pack for pack in PACKS if rule in pack.rules), None)


def _read(pack: Pack, name: str) -> Rule:
    file = f"{name}.yaml"
    text = files(__name__).joinpath(pack.name, file).read_text(encoding="utf-8")
    return parse_rule(text, f"{pack.name}/{file}")
