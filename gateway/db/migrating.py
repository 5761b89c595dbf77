"""Migrations: one environment, two branches of revisions, run without any file of the user's.

    gateway/db/migrations/env.py            the environment
    gateway/db/migrations/state/0001_….py   revisions of state.db
    gateway/db/migrations/journal/0001_….py revisions of journal.db

A revision never imports a package above `gateway.db`: it is the schema as it was that day.
"""

from pathlib import Path
from typing import Literal

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, MetaData

from devices.errors import Failed
from gateway.db.engine import reading, rebuilding
from gateway.db.metadata import journal_metadata, state_metadata

Branch = Literal["state", "journal"]

FOLDER = Path(__file__).parent / "migrations"


def metadata_of(branch: Branch) -> MetaData:
    """What the packages that were imported have declared."""
    return state_metadata if branch == "state" else journal_metadata


def migrate(engine: Engine, branch: Branch, folder: Path = FOLDER) -> None:
    """Bring the schema to the newest revision, all of it or nothing.

    Raises Failed where the database is of a newer gateway than this one.
    """
    config = _config(branch, folder)
    with rebuilding(engine) as conn:
        _refuse_newer(conn, branch, config)
        config.attributes["connection"] = conn
        command.upgrade(config, "head")


def is_current(engine: Engine, branch: Branch, folder: Path = FOLDER) -> bool:
    """Whether the schema stands at the newest revision that this gateway knows."""
    heads = set(ScriptDirectory.from_config(_config(branch, folder)).get_heads())
    with reading(engine) as conn:
        return set(MigrationContext.configure(conn).get_current_heads()) == heads


def differences(engine: Engine, branch: Branch) -> list[str]:
    """How the schema differs from the imported packages' tables; empty when they agree."""
    with reading(engine) as conn:
        context = MigrationContext.configure(conn, opts={"compare_type": True})
        found = compare_metadata(context, metadata_of(branch))
    return [str(difference) for difference in found]


def revise(engine: Engine, branch: Branch, message: str, folder: Path = FOLDER) -> Path:
    """Write the next revision: what leads from the schema of `engine` to the imported tables.

    For developers. The engine's database must stand at the newest revision.
    """
    config = _config(branch, folder)
    script = ScriptDirectory.from_config(config)
    number = len(list(script.walk_revisions())) + 1
    with engine.connect() as conn:
        config.attributes["connection"] = conn
        made = command.revision(config, message, autogenerate=True, rev_id=f"{branch}_{number:04d}")
    assert made is not None
    assert not isinstance(made, list)
    return Path(made.path)


def _config(branch: Branch, folder: Path) -> Config:
    config = Config()
    config.set_main_option("script_location", str(FOLDER).replace("%", "%%"))
    config.set_main_option("version_locations", str(folder / branch).replace("%", "%%"))
    config.set_main_option("path_separator", "newline")  # a folder's name may hold any other
    config.attributes["metadata"] = metadata_of(branch)
    return config


def _refuse_newer(conn: Connection, branch: Branch, config: Config) -> None:
    known = {found.revision for found in ScriptDirectory.from_config(config).walk_revisions()}
    strange = set(MigrationContext.configure(conn).get_current_heads()) - known
    if strange:
        raise Failed(
            f"migrate {branch}",
            str(conn.engine.url.database),
            f"it stands at revision {', '.join(sorted(strange))}, which this version does not know",
            "Run the newer version that wrote it, or go back to the backup made before it",
        )
