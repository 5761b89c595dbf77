"""The API described for people, from its own OpenAPI: no script, nothing from elsewhere."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import Response

from api.auth import find_session
from api.pages.page import render

router = APIRouter()

DEPTH = 6  # of nested records in an example


@dataclass(frozen=True, slots=True)
class Operation:
    """One method of one path."""

    key: str
    method: str
    path: str
    summary: str
    description: str
    parameters: list[dict[str, Any]]
    body: str  # an example as JSON
    answer: str  # an example as JSON


@dataclass(frozen=True, slots=True)
class Group:
    """All operations of one tag."""

    name: str
    description: str
    operations: list[Operation]


@router.get("/api/docs")
def docs(request: Request) -> Response:
    """Open to everybody: it holds no data."""
    schema = request.app.openapi()
    session = find_session(request)
    return render(
        request,
        "apidocs.html",
        viewer=session.viewer if session else None,
        info=schema["info"],
        paragraphs=schema["info"]["description"].strip().split("\n\n"),
        groups=list(_groups(schema)),
    )


def _groups(schema: Mapping[str, Any]) -> Iterator[Group]:
    for tag in schema["tags"]:
        operations = [
            _operation(schema, path, method, operation)
            for path, methods in schema["paths"].items()
            for method, operation in methods.items()
            if tag["name"] in operation.get("tags", [])
        ]
        if operations:
            yield Group(tag["name"], tag["description"], operations)


def _operation(
    schema: Mapping[str, Any], path: str, method: str, operation: Mapping[str, Any]
) -> Operation:
    body = _content(operation.get("requestBody", {}))
    answer = next(
        (
            _content(response)
            for status, response in operation["responses"].items()
            if status.startswith("2")
        ),
        None,
    )
    return Operation(
        key=operation["operationId"],
        method=method.upper(),
        path=path,
        summary=operation.get("summary", ""),
        description=operation.get("description", ""),
        parameters=[one for one in operation.get("parameters", []) if one["in"] != "cookie"],
        body=_shown(schema, body),
        answer=_shown(schema, answer),
    )


def _content(holder: Mapping[str, Any]) -> Mapping[str, Any] | None:
    found: Mapping[str, Any] | None = (
        holder.get("content", {}).get("application/json", {}).get("schema")
    )
    return found


def _shown(schema: Mapping[str, Any], part: Mapping[str, Any] | None) -> str:
    if part is None:
        return ""
    return json.dumps(example(schema, part), indent=2, ensure_ascii=False)


def example(schema: Mapping[str, Any], part: Mapping[str, Any], depth: int = 0) -> Any:  # noqa: PLR0911  # one return for each kind of schema
    """A value that fits `part`, from its own examples where it has some."""
    if part.get("examples"):
        return part["examples"][0]
    if "default" in part:
        return part["default"]
    if "$ref" in part:
        name = part["$ref"].rpartition("/")[2]
        return example(schema, schema["components"]["schemas"][name], depth + 1)
    for choice in part.get("anyOf", ()):
        if choice.get("type") != "null":
            return example(schema, choice, depth)
    kind = part.get("type")
    if kind == "array":
        return [] if depth > DEPTH else [example(schema, part.get("items", {}), depth + 1)]
    if kind == "object":
        fields = part.get("properties", {})
        return (
            {} if depth > DEPTH else {k: example(schema, v, depth + 1) for k, v in fields.items()}
        )
    return {"string": "…", "integer": 0, "number": 0, "boolean": False}.get(kind or "")
