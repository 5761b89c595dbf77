"""A client of the application over the seeded gateway: signed in, with a token, or nobody."""

import pytest
from fastapi.testclient import TestClient

from api.app import build_app
from tests.pages import seed


@pytest.fixture
def gateway(tmp_path):
    made = seed.build(tmp_path)
    seed.fill(made, days=2)
    yield made
    made.close()


@pytest.fixture
def app(gateway):
    return build_app(gateway)


class Caller:
    """A browser or a program, with what it needs to prove who it is."""

    def __init__(self, app, gateway):
        self.gateway = gateway
        self.http = TestClient(app, follow_redirects=False, raise_server_exceptions=False)

    def get(self, path, **more):
        return self.http.get(path, **more)

    def post(self, path, data=None, *, csrf=True, **more):
        if csrf and "json" not in more:
            data = {**(data or {}), "csrf": self.csrf}
        if csrf and "json" in more and self.signed_in:
            more["headers"] = {"x-csrf-token": self.csrf, **more.get("headers", {})}
        return self.http.post(path, data=data, **more)

    @property
    def signed_in(self):
        return bool(self.http.cookies.get("homecare_session"))

    @property
    def csrf(self):
        if self.signed_in:
            return self.http.get("/api/v1/session").json()["csrf"]
        if not self.http.cookies.get("homecare_form"):
            self.http.get("/signin")
        return self.http.cookies["homecare_form"]

    def sign_in(self, login):
        answer = self.post("/signin/link", {"token": self.gateway.link(login)})
        assert answer.status_code == 303, answer.text
        return self


@pytest.fixture
def nobody(app, gateway):
    return Caller(app, gateway)


@pytest.fixture
def person(app, gateway):
    """A browser in which somebody is signed in, by login."""
    return lambda login: Caller(app, gateway).sign_in(login)


@pytest.fixture
def program(app, gateway):
    """A program with a token of a role at a site."""

    def make(site, role):
        caller = Caller(app, gateway)
        caller.http.headers["authorization"] = f"Bearer {gateway.token((site, role))}"
        return caller

    return make


@pytest.fixture
def codes(gateway):
    """Codes of the seeded alerts, by rule."""
    return seed.codes(gateway)
