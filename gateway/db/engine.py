"""Opening the databases, and the two ways to use one: writing and reading.

Everything that is particular to SQLite stands in this file. The rule for all others: a write
happens inside `writing`, whose transaction has the write lock from its first statement on, so that
it never fails half-way for want of it; a read inside `reading`, which sees one moment of the
database (WAL) and never waits for a writer.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.pool import ConnectionPoolEntry

from devices.errors import Failed

BUSY_TIMEOUT_S = 10.0
# Web threads (anyio starts up to 40), the consumer, the writers and the command line.
POOL_SIZE = 10
POOL_OVERFLOW = 40

_ACCESS = "homecare_access"  # execution option: "write" or "read"
_QUERY_ONLY = "homecare_query_only"  # what a pooled connection was last set to


def open_state(path_or_url: str | Path) -> Engine:
    """The database of people, alerts and decisions: a file of SQLite, or a URL of PostgreSQL.

    Creates an empty file that only its owner can read. Raises Failed.
    """
    if isinstance(path_or_url, str) and "://" in path_or_url:
        url = make_url(path_or_url)
        if url.get_backend_name() != "sqlite":
            return _checked(create_engine(url, hide_parameters=True), "open state", str(url))
        return _open_sqlite(Path(url.database or ""), "open state")
    return _open_sqlite(Path(path_or_url), "open state")


def open_journal(path: str | Path) -> Engine:
    """The journal's own file, so that web writes never queue behind intake. Raises Failed."""
    return _open_sqlite(Path(path), "open journal")


@contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """One transaction that holds the write lock from its start; commits, or rolls all back."""
    with engine.connect() as raw:
        conn = raw.execution_options(**{_ACCESS: "write"})
        with conn.begin():
            yield conn


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """One consistent moment; the database refuses a write, so none can be lost by mistake."""
    with engine.connect() as raw:
        options = {_ACCESS: "read"}
        if engine.dialect.name == "postgresql":
            conn = raw.execution_options(
                **options, isolation_level="REPEATABLE READ", postgresql_readonly=True
            )
        else:
            conn = raw.execution_options(**options)
        with conn.begin():
            yield conn


@contextmanager
def rebuilding(engine: Engine) -> Iterator[Connection]:
    """`writing` for migrations: SQLite alters a table by making it anew, for which foreign keys
    must rest; before the commit they are all checked. Raises Failed.
    """
    with engine.connect() as raw:
        sqlite = engine.dialect.name == "sqlite"
        if sqlite:
            _driver(raw).execute("PRAGMA foreign_keys = OFF").close()
        try:
            conn = raw.execution_options(**{_ACCESS: "write"})
            with conn.begin():
                yield conn
                if sqlite and (broken := conn.exec_driver_sql("PRAGMA foreign_key_check").first()):
                    raise Failed(
                        "migrate",
                        str(engine.url.database),
                        f"table {broken[0]} would point at rows of {broken[2]} that are not there",
                        "Nothing was changed; keep the old version and report this",
                    )
        finally:
            if sqlite:
                _driver(raw).execute("PRAGMA foreign_keys = ON").close()


def compact(engine: Engine) -> None:
    """Rewrite the database, so that what was deleted or changed leaves no byte in its files.

    Needs free disk of the database's size. Raises Failed while another process reads it.
    """
    if engine.dialect.name != "sqlite":
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as conn:
            conn.exec_driver_sql("VACUUM FULL")
        return
    with engine.connect() as conn:
        driver = _driver(conn)
        try:
            driver.execute("PRAGMA query_only = 0").close()
            conn.info.pop(_QUERY_ONLY, None)
            driver.execute("VACUUM").close()
            busy = driver.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
        except sqlite3.Error as error:
            busy = str(error)
    if busy:
        raise Failed(
            "free the bytes of",
            str(engine.url.database),
            "another program has it open" if busy == 1 else str(busy),
            "Stop what uses it, see that the disk has room, and run the same again",
        )


def _driver(conn: Connection) -> sqlite3.Connection:
    """The driver's own connection: a pragma that may not stand inside a transaction."""
    found = conn.connection.driver_connection
    assert isinstance(found, sqlite3.Connection)
    return found


def _open_sqlite(path: Path, operation: str) -> Engine:
    """WAL, a full fsync at each commit, foreign keys, ten seconds of patience."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        path.touch(mode=0o600, exist_ok=True)  # SQLite gives -wal and -shm the same mode
    except OSError as error:
        raise Failed(
            operation, str(path), str(error), "Check that the folder exists and is yours"
        ) from error
    engine = create_engine(
        URL.create("sqlite", database=str(path)),
        connect_args={"timeout": BUSY_TIMEOUT_S, "check_same_thread": False},
        pool_size=POOL_SIZE,
        max_overflow=POOL_OVERFLOW,
        hide_parameters=True,  # an error's text reaches logs; bound values never may
    )
    event.listen(engine, "connect", _prepare)
    event.listen(engine, "begin", _begin)
    return _checked(engine, operation, str(path))


def _prepare(dbapi: DBAPIConnection, _: ConnectionPoolEntry) -> None:
    assert isinstance(dbapi, sqlite3.Connection)
    dbapi.isolation_level = None  # the driver starts no transaction behind our back; `_begin` does
    for pragma in ("journal_mode = WAL", "synchronous = FULL", "foreign_keys = ON"):
        dbapi.execute(f"PRAGMA {pragma}").close()


def _begin(conn: Connection) -> None:
    access = conn.get_execution_options().get(_ACCESS)
    query_only = access == "read"
    if conn.info.get(_QUERY_ONLY, False) is not query_only:
        conn.exec_driver_sql(f"PRAGMA query_only = {int(query_only)}")
        conn.info[_QUERY_ONLY] = query_only
    conn.exec_driver_sql("BEGIN IMMEDIATE" if access == "write" else "BEGIN")


def _checked(engine: Engine, operation: str, where: str) -> Engine:
    try:
        with engine.connect() as conn:
            sqlite = engine.dialect.name == "sqlite"
            # Counting the schema reads the file's first page: a foreign file is noticed here.
            conn.exec_driver_sql("SELECT count(*) FROM sqlite_master" if sqlite else "SELECT 1")
    except SQLAlchemyError as error:
        engine.dispose()
        raise Failed(
            operation,
            where,
            str(error.__cause__ or error),
            "Check that it is this gateway's database, and that no other program has locked it",
        ) from error
    return engine
