"""Who looked, and who may: the audit only grows, sharing ends at once."""

import pytest
from sqlalchemy.exc import IntegrityError

from devices.errors import Refused
from gateway.access import NotFound, Role, sharing, users
from gateway.access.audit import LOOK_AGAIN_MS, Verb, audit, looked, read_audit
from gateway.access.people import viewer_of
from gateway.access.tables import audit_entry
from gateway.db import reading, writing
from tests.building import state_engine, viewer

NOW = 1_793_750_400_000
ANNA = viewer("resident", resident="anna", login="anna")


@pytest.fixture
def engine(tmp_path):
    engine = state_engine(tmp_path)
    yield engine
    engine.dispose()


def seen(engine, who, resident="anna", site="donegal", **named):
    with reading(engine) as conn:
        return read_audit(conn, who, resident, site, **named)


def test_a_resident_sees_who_looked_at_them(engine):
    with writing(engine) as conn:
        audit(conn, viewer("carer"), Verb.LOOKED, "resident:anna", "donegal", NOW)
        audit(conn, viewer("nurse"), Verb.CLOSED, "alert:7", "donegal", NOW + 1, "useful", "anna")
        audit(conn, viewer("nurse"), Verb.CLOSED, "alert:8", "donegal", NOW + 2, "useful", "brid")
    entries = seen(engine, ANNA)
    assert [(entry.login, entry.verb, entry.object) for entry in entries] == [
        ("nurse", Verb.CLOSED, "alert:7"),
        ("carer", Verb.LOOKED, "resident:anna"),
    ]
    assert entries[0].roles == "nurse"
    assert [entry.login for entry in seen(engine, ANNA, before=entries[0].id)] == ["carer"]


@pytest.mark.parametrize(
    "who",
    [
        viewer("resident", resident="brid"),
        viewer("family", residents=["anna"]),
        viewer("admin", "*"),
        viewer("decider", "*"),
        viewer("carer", "vestland"),
    ],
)
def test_others_do_not_learn_who_looked(engine, who):
    with pytest.raises(NotFound):
        seen(engine, who)


def test_a_carer_of_another_site_cannot_ask_under_their_own_site(engine):
    with writing(engine) as conn:
        audit(conn, viewer("carer"), Verb.LOOKED, "resident:anna", "donegal", NOW)
    assert seen(engine, viewer("carer", "vestland"), site="vestland") == []


def test_looking_again_soon_is_one_look(engine):
    carer, nurse = viewer("carer", user_id=1), viewer("nurse", user_id=2)
    with writing(engine) as conn:
        for who, later in [(carer, 0), (carer, 1), (nurse, 2), (carer, LOOK_AGAIN_MS)]:
            looked(conn, who, "resident:anna", "donegal", "anna", NOW + later)
    assert [entry.login for entry in seen(engine, ANNA)] == ["carer", "nurse", "carer"]


def test_the_audit_refuses_to_be_changed(engine):
    with writing(engine) as conn:
        audit(conn, viewer("carer"), Verb.LOOKED, "resident:anna", "donegal", NOW)
    for change in (audit_entry.update().values(login="x"), audit_entry.delete()):
        with pytest.raises(IntegrityError, match="only added"), writing(engine) as conn:
            conn.execute(change)


def test_what_is_rolled_back_was_not_done(engine):
    with engine.connect() as conn, conn.begin() as doing:
        audit(conn, viewer("carer"), Verb.LOOKED, "resident:anna", "donegal", NOW)
        doing.rollback()
    assert seen(engine, ANNA) == []


# --- sharing ---


@pytest.fixture
def sean(engine):
    with writing(engine) as conn:
        grants = [("donegal", Role.FAMILY)]
        return users.create(conn, "sean", "Seán", None, grants, NOW)


def rights(engine, user_id, now):
    with reading(engine) as conn:
        return viewer_of(conn, user_id, now).residents


def test_sharing_begins_and_ends_at_once(engine, sean):
    assert rights(engine, sean, NOW) == frozenset()
    with writing(engine) as conn:
        sharing.share(conn, ANNA, "donegal", "anna", sean, NOW)
        sharing.share(conn, ANNA, "donegal", "anna", sean, NOW + 1)
        listed = sharing.listing(conn, ANNA, "donegal", "anna", NOW + 1)
    assert [(one.name, one.from_at) for one in listed] == [("Seán", NOW)]
    assert rights(engine, sean, NOW + 1) == {"anna"}
    with writing(engine) as conn:
        sharing.end(conn, ANNA, "donegal", "anna", sean, NOW + 2)
    assert rights(engine, sean, NOW + 2) == frozenset()
    assert [entry.verb for entry in seen(engine, ANNA)] == [Verb.ENDED_SHARING, Verb.SHARED]


def test_a_coordinator_records_it_and_a_carer_cannot(engine, sean):
    with writing(engine) as conn:
        sharing.share(conn, viewer("coordinator"), "donegal", "anna", sean, NOW)
    with pytest.raises(NotFound), writing(engine) as conn:
        sharing.share(conn, viewer("carer"), "donegal", "brid", sean, NOW)
    with pytest.raises(NotFound), writing(engine) as conn:
        sharing.end(conn, viewer("family", residents=["anna"]), "donegal", "anna", sean, NOW)


def test_nobody_shares_with_who_is_no_relative(engine):
    with writing(engine) as conn:
        carer = users.create(conn, "aoife", "Aoife", None, [("donegal", Role.CARER)], NOW)
    with pytest.raises(Refused, match="no relative"), writing(engine) as conn:
        sharing.share(conn, ANNA, "donegal", "anna", carer, NOW)


def test_a_resident_account_is_its_resident(engine):
    with writing(engine) as conn:
        grants = [("donegal", Role.RESIDENT)]
        user_id = users.create(conn, "anna", "Anna", None, grants, NOW, resident="anna")
    with reading(engine) as conn:
        who = viewer_of(conn, user_id, NOW)
    assert (who.resident_id, who.residents) == ("anna", {"anna"})
