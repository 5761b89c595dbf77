"""What `deploy/texts.sh` finds beside Python and templates: the prose of rules, and other titles.

Babel calls these as extractors (`babel.cfg`). Each text comes with a comment for the translator
that says where it stands.
"""

import ast
from collections.abc import Iterator
from typing import Any, BinaryIO

import yaml

Found = tuple[int, str, str, list[str]]  # line, gettext's function, text, comments

PROSE = ("title", "what", "why", "not_for")


def from_rules(
    file: BinaryIO, keywords: object, comment_tags: object, options: object
) -> Iterator[Found]:
    """Title, why, whom it is not for, guidance and labels of a rule or a named expression.

    The texts are exactly those that the parsed rule has: a page looks them up as they are.
    """
    del keywords, comment_tags, options
    document = yaml.safe_load(file.read())
    name = document.get("rule") or document.get("name")
    for key in PROSE:
        if key in document:
            yield 1, "", _line(document[key]), [f"{name}: {key}"]
    for text in document.get("guidance", ()):
        yield 1, "", _line(text), [f"{name}: guidance"]
    for group in ("parameters", "inputs"):
        for key, entry in document.get(group, {}).items():
            yield 1, "", _line(entry["label"]), [f"{name}: {key}"]


def titles(
    file: BinaryIO, keywords: object, comment_tags: object, options: dict[str, Any]
) -> Iterator[Found]:
    """The nth text in each call of a function: `calls` in babel.cfg, as `function:n`."""
    del keywords, comment_tags
    places = dict(one.split(":") for one in options["calls"].split())
    for node in ast.walk(ast.parse(file.read())):
        name = getattr(node.func, "id", "") if isinstance(node, ast.Call) else ""
        if not isinstance(node, ast.Call) or name not in places:
            continue
        at = int(places[name])
        text = node.args[at] if len(node.args) > at else None
        if isinstance(text, ast.Constant) and isinstance(text.value, str):
            yield node.lineno, "", text.value, []


def _line(text: str) -> str:
    return " ".join(text.split())
