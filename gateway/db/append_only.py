"""Tables to which rows are only added: the database itself refuses to change or delete them.

    audit = append_only(Table("audit", state_metadata, ...))

`create_all` and migrations both set the guard; a generated revision names it
(`op.create_append_only("audit")`), so that it holds on SQLite and PostgreSQL alike.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from alembic.autogenerate import renderers
from alembic.autogenerate.api import AutogenContext
from alembic.operations import MigrateOperation, Operations
from alembic.operations.ops import CreateTableOp, MigrationScript, UpgradeOps
from sqlalchemy import Connection, MetaData, Table, event

MARK = "append_only"


def append_only(table: Table) -> Table:
    """Mark and guard a table; returns it."""
    table.info[MARK] = True
    event.listen(table, "after_create", _guard)
    return table


def statements(table: str, dialect: str) -> tuple[str, ...]:
    """The SQL of the guard."""
    if dialect == "sqlite":
        return tuple(
            f"CREATE TRIGGER {table}_no_{verb.lower()} BEFORE {verb} ON {table} "
            f"BEGIN SELECT RAISE(ABORT, '{table}: rows are only added'); END"
            for verb in ("UPDATE", "DELETE")
        )
    function = (
        f"CREATE FUNCTION {table}_refuse() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN RAISE EXCEPTION '{table}: rows are only added'; END $$"
    )
    trigger = (
        f"CREATE TRIGGER {table}_no_change BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
        f"FOR EACH STATEMENT EXECUTE FUNCTION {table}_refuse()"
    )
    return function, trigger


def removal(table: str, dialect: str) -> tuple[str, ...]:
    """The SQL that takes the guard away."""
    if dialect == "sqlite":
        return tuple(f"DROP TRIGGER {table}_no_{verb}" for verb in ("update", "delete"))
    return f"DROP TRIGGER {table}_no_change ON {table}", f"DROP FUNCTION {table}_refuse()"


@contextmanager
def lifted(conn: Connection, table: Table) -> Iterator[None]:
    """Without the guard, within the caller's transaction: for erasing a person, and nothing else.

    A table without one is as it was. What is cut short is rolled back, guard and all.
    """
    name = table.name
    if not table.info.get(MARK) or (name, MARK) in conn.info:
        yield
        return
    for statement in removal(name, conn.dialect.name):
        conn.exec_driver_sql(statement)
    conn.info[name, MARK] = True
    try:
        yield
    finally:
        del conn.info[name, MARK]
    _guard(table, conn)


def _guard(table: Table, conn: Connection, **_: Any) -> None:
    for statement in statements(table.name, conn.dialect.name):
        conn.exec_driver_sql(statement)


@Operations.register_operation("create_append_only")
class CreateAppendOnlyOp(MigrateOperation):
    """Guard a table that this revision has made."""

    def __init__(self, table: str) -> None:
        self.table = table

    @classmethod
    def create_append_only(cls, operations: Operations, table: str) -> None:
        """`op.create_append_only("audit")`"""
        operations.invoke(cls(table))


@Operations.implementation_for(CreateAppendOnlyOp)
def _create(operations: Operations, operation: CreateAppendOnlyOp) -> None:
    for statement in statements(operation.table, operations.get_bind().dialect.name):
        operations.execute(statement)


@Operations.register_operation("drop_append_only")
class DropAppendOnlyOp(MigrateOperation):
    """Take the guard of a table away: for a revision's way back."""

    def __init__(self, table: str) -> None:
        self.table = table

    @classmethod
    def drop_append_only(cls, operations: Operations, table: str) -> None:
        """`op.drop_append_only("audit")`"""
        operations.invoke(cls(table))


@Operations.implementation_for(DropAppendOnlyOp)
def _drop(operations: Operations, operation: DropAppendOnlyOp) -> None:
    for statement in removal(operation.table, operations.get_bind().dialect.name):
        operations.execute(statement)


@renderers.dispatch_for(CreateAppendOnlyOp)
def _render(_: AutogenContext, operation: CreateAppendOnlyOp) -> str:
    return f"op.create_append_only({operation.table!r})"


def add_guards(scripts: Sequence[MigrationScript], metadata: MetaData) -> None:
    """After each new marked table of a generated revision, its guard."""
    for script in scripts:
        for upgrade in script.upgrade_ops_list:
            _add(upgrade, metadata)


def _add(upgrade: UpgradeOps, metadata: MetaData) -> None:
    marked = [
        CreateAppendOnlyOp(made.table_name)
        for made in upgrade.ops
        if isinstance(made, CreateTableOp) and metadata.tables[made.table_name].info.get(MARK)
    ]
    upgrade.ops.extend(marked)
