"""A device that says nothing: flat battery, fallen off the wall, unplugged."""

from dataclasses import dataclass

from simulators.columns import Columns
from simulators.faults.fault import Target


@dataclass(frozen=True, slots=True)
class Silence:
    """Nothing is sent."""

    target: Target

    def lay(self, columns: Columns, seed: int) -> Columns:
        """Without the rows of the target."""
        del seed
        return columns.where(~self.target.rows(columns))
