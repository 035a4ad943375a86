"""own orders: whether a part of the stock is kept back from the shops"""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("store", sa.Column("own_orders", sa.Boolean(), server_default=sa.true(), nullable=False))


def downgrade() -> None:
    raise RuntimeError("A store isn't taken back to an older release: restore the backup that was made before the upgrade.")
