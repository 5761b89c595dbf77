"""The JSON Schema of rule files, for editors: made from the forms and the operators themselves.

`docs/rules/rule.schema.json` is what this gives; a test says when it is stale. An editor checks
words, keys and shapes with it; units, limits and sense are for `homecare rules check`.
"""

import json
from collections.abc import Mapping
from typing import Any

from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue

from devices.signals import CATALOGUE, Kind
from rules.forms import RuleForm
from rules.maker import DAYS
from rules.named import NAMED
from rules.operators import OPERATORS
from rules.quantity import MS
from rules.using import WORD

ID = "https://json-schema.org/draft/2020-12/schema"
TEMPLATE = "#/$defs/{model}"

# What stands under a key of an operator, where its form leaves it open.
CONDITIONS = frozenset({"condition", "exception", "when", "clear_when", "first", "then"})
NUMBERS = frozenset({"value", "less"})
LISTS_OF_CONDITIONS = frozenset({"of", "conditions"})


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
        body.pop("title", None)
        found |= body.pop("$defs", {})
        found[f"word_{operator.word}"] = body
        choice = _one_key(operator.word, {"$ref": f"#/$defs/word_{operator.word}"})
        (numbers if operator.number else truths).append(choice)
    named = _one_key(WORD, {"$ref": "#/$defs/named"})
    found["condition"] = {"oneOf": [*truths, named]}
    found["number"] = {"oneOf": [{"$ref": "#/$defs/signal"}, *numbers, named]}
    return found


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
            "pattern": f"^({names})(@[$a-z0-9][a-z0-9_-]*)?$",
            "description": "A signal of the catalogue, with its place where it matters: door@outer",
        },
        "state": {"enum": states, "description": "A word of the signal's state"},
        "day": {"enum": list(DAYS)},
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
    kind = {"type": "string"} if isinstance(default, str) else {"$ref": "#/$defs/amount"}
    return {**kind, "description": label}


def _point(whole: dict[str, Any], definitions: dict[str, Any]) -> None:
    """Keys that a form leaves open lead to what the language has for them."""
    bodies: list[Any] = [whole, *definitions.values()]
    for body in bodies:
        properties: dict[str, Any] = body.get("properties", {})
        for key, value in properties.items():
            properties[key] = _pointed(key, value)
        if body.get("type") == "array" and not set(body["items"]) - {"title"}:
            body["items"] = {"$ref": "#/$defs/condition"}
    for word in ("not",):
        definitions[f"word_{word}"] = {"$ref": "#/$defs/condition"}


def _pointed(key: str, value: Mapping[str, Any]) -> Mapping[str, Any]:
    kept = {name: given for name, given in value.items() if name in {"default", "description"}}
    if kept.get("default", 0) is None:
        del kept["default"]
    open_ = not set(value) - {"title", "default", "description"}
    if open_ and key in CONDITIONS:
        return {"$ref": "#/$defs/condition", **kept}
    if open_ and key in NUMBERS:
        return {"$ref": "#/$defs/number", **kept}
    if key in LISTS_OF_CONDITIONS and value.get("type") == "array":
        return {"type": "array", "items": {"$ref": "#/$defs/condition"}, **kept}
    if key in {"signal", "state"} and value.get("type") == "string":
        return {"$ref": f"#/$defs/{key}", **kept}
    if key == "days" and any(one.get("type") == "array" for one in value.get("anyOf", ())):
        return {"type": "array", "items": {"$ref": "#/$defs/day"}, "minItems": 1, **kept}
    return value


def open_keys() -> set[str]:
    """Keys of operators that lead nowhere yet: none, or `CONDITIONS` and `NUMBERS` lack one."""
    found = set()
    for name, body in rule_schema()["$defs"].items():
        for key, value in body.get("properties", {}).items():
            if not set(value) - {"title", "default", "description"}:
                found.add(f"{name}.{key}")
    return found
