"""All that a file with one's own devices, personas and faults needs, from one place.

    from simulators.devkit import MINUTE_MS, Model, every

What stands here stays: other modules of the simulators may change between versions. See
docs/developers/simulating.md.
"""

from simulators.columns import SIGNAL_INDEX, Columns, together
from simulators.faults.fault import Fault, Memory
from simulators.faults.form import FaultForm, Kind
from simulators.homes.batch import HOUR_MS, MINUTE_MS, Batch, Fitted
from simulators.homes.beat import Beat, every
from simulators.homes.models import Model
from simulators.people.persona import Course, Persona, Rhythm, Visit
from simulators.people.population import Habit, Level

__all__ = [
    "HOUR_MS",
    "MINUTE_MS",
    "SIGNAL_INDEX",
    "Batch",
    "Beat",
    "Columns",
    "Course",
    "Fault",
    "FaultForm",
    "Fitted",
    "Habit",
    "Kind",
    "Level",
    "Memory",
    "Model",
    "Persona",
    "Rhythm",
    "Visit",
    "every",
    "together",
]
