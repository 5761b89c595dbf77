"""Rules in words, for a terminal: what `homecare rules` prints of a file."""

from collections.abc import Iterator
from textwrap import wrap

from gateway.texts import catalogue, format_length
from gateway.texts.phrases import render
from rules.almanac import ANYWHERE
from rules.memory import memory
from rules.naming import Named
from rules.plan import Plan, plan
from rules.rule import Rule
from rules.sentence import sentence
from rules.timeline import CHANGES, NODES, Timeline, label, quantities, tree
from rules.written import written_length

WIDTH = 78
HEAD = 12  # columns of what a paragraph is about
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
    yield from _paragraph("", said(rule, language))
    yield ""
    yield from _paragraph("Why", _(rule.why))
    yield from _paragraph("Source", rule.source)
    yield from _paragraph("Not for", _(rule.not_for))
    yield from _paragraph("Tells", f"{', '.join(rule.audience)}, {_when_told(rule)}")
    for line in _held_back(rule, language):
        yield from _paragraph("", line)
    for number, step in enumerate(rule.guidance, 1):
        yield from _paragraph("To do" if number == 1 else "", f"{number}. {_(step)}")
    for index, parameter in enumerate(rule.parameters.values()):
        default = parameter.write(parameter.default)
        allowed = parameter.allowed().removeprefix("Allowed: ")
        line = f"${parameter.name}: {_(parameter.label)} {default} ({allowed})"
        yield from _paragraph("May be set" if not index else "", line)
    yield ""
    yield "The condition"
    yield from parts(plan(rule, {}, "UTC"))
    yield ""
    yield from needs(rule)


def _expression(named: Named, language: str) -> Iterator[str]:
    _ = catalogue(language).gettext
    yield f"{_(named.title)} ({named.name}, a {'number' if named.is_number else 'condition'})"
    yield from _paragraph("", _(named.what))
    yield from _paragraph("Source", named.source)
    for index, one in enumerate(named.inputs.values()):
        span = "" if one.low is None else f" ({one.low} to {one.high})"
        line = f"${one.name}: {_(one.label)} {one.default}{span}"
        yield from _paragraph("May be set" if not index else "", line)
    yield ""
    yield from parts(named.plan(ANYWHERE))


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


def _paragraph(head: str, text: str) -> Iterator[str]:
    lines = wrap(text, WIDTH - HEAD) or [""]
    yield f"{head.ljust(HEAD)}{lines[0]}"
    for line in lines[1:]:
        yield " " * HEAD + line


def _many(count: int, what: str) -> str:
    return f"{count} {what}" if count == 1 else f"{count:,} {what}s"


def _when_told(rule: Rule) -> str:
    return "at once" if rule.urgent else {"now": "now", "soon": "soon"}.get(rule.priority, "today")


def _held_back(rule: Rule, language: str) -> Iterator[str]:
    if rule.at_most_ms is not None:
        yield f"at most once in {format_length(rule.at_most_ms, language)}"
    if rule.yields_to:
        yield f"held back while one of these stands: {', '.join(rule.yields_to)}"
