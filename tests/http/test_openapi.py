"""The description is enough for a stranger: every route says what it does, with examples."""

import pytest

from api.pages.apidocs import example


@pytest.fixture
def schema(app):
    return app.openapi()


def operations(schema):
    found = [
        (path, method, operation)
        for path, methods in schema["paths"].items()
        for method, operation in methods.items()
    ]
    assert found
    return found


def test_every_route_says_what_it_does(schema):
    known = {tag["name"] for tag in schema["tags"]}
    for path, method, operation in operations(schema):
        where = f"{method} {path}"
        assert operation.get("summary"), where
        assert operation.get("description"), where
        assert set(operation["tags"]) <= known, where
        for parameter in operation.get("parameters", []):
            assert parameter.get("description") or parameter.get("schema"), where


def test_pages_are_not_in_it(schema):
    assert all(
        path.startswith(("/api/v1", "/events", "/health", "/metrics")) for path in schema["paths"]
    )


def test_every_api_route_says_how_to_sign_in_and_how_it_refuses(schema):
    for path, method, operation in operations(schema):
        if path.startswith("/api/"):
            assert operation["security"], path
            problem = operation["responses"]["422"]["content"]
            assert "application/problem+json" in problem, f"{method} {path}"


def test_examples_can_be_made_for_every_body_and_answer(schema):
    for name, part in schema["components"]["schemas"].items():
        assert example(schema, part) is not None, name


def test_people_can_read_it_too(nobody):
    page = nobody.get("/api/docs")
    assert page.status_code == 200
    assert "/api/v1/alerts/{code}/acknowledge" in page.text
