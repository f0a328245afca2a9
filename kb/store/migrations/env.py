"""Alembic's entry point: it runs the migrations on the connection that kb/store/database.py hands over."""

from __future__ import annotations

from alembic import context

from kb.store.schema import metadata

connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=metadata,
    render_as_batch=True,  # SQLite changes tables by copying them
)
context.run_migrations()
