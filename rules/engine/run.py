"""One enrolled rule at work: its plan, and what is known of its condition."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from rules.engine.episodes import Condition
from rules.operators.machine import State
from rules.plan import Plan

States = Mapping[str, State]  # by identity of the step


@dataclass(slots=True, eq=False)
class Run:
    """One enrolled rule. What its steps know lies in its lane, where equal steps are one."""

    key: str
    home: str
    subject: str
    plan: Plan
    condition: Condition
    since: int  # it speaks from this instant on
    brings: States = field(default_factory=dict)  # known from elsewhere, until it is laid out
    index: int = 0  # its place in the lane

    @classmethod
    def fresh(cls, key: str, home: str, subject: str, plan: Plan, since: int) -> "Run":
        """Nothing is known yet."""
        return cls(key, home, subject, plan, Condition.of(plan.rule), since)

    def carry(self, condition: Condition) -> None:
        """Takes over what was known of another version's condition."""
        condition.absence, condition.at_most = self.condition.absence, self.condition.at_most
        self.condition = condition
