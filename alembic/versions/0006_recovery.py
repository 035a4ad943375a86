"""a ledger that went back in time"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("store", sa.Column("recovering_since", sa.DateTime(timezone=True), nullable=True))
    op.add_column("store", sa.Column("recovering_why", sa.String(length=32), nullable=True))
    op.add_column("store", sa.Column("knows_until", sa.DateTime(timezone=True), nullable=True))
    op.add_column("store", sa.Column("place", sa.String(length=200), nullable=True))

    op.create_table(
        "recovery_readings",
        sa.Column("counter_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.Column("shown", sa.Integer(), nullable=False),
        sa.Column("unexplained", sa.Integer(), nullable=False),
        sa.Column("read_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["counter_id"], ["counters.id"], name=op.f("fk_recovery_readings_counter_id_counters")),
        sa.PrimaryKeyConstraint("counter_id", name=op.f("pk_recovery_readings")),
    )


def downgrade() -> None:
    raise RuntimeError("A store isn't taken back to an older release: restore the backup that was made before the upgrade.")
