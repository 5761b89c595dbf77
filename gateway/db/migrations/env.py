"""Alembic's environment for both branches; `gateway.db.migrating` hands it connection and tables.

There is no offline mode: a gateway migrates its own database when it starts.
"""

from alembic import context

from gateway.db.append_only import add_guards

metadata = context.config.attributes["metadata"]
context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    compare_type=True,
    render_as_batch=True,  # SQLite alters a table by making it anew
    transaction_per_migration=False,
    process_revision_directives=lambda _, __, scripts: add_guards(scripts, metadata),
)
with context.begin_transaction():
    context.run_migrations()
