"""Alembic's environment for both branches; `gateway.db.migrating` hands it connection and tables.

There is no offline mode: a gateway migrates its own database when it starts.
"""

from alembic import context

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=context.config.attributes["metadata"],
    compare_type=True,
    render_as_batch=True,  # SQLite alters a table by making it anew
    transaction_per_migration=False,
)
with context.begin_transaction():
    context.run_migrations()
