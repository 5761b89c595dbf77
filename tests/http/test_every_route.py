"""Every route of the application against every role: one table says whom each lets in.

The routes are read from the application itself, so a new one without a line in `doors` fails.
Whoever is not let in is answered as if nothing were there, and nothing is changed.
"""

import pytest
from fastapi.routing import APIRoute

from api.app import build_app
from gateway.access import SYSTEM, Role, sharing, users
from gateway.db import reading, writing
from reviews import talking
from reviews.backtests import Question
from reviews.desk import Desk, Wish
from rules.packs import starter_rules
from tests.http.conftest import Caller
from tests.http.doors import API, ELSEWHERE, LOGINS, PAGES
from tests.pages import seed

*DOORS, SIGN_OUT = (*PAGES[:-1], *API, PAGES[-1])  # the last ends the sessions of the others
LET_IN = {200, 201, 202, 303, 409, 422, 503}  # 409, 422: the wish was refused, not the person


def routes_of(router):
    """Method and path of every route, through routers within routers."""
    for route in router.routes:
        if isinstance(route, APIRoute):
            yield from (f"{method} {route.path}" for method in route.methods)
        elif hasattr(route, "original_router"):
            yield from routes_of(route.original_router)


@pytest.fixture(scope="module")
def gateway(tmp_path_factory):
    made = seed.build(tmp_path_factory.mktemp("doors"))
    seed.fill(made, days=2)
    with writing(made.engine) as conn:
        now = made.clock.now()
        fjola = users.create(conn, "fjola", "Fjóla", None, [(seed.SITE, Role.FAMILY)], now)
        sharing.share(conn, SYSTEM, seed.SITE, "anna", fjola, now)
        users.create(conn, "hekla", "Hekla", None, [(seed.SITE, Role.CHAMPION)], now)
    yield made
    made.close()


@pytest.fixture(scope="module")
def app(gateway):
    from api.pages.demo import DemoPanel, TryIt

    made = build_app(gateway)
    made.state.desk = Desk(  # asked, but never working: no child process here
        gateway.engine, gateway.clock, gateway.registry, gateway.store, gateway.host.site_now, 3.0
    )
    line = TryIt("Weigh", seed.SITE, "home-anna", "scale", "::1", 1, "u", "p", "{}", "seen")
    made.state.demo = DemoPanel((line,))
    return made


@pytest.fixture(scope="module")
def ids(app, gateway):
    codes = seed.codes(gateway)
    with writing(gateway.engine) as conn:
        review = talking.open_review(
            conn, SYSTEM, seed.SITE, "spo2-low", "Too often?", gateway.clock.now()
        )
    rule = next(one for one in starter_rules() if one.name == "spo2-low")
    evidence = app.state.desk.ask(SYSTEM, review, Wish(rule, {}))
    now = gateway.clock.now()
    past = Question(seed.SITE, now - 86_400_000, now, (rule.text,))
    return {
        "site": seed.SITE,
        "backtest": app.state.desk.backtest(SYSTEM, past),
        "care": codes["spo2-low"],
        "last": codes["spo2-low"],
        "device": codes["home-silent"],
        "review": review,
        "evidence": evidence,
        "session": 999_999,
    }


@pytest.fixture(scope="module")
def everybody(app, gateway):
    signed = {role: Caller(app, gateway).sign_in(login) for role, login in LOGINS.items()}
    return {**signed, "nobody": Caller(app, gateway)}


def knock(caller, door, ids):
    address = door.address.format(**ids)
    if door.method == "GET":
        return caller.get(address)
    if door.json is None:
        return caller.post(address, dict(door.form))
    return caller.post(address, json=door.json)


def written(gateway):
    """What people can change: rows of every table but those of the look itself."""
    from gateway.db import state_metadata

    quiet = {"audit", "session", "sign_in_link", "sign_in_attempt"}
    with reading(gateway.engine) as conn:
        return {
            table.name: sorted(map(repr, conn.execute(table.select())))
            for table in state_metadata.sorted_tables
            if table.name not in quiet
        }


def test_every_route_has_a_line_in_the_table(app):
    listed = {door.route for door in PAGES + API} | ELSEWHERE
    assert {route for route in routes_of(app) if "openapi" not in route} == listed


@pytest.mark.parametrize(
    "door", [*DOORS, SIGN_OUT], ids=lambda door: f"{door.method} {door.address}"
)
def test_a_door_lets_in_whom_it_should_and_nobody_else(everybody, gateway, ids, door):
    before = written(gateway) if door.method == "POST" else None
    refused = {role for role in everybody if role not in door.lets_in}
    for role in sorted(refused):
        answer = knock(everybody[role], door, ids)
        if role != "nobody":
            assert answer.status_code == 404, role
        elif door in PAGES:
            assert answer.status_code == 303
            assert answer.headers["location"].startswith("/signin?next=")
        else:
            assert answer.status_code == 401
    assert before is None or written(gateway) == before
    for role in sorted(door.lets_in):
        answer = knock(everybody[role], door, ids)
        wanted = LET_IN | ({401} if "/signin" in door.route else set())
        assert answer.status_code in wanted, (role, answer.text[-600:])
