"""YAML → rows. Nodes are composed, not constructed: each key keeps its line and its own text."""

from typing import cast

import yaml

from gateway.registry.fields import Kind, Text
from gateway.registry.sources import MOST_ROWS, Cell, Raw, Sheet, known_keys, unknown

# What stands under what, and under which key.
_BELOW: dict[Kind | None, dict[str, Kind]] = {
    None: {"sites": "site"},
    "site": {"homes": "home"},
    "home": {"residents": "resident", "devices": "device"},
    "resident": {},
    "device": {},
}
# libyaml's is eight times faster; PyYAML's wheels bring it, a build from source may not.
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_NULL = "tag:yaml.org,2002:null"


def read_yaml(text: str) -> Sheet:
    """The rows of a YAML file, or what is wrong with its shape."""
    sheet = Sheet()
    try:
        root = yaml.compose(text, Loader=_LOADER)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line + 1 if mark else 1
        sheet.problem(line, f"this is not YAML: {error.problem or error.context or error}")
        return sheet
    except (yaml.YAMLError, RecursionError) as error:
        sheet.problem(1, f"this is not YAML: {' '.join(str(error).split())[:200]}")
        return sheet
    if root is None:
        sheet.problem(1, "the file is empty: begin with `sites:`")
    elif not isinstance(root, yaml.MappingNode):
        sheet.problem(_line(root), "begin with `sites:`")
    else:
        _read_mapping(sheet, root, None, None)
    return sheet


def _read_mapping(sheet: Sheet, node: yaml.MappingNode, kind: Kind | None, raw: Raw | None) -> None:
    """One mapping: its own keys into `raw`, its lists into rows of their own."""
    below = _BELOW[kind]
    own = known_keys(kind) if kind else {}
    seen: dict[str, int] = {}
    for key_node, value in node.value:
        line = _line(key_node)
        key = key_node.value if isinstance(key_node, yaml.ScalarNode) else "?"
        if key in seen:
            sheet.problem(line, f"{key!r} stands twice; first on line {seen[key]}")
            continue
        seen[key] = line
        if key in below:
            _read_list(sheet, value, key, below[key], raw)
        elif key in own and raw is not None:
            _read_value(sheet, raw, key, line, value)
        else:
            sheet.problem(line, unknown("key", key, [*own, *below]))


def _read_list(sheet: Sheet, node: yaml.Node, key: str, kind: Kind, parent: Raw | None) -> None:
    if _is_null(node):
        return
    if not isinstance(node, yaml.SequenceNode):
        sheet.problem(_line(node), f"{key!r} must be a list: begin each {kind} with `- id:`")
        return
    for item in node.value:
        if len(sheet.rows) >= MOST_ROWS:
            sheet.problem(_line(item), f"more than {MOST_ROWS} rows: split the file")
            return
        if not isinstance(item, yaml.MappingNode):
            sheet.problem(_line(item), f"a {kind} is written as `- id: …` with its keys below")
            continue
        raw = Raw(kind, _line(item), parent=parent)
        sheet.rows.append(raw)
        _read_mapping(sheet, item, kind, raw)


def _read_value(sheet: Sheet, raw: Raw, key: str, line: int, node: yaml.Node) -> None:
    """A key without a value is as good as no key."""
    if _is_null(node):
        return
    text = _text(node)
    if text is None:
        sheet.problem(line, f"{key!r} is nested too deeply: write a value or a plain list")
    else:
        raw.cells[key] = Cell(text, line)


def _text(node: yaml.Node) -> Text | None:
    if isinstance(node, yaml.ScalarNode):
        return cast("str", node.value)
    if isinstance(node, yaml.SequenceNode) and _all_scalars(node.value):
        return [part.value for part in node.value]
    if isinstance(node, yaml.MappingNode):
        pairs = node.value
        plain = _all_scalars([*(key for key, _ in pairs), *(value for _, value in pairs)])
        if plain and len({key.value for key, _ in pairs}) == len(pairs):
            return {key.value: value.value for key, value in pairs}
    return None


def _all_scalars(nodes: list[yaml.Node]) -> bool:
    return all(isinstance(node, yaml.ScalarNode) for node in nodes)


def _is_null(node: yaml.Node) -> bool:
    return node.tag == _NULL


def _line(node: yaml.Node) -> int:
    return node.start_mark.line + 1
