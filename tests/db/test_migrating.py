"""Migrations: all of it or nothing, from an installed package, without a file of the user's."""

import pytest
from sqlalchemy import Column, ForeignKey, MetaData, String, Table, insert, select
from sqlalchemy.exc import IntegrityError

from devices.errors import Failed
from gateway.db import (
    Id,
    append_only,
    differences,
    is_current,
    migrate,
    migrating,
    open_state,
    reading,
    revise,
    writing,
)


@pytest.fixture
def engine(tmp_path):
    made = open_state(tmp_path / "100% state.db")
    yield made
    made.dispose()


@pytest.fixture
def folder(tmp_path):
    """Revisions of this test alone."""
    made = tmp_path / "some: strange folder"
    (made / "state").mkdir(parents=True)
    return made


def declare(monkeypatch, *declarations):
    metadata = MetaData(naming_convention=migrating.state_metadata.naming_convention)
    for declaration in declarations:
        declaration(metadata)
    monkeypatch.setattr(migrating, "state_metadata", metadata)
    return metadata


def people(metadata):
    Table("person", metadata, Column("id", Id, primary_key=True))


def people_with_names(metadata):
    Table(
        "person",
        metadata,
        Column("id", Id, primary_key=True),
        Column("name", String(9), nullable=False, server_default="?"),
    )


def pets(metadata):
    Table(
        "pet",
        metadata,
        Column("id", Id, primary_key=True),
        Column("person", Id, ForeignKey("person.id", ondelete="CASCADE")),
    )


def diary(metadata):
    append_only(Table("diary", metadata, Column("id", Id, primary_key=True)))


def test_a_generated_revision_leads_to_the_declared_tables(monkeypatch, engine, folder):
    declare(monkeypatch, people, pets)
    assert differences(engine, "state")
    revise(engine, "state", "people and pets", folder)
    assert not is_current(engine, "state", folder)
    migrate(engine, "state", folder)
    assert is_current(engine, "state", folder)
    assert differences(engine, "state") == []
    migrate(engine, "state", folder)


def test_altering_a_table_does_not_take_its_children_along(monkeypatch, engine, folder):
    metadata = declare(monkeypatch, people, pets)
    revise(engine, "state", "people and pets", folder)
    migrate(engine, "state", folder)
    with writing(engine) as conn:
        conn.execute(insert(metadata.tables["person"]).values(id=1))
        conn.execute(insert(metadata.tables["pet"]).values(id=1, person=1))
    declare(monkeypatch, people_with_names, pets)
    revision = revise(engine, "state", "names", folder)
    text = revision.read_text().replace(
        "batch_alter_table('person'", "batch_alter_table('person', recreate='always'"
    )
    revision.write_text(text)
    migrate(engine, "state", folder)
    with reading(engine) as conn:
        assert conn.execute(select(metadata.tables["pet"].c.person)).scalars().all() == [1]
        assert conn.exec_driver_sql("PRAGMA foreign_keys").scalar() == 1, "and they hold again"


def test_a_failing_revision_leaves_nothing_behind(monkeypatch, engine, folder):
    declare(monkeypatch, people)
    revision = revise(engine, "state", "people", folder)
    revision.write_text(
        revision.read_text().replace("def downgrade", "    1 / 0\n\n\ndef downgrade")
    )
    with pytest.raises(ZeroDivisionError):
        migrate(engine, "state", folder)
    with reading(engine) as conn:
        tables = conn.exec_driver_sql("SELECT name FROM sqlite_master").scalars().all()
    assert "person" not in tables


def test_a_newer_gateways_database_is_left_alone(monkeypatch, engine, folder):
    declare(monkeypatch, people)
    revision = revise(engine, "state", "people", folder)
    migrate(engine, "state", folder)
    revision.unlink()
    with pytest.raises(Failed, match="state_0001, which this version does not know"):
        migrate(engine, "state", folder)


@pytest.mark.parametrize("by_migration", [True, False])
def test_an_append_only_table_refuses_change(monkeypatch, engine, folder, by_migration):
    metadata = declare(monkeypatch, diary)
    if by_migration:
        revise(engine, "state", "a diary", folder)
        migrate(engine, "state", folder)
    else:
        metadata.create_all(engine)
    table = metadata.tables["diary"]
    with writing(engine) as conn:
        conn.execute(insert(table).values(id=1))
    for change in (table.update().values(id=2), table.delete()):
        with pytest.raises(IntegrityError, match="rows are only added"), writing(engine) as conn:
            conn.execute(change)
