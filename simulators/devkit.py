"""All that a file with one's own devices and personas needs, from one place.

    from simulators.devkit import MINUTE_MS, Model, every

What stands here stays: other modules of the simulators may change between versions. See
docs/developers/simulating.md.
"""

from simulators.columns import Columns, together
from simulators.homes.batch import HOUR_MS, MINUTE_MS, Batch, Fitted
from simulators.homes.beat import Beat, every
from simulators.homes.models import Model
from simulators.people.persona import Persona
from simulators.people.population import Level

__all__ = [
    "HOUR_MS",
    "MINUTE_MS",
    "Batch",
    "Beat",
    "Columns",
    "Fitted",
    "Level",
    "Model",
    "Persona",
    "every",
    "together",
]
