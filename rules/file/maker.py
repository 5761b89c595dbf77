"""From the marked text of a condition to its tree: words, types and units are checked here."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from devices.errors import Spoken, said
from devices.signals import CATALOGUE, Kind, Signal
from rules.errors import RuleRefused, most_telling, nearest, refuse, told
from rules.file import using
from rules.file.marked import Marked, Path
from rules.operators import BY_WORD
from rules.operators.machine import Operator
from rules.quantity import (
    PLACE,
    Argument,
    Clock,
    Dimension,
    Duration,
    Quantity,
    Reference,
    Whole,
)
from rules.tree import Measure, Node, SignalRef

if TYPE_CHECKING:
    from rules.file.naming import Named

COVERAGE = "coverage"
GAPS = ("unknown", "ignored")
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
MAX_NODES = 200
DEFAULT_MEMORY = Quantity(Decimal(24), "h")
WORDS_OF_NUMBERS = frozenset(word for word, operator in BY_WORD.items() if operator.number)


class Maker:
    """Builds one node at a time; `at` is the path of the body of the word being built."""

    def __init__(
        self,
        marked: Marked,
        parameters: Mapping[str, tuple[Quantity, ...]],
        named: Mapping[str, "Named"],
        places: Mapping[str, str] | None = None,
    ) -> None:
        self.marked = marked
        self.parameters = parameters  # name → the quantities that it can be: default, low, high
        self.named = named
        self.places = places or {}  # inputs of a named expression that are places
        self.used: set[str] = set()
        self.depth = 0  # of the deepest named expression that is used
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

    def root(self, raw: Any, key: str) -> Node:
        """The condition that is the whole of a key of the file."""
        node = self.condition(raw, (key,))
        if node.measure is not None:
            problem, hint = (
                Spoken("a number is no condition"),
                Spoken("Compare it: above, below, between"),
            )
            raise refuse(self.marked.file, node.line, key, problem, hint)
        return node

    def line(self) -> int:
        """Of the word that is being built."""
        return self.marked.line(self._at)

    def used_named(self, depth: int, nodes: int) -> None:
        """Counts what a named expression brings along."""
        self.depth = max(self.depth, depth)
        self._count(nodes)

    def _count(self, nodes: int) -> None:
        self._nodes += nodes
        if self._nodes > MAX_NODES:
            raise self.refused(
                Spoken("more than {count} conditions in one rule", count=MAX_NODES),
                Spoken("Split the rule"),
            )

    def _word(self, raw: Any) -> Node:
        if not isinstance(raw, dict) or len(raw) != 1:
            known = [word for word in BY_WORD if word not in WORDS_OF_NUMBERS]
            raise self.refused(
                Spoken("a condition is one word with its keys beneath it"),
                Spoken("Words: {words}", words=", ".join(known)),
            )
        word, body = next(iter(raw.items()))
        self._at = (*self._at, word)
        if word == using.WORD:
            return using.use(self, body)
        operator = BY_WORD.get(word)
        if operator is None:
            hint = nearest(word, [*BY_WORD, using.WORD])
            raise self.refused(
                Spoken("{word} is not a word of the language", word=repr(word[:60])), hint
            )
        self._count(1)
        self._operator = operator
        try:
            form = operator.form.model_validate(body)
        except ValidationError as error:
            raise self._invalid(error, operator) from None
        return operator.build(form, self)

    def _invalid(self, error: ValidationError, operator: Operator) -> RuleRefused:
        first = most_telling(error)
        path = tuple(first["loc"])
        known = [field.alias or name for name, field in operator.form.model_fields.items()]
        if first["type"] == "extra_forbidden":
            return self.refused(Spoken("unknown key"), nearest(str(path[-1]), known), path=path)
        problem = told(first)
        if first["type"] == "missing":
            problem = Spoken("needs {key}", key=path[-1])
        return self.refused(
            problem,
            Spoken("{word} takes: {words}", word=operator.word, words=", ".join(known)),
            path=path,
        )

    def truth(self, raw: Any, *path: str | int) -> Node:
        node = self.condition(raw, self._at + path)
        if node.measure is not None:
            raise self.refused(
                Spoken("a number is no condition"), Spoken("Compare it: above, below, between")
            )
        return node

    def truths(self, raw: Sequence[Any]) -> list[Node]:
        if not raw:
            raise self.refused(Spoken("needs at least one condition"))
        return [self.truth(item, index) for index, item in enumerate(raw)]

    def number(self, raw: Any, key: str) -> Node:
        """A signal's newest value where only its name is given, or a word that gives a number."""
        return self.root_number(raw, *self._at, key)

    def root_number(self, raw: Any, *path: str | int) -> Node:
        """As `number`, at a path from the beginning of the file."""
        if isinstance(raw, str):
            before, self._at = self._at, path
            try:
                return self.latest(raw, None)
            finally:
                self._at = before
        node = self.condition(raw, path)
        if node.measure is None:
            key = ".".join(str(part) for part in path)
            problem, hint = Spoken("a condition is no number"), nearest("", WORDS_OF_NUMBERS)
            raise refuse(self.marked.file, node.line, key, problem, hint)
        return node

    def number_at(self, raw: Any, *path: str | int) -> Node:
        """As `number`, deeper within the word that is being built."""
        return self.root_number(raw, *self._at, *path)

    def gaps(self, text: str | None) -> bool:
        """Whether what was not heard or known makes a number over a window unknown."""
        if text not in {None, *GAPS}:
            raise self.refused(
                Spoken("{text} is not allowed", text=repr(text)[:40]),
                nearest(str(text), GAPS),
                path=("gaps",),
            )
        return text != "ignored"

    def signal(self, text: str) -> tuple[Signal, SignalRef]:
        name, _, place = text.partition("@")
        signal = CATALOGUE.get(name)
        if signal is None:
            raise self.refused(
                Spoken("{name} is no signal", name=repr(name[:40])), nearest(name, CATALOGUE)
            )
        if name == COVERAGE:
            if not place:
                raise self.refused(
                    Spoken("it does not say of what"), Spoken("Write it as coverage@motion")
                )
            return signal, self.covering(*self.signal(place))
        if "@" not in text:
            return signal, SignalRef(name)
        if not PLACE.fullmatch(place.removeprefix("$")):
            raise self.refused(
                Spoken("{place} is no place", place=repr(place[:60])),
                Spoken("Write it as door@outer"),
            )
        return signal, SignalRef(name, self.place(place) or place)

    def place(self, text: str) -> str | None:
        """`$input`, where an input of this named expression is a place; None: it is no input."""
        if not text.startswith("$"):
            return None
        if text[1:] not in self.places:
            hint = (
                nearest(text[1:], self.places) if self.places else Spoken("Write it as door@outer")
            )
            raise self.refused(Spoken("{text} is no input that is a place", text=repr(text)), hint)
        self.used.add(text[1:])
        return text

    def latest(self, text: str, max_age: Quantity | Reference | None) -> Node:
        signal, ref = self.signal(text)
        if signal.kind is Kind.EVENT:
            raise self.refused(
                Spoken("{name} happens, it has no value", name=signal.name),
                Spoken("Use event or none_for"),
            )
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
            raise self.refused(
                Spoken("{name} is no measurement", name=signal.name), Spoken("It needs a number")
            )
        return signal, ref

    def events(self, text: str) -> tuple[Signal, SignalRef]:
        signal, ref = self.signal(text)
        if signal.kind is not Kind.EVENT:
            raise self.refused(
                Spoken("{name} is no event", name=signal.name),
                Spoken("Use is, above, below or between"),
            )
        return signal, ref

    def covering(self, signal: Signal, source: SignalRef) -> SignalRef:
        """The coverage of what `source` hears: of its place where it names one."""
        if signal.by_gateway:
            problem = Spoken("no device reports {name}, so it has no coverage", name=signal.name)
            raise self.refused(
                problem, Spoken("An absence needs a signal of a device"), path=("signal",)
            )
        return SignalRef(COVERAGE, str(source))

    def coverage(self, signal: Signal, *sources: SignalRef) -> Node:
        """1 while the gateway knows that the signal would have been heard, at every place that is
        named: another room's sensor says nothing of this one.
        """
        nodes = [self.latest(str(self.covering(signal, source)), None) for source in sources]
        return nodes[0] if len(nodes) == 1 else self.node([], nodes, word="all")

    def compared(
        self,
        value: Any,
        limit: Quantity | Reference,
        back_by: Quantity | Reference | None,
        memory: Quantity | Reference | None,
    ) -> Node:
        number = self.number(value, "value")
        assert number.measure is not None
        assert self._operator is not None
        if self._operator.word != "above":
            self.whole(number)
        first = self.argument("limit", self.counts(number), limit)
        return self.node([first, *self.way_back(number, back_by, memory)], [number])

    def way_back(
        self,
        number: Node,
        back_by: Quantity | Reference | None,
        memory: Quantity | Reference | None,
    ) -> list[Argument]:
        """Hysteresis: how far it must go back, and how long it remembers that it has not."""
        assert number.measure is not None
        if back_by is None and memory is None:
            return []
        if back_by is None:
            raise self.refused(Spoken("memory without back_by has no meaning"), path=("memory",))
        return [
            self.argument("back_by", number.measure.distance(), back_by),
            self.argument("memory", Duration(), memory or DEFAULT_MEMORY),
        ]

    def lasting(self, condition: Node, length: Quantity | Reference | None) -> Node:
        """The condition itself, or where a `for` stands beside it, that it lasts so long."""
        if length is None:
            return condition
        return self.node([self.argument("for", Duration(), length)], [condition], word="lasting")

    def whole(self, number: Node) -> None:
        """Refuses what may only seem too little, for what was not heard is not in it."""
        if number.measure is not None and number.measure.least:
            problem = Spoken("it counts only what was heard, so it may seem too little")
            raise self.refused(problem, Spoken("Leave `gaps: ignored` away"), path=("value",))

    def counts(self, number: Node) -> Dimension:
        """What the number can be compared with."""
        assert number.measure is not None
        try:
            return number.measure.limit()
        except ValueError as error:
            raise self.refused(said(error), Spoken("Use is")) from None

    def word(self, name: str, value: Node, text: str) -> Argument:
        measure = value.measure
        assert measure is not None
        assert measure.signal is not None
        words = measure.signal.words
        if text not in words:
            hint = (
                nearest(text, words)
                if words
                else Spoken("It is a number: use above, below, between")
            )
            raise self.refused(
                Spoken("{name} is never {text}", name=measure.signal.name, text=repr(text)),
                hint,
                path=("state",),
            )
        x = words[text]
        return Argument(name, Whole(min(words.values()), max(words.values())), _plain(x))

    def window(
        self,
        start: Quantity | Reference,
        end: Quantity | Reference,
        days: list[str] | None,
        besides: str | None,
    ) -> Node:
        arguments = [self.argument("from", Clock(), start), self.argument("until", Clock(), end)]
        mask = self._days(days, besides)
        if mask is not None:
            arguments.append(Argument("days", Whole(1, 511), _plain(mask)))
        line = self.marked.line(self._at)
        return Node(BY_WORD["time_between"], tuple(arguments), (), line)

    def _days(self, days: list[str] | None, besides: str | None) -> int | None:
        """A bit a weekday from Monday, then holidays as well, then none of them."""
        known = (*DAYS, "holiday")
        wrong = [day for day in days or () if day not in known]
        if wrong or days == []:
            hint = nearest(wrong[0] if wrong else "", known)
            raise self.refused(
                Spoken("{words}: not days", words=repr(wrong or days)), hint, path=("days",)
            )
        if besides is not None and besides != "holidays":
            hint = Spoken("The one exception is: holidays")
            raise self.refused(
                Spoken("{word}: not an exception", word=repr(besides[:40])),
                hint,
                path=("except",),
            )
        if besides is None:
            return sum({1 << known.index(day) for day in days}) if days else None
        if "holiday" in (days or ()):
            raise self.refused(
                Spoken("on holidays and not on holidays"),
                Spoken("Leave one away"),
                path=("except",),
            )
        return sum({1 << known.index(day) for day in days or DAYS}) | 256

    def possible(self, name: str, value: Quantity | Reference) -> tuple[Quantity, ...]:
        """All that must be allowed under a key: of a parameter, its default and both ends."""
        if isinstance(value, Quantity):
            return (value,)
        if value.name not in self.parameters:
            raise self.refused(
                Spoken("${name} is not among the parameters", name=value.name),
                nearest(value.name, self.parameters),
                path=(name,),
            )
        self.used.add(value.name)
        return self.parameters[value.name]

    def argument(self, name: str, dimension: Dimension, value: Quantity | Reference) -> Argument:
        """Checked: the unit measures it, and every value that a parameter can have is allowed."""
        for quantity in self.possible(name, value):
            try:
                dimension.count(quantity)
            except ValueError as error:
                raise self.refused(said(error), path=(name,)) from None
        return Argument(name, dimension, value)

    def node(
        self,
        arguments: Sequence[Argument],
        children: Sequence[Node | SignalRef],
        measure: Measure | None = None,
        word: str | None = None,
    ) -> Node:
        """A node of the word that is being built, or of another that stands behind it."""
        operator = self._operator if word is None else BY_WORD[word]
        assert operator is not None
        line = self.marked.line(self._at)
        return Node(operator, tuple(arguments), tuple(children), line, measure)


def _plain(number: int) -> Quantity:
    return Quantity(Decimal(number), "1")
