"""`homecare rules library`: the rules that ship, and the page of them."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated

import typer

from api.cli.printing import say, table
from devices.errors import Refused

if TYPE_CHECKING:
    from rules.rule import Rule

HEAD = """\
# The packs

<!-- Written by `homecare rules library --markdown`; a test holds it to the rules. -->

{count} rules in {packs} packs (`rules/packs/`), each with its source, guidance, examples, and
limits that may be set for a resident. A site begins with the **starter** set, under a founding
mandate that expires after 90 days; all others are on offer. A living lab opens a review of one on
the page Rules: it is taken in as off, tried in shadow, and put live by a decision.
`homecare rules library NAME` prints a rule's file, to begin one's own from.

None of it is clinical advice. Where a number is a choice of ours, the source says *starting point
for co-design*. Few rules have the priority *now*; what can wait is told *today*, most of it at most
once a day, and what a broader cause explains is not told while that stands open.
`python bench/packs.py` counts how often each would speak, on simulated homes and on TIHM.
"""
TABLE = """
| rule | what it says | for whom not | source |
|---|---|---|---|"""


def show(
    name: Annotated[str | None, typer.Argument(help="Print this rule's file.")] = None,
    *,
    markdown: Annotated[
        bool, typer.Option("--markdown", help="The page docs/rules/packs.md.")
    ] = False,
) -> None:
    """List the rules that ship, by pack; a site picks from them in a review.

    Examples:
      homecare rules library

      homecare rules library fever > our-fever.yaml

    """
    from rules.packs import STARTER, library_rules, pack_of

    if markdown:
        say(page().rstrip())
        return
    if name is not None:
        say(_rule(name).text.rstrip())
        return
    rows = [
        (
            pack.title if (pack := pack_of(rule.name)) else None,
            rule.name,
            str(rule.priority),
            "starter" if rule.name in STARTER else "on offer",
            rule.title,
        )
        for rule in library_rules()
    ]
    table(("pack", "rule", "priority", "", "title"), rows)


def page() -> str:
    """The library as a page: what each rule says with its own defaults, in English."""
    from rules.packs import PACKS, library_rules

    rules = {rule.name: rule for rule in library_rules()}
    parts = [HEAD.format(count=len(rules), packs=len(PACKS))]
    for pack in PACKS:
        parts.append(f"\n## {pack.title}{TABLE}\n")
        parts += [f"{line}\n" for line in _lines([rules[name] for name in pack.rules])]
    return "".join(parts)


def _lines(rules: "list[Rule]") -> Iterator[str]:
    from gateway.texts.phrases import render
    from rules.packs import STARTER
    from rules.sentences.sentence import sentence

    for rule in rules:
        starter = " **starter**" if rule.name in STARTER else ""
        told = [f"*{rule.priority}*"]
        if rule.at_most_ms:
            told.append(f"at most once in {_hours(rule.at_most_ms)}")
        if rule.yields_to:
            told.append("yields to " + ", ".join(f"`{name}`" for name in rule.yields_to))
        says = f"{render(sentence(rule, {}), 'en')} {'; '.join(told)}"
        cells = (f"`{rule.name}`{starter}<br>{rule.title}", says, rule.not_for, rule.source)
        yield "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def _hours(ms: int) -> str:
    """From two days on, days are read more easily."""
    hours = ms // 3_600_000
    return f"{hours} h" if hours < 48 or hours % 24 else f"{hours // 24} d"


def _rule(name: str) -> "Rule":
    from rules.errors import nearest
    from rules.packs import library_rules

    rules = {rule.name: rule for rule in library_rules()}
    if name not in rules:
        raise Refused("print a rule", name, "it is not in the library", nearest(name, rules))
    return rules[name]
