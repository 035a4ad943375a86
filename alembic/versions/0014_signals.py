"""signals: what is noted of a channel's clock, subscriptions and budgets, for alarms"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")


def upgrade() -> None:
    op.add_column("lanes", sa.Column("clock_ahead_s", sa.Integer(), nullable=True))
    op.add_column("lanes", sa.Column("clock_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("lanes", sa.Column("subscribed", JSON, nullable=True))
    op.add_column("lanes", sa.Column("budgets", JSON, nullable=True))


def downgrade() -> None:
    raise RuntimeError("A store isn't taken back to an older release: restore the backup that was made before the upgrade.")
