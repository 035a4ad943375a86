"""differences: what a channel shows and our records don't explain, its cause, and what becomes of it"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")


def upgrade() -> None:
    op.create_table(
        "differences",
        sa.Column("id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("channel_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("subject", sa.String(200), nullable=False),
        sa.Column("counter_id", sa.Uuid(as_uuid=False), nullable=True),
        sa.Column("title", sa.String(300), nullable=False),
        sa.Column("cause", sa.String(24), nullable=False),
        sa.Column("expected", sa.Integer(), nullable=True),
        sa.Column("seen", sa.Integer(), nullable=True),
        sa.Column("facts", JSON, nullable=False),
        sa.Column("times", sa.Integer(), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("named_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("outcome", sa.String(16), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_by", sa.String(120), nullable=True),
        sa.ForeignKeyConstraint(["channel_id"], ["channels.id"], name=op.f("fk_differences_channel_id_channels")),
        sa.ForeignKeyConstraint(["counter_id"], ["counters.id"], name=op.f("fk_differences_counter_id_counters")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_differences")),
    )
    still_open = sa.text("closed_at IS NULL")
    op.create_index(
        "uq_differences_open",
        "differences",
        ["channel_id", "kind", "subject"],
        unique=True,
        postgresql_where=still_open,
        sqlite_where=still_open,
    )
    op.create_index("ix_differences_channel_id_id", "differences", ["channel_id", "id"])
    op.create_index("ix_differences_counter_id", "differences", ["counter_id"])
    op.create_index("ix_differences_closed_at", "differences", ["closed_at"])
    op.add_column("channels", sa.Column("hand_edits", sa.String(16), nullable=False, server_default="overwrite"))
    op.add_column("lanes", sa.Column("reconcile_due_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("lanes", sa.Column("reconciling", JSON, nullable=True))
    op.add_column("lanes", sa.Column("reconciled_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("lanes", sa.Column("reconciled", JSON, nullable=True))


def downgrade() -> None:
    raise RuntimeError("A store isn't taken back to an older release: restore the backup that was made before the upgrade.")
