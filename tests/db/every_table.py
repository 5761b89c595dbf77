"""Imports every package that declares tables, so that the metadata is whole.

Developers write the next revision with

    python -m tests.db.every_table state "what changes"
"""

import importlib
import sys
import tempfile
from pathlib import Path

from gateway.db import migrate, open_state, revise

ROOT = Path(__file__).resolve().parents[2]


def import_every_table() -> list[str]:
    """All `tables.py` (and `*_tables.py`) of the product; their module names."""
    files = sorted(
        found
        for package in ("gateway", "reviews", "api")
        for found in (ROOT / package).rglob("*.py")
        if "state_metadata" in found.read_text() or "journal_metadata" in found.read_text()
    )
    names = [".".join(found.relative_to(ROOT).with_suffix("").parts) for found in files]
    for name in names:
        importlib.import_module(name.removesuffix(".__init__"))
    return names


def main() -> None:
    branch, message = sys.argv[1:3]
    assert branch in ("state", "journal")
    import_every_table()
    with tempfile.TemporaryDirectory() as folder:
        engine = open_state(Path(folder) / "new.db")
        migrate(engine, branch)
        revise(engine, branch, message)  # Alembic names the file it writes
        engine.dispose()


if __name__ == "__main__":
    main()
