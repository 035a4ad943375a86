"""counter entries: each change of the number that a channel shows, by what, so that any number can be explained"""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("counters", sa.Column("entries", sa.Integer(), nullable=False, server_default="0"))
    op.create_table(
        "counter_entries",
        sa.Column("counter_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("what", sa.String(16), nullable=False),
        sa.Column("record_id", sa.Uuid(as_uuid=False), nullable=True),
        sa.Column("change", sa.Integer(), nullable=False),
        sa.Column("shown", sa.Integer(), nullable=False),
        sa.Column("below", sa.Integer(), nullable=False),
        sa.Column("held", sa.Integer(), nullable=False),
        sa.Column("actor", sa.String(120), nullable=False),
        sa.ForeignKeyConstraint(["counter_id"], ["counters.id"], name=op.f("fk_counter_entries_counter_id_counters")),
        sa.PrimaryKeyConstraint("counter_id", "number", name=op.f("pk_counter_entries")),
        sqlite_with_rowid=False,  # kept in the order in which they are added up
    )
    op.create_index("ix_counter_entries_at", "counter_entries", ["at"])
    assigned = sa.text("what = 'reading'")
    op.create_index(
        "ix_counter_entries_reading", "counter_entries", ["counter_id", "what", "number"], postgresql_where=assigned, sqlite_where=assigned
    )
    # What happened to one order, and what was said about one record.
    of_orders = sa.text("type >= 'order.' AND type < 'order/'")
    op.create_index("ix_events_order", "events", ["subject"], postgresql_where=of_orders, sqlite_where=of_orders)
    op.create_index("ix_exceptions_subject", "exceptions", ["subject"])


def downgrade() -> None:
    raise RuntimeError("A store isn't taken back to an older release: restore the backup that was made before the upgrade.")
