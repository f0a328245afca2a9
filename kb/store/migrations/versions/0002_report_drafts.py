"""Reports between filling in and sending."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.create_table(
        "report_drafts",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("updated_at", sa.String(length=32), nullable=False),
        sa.Column("conversation_id", sa.String(length=32), server_default="", nullable=False),
        sa.Column("filled", sa.Text(), nullable=False),
        sa.Column("attachments", sa.Text(), server_default="[]", nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_report_drafts")),
    )
    op.create_index(op.f("ix_report_drafts_updated_at"), "report_drafts", ["updated_at"], unique=False)
