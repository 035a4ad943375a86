"""snapshot hash: what a channel said of an order last, so that hearing it again costs nothing"""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("orders", sa.Column("snapshot_hash", sa.BigInteger(), nullable=True))


def downgrade() -> None:
    raise RuntimeError("A store isn't taken back to an older release: restore the backup that was made before the upgrade.")
