"""Every rule as its readers meet it, in one language and one text: for speakers to read through.

Sentence with the defaults, why, whom it is not for, what to do, parameters with their ranges; then
the named expressions. `homecare texts read` prints it, and tests hold it as a file a language.
"""

from collections.abc import Iterator

from gateway.texts.catalogues import catalogue
from gateway.texts.phrases import format_parameter, render
from rules.file.language import Rule
from rules.file.named import NAMED
from rules.packs import PACKS, library_rules
from rules.sentences.sentence import sentence

TO = "\N{EN DASH}"


def booklet(language: str) -> str:
    """Plain text, wrapped by nobody: one line a text."""
    rules = {rule.name: rule for rule in library_rules()}
    lines: list[str] = []
    for pack in PACKS:
        title = catalogue(language).gettext(pack.title)
        lines += [title.upper(), ""]
        for name in pack.rules:
            lines += [*_rule(rules[name], language), ""]
    lines += [*_named(language), ""]
    return "\n".join(lines)


def _rule(rule: Rule, language: str) -> Iterator[str]:
    say = catalogue(language).gettext
    yield f"{rule.name} · {say(rule.title)}"
    yield f"    {render(sentence(rule, {}), language)}"
    yield f"    ? {say(rule.why)}"
    yield f"    ✗ {say(rule.not_for)}"
    yield from (f"    {number}. {say(line)}" for number, line in enumerate(rule.guidance, 1))
    for one in rule.parameters.values():
        low, default, high = (
            format_parameter(value, one.unit, language)
            for value in (one.low, one.default, one.high)
        )
        yield f"    · {say(one.label)}: {default} ({low} {TO} {high})"


def _named(language: str) -> Iterator[str]:
    say = catalogue(language).gettext
    for named in NAMED.values():
        yield f"{named.name} · {say(named.title)}"
        yield f"    ? {say(named.what)}"
