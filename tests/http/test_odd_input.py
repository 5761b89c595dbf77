"""What strangers and broken programs send: answered with what is wrong, never with a failure."""

import json
from urllib.parse import quote

import hypothesis.strategies as st
import pytest
from hypothesis import HealthCheck, given, settings

from api import bounds
from api.app import build_app
from api.http.events import known_id
from tests.http.conftest import Caller
from tests.pages import seed

HUGE = 10**30
LONG = "9" * 5_000  # more digits than Python turns into a number
READINGS = "/api/v1/residents/anna/readings?signal=spo2"


@pytest.fixture(scope="module")
def gateway(tmp_path_factory):
    made = seed.build(tmp_path_factory.mktemp("odd"))
    seed.fill(made, days=1)
    yield made
    made.close()


@pytest.fixture(scope="module")
def app(gateway):
    return build_app(gateway)


@pytest.fixture(scope="module")
def aoife(app, gateway):
    return Caller(app, gateway).sign_in("aoife")


@pytest.fixture(scope="module")
def operator(app, gateway):
    """A program with the most rights that one can have."""
    caller = Caller(app, gateway)
    roles = [("*", role) for role in ("admin", "coordinator", "decider", "facilitator", "nurse")]
    caller.http.headers["authorization"] = f"Bearer {gateway.token(*roles)}"
    return caller


@pytest.mark.parametrize(
    "path",
    [
        f"/deadletters/{HUGE}",
        f"/deadletters/{LONG}",
        "/deadletters/-1",
        f"/reviews/{HUGE}",
        f"/reviews/{LONG}",
        "/reviews/abc",
        "/residents/%00",
        "/residents/..%2f..%2fetc",
        "/residents/" + quote("💩"),
        "/alerts/%00",
        "/alerts/" + "A" * 3_000,
        "/alerts/" + quote("ıİ"),
        "/rules/nowhere/sos",
        "/rules/nowhere/sos/stop",
        f"/rules/{seed.SITE}/%00",
    ],
)
def test_an_address_that_nothing_can_have_is_not_there(aoife, path):
    assert aoife.get(path).status_code == 404


@pytest.mark.parametrize(
    "path",
    [
        "/alerts?limit=-1",
        "/alerts?limit=1e3",
        "/alerts?show=everything",
        "/alerts?after=-1",
        "/alerts?after=" + quote("²"),
        f"/alerts?after={HUGE}",
        f"/deadletters?done={LONG}",
        f"/api/v1/deadletters?after={HUGE}",
        "/api/v1/deadletters?limit=0",
        f"/api/v1/deadletters/{HUGE}",
        f"/api/v1/reviews/{HUGE}",
        f"{READINGS}&start={-HUGE}&end={HUGE}",
        f"{READINGS}&start={-(2**63)}&end={2**63 - 1}",
        f"{READINGS}&buckets=-1",
        f"/events?after={HUGE}",
    ],
)
def test_a_number_out_of_reach_is_named(aoife, path):
    answer = aoife.get(path)
    assert answer.status_code == 422
    assert len(answer.text) < 20_000


def test_an_interval_that_ends_before_it_begins_is_refused(aoife):
    assert aoife.get(f"{READINGS}&start=9&end=1").status_code == 422


@pytest.mark.parametrize("text", ["²", "٣", "9" * 5_000, "-1", "1e9", "\x00", " ", "🚑"])
def test_what_a_browser_gives_back_as_last_id_is_an_id_or_nothing(text):
    assert known_id(text) is None


def test_an_id_beyond_all_is_after_all():
    assert known_id("17") == 17
    assert known_id("9999999999999999999") == bounds.LARGEST_ID


@pytest.mark.parametrize("minutes", ["²", "٣", LONG, "-1", "1e9", "half an hour"])
def test_minutes_are_minutes(aoife, gateway, minutes):
    code = seed.codes(gateway)["weight-up"]
    form = {"disposition": "useful", "response": "drove", "minutes": minutes}
    assert aoife.post(f"/alerts/{code}/close", form).status_code == 422


def test_too_many_letters_at_once_are_refused_before_the_database(operator):
    for ids in (list(range(600)), [HUGE], [-1]):
        answer = operator.post("/api/v1/deadletters/replay", json={"ids": ids}, csrf=False)
        assert answer.status_code == 422


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.yaml", "[" * 50_000),
        ("a.yaml", "{" * 50_000),
        ("a.yaml", "a: &a [x, x]\nb: &b [*a, *a]\nsites: *b"),
        ("a.yaml", "sites:\n - &x {homes: [*x]}"),
        ("a.yaml", "!!python/object/apply:os.system [true]"),
        ("a.yaml", "? {a: b}\n: c"),
        ("a.yaml", "\x00"),
        ("a.csv", 'site,home\n\x00,"'),
        ("a.csv", '"' + "x" * 200_000),
        ("a.csv", "site,site\nx,y"),
        ("../../etc/passwd.yaml", "sites: []"),
        ("x\x00.yaml", ""),
        ("", "x"),
        (
            "a.yaml",
            "sites:\n - {id: x, name: X, zone: ../../etc/passwd, fallback_phone: '+1'}",
        ),
        ("a.yaml", "sites:\n - {id: ../x, name: X, zone: UTC, fallback_phone: '+1'}"),
    ],
)
def test_a_file_that_is_none_changes_nothing(operator, gateway, name, text):
    before = gateway.registry.directory.sites.keys()
    answer = operator.post(
        "/api/v1/registry/import?dry_run=false", json={"name": name, "text": text}, csrf=False
    )
    assert answer.status_code == 422
    assert answer.json()["detail"]
    assert gateway.registry.directory.sites.keys() == before


def test_nobody_can_fill_the_memory(app, gateway):
    nobody = Caller(app, gateway)
    nobody.get("/signin")
    big = b"login=" + b"x" * bounds.BODY
    kind = {"content-type": "application/x-www-form-urlencoded"}
    assert nobody.http.post("/signin", content=big, headers=kind).status_code == 413
    json_kind = {"content-type": "application/json"}
    path = "/api/v1/deadletters/replay"
    assert nobody.http.post(path, content=big, headers=json_kind).status_code == 413


@pytest.mark.parametrize(
    "body",
    [
        b"\xff\xfe",
        b"[" * 100_000,
        b'{"key":"0123456789","text":"\\ud800"}',
        b'{"key":"0123456789","text":"x","\\ud800":1}',
        b'{"key":"0123456789","text":"x","done_at":' + b"9" * 5_000 + b"}",
        b'{"key":"0123456789","text":NaN}',
        b'{"key":"0123456789","text":"x","done_at":Infinity}',
        b"--x\r\nbroken",
    ],
)
def test_a_body_that_is_no_note_writes_none(aoife, gateway, body):
    path = f"/alerts/{seed.codes(gateway)['weight-up']}/note"
    token = {"x-csrf-token": aoife.csrf}
    for where, kind in (
        ("/api/v1" + path, "application/json"),
        (path, "multipart/form-data; boundary=x"),
        (path, "multipart/form-data"),
    ):
        answer = aoife.http.post(where, content=body, headers={"content-type": kind, **token})
        assert 400 <= answer.status_code < 500


@pytest.mark.parametrize(
    "path",
    [
        "/static/../app.py",
        "/static/..%2f..%2fapi/app.py",
        "/static/%2e%2e/%2e%2e/pyproject.toml",
        "/static//etc/passwd",
        "/static/..%5capp.py",
        "/static/%00",
        "/static/" + "a" * 5_000,
        "/static/",
    ],
)
def test_only_static_files_are_static(app, gateway, path):
    assert Caller(app, gateway).get(path).status_code == 404


@pytest.mark.parametrize(
    "headers",
    [
        {"authorization": b"Bearer \xff"},
        {"authorization": "Bearer"},
        {"authorization": "Basic YTpi"},
        {"authorization": "Bearer " + "x" * 5_000},
        {"cookie": b"homecare_session=\xff"},
        {"cookie": 'homecare_session="\\377"'},
    ],
)
def test_an_odd_credential_is_none(app, gateway, headers):
    assert Caller(app, gateway).http.get("/api/v1/alerts", headers=headers).status_code == 401


VALUES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(10**20), 10**20),
    st.floats(allow_nan=False),
    st.text(max_size=30),
    st.sampled_from([seed.SITE, "anna", "spo2-low", "sos", "live", "carer", "a.yaml", "0" * 12]),
)
ANYTHING = st.recursive(
    VALUES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=6,
)


def resolved(schema, part):
    reference = part.get("$ref")
    return schema["components"]["schemas"][reference.rsplit("/", 1)[1]] if reference else part


def wish(schema, part):
    """A body of the described shape, with anything in it; or anything."""
    shape = resolved(schema, part)
    fields = dict.fromkeys(shape.get("properties", {}), ANYTHING)
    examples = {
        name: st.sampled_from(field.get("examples") or [field.get("default")])
        for name, field in shape.get("properties", {}).items()
    }
    mixed = {name: ANYTHING | examples[name] for name in fields}
    return ANYTHING | st.fixed_dictionaries({}, optional=mixed) | st.fixed_dictionaries(mixed)


def operations(app):
    schema = app.openapi()
    for path, methods in schema["paths"].items():
        for method, operation in methods.items():
            if path != "/events":  # it never ends
                yield schema, path, method, operation


@settings(
    max_examples=150,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(data=st.data())
def test_the_described_api_never_fails(app, operator, data):
    schema, path, method, operation = data.draw(st.sampled_from(list(operations(app))))
    query = {}
    for parameter in operation.get("parameters", []):
        given_as = parameter["name"]
        example = parameter.get("example", (parameter.get("schema") or {}).get("examples", [1])[0])
        value = data.draw(st.just(example) | VALUES)
        if parameter["in"] == "path":
            path = path.replace("{" + given_as + "}", quote(str(value), safe="") or "%20")
        elif parameter["in"] == "query" and value is not None and data.draw(st.booleans()):
            query[given_as] = str(value)
    body = operation.get("requestBody")
    content = None
    if body:
        content = data.draw(wish(schema, body["content"]["application/json"]["schema"]))
    answer = operator.http.request(
        method.upper(),
        path,
        params=query,
        content=None if content is None else json.dumps(content),
        headers={"content-type": "application/json"},
    )
    ready = {503} if path in {"/health/ready", "/api/v1/health"} else set()
    assert answer.status_code < 500 or answer.status_code in ready, (path, query, content)
