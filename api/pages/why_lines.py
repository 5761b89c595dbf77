"""The tree of a rule at one moment, an operator a line, in the reader's language.

What has no condition of its own (a newest value, coverage, the window of an absence) stands on the
line of the comparison that reads it. Unknown is said, with what was missing; never drawn as false.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from api.pages.sentences import signal_name
from api.pages.why_words import HEADS
from api.pages.words import Words
from devices.signals import CATALOGUE, Kind
from gateway.texts import N_, catalogue, format_length, format_value
from gateway.texts.nouns import placed
from gateway.texts.phrases import render, render_head, render_part
from gateway.watch.answers import Answer
from rules.plan import Step
from rules.sentences.sentence import answer_part, node_phrase
from rules.why.nearest import Miss
from rules.why.trace import Gap, Seen, is_window

PARTS = frozenset({"points"})  # numbers that stand on a line of their own beneath a comparison


@dataclass(frozen=True, slots=True)
class Reading:
    """What a source last said, with its time and age."""

    name: str
    value: str
    at: int
    age_ms: int


@dataclass(frozen=True, slots=True)
class Line:
    """One operator."""

    number: int  # as people count lines, from 1
    depth: int
    step: int
    word: str
    file_line: int
    text: str
    mark: str  # true, false, unknown
    value: str  # of what is compared; empty where nothing is
    needed: str  # the nearest value that would have turned it
    readings: tuple[Reading, ...]
    parts: tuple[str, ...]  # what adds up to the value: a score's points
    missing: tuple[str, ...]
    since: str
    follows: str
    misses: tuple[str, ...]
    stopped: bool  # here it stopped


def lines(answer: Answer, language: str, *, clear: bool = False) -> list[Line]:
    """Of the condition, or of what ends it; in the order in which people read them."""
    root = answer.plan.clear if clear else answer.plan.root
    if root is None:
        return []
    writer = LineWriter(answer, language)
    return [
        writer.line(number, depth, step)
        for number, (depth, step) in enumerate(_in_order(answer, root, 0), start=1)
    ]


def _in_order(answer: Answer, step: int, depth: int) -> Iterator[tuple[int, int]]:
    yield depth, step
    for child in answer.plan.steps[step].children:
        if answer.seen[child].is_number:
            yield from _under_number(answer, child, depth + 1)
        elif not is_window(answer.plan, step, child):
            yield from _in_order(answer, child, depth + 1)


def _under_number(answer: Answer, step: int, depth: int) -> Iterator[tuple[int, int]]:
    """Conditions that a number counts stand beneath the comparison."""
    for child in answer.plan.steps[step].children:
        if answer.seen[child].is_number:
            yield from _under_number(answer, child, depth)
        elif not is_window(answer.plan, step, child):
            yield from _in_order(answer, child, depth)


def _numbers(answer: Answer, step: int) -> Iterator[int]:
    """The numbers beneath a node, down to the next conditions; each once."""
    seen: set[int] = set()

    def walk(parent: int) -> Iterator[int]:
        for child in answer.plan.steps[parent].children:
            if answer.seen[child].is_number and child not in seen:
                seen.add(child)
                yield child
                yield from walk(child)

    return walk(step)


def mark_of(seen: Seen) -> str:
    """How an answer is drawn."""
    if seen.answer is None:
        return "unknown"
    return "true" if seen.answer > 0 else "false"


class LineWriter:
    """Says what nodes said."""

    def __init__(self, answer: Answer, language: str) -> None:
        self._answer, self._language = answer, language
        self._words, self._say = Words(language), catalogue(language).gettext
        self._zone, self._at = answer.site.zone, answer.question.at

    def line(self, number: int, depth: int, step: int) -> Line:
        """One of the tree."""
        answer, seen = self._answer, self._answer.seen[step]
        numbers = [answer.seen[child] for child in seen.children if answer.seen[child].is_number]
        told = [seen, *(answer.seen[one] for one in _numbers(answer, step))]
        return Line(
            number=number,
            depth=depth,
            step=step,
            word=seen.word,
            file_line=seen.line,
            text=self.text(step),
            mark=mark_of(seen),
            value=self._value(numbers),
            needed=self._needed(seen, numbers),
            readings=tuple(dict.fromkeys(r for one in told for r in self._readings(one))),
            parts=tuple(self._part(one) for one in told if one.word in PARTS),
            missing=tuple(dict.fromkeys(g for one in told for g in self._gaps(one))),
            since=self._since(seen),
            follows=self._follows(seen),
            misses=tuple(
                self.miss(miss) for miss in answer.misses[step] if miss.needed != seen.needed
            ),
            stopped=step == answer.stopped and not answer.root.is_true,
        )

    def text(self, step: int) -> str:
        """The condition itself; of a composed one only its head."""
        phrase = node_phrase(self._answer.plan, step)
        head = HEADS.get(phrase.key)
        if head is None:
            said = render(phrase, self._language)
        else:
            said = render_head(head, phrase, self._language)
        return said[:1].upper() + said[1:]

    def _value(self, numbers: list[Seen]) -> str:
        shown = [one for one in numbers if not self._of_gateway(one.step)]
        if len(shown) != 1:
            return ""
        return self.number(shown[0].step, shown[0].answer)

    def number(self, step: int, x: int | None) -> str:
        """What a number-valued node says."""
        if x is None:
            return self._say("unknown")
        measure = self._answer.plan.steps[step].node.measure
        assert measure is not None
        return render_part(answer_part(measure, x), self._language)

    def _part(self, seen: Seen) -> str:
        """One part of a score, with its points."""
        phrase = node_phrase(self._answer.plan, seen.step)
        name = render(phrase, self._language)
        return f"{name[:1].upper()}{name[1:]}: {self.number(seen.step, seen.answer)}"

    def _of_gateway(self, step: int) -> bool:
        sources = self._answer.plan.steps[step].sources
        return any(CATALOGUE[source.signal].by_gateway for source, _ in sources)

    def _needed(self, seen: Seen, numbers: list[Seen]) -> str:
        if seen.needed is None or not numbers or numbers[0].answer is None:
            return ""
        number = numbers[0]
        assert number.answer is not None
        value = self.number(number.step, seen.needed)
        measure = self._answer.plan.steps[number.step].node.measure
        if measure is not None and measure.signal is not None and measure.signal.words:
            template = (
                self._say("needs {value}") if not seen.is_true else self._say("until {value}")
            )
        elif seen.is_true:
            more = seen.needed > number.answer
            template = self._say(
                N_("until {value} or more") if more else N_("until {value} or less")
            )
        else:
            more = seen.needed > number.answer
            template = self._say(
                N_("needs {value} or more") if more else N_("needs {value} or less")
            )
        return template.format(value=value)

    def _readings(self, seen: Seen) -> Iterator[Reading]:
        for one in seen.readings:
            entry = CATALOGUE[one.signal]
            if entry.by_gateway or one.at > self._at:
                continue
            value = (
                "" if entry.kind is Kind.EVENT else format_value(one.x, one.signal, self._language)
            )
            name = signal_name(one.signal, one.place, self._language)
            yield Reading(name, value, one.at, self._at - one.at)

    def _gaps(self, seen: Seen) -> Iterator[str]:
        step = self._answer.plan.steps[seen.step]
        if seen.answer is None and not seen.missing and not seen.children:
            yield self._say("unknown: too little was measured")
        for gap in seen.missing:
            yield self._coverage(gap) if gap.signal == "coverage" else self._stale(gap, step)

    def _coverage(self, gap: Gap) -> str:
        of, _, place = (gap.place or "").partition("@")
        name = placed(of, place, self._language) if of in CATALOGUE else of
        if gap.last_at is None:
            text = self._say("whether {signal} would have been heard was never known")
            if place:
                text = self._say(
                    "{signal}: no device there was ever heard. Put one there, mend its place in "
                    "the registry, or change the rule"
                )
        elif gap.until is None:
            text = self._say("{signal} not covered since {since}: nothing could be heard")
            if place:
                text = self._say(
                    "{signal}: its sensor has not been heard since {since}. See to its battery "
                    "and its link"
                )
        else:
            text = self._say("{signal} not covered from {since} to {until}")
        return text.format(
            signal=name,
            since=self.when(gap.since) if gap.since is not None else self._say("the beginning"),
            until=self.when(gap.until) if gap.until is not None else "",
        )

    def _stale(self, gap: Gap, step: Step) -> str:
        name = signal_name(gap.signal, gap.place, self._language)
        if gap.last_at is None:
            return self._say("{signal} unknown: not measured in the time that counts").format(
                signal=name
            )
        age = self._words.span(self._at - gap.last_at)
        if step.operator.word != "latest":
            return self._say("{signal} unknown: too few readings, the last {age} ago").format(
                signal=name, age=age
            )
        limit = format_length(step.p[0], self._language)
        return self._say("{signal} unknown: {age} old, it counts for {limit}").format(
            signal=name, age=age, limit=limit
        )

    def _since(self, seen: Seen) -> str:
        if seen.since is None:
            return ""
        return self._say("since {time}").format(time=self.when(seen.since))

    def _follows(self, seen: Seen) -> str:
        turn = seen.follows
        if turn is None or (turn.answer or 0 if turn.answer is not None else -1) == seen.answer:
            return ""
        if turn.answer is None:
            text = self._say("unknown from {time}, if nothing new comes")
        elif turn.answer > 0:
            text = self._say("so from {time}, if nothing new comes")
        else:
            text = self._say("not so from {time}, if nothing new comes")
        return text.format(time=self.when(turn.at))

    def miss(self, miss: Miss) -> str:
        """What would have turned a line, in words."""
        name = signal_name(miss.signal, miss.place, self._language)
        turned = self._answer.seen[miss.step].is_true
        if miss.kind == "more":
            text = self._say("{signal} at that moment would have been enough")
            return text.format(signal=name)
        if miss.kind == "fewer":
            many = catalogue(self._language).ngettext(
                "without {signal} at {time} it would have been otherwise",
                "without {signal} the last {n} times, since {time}, it would have been otherwise",
                miss.needed,
            )
            return many.format(signal=name, time=self.when(miss.at), n=miss.needed)
        text = (
            self._say("with {needed} instead of {value} at {time} it would not have been so")
            if turned
            else self._say("with {needed} instead of {value} at {time} it would have been so")
        )
        assert miss.x is not None
        said = text.format(
            needed=format_value(miss.needed, miss.signal, self._language),
            value=format_value(miss.x, miss.signal, self._language),
            time=self.when(miss.at),
        )
        return f"{name}: {said}"

    def when(self, at: int) -> str:
        """A time near the moment that is asked about."""
        return self._words.clock_near(at, self._zone, self._at)
