"""What every operator is made of: a small machine in two functions, and its word in a rule file.

    take(s, p, t, port, x)          store an input; returns nothing
    judge(s, p, t) -> (out, until)  the answer at t, and until when it stands

Both are written in the subset of Python that numba compiles: flat int64 state `s` and parameters
`p` (a list live, an array slice compiled), no other object, ints returned. The contract, held by
`tests/properties/test_engine_contract.py`:

- `until > t`; `judge` is idempotent; its answer is constant on [t, until) if nothing is taken.
- `t` never goes back. All inputs of an instant are taken before `judge` is asked, in any order of
  ports; within a port of *points* they come in the order of the journal.
- A port takes points (every reading of a source) or a level (one final change per instant).

Truth is Kleene's: 0 false, U unknown, and any positive number true. Most operators say 1; `event`
says the time of the event, so that each new event is a new occurrence.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ConfigDict

from rules.almanac import Almanac

if TYPE_CHECKING:
    from rules.tree import Node

U = -(1 << 63)  # unknown
NEVER = (1 << 63) - 1  # no deadline

State = list[int]
Take = Callable[[State, list[int], int, int, int], None]
Judge = Callable[[State, list[int], int], tuple[int, int]]


class Form(BaseModel):
    """The keys under an operator's word in a rule file. Conditions inside stay raw: `build` asks
    the maker for them.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)


class Shows(StrEnum):
    """What of a node's input belongs into the evidence of an episode."""

    SINCE = "since"  # what its source said from the node's `since` to the onset
    LAST = "last"  # only the last point: an absence has nothing else to show


@dataclass(frozen=True, slots=True)
class Operator:
    """One operator. `version` changes with anything that can change an outcome."""

    word: str
    version: int
    form: type[BaseModel]  # a Form, or a RootModel where the body is a list or one condition
    build: Callable[[Any, Any], "Node"]  # (form, rules.file.maker.Maker) -> tree
    take: Take
    judge: Judge
    bind: Callable[[Mapping[str, int], "Node", Almanac], list[int]]  # named arguments, … -> p
    state: Callable[[list[int]], State]  # p -> s before anything was taken
    lookback: Callable[[list[int]], int]  # ms of its inputs on which its answer can depend
    span: Callable[[list[int]], int]  # ms of its inputs that its evidence may name
    since: Callable[[State, list[int], int], int]  # when what is true now began; U: as its children
    shows: Shows = Shows.SINCE
    absence: bool = False  # speaks of what did not come, so it needs coverage
    number: bool = False  # gives a number, not a truth
    past: bool = False  # rests on what its children said before, whatever they say now
    against: frozenset[int] = frozenset()  # ports whose truth denies: an exception, a `not`


def no_lookback(_p: list[int]) -> int:
    """The answer depends on the present inputs alone."""
    return 0


def no_span(_p: list[int]) -> int:
    """It adds no past readings to the evidence."""
    return 0


def as_children(_s: State, _p: list[int], _t: int) -> int:
    """It has been true since its children have been."""
    return U


def no_arguments(_values: Mapping[str, int], _node: "Node", _almanac: Almanac) -> list[int]:
    return []
