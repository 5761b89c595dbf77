"""From the marked text of a condition to its tree: words, types and units are checked here."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from pydantic import ValidationError

from devices.signals import CATALOGUE, Kind, Signal
from rules.errors import RuleRefused, nearest, refuse
from rules.marked import Marked, Path
from rules.operators import BY_WORD
from rules.operators.machine import Operator
from rules.quantity import (
    Argument,
    Clock,
    Counts,
    Difference,
    Dimension,
    Duration,
    Quantity,
    Reference,
    Whole,
)
from rules.tree import Measure, Node, SignalRef

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
MAX_NODES = 200
DEFAULT_MEMORY = Quantity(Decimal(24), "h")
WORDS_OF_NUMBERS = frozenset({"latest", "rise"})


class Maker:
    """Builds one node at a time; `at` is the path of the body of the word being built."""

    def __init__(self, marked: Marked, parameters: Mapping[str, tuple[Quantity, ...]]) -> None:
        self.marked = marked
        self.parameters = parameters  # name → the quantities that it can be: default, low, high
        self.used: set[str] = set()
        self._at: Path = ()
        self._operator: Operator | None = None
        self._nodes = 0

    def refused(self, problem: str, hint: str = "", *, path: Path = ()) -> RuleRefused:
        where = self._at + path
        key = ".".join(str(part) for part in where)
        return refuse(self.marked.file, self.marked.line(where), key, problem, hint)

    def condition(self, raw: Any, path: Path) -> Node:
        """A truth: what stands under `when`, or inside another condition."""
        before = self._at, self._operator
        self._at = path
        try:
            node = self._word(raw)
        finally:
            self._at, self._operator = before
        return node

    def _word(self, raw: Any) -> Node:
        if not isinstance(raw, dict) or len(raw) != 1:
            known = [word for word in BY_WORD if word not in WORDS_OF_NUMBERS]
            raise self.refused(
                "a condition is one word with its keys beneath it", f"Words: {', '.join(known)}"
            )
        word, body = next(iter(raw.items()))
        operator = BY_WORD.get(word)
        self._at = (*self._at, word)
        if operator is None:
            raise self.refused(f"{word!r} is not a word of the language", nearest(word, BY_WORD))
        self._nodes += 1
        if self._nodes > MAX_NODES:
            raise self.refused(f"more than {MAX_NODES} conditions in one rule", "Split the rule")
        self._operator = operator
        try:
            form = operator.form.model_validate(body)
        except ValidationError as error:
            raise self._invalid(error, operator) from None
        return operator.build(form, self)

    def _invalid(self, error: ValidationError, operator: Operator) -> RuleRefused:
        first = error.errors()[0]
        path = tuple(first["loc"])
        known = [field.alias or name for name, field in operator.form.model_fields.items()]
        if first["type"] == "extra_forbidden":
            return self.refused("unknown key", nearest(str(path[-1]), known), path=path)
        problem = first["msg"].removeprefix("Value error, ")
        return self.refused(problem, f"{operator.word} takes: {', '.join(known)}", path=path)

    def truth(self, raw: Any, *path: str | int) -> Node:
        node = self.condition(raw, self._at + path)
        if node.measure is not None:
            raise self.refused("a number is no condition", "Compare it: above, below, between")
        return node

    def truths(self, raw: Sequence[Any]) -> list[Node]:
        if not raw:
            raise self.refused("needs at least one condition")
        return [self.truth(item, index) for index, item in enumerate(raw)]

    def number(self, raw: Any, key: str) -> Node:
        """A signal's newest value where only its name is given, or a word that gives a number."""
        if isinstance(raw, str):
            return self.latest(raw, None)
        node = self.condition(raw, (*self._at, key))
        if node.measure is None:
            raise self.refused(
                "a condition is no number", nearest("", WORDS_OF_NUMBERS), path=(key,)
            )
        return node

    def signal(self, text: str) -> tuple[Signal, SignalRef]:
        name, _, place = text.partition("@")
        signal = CATALOGUE.get(name)
        if signal is None:
            raise self.refused(f"{name[:40]!r} is no signal", nearest(name, CATALOGUE))
        if "@" in text and not place:
            raise self.refused(f"{text!r}: a place must follow the @")
        return signal, SignalRef(name, place or None)

    def latest(self, text: str, max_age: Quantity | Reference | None) -> Node:
        signal, ref = self.signal(text)
        if signal.kind is Kind.EVENT:
            raise self.refused(f"{signal.name} happens, it has no value", "Use event or none_for")
        catalogued = Quantity(Decimal(signal.max_age_ms), "ms")
        length = Duration(high=max(signal.max_age_ms, Duration().high))
        return Node(
            BY_WORD["latest"],
            (self.argument("max_age", length, max_age or catalogued),),
            (ref,),
            self.marked.line(self._at),
            Measure(signal),
        )

    def points(self, text: str) -> tuple[Signal, SignalRef]:
        signal, ref = self.signal(text)
        if signal.kind is not Kind.MEASUREMENT:
            raise self.refused(f"{signal.name} is no measurement", "It needs a number")
        return signal, ref

    def events(self, text: str) -> tuple[Signal, SignalRef]:
        signal, ref = self.signal(text)
        if signal.kind is not Kind.EVENT:
            raise self.refused(f"{signal.name} is no event", "Use is, above, below or between")
        return signal, ref

    def coverage(self, signal: Signal) -> Node:
        """1 while the gateway knows that the signal would have been heard."""
        return self.latest(f"coverage@{signal.name}", None)

    def compared(
        self,
        value: Any,
        limit: Quantity | Reference,
        back_by: Quantity | Reference | None,
        memory: Quantity | Reference | None,
    ) -> Node:
        number = self.number(value, "value")
        assert number.measure is not None
        arguments = [self.argument("limit", self.counts(number), limit)]
        if back_by is not None:
            arguments += [
                self.argument("back_by", Difference(number.measure.signal), back_by),
                self.argument("memory", Duration(), memory or DEFAULT_MEMORY),
            ]
        elif memory is not None:
            raise self.refused("memory without back_by has no meaning", path=("memory",))
        return self.node(arguments, [number])

    def counts(self, number: Node) -> Dimension:
        measure = number.measure
        assert measure is not None
        if measure.signal.words:
            raise self.refused(f"{measure.signal.name} is a state, not a number", "Use is")
        return Difference(measure.signal) if measure.difference else Counts(measure.signal)

    def word(self, name: str, value: Node, text: str) -> Argument:
        measure = value.measure
        assert measure is not None
        words = measure.signal.words
        if text not in words:
            hint = nearest(text, words) if words else "It is a number: use above, below, between"
            raise self.refused(f"{measure.signal.name} is never {text!r}", hint, path=("state",))
        x = words[text]
        return Argument(name, Whole(min(words.values()), max(words.values())), _plain(x))

    def window(
        self,
        start: Quantity | Reference,
        end: Quantity | Reference,
        days: list[str] | None,
    ) -> Node:
        arguments = [self.argument("from", Clock(), start), self.argument("until", Clock(), end)]
        if days is not None:
            wrong = [day for day in days if day not in DAYS]
            if wrong or not days:
                hint = nearest(wrong[0] if wrong else "", DAYS)
                raise self.refused(f"{(wrong or days)!r}: not days", hint, path=("days",))
            mask = sum({1 << DAYS.index(day) for day in days})
            arguments.append(Argument("days", Whole(1, 127), _plain(mask)))
        line = self.marked.line(self._at)
        return Node(BY_WORD["time_between"], tuple(arguments), (), line)

    def argument(self, name: str, dimension: Dimension, value: Quantity | Reference) -> Argument:
        """Checked: the unit measures it, and every value that a parameter can have is allowed."""
        if isinstance(value, Reference):
            if value.name not in self.parameters:
                raise self.refused(
                    f"${value.name} is not among the parameters",
                    nearest(value.name, self.parameters),
                    path=(name,),
                )
            self.used.add(value.name)
        possible = self.parameters[value.name] if isinstance(value, Reference) else (value,)
        for quantity in possible:
            try:
                dimension.count(quantity)
            except ValueError as error:
                raise self.refused(str(error), path=(name,)) from None
        return Argument(name, dimension, value)

    def node(
        self,
        arguments: Sequence[Argument],
        children: Sequence[Node | SignalRef],
        measure: Measure | None = None,
    ) -> Node:
        assert self._operator is not None
        line = self.marked.line(self._at)
        return Node(self._operator, tuple(arguments), tuple(children), line, measure)


def _plain(number: int) -> Quantity:
    return Quantity(Decimal(number), "1")


assert set(WORDS_OF_NUMBERS) <= set(BY_WORD)
