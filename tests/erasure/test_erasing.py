"""A person is erased: no file of the data folder knows them, and what others did still stands."""

import json
from decimal import Decimal

import pytest
from sqlalchemy import select
from sqlalchemy import types as sql

from devices.errors import Refused
from gateway.access import SYSTEM, Role, users
from gateway.access.audit import Verb, audit
from gateway.access.tables import audit_entry, user
from gateway.alerts import recording, service, voices
from gateway.alerts import tables as alerts
from gateway.alerts.episodes import Disposition, Response
from gateway.clock import ManualClock
from gateway.config import Settings
from gateway.db import compact, journal_metadata, open_journal, reading, state_metadata, writing
from gateway.erasure import Parts, erase, find, search, survey
from gateway.erasure.columns import GONE, KEPT, OWN, SAID, WHO
from gateway.intake import deadletters
from gateway.intake.placing import place
from gateway.intake.rows import Flag, Message
from gateway.intake.run import open_journal_of
from gateway.registry import tables as places
from gateway.rulebook import history, install_starter, parameters
from gateway.series.duckdb import DuckDBStore
from gateway.series.store import Query
from gateway.watch.tables import snapshot
from reviews import erasing, tables
from rules.packs import starter_rules
from tests.alerts.building import ONSET, a_change, a_finding, an_end
from tests.building import (
    a_device,
    a_home,
    a_resident,
    a_site,
    registry_with,
    state_engine,
    viewer,
)
from tests.db.every_table import import_every_table

NORA, NAME, PHONE = "nora-q7", "Nóra Nic Ceallaigh", "+353 74 955 1234"
MOVED = ONSET - 40 * 86_400_000  # before, she lived with Bríd
DAY = 86_400_000
NOTE = "She weighs 71.4321 and fell in the byre"


def a_house(folder):
    """Nora lived with Bríd, then alone; both have a past in every part of the gateway."""
    import_every_table()
    clock = ManualClock(ONSET + DAY)
    engine = state_engine(folder)
    site = a_site(
        homes=[
            a_home(
                "home-1",
                residents=[a_resident(NORA, name=NAME, phone=PHONE, since=MOVED)],
                devices=[a_device("scale", owner=NORA), a_device("door", since=MOVED)],
                label="Beside Nóra Nic Ceallaigh's byre",
            ),
            a_home(
                "home-2",
                residents=["brid", a_resident(NORA, name=NAME, until=MOVED)],
                devices=["motion", a_device("oximeter", owner="brid")],
            ),
        ]
    )
    registry = registry_with(engine, site, clock=clock)
    return House(folder, clock, engine, registry)


class House:
    def __init__(self, folder, clock, engine, registry):
        self.folder, self.clock, self.engine, self.registry = folder, clock, engine, registry
        self.journal_engine = open_journal(folder / "journal.db")
        journal_metadata.create_all(self.journal_engine)
        settings = Settings(data=folder)
        self.journal, self.seals = open_journal_of(settings, self.journal_engine, clock, registry)
        self.store = DuckDBStore(folder / "series" / "readings.duckdb", 256)

    @property
    def parts(self):
        return Parts(
            self.engine,
            self.journal_engine,
            self.journal.keyring,
            self.seals,
            self.store,
            self.registry,
            (erasing.forget,),
        )

    def live(self):
        """Messages, readings, alerts, accounts, limits, reports: all of it through the services."""
        for home, device, payload in (
            ("home-1", "scale", {"signal": "body_weight", "value": 71.4321, "unit": "kg"}),
            ("home-1", "door", {"signal": "door", "value": "open"}),
            ("home-1", "scale", {"signal": "body_weight", "value": NAME}),
            ("home-2", "oximeter", {"signal": "spo2", "value": 97}),
            ("home-2", "motion", {"signal": "motion"}),
        ):
            topic = f"homecare/v1/donegal/{home}/{device}/reading"
            self.journal.append([Message(topic, json.dumps(payload).encode(), self.clock.now())])
            self.clock.advance(1_000)
        found = []
        with writing(self.engine) as conn:
            for row in self.journal.read(0, 100):
                placed = place(row, self.registry.directory)
                found += placed.readings
                deadletters.record(conn, row, placed.dead)
        self.store.write(found, self.journal.last_offset())
        self.alert()
        now = self.clock.now()
        herself = viewer("resident", resident=NORA)
        with writing(self.engine) as conn:
            voices.say(conn, herself, 1, "helped", NOTE, now)
            install_starter(conn, "donegal", starter_rules(), 1)
            users.create(conn, NORA, NAME, None, [("donegal", Role.RESIDENT)], now, resident=NORA)
            parameters.set_parameter(
                conn, SYSTEM, "donegal", NORA, "spo2-low", "limit", Decimal(88), NOTE, now, now
            )
            audit(conn, viewer(), Verb.LOOKED, f"resident:{NORA}", "donegal", now, NOTE)
            conn.execute(snapshot.insert().values(site="donegal", offset=1, data=NORA.encode()))
            conn.execute(
                tables.backtest.insert().values(
                    site="donegal",
                    question="{}",
                    state="done",
                    progress=100,
                    result=json.dumps({"episodes": [{"subject": f"resident:{NORA}", "x": 86}]}),
                    by_name="Aoife",
                    asked_at=now,
                )
            )
        return self

    def alert(self):
        change = {"resident": NORA, "subject": f"resident:{NORA}"}
        with writing(self.engine) as conn:
            news = recording.apply(conn, [a_change(**change)], self.clock.now())
            service.acknowledge(conn, viewer(), news[0].alert_id, None, "k1", self.clock.now())
            service.note(conn, viewer(), news[0].alert_id, NOTE, None, "k2", self.clock.now())
            recording.apply(conn, [an_end(**change)], self.clock.now())
            words = f"{NAME} is well: {NOTE}"
            useful, drove = Disposition.USEFUL, Response.DROVE
            service.close(
                *(conn, viewer(), news[0].alert_id, useful, drove, 25, words, None, "k3"),
                self.clock.now(),
            )

    def settle(self):
        """What stood in write-ahead logs stands in the files themselves, as after a while."""
        compact(self.engine)
        self.store.close()
        self.store = DuckDBStore(self.folder / "series" / "readings.duckdb", 256)

    def person(self):
        with reading(self.engine) as conn:
            return find(conn, self.registry.directory, NORA)

    def erase(self):
        erase(self.parts, NORA, self.person(), SYSTEM, self.clock.now())

    def rows(self, table, *columns):
        with reading(self.engine) as conn:
            return conn.execute(select(*(table.c[name] for name in columns))).all()

    def close(self):
        self.store.close()
        self.engine.dispose()
        self.journal_engine.dispose()


@pytest.fixture
def house(tmp_path):
    made = a_house(tmp_path).live()
    yield made
    made.close()


WORDS = (NORA, NAME, PHONE, "71.4321")


def test_no_file_knows_the_person_afterwards(house):
    house.settle()
    before = search([house.folder], WORDS)
    assert {file.name for file in before} >= {"state.db", "readings.duckdb", "occupancy.json"}
    house.erase()
    house.close()
    assert search([house.folder], WORDS) == []


def test_the_journal_cannot_be_read_not_even_from_a_backup(house):
    keys = house.journal.keyring.keys("donegal", "home-1")
    house.erase()
    rows = {"home-1": [], "home-2": []}
    house.journal._tail.clear()  # as after a start
    for row in house.journal.read(0, 100):
        rows[row.topic.split("/")[3]].append((row.payload, bool(row.flags & Flag.WITHHELD)))
    assert rows["home-1"] == [(b"", True)] * 3
    assert [payload for payload, _ in rows["home-2"]] == [
        b'{"signal": "spo2", "value": 97}',
        b'{"signal": "motion"}',
    ]
    assert all(house.journal.keyring.open(key, "any", b"0" * 40) is None for key in keys)


def test_who_lived_in_the_same_home_loses_nothing(house):
    house.erase()
    left = house.store.read(Query("donegal"))
    assert [(home, signal) for home, signal in zip(left.home, left.signal, strict=True)] == [
        ("home-2", "spo2"),
        ("home-2", "motion"),
    ]
    assert house.registry.directory.resident("brid").home(house.clock.now()) == "home-2"


def test_what_others_did_stands_under_a_name_that_nobody_has(house):
    person = house.person()
    erase(house.parts, NORA, person, SYSTEM, house.clock.now())
    (alert,) = house.rows(
        alerts.alert, "resident", "subject", "disposition", "response", "note", "phrase"
    )
    assert alert == (
        person.pseudonym, f"resident:{person.pseudonym}", "useful", "drove", None, None,
    )  # fmt: skip
    kinds = [kind for (kind,) in house.rows(alerts.alert_event, "kind")]
    assert kinds == ["raised", "acknowledged", "note", "returned", "closed"]
    looked = house.rows(audit_entry, "verb", "login", "resident")
    assert (Verb.LOOKED.value, "carer", person.pseudonym) in looked
    assert looked[-1][0] == Verb.ERASED.value
    assert house.registry.directory.resident(NORA) is None
    assert house.registry.directory.resident(person.pseudonym).home(house.clock.now()) is None
    (account,) = house.rows(user, "login", "name", "disabled_at")
    assert account.name == person.pseudonym
    assert account.disabled_at is not None
    (report,) = house.rows(tables.backtest, "state", "result", "problem")
    assert report == ("failed", None, erasing.ERASED)


def test_a_limit_of_their_own_is_gone_and_the_rules_history_can_still_be_read(house):
    house.erase()
    with reading(house.engine) as conn:
        told = history(conn, viewer("nurse"), "donegal", "spo2-low")
    assert [one.kind for one in told] == ["installed"]


def test_the_audit_is_guarded_again(house):
    house.erase()
    with pytest.raises(Exception, match="rows are only added"), writing(house.engine) as conn:
        conn.execute(audit_entry.delete())


@pytest.mark.parametrize("part", ["state.forget", "steps.compact"])
def test_killed_in_the_middle_a_second_run_finishes(house, monkeypatch, part):
    def killed(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(f"gateway.erasure.{part}", killed)
    with pytest.raises(KeyboardInterrupt):
        house.erase()
    monkeypatch.undo()
    house.erase()
    house.close()
    assert search([house.folder], WORDS) == []


def test_a_second_erasure_changes_nothing(house):
    house.erase()
    before = house.rows(audit_entry, "id"), house.rows(alerts.alert, "resident")
    house.erase()
    assert (house.rows(audit_entry, "id"), house.rows(alerts.alert, "resident")) == before


def test_nobody_is_erased_while_an_alert_about_them_is_open(house):
    change = a_change(resident=NORA, subject=f"resident:{NORA}", onset_at=ONSET + 2 * DAY)
    with writing(house.engine) as conn:
        recording.apply(conn, [change], house.clock.now())
    with pytest.raises(Refused, match="alerts about them are open"):
        house.erase()
    assert house.registry.directory.resident(NORA).name == NAME
    assert len(house.store.read(Query("donegal"))) == 4


def test_a_silent_device_of_an_empty_home_hinders_nobody(house):
    with writing(house.engine) as conn:
        service.technical(conn, [a_finding(at=house.clock.now())], house.clock.now())
    house.erase()
    assert house.registry.directory.resident(NORA) is None


def test_a_survey_counts_and_changes_nothing(house):
    def counted():
        return {line.what: line.count for line in survey(house.parts, house.person())}

    told = counted()
    assert told["messages in the journal"] == 3
    assert told["readings in the store (duckdb)"] == 2
    assert told["alerts"] == 1
    assert told["limits of their own"] == 1
    assert told["accounts of their own"] == 1
    assert counted() == told
    assert house.registry.directory.resident(NORA) is not None


def test_every_column_of_text_has_a_fate():
    import_every_table()
    known = {
        (table, column)
        for fates in (WHO, SAID, OWN, KEPT)
        for table, columns in fates.items()
        for column in columns
    }
    found = {
        (table.name, column.name)
        for table in state_metadata.tables.values()
        for column in table.columns
        if isinstance(column.type, sql.String | sql.LargeBinary) and table.name not in GONE
    }
    assert found - known == set(), "decide what becomes of it: gateway/erasure/columns.py"
    assert known - found == set(), "no such column"


def test_every_table_that_points_at_a_resident_is_renamed_or_emptied():
    import_every_table()
    pointing = {
        table.name
        for table in state_metadata.tables.values()
        for column in table.columns
        if column.name == "resident" or column.references(places.resident.c.id)
    }
    assert pointing <= WHO.keys() | set(GONE)
