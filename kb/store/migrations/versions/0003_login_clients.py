"""Failed logins are counted by where they came from too, under a key that does not live long."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.create_table(
        "login_keys",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("made_at", sa.String(length=32), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_login_keys")),
    )
    op.execute("DELETE FROM login_failures")  # hashed without a key; they would have been forgotten within a day
    op.add_column("login_failures", sa.Column("client_hash", sa.String(length=64), server_default="", nullable=False))
    op.create_index(op.f("ix_login_failures_client_hash_at"), "login_failures", ["client_hash", "at"], unique=False)
