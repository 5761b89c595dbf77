"""YAML as plain mappings, lists and text, with the line of every key and item.

Every scalar stays text (YAML would read 22:00 as 1320 and `on` as true); what it means is decided
by the place where it stands. Anchors, tags, duplicate keys, deep nesting and large files are
refused: a rule file is written by a person.
"""

import re
from dataclasses import dataclass, field
from typing import Any

import yaml

from devices.errors import Spoken
from rules.errors import refuse

MAX_BYTES = 200_000
MAX_DEPTH = 40

# Controls, lone halves of a pair, and what turns the direction of reading.
_HIDDEN = re.compile(
    r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]"
)

Path = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Marked:
    """A document and where its parts stand."""

    file: str
    data: Any
    lines: dict[Path, int] = field(default_factory=dict)

    def line(self, path: Path) -> int:
        """The line of the nearest part that exists."""
        while path and path not in self.lines:
            path = path[:-1]
        return self.lines.get(path, 1)


def load(text: str, file: str) -> Marked:
    """Raises RuleRefused."""
    if len(text.encode(errors="replace")) > MAX_BYTES:
        raise refuse(
            file,
            1,
            "",
            Spoken("more than {count} bytes", count=MAX_BYTES),
            Spoken("One rule a file"),
        )
    if hidden := _HIDDEN.search(text):
        line = text.count("\n", 0, hidden.start()) + 1
        problem = Spoken("the character {character} cannot be seen", character=ascii(hidden[0]))
        raise refuse(file, line, "", problem, Spoken("Type the line again"))
    try:
        node = _compose(text, file)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line + 1 if mark else 1
        raise refuse(file, line, "", Spoken("not YAML: {problem}", problem=error.problem)) from None
    except yaml.YAMLError as error:
        raise refuse(file, 1, "", Spoken("not YAML: {problem}", problem=str(error)[:100])) from None
    if node is None:
        raise refuse(file, 1, "", Spoken("it is empty"), Spoken("Start from a rule in rules/packs"))
    marked = Marked(file, None, {})
    return Marked(file, _plain(node, (), marked), marked.lines)


def _compose(text: str, file: str) -> yaml.Node | None:
    depth = 0
    for event in yaml.parse(text, yaml.SafeLoader):  # the composer recurses, so depth comes first
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        line = event.start_mark.line + 1 if event.start_mark else 1
        if depth > MAX_DEPTH:
            raise refuse(
                file,
                line,
                "",
                Spoken("nested deeper than {count}", count=MAX_DEPTH),
                Spoken("Split the rule"),
            )
        if getattr(event, "anchor", None):
            raise refuse(
                file,
                line,
                "",
                Spoken("anchors and aliases are not allowed"),
                Spoken("Write it out"),
            )
    return yaml.compose(text, yaml.SafeLoader)


def _plain(node: yaml.Node, path: Path, marked: Marked) -> Any:
    line = node.start_mark.line + 1
    marked.lines.setdefault(path, line)
    if isinstance(node, yaml.ScalarNode):
        return str(node.value)
    if isinstance(node, yaml.SequenceNode):
        return [_plain(item, (*path, index), marked) for index, item in enumerate(node.value)]
    plain: dict[str, Any] = {}
    for key, value in node.value:
        line = key.start_mark.line + 1
        if not isinstance(key, yaml.ScalarNode):
            raise refuse(marked.file, line, "", Spoken("a key must be a word"))
        if key.value in plain:
            raise refuse(
                marked.file,
                line,
                key.value,
                Spoken("stands there twice"),
                Spoken("Keep one of them"),
            )
        marked.lines[*path, key.value] = line
        plain[key.value] = _plain(value, (*path, key.value), marked)
    return plain
