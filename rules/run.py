"""One enrolled rule at work: its plan, the states of its steps, what is known of its condition."""

from dataclasses import dataclass, field

from rules.agenda import Sink
from rules.episodes import Condition
from rules.operators.machine import NEVER, Judge, State, U
from rules.plan import Plan


@dataclass(slots=True, eq=False)
class Run:
    """One enrolled rule: its plan, the states of its steps, and what is known of its condition."""

    key: str
    home: str
    subject: str
    plan: Plan
    states: list[State]
    condition: Condition
    since: int  # it speaks from this instant on
    base: int = 0  # its first node in the lane
    carried: list[bool] = field(default_factory=list)  # steps whose state is older than the run
    root: "Node" = field(init=False)  # once the lane has laid it out
    clear: "Node | None" = field(init=False)

    @classmethod
    def fresh(cls, key: str, home: str, subject: str, plan: Plan, since: int) -> "Run":
        states = [step.operator.state(step.p) for step in plan.steps]
        condition = Condition.of(plan.rule)
        return cls(key, home, subject, plan, states, condition, since, 0, [False] * len(states))

    def carry(self, states: dict[str, State], condition: Condition | None) -> None:
        """Takes over the states of equal subtrees: a changed number resets only what it touches."""
        for index, step in enumerate(self.plan.steps):
            known = states.get(step.identity)
            if known is not None and len(known) <= len(self.states[index]):
                self.states[index][: len(known)] = known
                self.carried[index] = True
        if condition is not None:
            condition.absence, condition.at_most = self.condition.absence, self.condition.at_most
            self.condition = condition

    def states_by_identity(self) -> dict[str, State]:
        return {s.identity: self.states[i] for i, s in enumerate(self.plan.steps)}


class Node:
    """One step at work: all that settling touches lies together."""

    __slots__ = ("booked", "judge", "out", "p", "root_of", "s", "sinks")

    def __init__(
        self,
        judge: Judge,
        s: State,
        p: list[int],
        sinks: tuple[Sink, ...],
        root_of: Run | None,
    ) -> None:
        self.judge = judge
        self.s = s
        self.p = p
        self.sinks = sinks  # its parents
        self.root_of = root_of  # whose condition is decided anew when the answer changes
        self.out = U
        self.booked = NEVER  # the earliest deadline that stands in the lane's heap
