"""What each role may do, and what it must never see."""

import pytest
from sqlalchemy import Column, MetaData, String, Table, create_engine, insert, select

from gateway.access import (
    ACTIONS,
    OWN_ONLY,
    SYSTEM,
    Action,
    NotAllowed,
    NotFound,
    Role,
    residents_clause,
    sites_clause,
)
from tests.building import viewer

CLINICAL = {Action.SEE_READINGS, Action.SEE_WHY, Action.SEE_PAYLOADS}
CARE = (Role.CARER, Role.NURSE, Role.COORDINATOR)
PROGRAMME = (Role.FACILITATOR, Role.CHAMPION, Role.DECIDER)


def test_every_role_has_its_line():
    assert set(ACTIONS) == set(Role)


@pytest.mark.parametrize("role", [Role.TECHNICIAN, Role.ADMIN])
def test_technicians_and_admins_see_no_readings_no_why_no_payloads(role):
    assert not ACTIONS[role] & {*CLINICAL, Action.SEE_RESIDENTS, Action.SEE_ALERTS}
    assert {Action.SEE_DEVICES, Action.SEE_OPERATIONS} <= ACTIONS[role]


@pytest.mark.parametrize("role", PROGRAMME)
def test_programme_roles_see_aggregates_and_no_person(role):
    persons = {*CLINICAL, Action.SEE_RESIDENTS, Action.SEE_ALERTS, Action.SEE_AUDIT}
    assert not ACTIONS[role] & persons
    assert Action.SEE_PROGRAMME in ACTIONS[role]


def test_the_coordinator_may_stop_a_rule_and_nobody_else():
    assert [role for role in Role if Action.STOP_RULE in ACTIONS[role]] == [Role.COORDINATOR]


def test_the_decider_decides_and_the_facilitator_cannot_alone():
    assert [role for role in Role if Action.DECIDE in ACTIONS[role]] == [Role.DECIDER]


def test_only_those_who_care_act_on_alerts():
    assert {role for role in Role if Action.ACT_ON_ALERTS in ACTIONS[role]} == set(CARE)


def test_rights_are_of_a_site():
    carer = viewer("carer", "donegal")
    assert carer.may(Action.SEE_READINGS, "donegal")
    assert not carer.may(Action.SEE_READINGS, "vestland")
    assert carer.may(Action.SEE_READINGS)
    assert not viewer("admin", "*").may(Action.SEE_READINGS, "donegal")
    assert viewer("admin", "*").may(Action.MANAGE_USERS, "anywhere")


def test_two_roles_add_up():
    both = viewer(["carer", "technician"])
    assert both.may(Action.SEE_READINGS, "donegal")
    assert both.may(Action.MANAGE_DEVICES, "donegal")
    assert both.roles("donegal") == {Role.CARER, Role.TECHNICIAN}
    assert both.roles("vestland") == frozenset()


def test_require_names_what_who_and_where():
    with pytest.raises(NotAllowed, match="stop a rule: site donegal: carer has no role there"):
        viewer("carer").require(Action.STOP_RULE, "donegal")


def test_a_relative_sees_only_who_shares_with_them():
    relative = viewer("family", residents=["anna"])
    assert relative.sees_resident("donegal", "anna")
    assert not relative.sees_resident("donegal", "brid")
    assert not relative.sees_resident("vestland", "anna")
    assert not relative.sees_resident("donegal", None)
    assert not viewer("family").sees_resident("donegal", "anna"), "nobody shares"


def test_a_resident_sees_themself():
    anna = viewer("resident", resident="anna")
    assert anna.sees_resident("donegal", "anna", Action.PAUSE_ALARMS)
    assert not anna.sees_resident("donegal", "brid")
    assert not anna.sees_resident("donegal", "anna", Action.ACT_ON_ALERTS)


def test_what_may_not_be_seen_is_not_found():
    with pytest.raises(NotFound) as hidden:
        viewer("family").require_resident(Action.SEE_READINGS, "donegal", "anna", "read")
    with pytest.raises(NotFound) as missing:
        viewer("carer").require_resident(Action.SEE_READINGS, "vestland", "nobody", "read")
    assert str(hidden.value) == str(missing.value)
    assert "anna" not in str(hidden.value)


def test_the_gateways_own_jobs_may_everything():
    assert SYSTEM.may(Action.SEE_READINGS, "donegal")
    assert SYSTEM.sees_resident("donegal", None)
    assert SYSTEM.sites() == {"*"}


rows = Table("rows", MetaData(), Column("site", String), Column("resident", String))


@pytest.fixture(scope="module")
def database():
    engine = create_engine("sqlite://")
    rows.create(engine)
    with engine.begin() as conn:
        conn.execute(
            insert(rows),
            [
                {"site": "donegal", "resident": "anna"},
                {"site": "donegal", "resident": "brid"},
                {"site": "donegal", "resident": None},
                {"site": "vestland", "resident": "kari"},
            ],
        )
    with engine.connect() as conn:
        yield conn
    engine.dispose()


@pytest.mark.parametrize(
    ("who", "seen"),
    [
        (viewer("carer"), ["anna", "brid", None]),
        (viewer("carer", "vestland"), ["kari"]),
        (viewer("carer", "*"), ["anna", "brid", None, "kari"]),
        (viewer("resident", resident="anna"), ["anna"]),
        (viewer("resident", "vestland", resident="anna"), []),
        (viewer("family", residents=["brid", "kari"]), ["brid"]),
        (viewer("family"), []),
        (viewer("admin", "*"), []),
        (viewer("technician"), []),
        (viewer(["technician", "family"], residents=["anna"]), ["anna"]),
        (viewer("decider", "*"), []),
        (viewer([]), []),
        (SYSTEM, ["anna", "brid", None, "kari"]),
    ],
    ids=lambda value: getattr(value, "login", None),
)
def test_queries_are_filtered_by_who_asks(database, who, seen):
    query = select(rows.c.resident).where(residents_clause(who, rows.c.site, rows.c.resident))
    assert database.execute(query).scalars().all() == seen
    for site, resident in database.execute(select(rows)):
        agreed = who.sees_resident(site, resident, Action.SEE_READINGS)
        assert agreed == (resident in seen), "clause and check are one rule"


@pytest.mark.parametrize(
    ("who", "seen"),
    [
        (viewer("technician"), {"donegal"}),
        (viewer("technician", "*"), {"donegal", "vestland"}),
        (viewer("family", residents=["anna"]), set()),
        (SYSTEM, {"donegal", "vestland"}),
    ],
    ids=lambda value: getattr(value, "login", None),
)
def test_site_things_are_filtered_too(database, who, seen):
    query = select(rows.c.site).where(sites_clause(who, rows.c.site, Action.SEE_DEVICES))
    assert set(database.execute(query).scalars()) == seen


def test_own_only_roles_are_those_of_a_home():
    assert {Role.RESIDENT, Role.FAMILY} == OWN_ONLY
