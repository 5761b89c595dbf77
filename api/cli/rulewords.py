"""Rules in words, for a terminal: what `homecare rules` prints of a file."""

from collections.abc import Iterator, Sequence
from decimal import Decimal
from textwrap import wrap

from gateway.texts import catalogue
from gateway.texts.phrases import format_parameter, render
from rules.almanac import ANYWHERE
from rules.checks.timeline import CHANGES, NODES, Timeline, label, quantities, tree
from rules.checks.written import written_length
from rules.engine.memory import memory
from rules.file.naming import Named
from rules.plan import Plan, plan
from rules.rule import Parameter, Rule
from rules.sentences.sentence import sentence

WIDTH = 78
TO = "\N{EN DASH}"
LABEL = 44  # of an operator in a timeline


def said(rule: Rule, language: str) -> str:
    """The sentence, with the rule's defaults."""
    return render(sentence(rule, {}), language)


def needs(rule: Rule) -> Iterator[str]:
    """Version, memory and look-back."""
    needed = memory(rule)
    kept = max(needed.spans.values(), default=0)
    yield f"version {rule.version}, looks back {written_length(rule.lookback_ms)}"
    yield (
        f"memory for a resident: {needed.state_bytes:,} bytes of state "
        f"({_many(needed.numbers, 'number')} in {_many(needed.steps, 'operator')})"
    )
    if kept:
        yield (
            f"readings for evidence: of the last {written_length(kept)}, "
            f"at most {needed.readings:,} of a sensor"
        )


def explained(read: Rule | Named, language: str) -> Iterator[str]:
    """The whole of a file."""
    return _rule(read, language) if isinstance(read, Rule) else _expression(read, language)


def _rule(rule: Rule, language: str) -> Iterator[str]:
    _ = catalogue(language).gettext
    yield f"{_(rule.title)} ({rule.name})"
    yield from _wrapped(said(rule, language), "", "  ")
    yield ""
    limits = (
        f"${one.name}: {_(one.label)} {_shown(one, one.default, language)} "
        f"({_shown(one, one.low, language)} {TO} {_shown(one, one.high, language)})"
        for one in rule.parameters.values()
    )
    told = [
        (_("Why"), [_(rule.why)]),
        (_("Source"), [_(rule.source)]),
        (_("Not for"), [_(rule.not_for)]),
        (_("What to do"), [f"{n}. {_(step)}" for n, step in enumerate(rule.guidance, 1)]),
        (_("Limits"), list(limits)),
    ]
    yield from _chapters(told)
    yield ""
    yield "when"
    yield from parts(plan(rule, {}, "UTC"))
    yield ""
    yield from _keys(rule)
    yield from needs(rule)


def _shown(parameter: Parameter, value: Decimal, language: str) -> str:
    return format_parameter(value, parameter.unit, language)


def _keys(rule: Rule) -> Iterator[str]:
    """Whom it tells and how, in the words of the file."""
    keys = [f"priority {rule.priority}", f"audience {', '.join(rule.audience)}"]
    keys += ["urgent"] if rule.urgent else []
    keys += [f"at_most {written_length(rule.at_most_ms)}"] if rule.at_most_ms else []
    keys += [f"yields_to {', '.join(rule.yields_to)}"] if rule.yields_to else []
    yield "; ".join(keys)


def _expression(named: Named, language: str) -> Iterator[str]:
    _ = catalogue(language).gettext
    title = named.title.format_map({one.name: str(one.default) for one in named.inputs.values()})
    yield f"{title} ({named.name}, {'number' if named.is_number else 'truth'})"
    yield ""
    inputs = [
        f"${one.name}: {_(one.label)} {one.default}"
        + ("" if one.low is None else f" ({one.low} {TO} {one.high})")
        for one in named.inputs.values()
    ]
    yield from _chapters(
        [(_("Why"), [_(named.what)]), (_("Source"), [_(named.source)]), (_("Limits"), inputs)]
    )
    yield ""
    yield from parts(named.plan(ANYWHERE))


def _chapters(told: Sequence[tuple[str, Sequence[str]]]) -> Iterator[str]:
    """Headings in a column of their own; what has nothing to say is left out."""
    wide = max(len(head) for head, _ in told) + 2
    for head, lines in told:
        for index, line in enumerate(lines):
            yield from _wrapped(line, "" if index else head, " " * wide)


def _wrapped(text: str, head: str, margin: str) -> Iterator[str]:
    lines = wrap(text, WIDTH - len(margin)) or [""]
    yield f"{head.ljust(len(margin))}{lines[0]}"
    for line in lines[1:]:
        yield margin + line


def parts(made: Plan) -> Iterator[str]:
    """The operators, parents first, each with its numbers."""
    values = quantities(made)
    for depth, index in tree(made):
        step = made.steps[index]
        yield f"  {'  ' * depth}{label(step, values)}"


def drawn(found: Timeline) -> Iterator[str]:
    """A table: moments across, sensors and operators down; the first difference is marked."""
    labels = [f"{'  ' * row.depth}{row.label}"[:LABEL] for row in found.rows]
    wide = max(len(text) for text in ["when", *labels])
    columns = list(zip(found.moments, *(row.cells for row in found.rows), strict=True))
    widths = [max(len(cell) for cell in column) for column in columns]
    yield _line("when", found.moments, wide, widths)
    kind = ""
    for text, row in zip(labels, found.rows, strict=True):
        if row.kind in {NODES, CHANGES} and row.kind != kind:
            yield ""
        kind = row.kind
        yield _line(text, row.cells, wide, widths)
    marks = tuple("^" if index == found.at else "" for index in range(len(found.moments)))
    yield _line("", marks, wide, widths)


def _line(head: str, cells: tuple[str, ...], wide: int, widths: list[int]) -> str:
    shown = (cell.ljust(width) for cell, width in zip(cells, widths, strict=True))
    return f"{head.ljust(wide)}  {'  '.join(shown)}".rstrip()


def _many(count: int, what: str) -> str:
    return f"{count} {what}" if count == 1 else f"{count:,} {what}s"
