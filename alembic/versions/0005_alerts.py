"""What people were alerted to, how it reached them, and since when a channel should have been heard."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "alerts",
        sa.Column("id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("title", sa.String(length=300), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("data", sa.JSON().with_variant(postgresql.JSONB(astext_type=sa.Text()), "postgresql"), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alerts")),
    )
    op.create_index("ix_alerts_made_at", "alerts", ["made_at"], unique=False)

    op.create_table(
        "alert_sends",
        sa.Column("alert_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("transport", sa.String(length=16), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_error", sa.String(length=500), nullable=True),
        sa.ForeignKeyConstraint(["alert_id"], ["alerts.id"], name=op.f("fk_alert_sends_alert_id")),
        sa.PrimaryKeyConstraint("alert_id", "transport", name=op.f("pk_alert_sends")),
    )
    op.create_index(
        "ix_alert_sends_waiting",
        "alert_sends",
        ["due_at"],
        unique=False,
        postgresql_where=sa.text("state = 'waiting'"),
        sqlite_where=sa.text("state = 'waiting'"),
    )

    op.create_table(
        "alert_exceptions",
        sa.Column("exception_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("alert_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("over_told", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["alert_id"], ["alerts.id"], name=op.f("fk_alert_exceptions_alert_id")),
        sa.ForeignKeyConstraint(["exception_id"], ["exceptions.id"], name=op.f("fk_alert_exceptions_exception_id")),
        sa.PrimaryKeyConstraint("exception_id", name=op.f("pk_alert_exceptions")),
    )
    op.create_index("ix_alert_exceptions_alert_id", "alert_exceptions", ["alert_id"], unique=False)

    op.add_column("lanes", sa.Column("unheard_since", sa.DateTime(timezone=True), nullable=True))
    op.add_column("lanes", sa.Column("unheard_mark", sa.DateTime(timezone=True), nullable=True))


def downgrade() -> None:
    raise RuntimeError("A store isn't taken back to an older release: restore the backup that was made before the upgrade.")
