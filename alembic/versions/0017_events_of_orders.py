"""events of orders: the index finds them whatever the database's collation makes of a full stop"""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.drop_index("ix_events_order", "events")
    of_orders = sa.text("substr(type, 1, 6) = 'order.'")
    op.create_index("ix_events_order", "events", ["subject"], postgresql_where=of_orders, sqlite_where=of_orders)


def downgrade() -> None:
    raise RuntimeError("A store isn't taken back to an older release: restore the backup that was made before the upgrade.")
