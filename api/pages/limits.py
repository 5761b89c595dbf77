"""What is watched for a resident, with which limits, set by whom."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
import yaml

from api.pages.chart import Limit
from gateway import rulebook
from gateway.rulebook import Change, Switched
from gateway.texts import catalogue
from gateway.texts.phrases import format_parameter
from rules.file.language import Rule

DASH = "\N{EN DASH}"


@dataclass(frozen=True, slots=True)
class Value:
    """One parameter as it holds for the resident."""

    name: str
    label: str
    text: str
    own: bool  # differs from the site's


@dataclass(frozen=True, slots=True)
class Watched:
    """One rule that runs for the resident."""

    rule_name: str
    title: str
    mode: str
    values: tuple[Value, ...]
    by: str  # who set the newest own value
    off: Switched | None = None  # it is off for the resident: by whom, since when, why


def of_resident(
    conn: sa.Connection, site: str, resident: str, at: int, language: str
) -> list[Watched]:
    """Every rule in force at `at` (site clock), live first."""
    own = rulebook.overrides(conn, site, at)
    by = rulebook.setters(conn, site, resident)
    turned = {one.rule_name: one for one in rulebook.turns(conn, site, resident, at)}
    found = []
    for entry in rulebook.running(rulebook.entries(conn, site), at):
        rule = rulebook.rule_of(entry.text)
        mine = own.get((entry.rule_name, resident), {})
        merged = rulebook.merged(entry, mine)
        values = tuple(
            Value(
                name,
                parameter.label,
                format_parameter(merged[name], parameter.unit, language),
                name in mine,
            )
            for name, parameter in rule.parameters.items()
        )
        last = turned.get(entry.rule_name)
        off = None if last is None or last.on else last
        who = by.get(entry.rule_name, "")
        found.append(Watched(rule.name, rule.title, str(entry.mode), values, who, off))
    return sorted(found, key=lambda one: (one.mode != "live", one.title))


def told(rule: Rule, change: Change, language: str) -> str:
    """One decision about a resident in words."""
    _ = catalogue(language).gettext
    if change.kind == "switch":
        return _("Switched off") if change.after is not None else _("Switched on again")
    parameter = rule.parameters.get(change.name or "")
    if parameter is None:
        return change.name or ""
    texts = [
        DASH if text is None else format_parameter(Decimal(text), parameter.unit, language)
        for text in (change.before, change.after)
    ]
    return f"{_(parameter.label)}: {' → '.join(texts)}"


def lines_for(
    conn: sa.Connection, site: str, rule_name: str, resident: str | None, at: int, language: str
) -> dict[str, list[Limit]]:
    """By signal: the values a rule compares a measurement with, as lines of a chart."""
    entry = rulebook.live_entry(conn, site, rule_name, at)
    if entry is None:
        return {}
    rule = rulebook.rule_of(entry.text)
    own = rulebook.overrides(conn, site, at).get((rule_name, resident or ""), {})
    values = rulebook.merged(entry, own)
    found: dict[str, list[Limit]] = {}
    for signal, value, name in _comparisons(rule, values):
        shown = format_parameter(value, rule.parameters[name].unit, language)
        text = f"{catalogue(language).gettext(rule.parameters[name].label)} {shown}"
        found.setdefault(signal, []).append(Limit(value, text))
    return found


def _comparisons(rule: Rule, values: Mapping[str, Decimal]) -> Iterator[tuple[str, Decimal, str]]:
    """(signal, limit, parameter) of every `above` or `below` with a parameter as its limit."""
    for node in _nodes(yaml.safe_load(rule.text)["when"]):
        signal, limit = node.get("value"), node.get("limit")
        if not isinstance(signal, str) or not isinstance(limit, str) or limit[:1] != "$":
            continue
        name = limit[1:]
        if name in values:
            yield signal.partition("@")[0], values[name], name


def _nodes(tree: Any) -> Iterator[dict[str, Any]]:
    if isinstance(tree, dict):
        yield tree
        for inner in tree.values():
            yield from _nodes(inner)
    elif isinstance(tree, list):
        for inner in tree:
            yield from _nodes(inner)
