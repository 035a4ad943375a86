"""settings of the store; counts are found by their SKU"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for column in (
        sa.Column("name", sa.String(length=200), server_default="My store", nullable=False),
        sa.Column("time_zone", sa.String(length=64), server_default="UTC", nullable=False),
        sa.Column("default_policy", sa.String(length=16), server_default="strict", nullable=False),
        sa.Column("on_hand_edit", sa.String(length=16), server_default="ask", nullable=False),
        sa.Column("deliveries_days", sa.Integer(), server_default="30", nullable=False),
        sa.Column("writes_days", sa.Integer(), server_default="400", nullable=False),
        sa.Column("events_days", sa.Integer(), server_default="90", nullable=False),
        sa.Column("answers_days", sa.Integer(), server_default="7", nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
    ):
        op.add_column("store", column)
    op.create_index("ix_stock_count_lines_sku_id", "stock_count_lines", ["sku_id"], unique=False)


def downgrade() -> None:
    raise RuntimeError("A store isn't taken back to an older release: restore the backup that was made before the upgrade.")
