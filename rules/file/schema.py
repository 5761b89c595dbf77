"""The JSON Schema of rule files, for editors: made from the forms and the operators themselves.

`docs/rules/rule.schema.json` is what this gives; a test says when it is stale. An editor checks
words, keys and shapes with it; units, limits and sense are for `homecare rules check`.
"""

import inspect
import json
from collections.abc import Mapping
from typing import Any

from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue

from devices.signals import CATALOGUE, Kind
from rules.file.forms import RuleForm
from rules.file.maker import DAYS
from rules.file.named import NAMED
from rules.file.using import WORD
from rules.operators import OPERATORS
from rules.operators.machine import Operator
from rules.quantity import MS

ID = "https://json-schema.org/draft/2020-12/schema"
TEMPLATE = "#/$defs/{model}"

# What stands under a key where its form leaves it open; `word.key` before `key`.
OPEN: Mapping[str, str] = {
    "clear_when": "condition",
    "condition": "condition",
    "else": "number",
    "exception": "condition",
    "first": "condition",
    "less": "number",
    "points.value": "value_or_state",
    "second": "condition",
    "then": "number",
    "value": "number",
    "when": "condition",
}
LISTS: Mapping[str, str] = {
    "all": "condition",
    "any": "condition",
    "of": "condition",
    "parts": "number",
}
BODIES: Mapping[str, str] = {"not": "condition"}  # words whose body is the condition itself
NAMED_KEYS = {"signal": "signal", "state": "state", "except": "besides", "gaps": "gaps"}
SHARED = frozenset({"amount", "quantity"})  # as `rules.quantity` marks them


def schema_text() -> str:
    """The file, word for word."""
    return json.dumps(rule_schema(), indent=1, ensure_ascii=False) + "\n"


def rule_schema() -> dict[str, Any]:
    """Draft 2020-12."""
    whole = RuleForm.model_json_schema(ref_template=TEMPLATE, schema_generator=_Generator)
    definitions: dict[str, Any] = {**whole.pop("$defs", {}), **_words(), **_shared()}
    _point(whole, definitions)
    return {"$schema": ID, **whole, "title": "A rule", "$defs": definitions}


class _Generator(GenerateJsonSchema):
    """Defaults are shown as a rule file would write them."""

    def encode_default(self, dft: Any) -> Any:
        return str(dft) if not isinstance(dft, bool | int | str | list | dict | None) else dft


def _words() -> dict[str, Any]:
    """Of every operator, its body; and the two choices among them."""
    found: dict[str, Any] = {}
    truths: list[JsonSchemaValue] = []
    numbers: list[JsonSchemaValue] = []
    for operator in OPERATORS:
        body = operator.form.model_json_schema(ref_template=TEMPLATE, schema_generator=_Generator)
        body["description"] = _first_words(operator)
        body.pop("title", None)
        found |= body.pop("$defs", {})
        found[f"word_{operator.word}"] = body
        choice = _one_key(operator.word, {"$ref": f"#/$defs/word_{operator.word}"})
        (numbers if operator.number else truths).append(choice)
    named = _one_key(WORD, {"$ref": "#/$defs/named"})
    found["condition"] = {"oneOf": [*truths, named]}
    found["number"] = {"oneOf": [{"$ref": "#/$defs/signal"}, *numbers, named]}
    return found


def _first_words(operator: Operator) -> str:
    """What the operator's own file says of it, as far as the first full stop."""
    told = inspect.getdoc(inspect.getmodule(operator.build)) or ""
    return " ".join(told.split("\n\n")[0].split()).split(". ")[0]


def _one_key(word: str, body: JsonSchemaValue) -> JsonSchemaValue:
    return {
        "type": "object",
        "properties": {word: body},
        "required": [word],
        "additionalProperties": False,
    }


def _shared() -> dict[str, Any]:
    names = "|".join(CATALOGUE)
    states = sorted({w for s in CATALOGUE.values() if s.kind is Kind.STATE for w in s.words})
    units = ", ".join(MS)
    return {
        "signal": {
            "type": "string",
            "pattern": f"^(coverage@)?({names})(@[$a-z0-9][a-z0-9_-]*)?$",
            "description": "A signal of the catalogue, with its place where it matters: door@outer",
        },
        "state": {"enum": states, "description": "A word of the signal's state"},
        "day": {"enum": [*DAYS, "holiday"]},
        "besides": {"enum": ["holidays"], "description": "Not on public holidays"},
        "gaps": {"enum": ["unknown", "ignored"]},
        "quantity": {
            "type": ["string", "number"],
            "pattern": r"^(-?[0-9]{1,15}(\.[0-9]{1,6})?\s*\S{0,20}|[0-2]?[0-9]:[0-5][0-9])$",
            "description": f"A number with its unit (lengths of time: {units}), or a time of day",
        },
        "amount": {
            "anyOf": [
                {"$ref": "#/$defs/quantity"},
                {"type": "string", "pattern": r"^\$[a-z][a-z0-9_]{0,39}$"},
            ],
            "description": "A quantity, or $parameter",
        },
        "value_or_state": {"anyOf": [_ref("number"), {"type": "string"}]},
        "named": _named(),
    }


def _named() -> JsonSchemaValue:
    names = {"enum": list(NAMED)}
    bodies = [
        {
            "type": "object",
            "description": one.what,
            "properties": {
                "name": {"const": one.name},
                **{n: _input(i.default, i.label) for n, i in one.inputs.items()},
            },
            "required": ["name"],
            "additionalProperties": False,
        }
        for one in NAMED.values()
    ]
    return {"anyOf": [names, *bodies]}


def _input(default: object, label: str) -> JsonSchemaValue:
    kind = {"type": "string"} if isinstance(default, str) else _ref("amount")
    return {**kind, "description": label}


def _point(whole: dict[str, Any], definitions: dict[str, Any]) -> None:
    """Keys that a form leaves open lead to what the language has for them."""
    for name, body in [("", whole), *definitions.items()]:
        word = name.removeprefix("word_")
        properties: dict[str, Any] = body.get("properties", {})
        for key, value in properties.items():
            properties[key] = _pointed(word, key, _shared_refs(value))
        if body.get("type") == "array" and word in LISTS:
            body["items"] = _ref(LISTS[word])
    for word, kind in BODIES.items():
        words = definitions[f"word_{word}"]["description"]
        definitions[f"word_{word}"] = {**_ref(kind), "description": words}


def _ref(name: str) -> dict[str, Any]:
    return {"$ref": f"#/$defs/{name}"}


def _shared_refs(value: Any) -> Any:
    """What `rules.quantity` marks, replaced by what is said of it once."""
    if isinstance(value, list):
        return [_shared_refs(one) for one in value]
    if not isinstance(value, dict):
        return value
    if value.get("format") in SHARED:
        rest = {k: v for k, v in value.items() if k in {"default", "description"}}
        return {**_ref(value["format"]), **rest}
    choices = [one for one in value.get("anyOf", ()) if one != {"type": "null"}]
    if len(choices) == 1:  # a key that may be left out; left empty it may not be
        rest = {k: v for k, v in value.items() if k not in {"anyOf", "default", "title"}}
        return {**_shared_refs(choices[0]), **rest}
    return {name: _shared_refs(one) for name, one in value.items()}


def _pointed(word: str, key: str, value: dict[str, Any]) -> dict[str, Any]:
    kept = {k: v for k, v in value.items() if k in {"default", "description"}}
    if kept.get("default", 0) is None:
        del kept["default"]
    kind = OPEN.get(f"{word}.{key}", OPEN.get(key))
    if _is_open(value) and kind:
        return {**_ref(kind), **kept}
    listed = [one for one in (value, *value.get("anyOf", ())) if one.get("type") == "array"]
    if listed and key == "days":
        return {"type": "array", "items": _ref("day"), "minItems": 1, **kept}
    if listed and key in LISTS and _is_open(listed[0]["items"]):
        return {"type": "array", "items": _ref(LISTS[key]), **kept}
    if key in NAMED_KEYS and value.get("type") == "string":
        return {**_ref(NAMED_KEYS[key]), **kept}
    return {k: v for k, v in value.items() if k != "title"}


def _is_open(value: Mapping[str, Any]) -> bool:
    return not set(value) - {"title", "default", "description"}


def open_keys() -> set[str]:
    """Keys that lead nowhere yet: none, or `OPEN` and `LISTS` lack one."""
    found = set()
    for name, body in rule_schema()["$defs"].items():
        for key, value in body.get("properties", {}).items():
            if _is_open(value) or _is_open(value.get("items", {"type": "string"})):
                found.add(f"{name.removeprefix('word_')}.{key}")
        if body.get("type") == "array" and _is_open(body["items"]):
            found.add(name)
    return found
