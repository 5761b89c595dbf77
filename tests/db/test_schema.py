"""What migrations build is what the packages declare."""

import pytest
from sqlalchemy.dialects import postgresql
from sqlalchemy.schema import CreateIndex, CreateTable

from gateway.db import differences, is_current, migrate, open_state, state_metadata
from gateway.db.append_only import MARK
from tests.db.every_table import import_every_table


@pytest.mark.parametrize("branch", ["state", "journal"])
def test_a_migrated_database_agrees_with_every_table(tmp_path, branch):
    import_every_table()
    engine = open_state(tmp_path / "new.db")
    migrate(engine, branch)
    assert is_current(engine, branch)
    hint = f'write the missing revision: python -m tests.db.every_table {branch} "what changes"'
    assert differences(engine, branch) == [], hint
    engine.dispose()


def test_the_state_tables_are_postgresqls_too():
    import_every_table()
    for table in state_metadata.sorted_tables:
        assert str(CreateTable(table).compile(dialect=postgresql.dialect()))
        for index in table.indexes:
            assert str(CreateIndex(index).compile(dialect=postgresql.dialect()))


def test_migrations_guard_every_table_that_only_grows(tmp_path):
    import_every_table()
    engine = open_state(tmp_path / "new.db")
    migrate(engine, "state")
    with engine.connect() as conn:
        query = "SELECT tbl_name FROM sqlite_master WHERE type = 'trigger'"
        guarded = {row[0] for row in conn.exec_driver_sql(query)}
    engine.dispose()
    assert guarded == {one.name for one in state_metadata.tables.values() if one.info.get(MARK)}
