"""The starter pack: seven rules, each a file with its source, guidance and examples."""

from functools import lru_cache
from importlib.resources import files

from rules.language import Rule, parse_rule

STARTER: tuple[str, ...] = (
    "spo2-low.yaml",
    "blood-pressure-out-of-range.yaml",
    "weight-up.yaml",
    "pulse-out-of-range.yaml",
    "no-movement-by-ten.yaml",
    "outer-door-open-at-night.yaml",
    "sos.yaml",
)


@lru_cache(maxsize=1)
def starter_rules() -> tuple[Rule, ...]:
    """Raises RuleRefused; a test holds that it does not."""
    folder = files(__name__)
    return tuple(
        parse_rule(folder.joinpath(name).read_text(encoding="utf-8"), name) for name in STARTER
    )
